"""Slowing repeated failures down, without ever locking anyone out: a lock would be a way to stop someone from voting.

Subjects are kept as keyed hashes only, so that the table tells neither addresses nor networks to who reads the database.
"""

import hashlib
import hmac
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.db import transaction
from django.db.models import Max

from isoloir.common.secretfiles import ensure_secret

from .errors import SlowedDown
from .models import Slowdown

_PEPPER = "slowdown-pepper"


@dataclass(frozen=True)
class Pace:
    """How many failures are free, then the longest wait; in between the wait doubles from one second.

    One failure is forgiven after each `forgiven_after` without a new one. Waits are in seconds.
    """

    free: int
    cap: int
    forgiven_after: timedelta

    def wait(self, failures: int) -> int:
        over = failures - self.free
        return 0 if over <= 0 else min(self.cap, 2 ** min(over - 1, 30))

    def left(self, failures: int, quiet: timedelta) -> int:
        """Return the failures that still count after a quiet time."""
        return max(0, failures - max(0, quiet // self.forgiven_after))


PERSON_PACE = Pace(free=3, cap=300, forgiven_after=timedelta(minutes=20))
# A whole rectorat may stand behind one address, and mistype: a steady trickle costs nothing, a flood costs seconds.
NETWORK_PACE = Pace(free=40, cap=5, forgiven_after=timedelta(seconds=2))


def network_of(address: str) -> str:
    """Return the network of an IP address as a subject: the address itself in IPv4, its /56 in IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "network unknown"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        # A server that listens on both families shows IPv4 so: all of it is one /56.
        parsed = parsed.ipv4_mapped
    prefix = 32 if parsed.version == 4 else 56
    return f"network {ipaddress.ip_network((parsed, prefix), strict=False)}"


def require_patience(*, action: str, subjects: Iterable[str], at: datetime) -> None:
    """Raise SlowedDown, with the seconds left, while one of the subjects must wait."""
    keys = [_key(subject) for subject in subjects]
    waits = Slowdown.objects.filter(action=action, subject__in=keys, waits_until__gt=at)
    latest = waits.aggregate(latest=Max("waits_until"))["latest"]
    if latest is not None:
        raise SlowedDown(ceil((latest - at).total_seconds()))


@transaction.atomic
def record_failure(*, action: str, subjects: Iterable[str], at: datetime) -> int:
    """Count one failure for each subject; return the seconds that the next try must wait (0: none)."""
    longest = 0
    # A constant order of locking, so that two requests cannot wait for each other.
    for subject in sorted(subjects):
        pace = NETWORK_PACE if subject.startswith("network ") else PERSON_PACE
        row, _made = Slowdown.objects.select_for_update(of=("self",)).get_or_create(
            action=action, subject=_key(subject)
        )
        quiet = at - row.waits_until if row.waits_until else timedelta(0)
        row.failures = pace.left(row.failures, quiet) + 1
        wait = pace.wait(row.failures)
        row.waits_until = at + timedelta(seconds=wait)
        row.save(update_fields=("failures", "waits_until"))
        longest = max(longest, wait)
    return longest


def forget_failures(*, action: str, subjects: Iterable[str]) -> None:
    """Begin the count of these subjects again, after a success that proves who they are."""
    Slowdown.objects.filter(action=action, subject__in=[_key(subject) for subject in subjects]).delete()


def _key(subject: str) -> str:
    return hmac.new(ensure_secret(_PEPPER), subject.encode(), hashlib.sha256).hexdigest()
