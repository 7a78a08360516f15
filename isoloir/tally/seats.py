"""Seats by quotient, then highest average, with exact fractions (R211-118 to 123, R211-289 to 293)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction


class TieStep(Enum):
    """What parts two equal averages before a draw by lot does."""

    VOTES = "votes"
    CANDIDATES = "candidates"


# Committees and joint commissions: more votes, then more candidates presented (R211-119, R211-290).
LIST_TIES = (TieStep.VOTES, TieStep.CANDIDATES)
# Votes for a « sigle » (R211-123) and the private schools' commissions (R914-10-19 of the education code): votes alone.
SIGLE_TIES = (TieStep.VOTES,)


class DrawNeeded(Exception):
    """Equal averages that nothing parts: the bureau draws lots among `positions` (indexes from 0)."""

    def __init__(self, positions: tuple[int, ...]) -> None:
        super().__init__(f"a draw by lot is needed among lists {[position + 1 for position in positions]}")
        self.positions = positions


class DrawRefused(ValueError):
    """The recorded draw names a list that was not among the equal ones."""


@dataclass(frozen=True)
class Award:
    """One seat given by highest average: to `winner`, on `averages` (one per list), decided `by` average, a tie step or lot."""

    winner: int
    averages: tuple[Fraction, ...]
    by: str


@dataclass(frozen=True)
class Attribution:
    """Seats per list (in the drawn order), how they came, and the seats that nobody fills (R211-121, R211-128)."""

    quotient: Fraction | None
    by_quotient: tuple[int, ...]
    awards: tuple[Award, ...]
    won: tuple[int, ...]
    titulars: tuple[int, ...]
    substitutes: tuple[int, ...]
    unattributed: int = field(default=0)

    def as_json(self) -> dict[str, object]:
        """Return plain values; fractions as "numerator/denominator"."""
        return {
            "quotient": _fraction_text(self.quotient) if self.quotient is not None else None,
            "by_quotient": list(self.by_quotient),
            "awards": [
                {"winner": award.winner, "averages": [_fraction_text(each) for each in award.averages], "by": award.by}
                for award in self.awards
            ],
            "won": list(self.won),
            "titulars": list(self.titulars),
            "substitutes": list(self.substitutes),
            "unattributed": self.unattributed,
        }


def attribute_seats(
    *,
    votes: Sequence[int],
    seats: int,
    ties: Sequence[TieStep],
    candidates: Sequence[int] | None = None,
    draws: Sequence[int] = (),
) -> Attribution:
    """Attribute `seats` among lists that got `votes` (blank votes are not expressed and are not here).

    `candidates` is how many each list presented (None for a vote on « sigles », where any number of seats can be filled).
    `draws` are the winners of the draws already made, in the order in which they were needed.
    Raises DrawNeeded when equality calls for one more draw, DrawRefused when a recorded one does not fit.
    """
    expressed = sum(votes)
    if expressed == 0:
        nothing = tuple(0 for _ in votes)
        return Attribution(None, nothing, (), nothing, nothing, nothing, unattributed=seats)
    quotient = Fraction(expressed, seats)
    by_quotient = tuple(int(Fraction(count) / quotient) for count in votes)
    won, awards, remaining_draws = list(by_quotient), [], list(draws)
    while sum(won) < seats:
        averages = tuple(Fraction(count, have + 1) for count, have in zip(votes, won, strict=True))
        winner, by = _highest(averages, votes, candidates, ties, remaining_draws)
        awards.append(Award(winner=winner, averages=averages, by=by))
        won[winner] += 1
    titulars, substitutes = _filled(won, candidates)
    return Attribution(
        quotient=quotient, by_quotient=by_quotient, awards=tuple(awards), won=tuple(won),
        titulars=titulars, substitutes=substitutes, unattributed=seats - sum(titulars),
    )  # fmt: skip


def _highest(
    averages: tuple[Fraction, ...],
    votes: Sequence[int],
    candidates: Sequence[int] | None,
    ties: Sequence[TieStep],
    draws: list[int],
) -> tuple[int, str]:
    best = max(averages)
    equal = [position for position, average in enumerate(averages) if average == best]
    if len(equal) == 1:
        return equal[0], "average"
    for step in ties:
        if step is TieStep.CANDIDATES and candidates is None:
            continue
        measure = votes if step is TieStep.VOTES or candidates is None else candidates
        most = max(measure[position] for position in equal)
        equal = [position for position in equal if measure[position] == most]
        if len(equal) == 1:
            return equal[0], step.value
    if not draws:
        raise DrawNeeded(tuple(equal))
    drawn = draws.pop(0)
    if drawn not in equal:
        raise DrawRefused(f"list {drawn + 1} was not among the equal ones")
    return drawn, "lot"


def _filled(won: Sequence[int], candidates: Sequence[int] | None) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return titulars and substitutes: no list fills more seats than it has candidates (R211-121), titulars first."""
    if candidates is None:
        return tuple(won), tuple(won)
    titulars = tuple(min(seats, presented) for seats, presented in zip(won, candidates, strict=True))
    substitutes = tuple(
        min(seats, presented - filled) for seats, presented, filled in zip(won, candidates, titulars, strict=True)
    )
    return titulars, substitutes


def _fraction_text(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"
