"""The results minutes of a contest, from its result: the same contest always gives the same bytes."""

import hashlib
import json
from fractions import Fraction

from django.utils import translation
from isoloir_protocol.proofs import hex_hash

from isoloir.board.records import election_record, records_of
from isoloir.common.clock import paris_text, utc_text
from isoloir.documents.minutes import AverageSeat, Finding, ListResult, ResultsMinutes, Signatory, compose_minutes
from isoloir.elections.models import CandidateList, Contest
from isoloir.pollingstation.models import PollingStation
from isoloir.pollingstation.register import opening_keys
from isoloir.pollingstation.registrar_loss import declared_loss

from .models import ContestResult

_TIE_RULES = {
    "average": "",
    "votes": "à égalité de moyennes, la liste qui a le plus de suffrages",
    "candidates": "à égalité de moyennes et de suffrages, la liste qui a présenté le plus de candidats",
    "lot": "à égalité, tirage au sort",
}


def results_minutes(result: ContestResult, station: PollingStation) -> bytes:
    """Return the results minutes as a PDF; the signatures under them are recorded beside, by the hash of these bytes.

    The minutes are in French whoever reads them: every member signs the same bytes.
    """
    with translation.override("fr"):
        return _composed(result, station)


def _composed(result: ContestResult, station: PollingStation) -> bytes:
    contest, election = result.contest, result.contest.election
    lists = list(contest.lists.prefetch_related("organisations", "candidates").order_by("position"))
    minutes = ResultsMinutes(
        election=election.name, contest_code=contest.code, contest=contest.name,
        instance=str(contest.get_instance_display()), ballot_kind="sigle" if contest.kind == "sigle" else "list",
        station=station.name, opened_at=election.voting_opens_at, closed_at=election.grace_ends_at,
        drawn_up_at=result.computed_at.replace(microsecond=0), registered=result.registered, voters=result.voters,
        blank=result.blank, seats=contest.seats, order=_order_text(contest),
        lists=tuple(_list_result(result, index, entry) for index, entry in enumerate(lists)),
        average_seats=_average_seats(result), findings=_findings(result), fingerprints=_fingerprints(contest),
        signatories=_signatories(station), observations=_observations(contest),
    )  # fmt: skip
    return compose_minutes(minutes, machine_readable=machine_readable_result(result).encode())


def machine_readable_result(result: ContestResult) -> str:
    """Return the result as compact JSON, the file attached to the minutes."""
    contest = result.contest
    return json.dumps(
        {
            "version": 1, "contest": contest.uuid, "code": contest.code, "name": contest.name,
            "election": contest.election.name, "seats": contest.seats, "registered": result.registered,
            "voters": result.voters, "blank": result.blank, "expressed": result.expressed,
            "lists": [
                {"position": entry.position, "name": entry.name, "votes": votes}
                for entry, votes in zip(contest.lists.order_by("position"), result.votes, strict=True)
            ],
            "attribution": result.seats, "computed_at": utc_text(result.computed_at),
        },
        ensure_ascii=False, separators=(",", ":"),
    )  # fmt: skip


def minutes_hash(document: bytes) -> str:
    """Return what members sign: the SHA-256 of the PDF, in hexadecimal."""
    return hashlib.sha256(document).hexdigest()


def elected(result: ContestResult, index: int, entry: CandidateList) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return titulars and substitutes of a list, in the order of the list (R211-122); nobody for a « sigle » (R211-127)."""
    if "titulars" not in result.seats or result.contest.kind == Contest.Kind.SIGLE:
        return (), ()
    names = [str(candidate) for candidate in entry.candidates.all()]
    titulars, substitutes = result.seats["titulars"][index], result.seats["substitutes"][index]
    return tuple(names[:titulars]), tuple(names[titulars : titulars + substitutes])


def _list_result(result: ContestResult, index: int, entry: CandidateList) -> ListResult:
    titulars, substitutes = elected(result, index, entry)
    return ListResult(
        position=entry.position, name=entry.name,
        organisations=tuple(sorted(organisation.name for organisation in entry.organisations.all())),
        votes=result.votes[index], quotient_seats=result.seats["by_quotient"][index],
        seats=result.seats["won"][index], titulaires=titulars, suppleants=substitutes,
    )  # fmt: skip


def _average_seats(result: ContestResult) -> tuple[AverageSeat, ...]:
    first = sum(result.seats["by_quotient"]) + 1
    return tuple(
        AverageSeat(
            seat=first + number,
            averages=tuple(
                (position, Fraction(average)) for position, average in enumerate(award["averages"], start=1)
            ),
            winner=award["winner"] + 1,
            tie_rule=_TIE_RULES[award["by"]],
        )
        for number, award in enumerate(result.seats["awards"])
    )


def _findings(result: ContestResult) -> tuple[Finding, ...]:
    ballots = len(records_of(result.contest, "Ballot"))
    expressed = sum(result.votes)
    return (
        Finding(
            text="Le nombre de bulletins publiés est égal au nombre de votants",
            evidence=f"{ballots} bulletins, {result.voters} votants", holds=ballots == result.voters,
        ),
        Finding(
            text="Suffrages exprimés et votes blancs font le nombre de votants (R211-541)",
            evidence=f"{expressed} + {result.blank} = {result.voters}",
            holds=expressed + result.blank == result.voters,
        ),
    )  # fmt: skip


def _fingerprints(contest: Contest) -> tuple[tuple[str, str], ...]:
    tally = records_of(contest, "EncryptedTally")[0][0]
    counted = records_of(contest, "Result")[0][0]
    registrar = opening_keys(contest).get("registrar")
    return (
        ("Élection (identifiant)", contest.uuid),
        ("Élection (empreinte)", election_record(contest).fingerprint),
        ("Scellement", contest.seal.digest),
        ("Total chiffré", hex_hash(tally.encode())),
        ("Résultat", hex_hash(counted.encode())),
        *((("Clé publique du service d’enregistrement", registrar),) if registrar else ()),
    )


def _observations(contest: Contest) -> tuple[str, ...]:
    """Return what the bureau observes: so far, that the registrar was declared lost, and why."""
    loss = declared_loss(contest)
    if loss is None:
        return ()
    # The journal names the two members; what they wrote is theirs, as the rest of the minutes is.
    return (
        f"Le {paris_text(loss.at)}, deux membres du bureau ont déclaré perdu le service d’enregistrement des clés.",
        f"Motif donné : {loss.facts['reason']}",
        f"Nouveaux codes de vote abandonnés : {loss.facts['codes']} ; les codes d’avant sont restés valables.",
        "La dernière ligne du registre des clés peut manquer.",
    )


def _signatories(station: PollingStation) -> tuple[Signatory, ...]:
    order = {"president": 0, "secretary": 1, "delegate": 2}
    members = station.members.select_related("account", "organisation")
    return tuple(
        Signatory(
            role=str(member.get_role_display()), name=member.account.full_name,
            organisation=member.organisation.name if member.organisation else "",
        )
        for member in sorted(members, key=lambda member: (order[member.role], member.account.last_name))
    )  # fmt: skip


def _order_text(contest: Contest) -> str:
    order: str = json.loads(bytes(contest.seal.bundle))["order"]
    return order
