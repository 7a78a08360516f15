"""What `isoloir-verify` says: each check as a sentence, then what was verified, in French or in English."""

from collections import Counter
from typing import Any

from isoloir_protocol.checks import ARCHIVE_STEPS, Check, Status, Step
from isoloir_protocol.election import Election
from isoloir_protocol.errors import Language
from isoloir_protocol.register import RegisterState
from isoloir_protocol.tally import Result
from isoloir_protocol.trustees import TrusteeItem
from isoloir_protocol.verify import Found, Report

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
    Step.REGISTER: (
        "Le registre des clés est entier, bien formé, et chaque ligne est chaînée à la précédente.",
        "The register of keys is whole, well formed, and each line is chained to the one before.",
    ),
    Step.REGISTER_SIGNATURES: (
        "Chaque ligne et chaque réassort portent toutes les signatures attendues, et la preuve de la nouvelle clé.",
        "Each line and each re-issue bear all the signatures expected, and the proof of the new key.",
    ),
    Step.GENERATIONS: (
        "Chaque place a une seule clé en vigueur, sans génération sautée, dans la limite des réassorts.",
        "Each slot has one live key, with no generation skipped, within the limit of re-issues.",
    ),
    Step.LIVE_KEYS: (
        "Les clés de vote de l’archive sont les clés en vigueur du registre ; aucun bulletin sous une clé remplacée.",
        "The credentials of the archive are the live keys of the register; no ballot under a replaced key.",
    ),
}

_ABSENT: dict[Step, tuple[str, str]] = {
    Step.TALLY: ("L’archive ne contient pas encore le total chiffré.", "There is no encrypted tally yet."),
    Step.TALLY_SIZE: ("Le nombre de bulletins comptés n’est pas encore publié.", "No ballot count is published yet."),
    Step.DECRYPTIONS: ("L’archive ne contient encore aucun déchiffrement partiel.", "No partial decryption yet."),
    Step.RESULT: ("L’archive ne contient pas encore le résultat.", "There is no result yet."),
    Step.REGISTER: ("Aucun registre des clés n’est donné.", "No register of keys is given."),
    Step.REGISTER_SIGNATURES: (
        "Les signatures du registre ne sont donc pas vérifiées.",
        "The signatures of the register are thus not checked.",
    ),
    Step.GENERATIONS: ("Les réassorts ne sont donc pas vérifiés.", "Re-issues are thus not checked."),
    Step.LIVE_KEYS: (
        "Le registre et l’archive ne sont pas comparés : il faut les donner tous deux.",
        "The register and the archive are not compared: both must be given.",
    ),
}

_MARKS: dict[Status, tuple[str, str]] = {
    "passed": ("oui", "yes"),
    "failed": ("NON", "NO"),
    "absent": ("à venir", "to come"),
    "not-reached": ("non vérifié", "not checked"),
}
_NOT_GIVEN = ("non fourni", "not given")


def check_sentence(check: Check, language: Language) -> str:
    """The sentence of one check: what it asks, or what is not there yet."""
    absent = check.status == "absent" and check.step in _ABSENT
    return _say((_ABSENT if absent else _STEPS)[check.step], language)


def _say(pair: tuple[str, str], language: Language) -> str:
    return pair[0] if language == "fr" else pair[1]


def written_report(path: str, report: Report, language: Language) -> str:
    """The report of one archive, of one register or of both as lines of text."""
    lines = [path]
    for check in report.checks:
        mark = _mark(check, language)
        lines.append(f"  {check.step.value:2}. [{mark}] {check_sentence(check, language)}")
        if check.fault is not None:
            lines.append(f"      → {check.fault.sentence(language)} ({check.fault.code})")
    lines += [f"  {line}" for line in _summary_lines(report.found, language)]
    if report.register is not None and report.register.uuid:
        lines += [f"  {line}" for line in _register_lines(report, report.register, language)]
    lines.append(f"  {_conclusion(report, language)}")
    return "\n".join(_printable(line) for line in lines)


def _mark(check: Check, language: Language) -> str:
    """An archive's missing part will come; a register that is absent was not given."""
    if check.status == "absent" and check.step not in ARCHIVE_STEPS:
        return _say(_NOT_GIVEN, language)
    return _say(_MARKS[check.status], language)


