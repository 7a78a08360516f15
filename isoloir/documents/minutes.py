"""Results minutes of one contest, « procès-verbal de résultat » (articles R211-541 3°, R211-543, R211-576).

The PDF follows PDF/UA-1 and PDF/A-3a, and carries the machine-readable result: people sign what they can read, and
programs read what people signed.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from typing import Literal

from isoloir.documents.errors import DocumentRefused
from isoloir.documents.paris_time import paris_text
from isoloir.documents.typesetting import typeset


@dataclass(frozen=True, slots=True)
class ListResult:
    """One list (or sigle) in the drawn order, its votes and the people it elects, as they are to be read.

    `quotient_seats` counts the seats won by the quotient, `seats` all that were won.  `titulaires` and `suppleants` are
    in list order; a list without enough candidates has fewer `titulaires` than seats, and the others stay vacant
    (article R211-121).  Both are empty for a sigle, whose people are designated later (article R211-127).
    """

    position: int
    name: str
    organisations: tuple[str, ...]
    votes: int
    quotient_seats: int
    seats: int
    titulaires: tuple[str, ...] = ()
    suppleants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AverageSeat:
    """One seat given to the highest average: the averages of all lists by position, the winner, how a tie was settled."""

    seat: int
    averages: tuple[tuple[int, Fraction], ...]
    winner: int
    tie_rule: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of the bureau: what was checked, what was found, and whether it holds."""

    text: str
    evidence: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Signatory:
    """One member of the bureau who signs, or a place left for the signature."""

    role: str
    name: str
    organisation: str = ""


@dataclass(frozen=True, slots=True)
class ResultsMinutes:
    """Everything that the results minutes say.  Instants are aware; fingerprints are (what, text) pairs."""

    election: str
    contest_code: str
    contest: str
    instance: str
    ballot_kind: Literal["list", "sigle"]
    station: str
    opened_at: datetime
    closed_at: datetime
    drawn_up_at: datetime
    registered: int
    voters: int
    blank: int
    seats: int
    order: str
    lists: tuple[ListResult, ...]
    average_seats: tuple[AverageSeat, ...]
    findings: tuple[Finding, ...]
    fingerprints: tuple[tuple[str, str], ...]
    signatories: tuple[Signatory, ...]
    observations: tuple[str, ...] = field(default=())

    @property
    def expressed(self) -> int:
        """Votes for a list: blank ballots are not expressed votes."""
        return sum(result.votes for result in self.lists)


def compose_minutes(minutes: ResultsMinutes, *, machine_readable: bytes) -> bytes:
    """Return the minutes as PDF/UA-1 and PDF/A-3a bytes with `machine_readable` (UTF-8 JSON) attached as resultat.json.

    Raises DocumentRefused when the numbers do not agree among themselves (article R211-541 3°: expressed and blank
    make the voters), DocumentNotComposed.
    """
    check_minutes(minutes)
    return typeset(
        "minutes",
        _minutes_values(minutes, hashlib.sha256(machine_readable).hexdigest()),
        attachment=machine_readable,
        dated=minutes.drawn_up_at,
    )


def check_minutes(minutes: ResultsMinutes) -> None:
    """Check that the numbers agree.  Raises DocumentRefused naming the first that do not."""
    if minutes.seats < 1 or not minutes.lists:
        raise DocumentRefused("minutes need at least one seat and one list")
    if minutes.expressed + minutes.blank != minutes.voters:
        raise DocumentRefused("expressed and blank votes do not make the number of voters")
    if not 0 <= minutes.voters <= minutes.registered:
        raise DocumentRefused("there are more voters than registered electors")
    _check_seats(minutes)


def _check_seats(minutes: ResultsMinutes) -> None:
    """Check that each list's seats are the sum of the steps that gave them."""
    won = {result.position: result.quotient_seats for result in minutes.lists}
    if len(won) != len(minutes.lists):
        raise DocumentRefused("two lists have the same position")
    for given in minutes.average_seats:
        if given.winner not in won or not {position for position, _ in given.averages} <= set(won):
            raise DocumentRefused(f"seat {given.seat} names an unknown list")
        won[given.winner] += 1
    for result in minutes.lists:
        if result.votes < 0 or won[result.position] != result.seats:
            raise DocumentRefused(f"the seats of list {result.position} are not the sum of their steps")
        if len(result.titulaires) > result.seats:
            raise DocumentRefused(f"list {result.position} has more titulaires than seats")
    if sum(result.seats for result in minutes.lists) > minutes.seats:
        raise DocumentRefused("more seats are given than there are")


