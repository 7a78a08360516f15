"""What waits, for whom, since when; and how long people wait, told as honestly as it is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from statistics import median

from django.db.models import Count, Min, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from isoloir.elections.models import Election
from isoloir.identity.roles import Desk
from isoloir.roll.models import Voter
from isoloir.uploads.models import StoredFile

from .models import Ticket, TicketMessage
from .permissions import tickets_of

# With fewer first answers, a median says what happened to somebody and not what to expect.
FEWEST_MEASURED = 5
_MEASURED_DAYS = timedelta(days=7)
_MOST_MEASURED = 2_000
_MEASURED_EVERY = 300
_MOST_SHOWN = 50
_HOURS = (1, 2, 4, 8, 12, 24)


@dataclass(frozen=True, slots=True)
class Queue:
    """The tickets of one académie (empty: not said) that wait for an agent, and since when the oldest does."""

    academy: str
    waiting: int
    oldest: datetime | None
    answered: int


def queues_of(desk: Desk, *, election: Election) -> list[Queue]:
    """Return the queues of this desk that hold open tickets, by académie, in one query."""
    waiting = Q(state=Ticket.State.WAITING)
    rows = tickets_of(desk, election=election).exclude(state=Ticket.State.CLOSED).order_by("academy").values("academy")
    counted = rows.annotate(
        waiting=Count("pk", filter=waiting), answered=Count("pk", filter=Q(state=Ticket.State.ANSWERED)),
        oldest=Min("waiting_since", filter=waiting),
    )  # fmt: skip
    return [Queue(**row) for row in counted]


def typical_wait(election: Election, *, academy: str, at: datetime) -> timedelta | None:
    """Return the median time to the first answer over the last seven days, None when fewer than five were given.

    In the académie when it has five of them, else everywhere. Measured once in five minutes: it is on pages open to all.
    """
    return measured_wait(election.pk, academy, at - timedelta(seconds=at.timestamp() % _MEASURED_EVERY))


def wait_words(wait: timedelta | None) -> str:
    """Say a median wait without more exactness than it has: rounded up, and « le plus souvent »; "" when unknown."""
    if wait is None:
        return ""
    for hours in _HOURS:
        if wait <= timedelta(hours=hours):
            return ngettext(
                "Les agents répondent le plus souvent en moins de %(count)d heure.",
                "Les agents répondent le plus souvent en moins de %(count)d heures.",
                hours,
            ) % {"count": hours}
    days = -(-wait // timedelta(days=1))
    return _("Les agents répondent le plus souvent en moins de %(count)d jours.") % {"count": days}


def academies_of(election: Election, *, at: datetime) -> Sequence[str]:
    """Return the académies of the roll, sorted. Read at most once a day for a roll of this length: it may be very long."""
    newest = election.voters.order_by("-pk").values_list("pk", flat=True).first()
    return _academies(election.pk, newest, at.date().isoformat()) if newest is not None else ()


def tickets_asked_by(voter: Voter) -> QuerySet[Ticket]:
    """Return what this voter asked while signed in, the newest first, fifty at most. One query."""
    return Ticket.objects.filter(voter=voter).order_by("-asked_at", "-pk")[:_MOST_SHOWN]


def messages_of(ticket: Ticket, *, with_internal: bool) -> QuerySet[TicketMessage]:
    """Return the conversation in order, with agents and files; not the bytes of these, which may be many. Two queries."""
    files = Prefetch("files", StoredFile.objects.defer("sealed").order_by("pk"))
    said = ticket.messages.select_related("agent").prefetch_related(files).order_by("at", "pk")
    return said if with_internal else said.filter(is_internal=False)


@lru_cache(maxsize=8)
def _academies(election_id: int, _newest_voter: int, _day: str) -> Sequence[str]:
    election = Election.objects.get(pk=election_id)
    return tuple(sorted(election.voters.order_by().values_list("academy", flat=True).distinct()))


@lru_cache(maxsize=256)
def measured_wait(election_id: int, academy: str, at: datetime) -> timedelta | None:
    """Return the median of `typical_wait` at this instant, read once. At most two queries, over the last 2,000 answers."""
    for place in ([{"academy": academy}] if academy else []) + [{}]:
        waits = _waits(election_id, place, at=at)
        if len(waits) >= FEWEST_MEASURED:
            return timedelta(seconds=median(wait.total_seconds() for wait in waits))
    return None


def _waits(election_id: int, place: dict[str, str], *, at: datetime) -> list[timedelta]:
    answered = Ticket.objects.filter(election=election_id, first_answered_at__range=(at - _MEASURED_DAYS, at), **place)
    rows = answered.order_by("-first_answered_at").values_list("asked_at", "first_answered_at")[:_MOST_MEASURED]
    return [first - asked for asked, first in rows if first is not None]
