"""A result as people read it: rows of the chart, seats, elected, and how the seats were attributed, in sentences."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from isoloir.elections.models import CandidateList
from isoloir.tally.minutes import elected
from isoloir.tally.models import ContestResult


@dataclass(frozen=True)
class ResultRow:
    """A list in the drawn order, or the blank votes (`quiet`), as the chart and the tables show it."""

    label: str
    votes: int
    seats: int = 0
    titulars: tuple[str, ...] = ()
    substitutes: tuple[str, ...] = ()
    quiet: bool = False


def result_context(result: ContestResult) -> dict[str, object]:
    """Return what the templates of results need, in three queries however many lists there are."""
    lists = list(result.contest.lists.prefetch_related("candidates").order_by("position"))
    draw_awaited = "draw_needed" in result.seats
    rows = [_row(result, index, entry, counted=not draw_awaited) for index, entry in enumerate(lists)]
    return {
        "result": result,
        "turnout": 100 * result.voters / result.registered if result.registered else 0.0,
        "rows": [*rows, ResultRow(label=_("Votes blancs"), votes=result.blank, quiet=True)],
        "elected": [row for row in rows if row.seats],
        "on_sigle": result.contest.kind == result.contest.Kind.SIGLE,
        "draw_awaited": draw_awaited,
        "steps_of_attribution": [] if draw_awaited else attribution_sentences(result, [row.label for row in rows]),
    }


def _row(result: ContestResult, index: int, entry: CandidateList, *, counted: bool) -> ResultRow:
    titulars, substitutes = elected(result, index, entry)
    return ResultRow(
        label=entry.name,
        votes=result.votes[index],
        seats=result.seats["titulars"][index] if counted else 0,
        titulars=titulars,
        substitutes=substitutes,
    )


def attribution_sentences(result: ContestResult, names: list[str]) -> list[str]:
    """Say how the seats were attributed: the quotient, what it gave, each seat by highest average (R211-118 to 121)."""
    seats, total = result.seats, result.contest.seats
    if seats["quotient"] is None:
        return [_("Aucun suffrage exprimé : aucun siège n’est attribué.")]
    sentences = [
        _("Quotient électoral : %(expressed)d suffrages exprimés ÷ %(seats)d sièges = %(quotient)s.")
        % {"expressed": sum(result.votes), "seats": total, "quotient": _decimal(Fraction(seats["quotient"]))},
        _by_quotient(seats["by_quotient"], names),
    ]
    given = sum(seats["by_quotient"])
    for number, award in enumerate(seats["awards"], start=given + 1):
        sentences.append(_by_average(number, award, names))
    if seats["unattributed"]:
        sentences.append(
            ngettext(
                "%(number)d siège reste non attribué, faute de candidats sur la liste (R211-121).",
                "%(number)d sièges restent non attribués, faute de candidats sur les listes (R211-121).",
                seats["unattributed"],
            )
            % {"number": seats["unattributed"]}
        )
    return sentences


def _by_quotient(won: list[int], names: list[str]) -> str:
    shares = [f"{name} {seats}" for name, seats in zip(names, won, strict=True) if seats]
    if not shares:
        return _("Aucune liste n’atteint le quotient.")
    return _("Au quotient : %(shares)s.") % {"shares": ", ".join(shares)}


def _by_average(number: int, award: dict[str, object], names: list[str]) -> str:
    averages = [Fraction(each) for each in award["averages"]]  # type: ignore[attr-defined]
    winner = int(award["winner"])  # type: ignore[call-overload]
    others = ", ".join(
        f"{name} {_decimal(average)}"
        for position, (name, average) in enumerate(zip(names, averages, strict=True))
        if position != winner
    )
    facts = {"number": number, "winner": names[winner], "average": _decimal(averages[winner]), "others": others}
    sentence = _("Siège %(number)d, à la plus forte moyenne : %(winner)s, %(average)s.") % facts
    if others:
        sentence += " " + _("(Autres moyennes : %(others)s.)") % facts
    reason = _tie_sentence(str(award["by"]))
    return f"{sentence} {reason}" if reason else sentence


def _tie_sentence(step: str) -> str:
    return {
        "votes": _("À égalité de moyennes, la liste qui a le plus de suffrages."),
        "candidates": _("À égalité de moyennes et de suffrages, la liste qui a présenté le plus de candidats."),
        "lot": _("À égalité, par tirage au sort."),
    }.get(step, "")


def _decimal(value: Fraction) -> str:
    """Write a fraction exactly when it is whole, else with its two first decimals; the minutes give it exactly."""
    if value.denominator == 1:
        return str(value.numerator)
    # Cut, not rounded: two averages that differ never look equal the wrong way round.
    hundredths = Decimal(value.numerator * 100 // value.denominator)
    return str(formats.number_format(hundredths / 100, decimal_pos=2))