def _printable(line: str) -> str:
    """Replace what could drive a terminal: names in an archive are written by somebody else."""
    return "".join(character if character.isprintable() else "\ufffd" for character in line)


def _conclusion(report: Report, language: Language) -> str:
    failed = next((check.step for check in report.checks if check.fault is not None), None)
    if failed is not None:
        on_register = failed not in ARCHIVE_STEPS and failed != Step.LIVE_KEYS
        register, archive = ("REGISTRE REFUSÉ.", "REGISTER REFUSED."), ("ARCHIVE REFUSÉE.", "ARCHIVE REFUSED.")
        return _say(register if on_register else archive, language)
    if report.alone and report.register is not None:
        return _say(_REGISTER_ENDS[report.register.closed], language)
    if report.found.result is None:
        partial = (
            "Tout ce qui est présent est vérifié ; le résultat n’y est pas encore.",
            "All that is there is verified; the result is not there yet.",
        )
        return _say(partial, language)
    if report.register is not None:
        return _say(("Archive et registre vérifiés.", "Archive and register verified."), language)
    return _say(("Archive vérifiée.", "Archive verified."), language)


_REGISTER_ENDS = {
    True: ("Registre vérifié.", "Register verified."),
    False: (
        "Tout ce qui est présent est vérifié ; le registre n’est pas encore clos.",
        "All that is there is verified; the register is not closed yet.",
    ),
}


def _register_lines(report: Report, register: RegisterState, language: Language) -> list[str]:
    """What the register says, as far as it was verified."""
    words, colon = _WORDS[language], _say((" : ", ": "), language)
    generations = _generations(register).items()
    told = [("election", register.uuid)] if report.alone else []
    told += [
        ("slots", str(len(register.live))),
        ("reissues", str(register.reissues)),
        ("generations", ", ".join(f"{words['generation']} {one}{colon}{many}" for one, many in generations)),
        ("registrar", words["no" if register.registrar is None else "yes"]),
        ("portal-key", register.portal),
        *([("registrar-key", register.registrar)] if register.registrar is not None else []),
        ("register-head", register.head),
    ]
    return [f"{words[word]}{colon}{what}" for word, what in told]


def _generations(register: RegisterState) -> dict[int, int]:
    """How many slots have their live key of each generation, up to the highest."""
    counts = Counter(generation for generation, _ in register.live.values())
    return {generation: counts[generation] for generation in range(max(counts, default=0) + 1)}


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
        "slots": "Places au registre des clés",
        "reissues": "Codes réassortis",
        "generations": "Clés en vigueur",
        "generation": "génération",
        "registrar": "Double signature du service d’enregistrement",
        "portal-key": "Clé du portail",
        "registrar-key": "Clé du service d’enregistrement (à comparer avec la sienne)",
        "register-head": "Dernière ligne du registre",
        "yes": "oui",
        "no": "non",
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
        "slots": "Slots in the register of keys",
        "reissues": "Codes re-issued",
        "generations": "Live keys",
        "generation": "generation",
        "registrar": "Second signature by the registrar",
        "portal-key": "Key of the portal",
        "registrar-key": "Key of the registrar (compare it with the registrar's own word)",
        "register-head": "Last line of the register",
        "yes": "yes",
        "no": "no",
    },
}


def json_report(
    archive: str | None, report: Report, language: Language, *, register: str | None = None
) -> dict[str, Any]:
    """The report of an archive, a register (their paths) or both as a JSON object.

    Its members are listed in `docs/specification/verifier.md`.
    """
    summary = _json_summary(report.found)
    return {
        "archive": archive,
        "register": register,
        "accepted": report.fault is None,
        "complete": report.fault is None and report.found.result is not None,
        "checks": [_json_check(check, language) for check in report.checks],
        "summary": summary | {"register": _json_register(report.register)},
    }


def _json_register(register: RegisterState | None) -> dict[str, Any] | None:
    if register is None or not register.uuid:
        return None
    return {
        "uuid": register.uuid,
        "slots": len(register.live),
        "limit": register.limit,
        "reissues": register.reissues,
        "generations": list(_generations(register).values()),
        "registrar": register.registrar is not None,
        "portal_key": register.portal,
        "registrar_key": register.registrar,
        "fingerprint": register.fingerprint,
        "closed": register.closed,
        "lines": register.height + 1,
        "head": register.head,
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
