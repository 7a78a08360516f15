"""When claims about the rolls are received, for each kind of instance, exact to the second (R211-28, R211-171)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from isoloir.common.clock import PARIS
from isoloir.elections.models import ClaimWindow, Contest, Election

from .models import Claim

# From the day the rolls are shown: requests of inscription within eight days, the other claims within three days more.
INSCRIPTION_DAYS = 8
CLAIM_DAYS = 11


@dataclass(frozen=True, slots=True)
class Window:
    """Aware instants: claims are received from `opens_at` on, until just before the closing of their kind."""

    opens_at: datetime
    inscriptions_close_at: datetime
    closes_at: datetime

    def closes_for(self, kind: str) -> datetime:
        """Return when the window closes for claims of this kind (Claim.Kind)."""
        return self.inscriptions_close_at if kind == Claim.Kind.INSCRIPTION else self.closes_at

    def is_open(self, kind: str, *, at: datetime) -> bool:
        return self.opens_at <= at < self.closes_for(kind)

    def cut_at(self, end: datetime) -> "Window":
        """Return this window without what comes after `end`."""
        return Window(self.opens_at, min(self.inscriptions_close_at, end), min(self.closes_at, end))


def window_of(where: Contest | str, election: Election) -> Window:
    """Return the window of a contest's instance, or of an instance by its code; one query."""
    instance = where.instance if isinstance(where, Contest) else where
    row = election.claim_windows.filter(instance=instance).first()
    return _written(row, election) if row else legal_window(election)


def windows_of(election: Election) -> dict[str, Window]:
    """Return the window of each instance that the election has contests of, in the order of their names; two queries."""
    rows = {row.instance: row for row in election.claim_windows.all()}
    present = set(election.contests.order_by().values_list("instance", flat=True).distinct())
    return {
        instance.value: _written(rows[instance], election) if instance in rows else legal_window(election)
        for instance in Contest.Instance
        if instance in present
    }


def widest(windows: Mapping[str, Window]) -> Window | None:
    """Return from the first opening to the last closing, for a claim that names no contest yet; None without windows."""
    if not windows:
        return None
    each = windows.values()
    return Window(
        min(window.opens_at for window in each),
        max(window.inscriptions_close_at for window in each),
        max(window.closes_at for window in each),
    )


def legal_window(election: Election) -> Window:
    """Return the window of an instance for which nothing was written: eight days, then three more, never the vote's day.

    Days are those of Paris: a window over a change of hour closes at the hour of the clock at which it opened.
    """
    opens_at = election.rolls_shown_at or election.portal_opens_at
    window = Window(opens_at, _days_after(opens_at, INSCRIPTION_DAYS), _days_after(opens_at, CLAIM_DAYS))
    return window.cut_at(end_of_eve(election))


def end_of_eve(election: Election) -> datetime:
    """Return when the eve of the vote ends: midnight of Paris, at which the day of the opening begins."""
    day = election.voting_opens_at.astimezone(PARIS).date()
    return datetime.combine(day, time.min, tzinfo=PARIS).astimezone(election.voting_opens_at.tzinfo)


def _days_after(at: datetime, days: int) -> datetime:
    # Arithmetic on a time of Paris is arithmetic of its clock; back in UTC it is an instant again.
    return (at.astimezone(PARIS) + timedelta(days=days)).astimezone(at.tzinfo)


def _written(row: ClaimWindow, election: Election) -> Window:
    # The calendar may have changed since: no claim is received once voting is open.
    return Window(row.opens_at, row.inscriptions_close_at, row.closes_at).cut_at(election.voting_opens_at)
