"""The pace at which a voter reads rolls: they are shown to be checked, not to be copied (R211-529)."""

from datetime import datetime, timedelta

from django.db import transaction

from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind
from isoloir.journal.models import JournalEntry
from isoloir.roll.models import Voter

from .slowdown import READER_PACE, begin_try, reader_of

_ACTION = "roll"
# Who goes on at the edge of the pace passes it many times, and fills no journal.
_TOLD_EVERY = timedelta(hours=1)


@transaction.atomic
def begin_reading(*, voter: Voter, at: datetime) -> None:
    """Count one page of a roll, or one search, of this voter. Raises SlowedDown, with the seconds to wait: never a lock-out.

    The pace is of all the rolls that the voter reads. The journal is told once in an hour that it was passed, under a keyed
    hash: whether one reader or many, and not who.
    """
    attempt = begin_try(action=_ACTION, subjects=(reader_of(voter.pk),), at=at)
    if not attempt.seconds:
        return
    facts: dict[str, object] = {"reader": attempt.persons[0], "pages": READER_PACE.free}
    told = JournalEntry.objects.filter(kind=Kind.ROLL_READ_FAST, at__gt=at - _TOLD_EVERY)
    if not told.filter(facts__reader=attempt.persons[0]).exists():
        record(Kind.ROLL_READ_FAST, actor="voter", at=at, subject=voter.election.slug, facts=facts)
