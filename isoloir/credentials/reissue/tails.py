"""Which counts are improbable beside the others: exact tails of the binomial and of the negative binomial law.

Establishments differ by more than chance, for a school whose notices were lost asks for many codes: what is called
improbable is so beside the differences that the others show, not beside equal chances. No dependency: sums of terms, each
exact to the last digits of floating numbers.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# Below so many a count is never called improbable, whatever its chance: small numbers say who.
LEAST = 5
# After correction for how many counts were looked at.
SIGNIFICANCE = 1e-6
# Terms of a sum below this share of it change no digit.
_NEGLIGIBLE = 1e-17


def binomial_tail(count: int, *, trials: int, chance: float) -> float:
    """Return the probability of at least `count` successes among `trials`, each of probability `chance`."""
    if count <= 0:
        return 1.0
    if count > trials or chance <= 0.0:
        return 0.0
    if chance >= 1.0:
        return 1.0

    def log_term(number: int) -> float:
        ways = math.lgamma(trials + 1) - math.lgamma(number + 1) - math.lgamma(trials - number + 1)
        return ways + number * math.log(chance) + (trials - number) * math.log1p(-chance)

    return _sum_from(count, log_term, last=trials, mode=trials * chance)


def negative_binomial_tail(count: int, *, mean: float, dispersion: float) -> float:
    """Return the probability of at least `count` events, of that mean and of variance mean + dispersion × mean².

    With no dispersion this is the law of Poisson.
    """
    if count <= 0:
        return 1.0
    if mean <= 0.0:
        return 0.0

    def log_term(number: int) -> float:
        if dispersion < 1e-9:
            return number * math.log(mean) - mean - math.lgamma(number + 1)
        shape = 1.0 / dispersion
        ways = math.lgamma(number + shape) - math.lgamma(number + 1) - math.lgamma(shape)
        return ways - shape * math.log1p(mean / shape) + number * math.log(mean / (shape + mean))

    return _sum_from(count, log_term, last=None, mode=mean)


def _sum_from(first: int, log_term: Callable[[int], float], *, last: int | None, mode: float) -> float:
    total, number = 0.0, first
    while last is None or number <= last:
        term = math.exp(log_term(number))
        total += term
        # Beyond the mode terms only grow smaller.
        if number > mode and term <= total * _NEGLIGIBLE:
            break
        number += 1
    return min(1.0, total)


@dataclass(frozen=True)
class Unit:
    """What is compared: an establishment with its voters, or a network (size 1); `count` voters asked for a code."""

    subject: str
    size: int
    count: int


@dataclass(frozen=True)
class Improbable:
    """A unit whose count is improbable: what was expected of it, and the probability after correction."""

    unit: Unit
    expected: float
    probability: float


def improbable(units: Sequence[Unit], *, floor: float, trimmed: float) -> list[Improbable]:
    """Return the units whose counts are improbable beside the others', the most improbable first.

    Each is compared with the rate and the dispersion of all others, and `floor` is the least rate that they are credited
    with. The share `trimmed` of the units that stand out most is left out of the dispersion, so that several attacked
    establishments do not hide each other.
    """
    size, count = sum(unit.size for unit in units), sum(unit.count for unit in units)
    if not size:
        return []
    rate = max(count / size, floor)
    spread = sorted(
        ((_excess(unit, rate), (unit.count - unit.size * rate) ** 2 - unit.size * rate, (unit.size * rate) ** 2, unit)
         for unit in units),
        key=lambda each: each[0],
    )  # fmt: skip
    kept = spread[: len(spread) - int(trimmed * len(spread))]
    over, squares = math.fsum(each[1] for each in kept), math.fsum(each[2] for each in kept)
    counted = {id(each[3]): each for each in kept}
    found = []
    for unit in units:
        if unit.count < LEAST:
            continue
        mine = counted.get(id(unit), (0.0, 0.0, 0.0, unit))
        left = squares - mine[2]
        dispersion = max(0.0, (over - mine[1]) / left) if left > 0 else 0.0
        others = (count - unit.count) / (size - unit.size) if size > unit.size else 0.0
        expected = unit.size * max(others, floor)
        chance = negative_binomial_tail(unit.count, mean=expected, dispersion=dispersion) * len(units)
        if chance < SIGNIFICANCE:
            found.append(Improbable(unit, expected, chance))
    return sorted(found, key=lambda each: each.probability)


def _excess(unit: Unit, rate: float) -> float:
    expected = unit.size * rate
    return (unit.count - expected) / math.sqrt(expected) if expected > 0 else 0.0
