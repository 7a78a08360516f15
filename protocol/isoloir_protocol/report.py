"""What `isoloir-verify` says: each check as a sentence, then what was verified, in French or in English."""

from typing import Any

from isoloir_protocol.election import Election
from isoloir_protocol.errors import Language
from isoloir_protocol.tally import Result
from isoloir_protocol.trustees import TrusteeItem
from isoloir_protocol.verify import Check, Found, Report, Status, Step

_STEPS: dict[Step, tuple[str, str]] = {
    Step.CONTAINER: (
        "Le fichier est une archive Belenios entière, sans un octet de trop.",
        "The file is a whole Belenios archive, without one byte too many.",
    ),
    Step.CHAIN: (
        "Chaque enregistrement porte l’empreinte de son contenu et chaque événement est chaîné au précédent.",
        "Each record bears the hash of its content and each event is chained to the one before.",
    ),
    Step.ORDER: (
        "Les événements suivent l’ordre permis : mise en place, bulletins, clôture, total, déchiffrements, résultat.",
        "The events follow the allowed order: setup, ballots, closing, tally, decryptions, result.",
    ),
    Step.ELECTION: ("La fiche du scrutin est bien formée.", "The election record is well formed."),
    Step.TRUSTEES: (
        "Chaque détenteur prouve qu’il connaît sa clé ; certificats, coefficients et signatures sont valables.",
        "Each trustee proves knowledge of its key; certificates, coefficients and signatures are valid.",
    ),
    Step.PUBLIC_KEY: (
        "La clé publique du scrutin est le produit des clés des détenteurs.",
        "The public key of the election is the product of the trustees' keys.",
    ),
    Step.CREDENTIALS: (
        "La liste des clés publiques de vote est valable, sans doublon.",
        "The list of public credentials is valid and has no duplicate.",
    ),
    Step.BALLOTS: (
        "Chaque bulletin est de ce scrutin, signé, et ses preuves sont justes : un choix permis, rien de plus.",
        "Each ballot is of this election, signed, and its proofs are right: one allowed choice, nothing more.",
    ),
    Step.RIGHT_TO_VOTE: (
        "Chaque bulletin est fait sous une clé de la liste.",
        "Each ballot was made under a key of the list.",
    ),
    Step.ONE_BALLOT: (
        "Aucun bulletin ne figure deux fois, et un seul compte par clé.",
        "No ballot is there twice, and only one counts per key.",
    ),
    Step.TALLY: (
        "Le total chiffré publié est celui des bulletins, recalculé.",
        "The published encrypted tally is that of the ballots, computed again.",
    ),
    Step.TALLY_SIZE: (
        "Le nombre de bulletins comptés et leur poids total sont justes.",
        "The number of ballots counted and their total weight are right.",
    ),
    Step.DECRYPTIONS: (
        "Chaque déchiffrement partiel est prouvé par son détenteur, un seul par détenteur.",
        "Each partial decryption is proved by its trustee, one only per trustee.",
    ),
    Step.RESULT: (
        "Le résultat est celui que donnent les déchiffrements, et il est possible avec ces bulletins.",
        "The result is the one that the decryptions give, and it is possible with these ballots.",
    ),
}

_ABSENT: dict[Step, tuple[str, str]] = {
    Step.TALLY: ("L’archive ne contient pas encore le total chiffré.", "There is no encrypted tally yet."),
    Step.TALLY_SIZE: ("Le nombre de bulletins comptés n’est pas encore publié.", "No ballot count is published yet."),
    Step.DECRYPTIONS: ("L’archive ne contient encore aucun déchiffrement partiel.", "No partial decryption yet."),
    Step.RESULT: ("L’archive ne contient pas encore le résultat.", "There is no result yet."),
}

_MARKS: dict[Status, tuple[str, str]] = {
    "passed": ("oui", "yes"),
    "failed": ("NON", "NO"),
    "absent": ("à venir", "to come"),
    "not-reached": ("non vérifié", "not checked"),
}


def check_sentence(check: Check, language: Language) -> str:
    """The sentence of one check: what it asks, or what is not there yet."""
    absent = check.status == "absent" and check.step in _ABSENT
    return _say((_ABSENT if absent else _STEPS)[check.step], language)


def _say(pair: tuple[str, str], language: Language) -> str:
    return pair[0] if language == "fr" else pair[1]


def written_report(path: str, report: Report, language: Language) -> str:
    """The report of one archive as lines of text."""
    lines = [path]
    for check in report.checks:
        mark = _say(_MARKS[check.status], language)
        lines.append(f"  {check.step.value:2}. [{mark}] {check_sentence(check, language)}")
        if check.fault is not None:
            lines.append(f"      → {check.fault.sentence(language)} ({check.fault.code})")
    lines += [f"  {line}" for line in _summary_lines(report.found, language)]
    lines.append(f"  {_conclusion(report, language)}")
    return "\n".join(_printable(line) for line in lines)


def _printable(line: str) -> str:
    """Replace what could drive a terminal: names in an archive are written by somebody else."""
    return "".join(character if character.isprintable() else "\ufffd" for character in line)


