"""Slowing repeated tries down, without ever locking anyone out: a lock would be a way to stop someone from voting.

A try is counted before it is checked, under lock, so that a hundred tries at once are a hundred tries; a success takes it
back. Many people stand behind one network, and its fastest machine would win every slot: a network over its pace makes a
try cost more (`NetworkCrowded`), and refuses none that paid. Subjects are kept as keyed hashes only, so that the table
tells neither addresses nor networks to who reads the database.
"""

import hashlib
import hmac
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.db import connection, transaction
from django.db.models import Count, Q, Sum

from isoloir.common.secretfiles import ensure_secret

from .errors import NetworkCrowded, SlowedDown
from .models import Slowdown

SIGN_IN = "sign-in"
_PEPPER = "slowdown-pepper"
_NETWORK, _READER = "network ", "reader "
# No hexadecimal digits: they begin the keys of a network, and of who reads rolls.
_NETWORK_MARK, _READER_MARK = "n", "r"
_PRUNED_AT_ONCE = 10_000


@dataclass(frozen=True)
class Pace:
    """How many tries are free, then the longest wait; in between the wait doubles from one second.

    One try is forgiven after each `forgiven_after` since the end of the last wait. Waits are in seconds. Tries beyond
    the one with the longest wait are not counted, so that a long attack is not remembered for longer than a short one.
    """

    free: int
    cap: int
    forgiven_after: timedelta

    def wait(self, tries: int) -> int:
        """Return the seconds that the next try must wait."""
        over = tries - self.free
        return 0 if over <= 0 else min(self.cap, 2 ** min(over - 1, 30))

    @property
    def most(self) -> int:
        """Return the number of tries from which the wait is the longest."""
        return self.free + 1 + (self.cap - 1).bit_length()

    @property
    def longest_memory(self) -> timedelta:
        """Return the quiet time after which nothing counts any more, whatever happened before."""
        return self.most * self.forgiven_after

    def left(self, tries: int, quiet: timedelta) -> int:
        """Return the tries that still count after a quiet time."""
        return max(0, tries - max(0, quiet // self.forgiven_after))


PERSON_PACE = Pace(free=3, cap=300, forgiven_after=timedelta(minutes=20))
# A whole rectorat may stand behind one address, and mistype: a steady trickle costs nothing. During the « waits » of a
# network the act asks for something else than time.
NETWORK_PACE = Pace(free=40, cap=5, forgiven_after=timedelta(seconds=2))
# Reading is no failure: three hundred pages an hour cost nothing, which nobody reads who looks for a colleague.
READER_PACE = Pace(free=300, cap=60, forgiven_after=timedelta(seconds=12))


@dataclass(frozen=True)
class Try:
    """A try that was let through and counted. `seconds` is what the same person waits next if this one fails.

    `clocks` gives, for each network among the subjects (by key), the instant from which forgiveness ran before this try,
    and the one that the try has set.
    """

    action: str
    persons: tuple[str, ...]
    clocks: dict[str, tuple[datetime, datetime]]
    seconds: int


@dataclass(frozen=True)
class Counter:
    """What support sees of an act: how many subjects wait now, and the tries that count, without saying whose."""

    action: str
    waiting: int
    tries: int


def network_of(address: str) -> str:
    """Return the network of an IP address as a subject: the address itself in IPv4, its /48 in IPv6, which is one site.

    A crowded network slows nobody: it may be wide, so that nobody has 256 of them.
    """
    return f"{_NETWORK}{_block_of(address, prefix=48)}"


def household_of(address: str) -> str:
    """Return what one household has of a network: the address itself in IPv4, its /56 in IPv6.

    Part of the subjects that wait: a voter must not wait for what another one of the same site does.
    """
    return f"household {_block_of(address, prefix=56)}"


def reader_of(voter: int) -> str:
    """Return the subject that counts what a voter, by key, reads on rolls."""
    return f"{_READER}{voter}"


def is_crowded(*, action: str, address: str, at: datetime) -> bool:
    """Tell whether a try from this IP address would meet NetworkCrowded now. Counts nothing, and reads nothing else."""
    row = Slowdown.objects.filter(action=action, subject=_key(network_of(address))).first()
    return row is not None and _seconds_left(row, at) > 0


@transaction.atomic
def begin_try(*, action: str, subjects: Iterable[str], at: datetime, past_crowd: bool = False) -> Try:
    """Count one try for each subject and let it through; the caller checks next, and forgives a success.

    Nothing is counted when it raises: NetworkCrowded while a network is over its pace, unless the caller has the evidence
    that the try paid for it (`past_crowd`); SlowedDown, with the seconds left, while another subject must wait.
    """
    keys = sorted(_key(subject) for subject in subjects)
    rows = _lock(action, keys)
    crowded = max((_seconds_left(row, at) for row in rows if _is_network(row.subject)), default=0)
    if crowded and not past_crowd:
        raise NetworkCrowded(crowded)
    waits = max((_seconds_left(row, at) for row in rows if not _is_network(row.subject)), default=0)
    if waits:
        raise SlowedDown(waits)
    clocks: dict[str, tuple[datetime, datetime]] = {}
    longest = 0
    for row in rows:
        pace = _pace(row.subject)
        before = _forgive_quiet_time(row, pace, at)
        row.failures = min(row.failures + 1, pace.most)
        wait = pace.wait(row.failures)
        # Without a wait the clock of forgiveness runs on: tries in a row must not hold it back.
        row.waits_until = at + timedelta(seconds=wait) if wait else before
        if _is_network(row.subject):
            clocks[row.subject] = (before, row.waits_until)
        else:
            longest = max(longest, wait)
    Slowdown.objects.bulk_update(rows, ("failures", "waits_until"))
    persons = tuple(key for key in keys if key not in clocks)
    return Try(action=action, persons=persons, clocks=clocks, seconds=longest)


@transaction.atomic
def forgive_try(attempt: Try) -> None:
    """Take a try back after a success, which proves who made it.

    The person's own count begins again. A network gets back this try alone: a success must not clear what others do
    from the same network.
    """
    keys = sorted((*attempt.persons, *attempt.clocks))
    rows = list(
        Slowdown.objects.select_for_update(of=("self",))
        .filter(action=attempt.action, subject__in=keys)
        .order_by("subject")
    )
    for row in rows:
        if row.subject in attempt.persons:
            row.failures, row.waits_until = 0, None
            continue
        before, after = attempt.clocks[row.subject]
        row.failures = max(0, row.failures - 1)
        # Somebody else's try may have moved the clock since: then it stays as it is.
        row.waits_until = before if row.waits_until == after else row.waits_until
    Slowdown.objects.bulk_update(rows, ("failures", "waits_until"))


def counters(at: datetime) -> list[Counter]:
    """Return for each act how many subjects are slowed now and how many tries are counted, by name of the act."""
    rows = Slowdown.objects.values("action").order_by("action")
    counted = rows.annotate(waiting=Count("pk", filter=Q(waits_until__gt=at)), tries=Sum("failures"))
    return [Counter(**row) for row in counted]


@transaction.atomic
def prune_slowdowns(*, at: datetime) -> int:
    """Remove the rows that have forgiven everything; return how many. A row in use is left for the next time."""
    forgiven = (
        Q(failures=0)
        | Q(waits_until__lte=at - PERSON_PACE.longest_memory)
        | Q(waits_until__lte=at - NETWORK_PACE.longest_memory, subject__startswith=_NETWORK_MARK)
    )
    rows = Slowdown.objects.filter(forgiven)
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(of=("self",), skip_locked=True)
    keys = list(rows.values_list("pk", flat=True)[:_PRUNED_AT_ONCE])
    removed, _by_model = Slowdown.objects.filter(pk__in=keys).delete()
    return removed


def _lock(action: str, keys: list[str]) -> list[Slowdown]:
    """Return the locked rows of these keys, made if need be, in the order of the keys.

    One order for all, so that two requests cannot wait for each other. A row may be pruned between its making and its
    locking: then it is made again.
    """
    rows: list[Slowdown] = []
    while len(rows) < len(keys):
        Slowdown.objects.bulk_create([Slowdown(action=action, subject=key) for key in keys], ignore_conflicts=True)
        locked = Slowdown.objects.select_for_update(of=("self",)).filter(action=action, subject__in=keys)
        rows = list(locked.order_by("subject"))
    return rows


def _forgive_quiet_time(row: Slowdown, pace: Pace, at: datetime) -> datetime:
    """Take off the tries that quiet time has forgiven; return the instant from which the next forgiveness runs."""
    if not row.failures or row.waits_until is None:
        return at
    quiet = max(timedelta(0), at - row.waits_until)
    row.failures = pace.left(row.failures, quiet)
    return row.waits_until + quiet // pace.forgiven_after * pace.forgiven_after if row.failures else at


def _seconds_left(row: Slowdown, at: datetime) -> int:
    """Return the whole seconds until the subject's wait is over, 0 when it does not wait."""
    # Without a wait the instant is only the clock of forgiveness, which a request of the same moment may have set later.
    if not _pace(row.subject).wait(row.failures) or row.waits_until is None:
        return 0
    return max(0, ceil((row.waits_until - at).total_seconds()))


def _block_of(address: str, *, prefix: int) -> str:
    """Return the block of addresses around an IP address: itself in IPv4, `prefix` bits of it in IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        # A server that listens on both families shows IPv4 so: all of it is one block.
        parsed = parsed.ipv4_mapped
    return str(ipaddress.ip_network((parsed, 32 if parsed.version == 4 else prefix), strict=False))


def _is_network(key: str) -> bool:
    return key.startswith(_NETWORK_MARK)


def _pace(key: str) -> Pace:
    if key.startswith(_READER_MARK):
        return READER_PACE
    return NETWORK_PACE if _is_network(key) else PERSON_PACE


def _key(subject: str) -> str:
    """Return the keyed hash of a subject; that of a network, or of a reader, is marked, since its pace is another."""
    digest = hmac.new(ensure_secret(_PEPPER), subject.encode(), hashlib.sha256).hexdigest()
    marks = ((_NETWORK, _NETWORK_MARK), (_READER, _READER_MARK))
    mark = next((mark for prefix, mark in marks if subject.startswith(prefix)), digest[0])
    return f"{mark}{digest[1:]}"
