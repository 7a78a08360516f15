"""Rates of re-issue, and who stands out: establishments, networks, and ways that are suddenly much asked for.

A colleague who knows a NUMEN and a birth date takes one code; one who has a whole staff file takes many, of one
establishment, or from one network, or in one hour. Nothing here stops a voter: it tells the supervision cell where to look.
The bureau sees counts, never of fewer than five voters.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import Count, QuerySet

from isoloir.credentials.models import Reissue
from isoloir.elections.models import Contest, Election
from isoloir.journal.kinds import Kind
from isoloir.messaging.alerts import raise_alert
from isoloir.messaging.models import Alert

from .tails import LEAST, SIGNIFICANCE, Improbable, Unit, binomial_tail, improbable, negative_binomial_tail

# The least rate that the others are credited with: one voter in a thousand.
_FLOOR = 0.001
# A busy network has one voter at least, and busy networks differ by a third or so.
_NETWORK_FLOOR = 1.0
_NETWORK_DISPERSION = 0.1
_TRIMMED = 0.01
_BURST = timedelta(hours=1)
# A way's share of the last hour: told when it is twice what it was before, among so many requests.
_SHARE_LEAST = 20
_LEAST_SHARE = 0.05
_DAY = timedelta(days=1)
_SIZES_SECONDS = 3600
# As much of a network's keyed hash as people compare by eye.
_MARK = 12


@dataclass(frozen=True)
class WayCount:
    """Voters and requests of one policy and channel. Both empty: the small ones together. None: fewer than five."""

    policy: str
    channel: str
    asked: int | None
    live: int | None


@dataclass(frozen=True)
class EstablishmentRate:
    """What the supervision cell sees of an establishment: voters who asked for a code, of how many."""

    code: str
    name: str
    voters: int
    asked: int

    @property
    def rate(self) -> float:
        """Return the share of voters who asked, in per cent."""
        return 100 * self.asked / self.voters if self.voters else 0.0


def watch_reissues(at: datetime) -> int:
    """Look for improbable rates in the current election; return how many alerts are new. Each is told once."""
    election = Election.objects.current()
    if election is None:
        return 0
    asked = Reissue.objects.filter(voter__election=election)
    if not asked.exists():
        return 0
    lately = asked.filter(asked_at__gt=at - _BURST)
    sizes: dict[str, int] = {}
    found = 0
    for window, reissues in (("election", asked), ("hour", lately)):
        counts = _establishment_counts(reissues)
        if max(counts.values(), default=0) >= LEAST:
            # The whole roll is read only when some establishment could stand out, once for both windows.
            sizes = sizes or _lasting_sizes(election)
            units = [Unit(code, size, counts.get(code, 0)) for code, size in sizes.items()]
            found += _tell_establishments(window, units, at=at)
        found += _tell_networks(window, _networks(reissues), at=at)
    return found + _watch_shares(asked.filter(asked_at__lte=at - _BURST), lately, at=at)


def reissue_counts(election: Election) -> list[WayCount]:
    """Return the re-issues by policy and channel, as the bureau may see them: nothing of fewer than five requests."""
    rows = (
        Reissue.objects.filter(voter__election=election)
        .order_by()
        .values_list("policy", "channel", "state")
        .annotate(Count("pk"))
    )
    asked: Counter[tuple[str, str]] = Counter()
    live: Counter[tuple[str, str]] = Counter()
    for policy, channel, state, number in rows:
        asked[policy, channel] += number
        live[policy, channel] += number if state == Reissue.State.LIVE else 0
    shown = [
        WayCount(policy, channel, number, _masked(live[policy, channel]))
        for (policy, channel), number in sorted(asked.items())
        if number >= LEAST
    ]
    small = [key for key, number in asked.items() if number < LEAST]
    if small:
        shown.append(
            WayCount("", "", _masked(sum(asked[key] for key in small)), _masked(sum(live[key] for key in small)))
        )
    return shown


def busiest_establishments(election: Election, *, most: int = 20) -> list[EstablishmentRate]:
    """Return the establishments where most voters asked for a code; those of fewer than five are left out."""
    rows = list(
        Reissue.objects.filter(voter__election=election)
        .order_by()
        .values("voter__establishment_code", "voter__establishment")
        .annotate(asked=Count("voter", distinct=True))
        .filter(asked__gte=LEAST)
        .order_by("-asked", "voter__establishment_code")[:most]
    )
    codes = [row["voter__establishment_code"] for row in rows]
    sizes = _sizes(election, codes)
    return [
        EstablishmentRate(
            row["voter__establishment_code"],
            row["voter__establishment"],
            sizes[row["voter__establishment_code"]],
            row["asked"],
        )
        for row in rows
    ]


def _masked(number: int) -> int | None:
    """Return a count, or None for one of one to four: it could say who."""
    return None if 0 < number < LEAST else number


def _sizes(election: Election, codes: Iterable[str] | None = None) -> dict[str, int]:
    voters = election.voters.all() if codes is None else election.voters.filter(establishment_code__in=list(codes))
    return dict(voters.order_by().values_list("establishment_code").annotate(Count("pk")))


def _lasting_sizes(election: Election) -> dict[str, int]:
    """Return how many voters each establishment has, at most an hour ago once every contest is sealed.

    From then on no act changes the roll; before, a claim may.
    """
    states = set(election.contests.order_by().values_list("state", flat=True).distinct())
    if not states or Contest.State.PREPARED in states:
        return _sizes(election)
    key = f"establishment-sizes-{election.pk}"
    sizes: dict[str, int] | None = cache.get(key)
    if sizes is None:
        sizes = _sizes(election)
        cache.set(key, sizes, _SIZES_SECONDS)
    return sizes


def _establishment_counts(reissues: "QuerySet[Reissue]") -> dict[str, int]:
    """Return how many voters of each establishment asked."""
    return dict(reissues.order_by().values_list("voter__establishment_code").annotate(Count("voter", distinct=True)))


def _networks(reissues: "QuerySet[Reissue]") -> list[Unit]:
    """Return each network with its voters. Only those that asked are known: each is compared with the other ones."""
    counts = reissues.exclude(network="").order_by().values_list("network").annotate(Count("voter", distinct=True))
    return [Unit(network, 1, number) for network, number in counts]


def improbable_networks(units: list[Unit]) -> list[Improbable]:
    """Return the networks from which improbably many voters asked, the most improbable first.

    Schools and operators share one address among many: each network is compared with the busy ones among the others, of
    which one in a hundred has more voters, and not with the home of one voter that most of them are.
    """
    counts = sorted(unit.count for unit in units)
    found = []
    for unit in units:
        if unit.count < LEAST:
            continue
        others = counts.copy()
        others.remove(unit.count)
        busy = max(_NETWORK_FLOOR, others[-(-99 * len(others) // 100) - 1] if others else 0)
        tail = negative_binomial_tail(unit.count, mean=busy, dispersion=_NETWORK_DISPERSION)
        if tail * len(units) < SIGNIFICANCE:
            found.append(Improbable(unit, busy, tail * len(units)))
    return sorted(found, key=lambda each: each.probability)


def improbable_establishments(units: list[Unit]) -> list[Improbable]:
    """Return the establishments in which improbably many voters asked."""
    return improbable(units, floor=_FLOOR, trimmed=_TRIMMED)


def _tell_establishments(window: str, units: list[Unit], *, at: datetime) -> int:
    return sum(
        _tell(Alert.Code.REISSUE_ESTABLISHMENT, each.unit.subject, window, each, at=at)
        for each in improbable_establishments(units)
    )


def _tell_networks(window: str, units: list[Unit], *, at: datetime) -> int:
    return sum(
        _tell(Alert.Code.REISSUE_NETWORK, each.unit.subject[:_MARK], window, each, at=at)
        for each in improbable_networks(units)
    )


def _tell(code: Alert.Code, subject: str, window: str, found: Improbable, *, at: datetime) -> int:
    counts: dict[str, object] = {"voters": found.unit.count, "window": window}
    facts = {**counts, "expected": round(found.expected, 1), "roll": found.unit.size}
    # The journal is the bureau's too: it says that there is one, and where to look is the cell's.
    period = _DAY if window == "hour" else None
    told = raise_alert(
        code,
        subject=f"{subject} {window}",
        facts=facts,
        at=at,
        kind=Kind.REISSUE_ALERTED,
        journaled=counts,
        period=period,
    )
    return int(told)


def improbable_shares(before: Mapping[str, int], lately: Mapping[str, int]) -> list[tuple[str, int, float]]:
    """Return each way whose share of the last hour is improbable: its name, its count, and what was expected of it."""
    whole, hour = sum(before.values()), sum(lately.values())
    found = []
    for way, count in lately.items():
        share = max(_LEAST_SHARE, (before.get(way, 0) + 1) / (whole + 2))
        chance = binomial_tail(count, trials=hour, chance=share) * len(lately)
        if count >= _SHARE_LEAST and count >= 2 * hour * share and chance < SIGNIFICANCE:
            found.append((way, count, hour * share))
    return found


def _watch_shares(before: "QuerySet[Reissue]", lately: "QuerySet[Reissue]", *, at: datetime) -> int:
    told = 0
    for way, count, expected in improbable_shares(_ways(before), _ways(lately)):
        facts: dict[str, object] = {"requests": count, "expected": round(expected, 1)}
        told += raise_alert(
            Alert.Code.REISSUE_SHARE, subject=way, facts=facts, at=at, kind=Kind.REISSUE_ALERTED, period=_DAY
        )
    return told


def _ways(reissues: "QuerySet[Reissue]") -> dict[str, int]:
    rows = reissues.order_by().values_list("policy", "channel").annotate(Count("pk"))
    return {f"{policy} {channel}": number for policy, channel, number in rows}