def _conclusion(report: Report, language: Language) -> str:
    if report.fault is not None:
        return _say(("ARCHIVE REFUSÉE.", "ARCHIVE REFUSED."), language)
    if report.found.result is None:
        partial = (
            "Tout ce qui est présent est vérifié ; le résultat n’y est pas encore.",
            "All that is there is verified; the result is not there yet.",
        )
        return _say(partial, language)
    return _say(("Archive vérifiée.", "Archive verified."), language)


def _summary_lines(found: Found, language: Language) -> list[str]:
    """What was verified, in a few lines; nothing is said of what was not reached."""
    election = found.election
    if election is None:
        return []
    words = _WORDS[language]
    told = [("election", f"{election.name} ({election.uuid})"), ("fingerprint", election.fingerprint)]
    if "contest" in election.extra:
        contest = election.extra["contest"]
        told.append(("contest", f"{contest['code']}, {contest['name']}, {contest['election']}"))
    if found.trustees is not None:
        told.append(("trustees", words["and"].join(_access_rule(item, language) for item in found.trustees.items)))
    if found.credentials is not None:
        told.append(("voters", str(len(found.credentials.weights))))
        told.append(("ballots", str(found.ballots)))
    if found.tally is not None:
        told.append(("counted", f"{found.tally.num_tallied} ({words['weight']} {found.tally.total_weight})"))
    if found.owners:
        told.append(("owners", ", ".join(str(owner) for owner in found.owners)))
    told.append(("head", found.head))
    colon = _say((" : ", ": "), language)
    lines = [f"{words[word]}{colon}{what}" for word, what in told]
    return lines if found.result is None else lines + _result_lines(election, found.result, language)


def _result_lines(election: Election, result: Result, language: Language) -> list[str]:
    lines: list[str] = []
    blank = _WORDS[language]["blank"]
    for question, counts in zip(election.questions, result.counts, strict=True):
        lines.append(question.question)
        labels = [blank if label is None else label for label in question.labels]
        width = max(len(str(count)) for count in counts)
        lines += [f"  {count:{width}}  {label}" for count, label in zip(counts, labels, strict=True)]
    return lines


def _access_rule(item: TrusteeItem, language: Language) -> str:
    if item.kind == "Single":
        return _say(("1 détenteur obligatoire", "1 mandatory trustee"), language)
    size, some = len(item.public_shares), "s" if item.threshold > 1 else ""
    return _say((f"{item.threshold} détenteur{some} sur {size}", f"{item.threshold} trustee{some} of {size}"), language)


_WORDS: dict[Language, dict[str, str]] = {
    "fr": {
        "election": "Scrutin",
        "fingerprint": "Empreinte de la fiche",
        "contest": "Instance",
        "trustees": "Clés nécessaires",
        "voters": "Clés de vote (électeurs)",
        "ballots": "Bulletins dans l’urne",
        "counted": "Bulletins comptés",
        "weight": "poids total",
        "owners": "Déchiffrements des détenteurs",
        "blank": "Blanc",
        "head": "Dernier événement",
        "and": " et ",
    },
    "en": {
        "election": "Election",
        "fingerprint": "Fingerprint of the record",
        "contest": "Contest",
        "trustees": "Keys needed",
        "voters": "Credentials (voters)",
        "ballots": "Ballots in the box",
        "counted": "Ballots counted",
        "weight": "total weight",
        "owners": "Decryptions of trustees",
        "blank": "Blank",
        "head": "Last event",
        "and": " and ",
    },
}


def json_report(path: str, report: Report, language: Language) -> dict[str, Any]:
    """The report of one archive as a JSON object; its members are listed in `docs/specification/verifier.md`."""
    return {
        "archive": path,
        "accepted": report.fault is None,
        "complete": report.fault is None and report.found.result is not None,
        "checks": [_json_check(check, language) for check in report.checks],
        "summary": _json_summary(report.found),
    }


def _json_check(check: Check, language: Language) -> dict[str, Any]:
    value: dict[str, Any] = {
        "number": check.step.value,
        "name": check.step.name.lower().replace("_", "-"),
        "status": check.status,
        "sentence": check_sentence(check, language),
    }
    if check.fault is not None:
        fault = check.fault
        value["fault"] = {"code": fault.code, "sentence": fault.sentence(language), "facts": fault.facts}
    return value


def _json_summary(found: Found) -> dict[str, Any]:
    election, tally, result = found.election, found.tally, found.result
    return {
        "uuid": election.uuid if election else None,
        "name": election.name if election else None,
        "fingerprint": election.fingerprint if election else None,
        "contest": election.extra.get("contest") if election else None,
        "voters": len(found.credentials.weights) if found.credentials else None,
        "ballots": found.ballots,
        "closed": found.closed,
        "counted": tally.num_tallied if tally else None,
        "total_weight": tally.total_weight if tally else None,
        "decryptions": found.owners,
        "events": found.events,
        "head": found.head,
        "result": [
            {
                "question": question.question,
                "counts": [
                    {"label": label, "blank": label is None, "count": count}
                    for label, count in zip(question.labels, counts, strict=True)
                ],
            }
            for question, counts in zip(election.questions, result.counts, strict=True)
        ]
        if election and result
        else None,
    }