def _minutes_values(minutes: ResultsMinutes, attachment_sha256: str) -> dict[str, object]:
    quotient = Fraction(minutes.expressed, minutes.seats)
    drawn_up = minutes.drawn_up_at.astimezone(UTC)
    sigle = minutes.ballot_kind == "sigle"
    filled = sum(result.seats if sigle else len(result.titulaires) for result in minutes.lists)
    return {
        "election": minutes.election,
        "contest_code": minutes.contest_code,
        "contest": minutes.contest,
        "instance": minutes.instance,
        "sigle": sigle,
        "station": minutes.station,
        "opened_at": paris_text(minutes.opened_at),
        "closed_at": paris_text(minutes.closed_at),
        "drawn_up_at": paris_text(drawn_up),
        "drawn_up_parts": list(drawn_up.timetuple()[:6]),
        "totals": [
            ["Électeurs inscrits", whole(minutes.registered), "—"],
            ["Votants (émargements)", whole(minutes.voters), percent(minutes.voters, minutes.registered) + " des inscrits"],
            ["Votes blancs", whole(minutes.blank), percent(minutes.blank, minutes.voters) + " des votants"],
            ["Suffrages exprimés", whole(minutes.expressed), percent(minutes.expressed, minutes.voters) + " des votants"],
        ],
        "order": minutes.order,
        "seats": whole(minutes.seats),
        "seats_filled": whole(filled),
        "seats_vacant": minutes.seats - filled,
        "expressed": whole(minutes.expressed),
        "quotient": fraction_text(quotient),
        "quotient_seats_given": whole(sum(result.quotient_seats for result in minutes.lists)),
        "lists": [_list_values(result, minutes.expressed, quotient) for result in minutes.lists],
        "average_seats": [_average_values(seat, minutes.lists) for seat in minutes.average_seats],
        "findings": [[item.text, item.evidence, "Conforme" if item.holds else "NON CONFORME"] for item in minutes.findings],
        "fingerprints": [list(pair) for pair in minutes.fingerprints] + [["Fichier joint resultat.json (SHA-256)", attachment_sha256]],
        "observations": list(minutes.observations),
        "signatories": [[item.role, item.name, item.organisation] for item in minutes.signatories],
    }  # fmt: skip


def _list_values(result: ListResult, expressed: int, quotient: Fraction) -> dict[str, object]:
    return {
        "position": result.position,
        "name": result.name,
        "organisations": ", ".join(result.organisations),
        "votes": whole(result.votes),
        "share": percent(result.votes, expressed),
        "division": fraction_text(result.votes / quotient) if quotient else "—",
        "quotient_seats": whole(result.quotient_seats),
        "seats": whole(result.seats),
        "titulaires": list(result.titulaires),
        "suppleants": list(result.suppleants),
    }


def _average_values(given: AverageSeat, lists: Sequence[ListResult]) -> dict[str, object]:
    names = {result.position: result.name for result in lists}
    votes = {result.position: result.votes for result in lists}
    return {
        "seat": given.seat,
        "averages": [
            [names[position], _division_text(votes[position], average)] for position, average in given.averages
        ],
        "winner": names[given.winner],
        "tie_rule": given.tie_rule,
    }


def _division_text(votes: int, average: Fraction) -> str:
    """Write an average as the division it comes from, 141 ÷ 5 = 28,2000: the fraction alone would be reduced."""
    if average == 0:
        return "0"
    divisor = votes / average
    if divisor == 1:
        return whole(votes)
    return f"{whole(votes)} ÷ {fraction_text(divisor)} {decimal_text(average)}"


def whole(number: int) -> str:
    """Write a whole number with its thousands apart: 1 234 567."""
    return f"{number:,}".replace(",", "\u00a0")


def percent(part: int, total: int) -> str:
    """Write a share in hundredths of a per cent, rounded half up by whole arithmetic; a dash when the total is zero."""
    if total == 0:
        return "—"
    hundredths = (20_000 * part + total) // (2 * total)
    return f"{hundredths // 100},{hundredths % 100:02d}\u00a0%"


def decimal_text(value: Fraction) -> str:
    """Write a positive fraction in decimals with its sign, cut (never rounded up) at four: « = 28,2000 », « ≈ 2,3333 »."""
    ten_thousandths = value * 10_000
    units, decimals = divmod(int(ten_thousandths), 10_000)
    if value.denominator == 1:
        return f"= {whole(units)}"
    return f"{'=' if ten_thousandths.denominator == 1 else '≈'} {whole(units)},{decimals:04d}"


def fraction_text(value: Fraction) -> str:
    """Write an exact fraction and, when it is not whole, its decimals: « 7/3 ≈ 2,3333 »."""
    if value.denominator == 1:
        return whole(value.numerator)
    return f"{whole(value.numerator)}/{whole(value.denominator)} {decimal_text(value)}"
