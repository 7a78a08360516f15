"""What is erased of re-issues once every contest of the election is closed: all that would join a row with anything else.

The voter, the way, the channel and the outcome stay, for the counts; the day stays of the hours.
"""

import secrets
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from isoloir.common.secretfiles import destroy_secret
from isoloir.credentials.links import has_link_key
from isoloir.credentials.models import Reissue
from isoloir.credentials.registrar_client import GRANT_KEY_FILE
from isoloir.elections.models import Contest, Election
from isoloir.identity.models import OneTimeLink

_OPEN = (Contest.State.PREPARED, Contest.State.SEALED, Contest.State.SUSPENDED)
_AT_ONCE = 1_000
_JOINS = Q(link__isnull=False) | Q(message__isnull=False) | ~Q(network="")


def erase_reissues() -> int:
    """Erase what joins, of every election whose contests are all closed and whose link keys are gone; return how many rows.

    Called again, it finishes what was stopped, and finds nothing more. The key of the registrar's names for requests goes
    with the last link key of the installation.
    """
    # Asked at every turn of the worker: during the vote this finds nothing at once, whatever the number of re-issues.
    over = [election for election in Election.objects.exclude(contests__state__in=_OPEN) if _is_over(election)]
    erased = sum(_erase(election) for election in over)
    if not any(has_link_key(contest) for contest in Contest.objects.all()):
        destroy_secret(GRANT_KEY_FILE)
    return erased


def _is_over(election: Election) -> bool:
    is_left = Reissue.objects.filter(_JOINS, voter__election=election).exists()
    return is_left and not any(has_link_key(contest) for contest in election.contests.all())


def _erase(election: Election) -> int:
    """Erase some rows at a time: a hundred thousand of them are not held in memory."""
    erased = 0
    while rows := list(Reissue.objects.filter(_JOINS, voter__election=election)[:_AT_ONCE]):
        with transaction.atomic():
            for row in rows:
                row.grant, row.network, row.message = secrets.token_hex(16), "", None
                row.asked_at, row.live_at = _day(row.asked_at), row.live_at and _day(row.live_at)
                row.link = None
            Reissue.objects.bulk_update(rows, ("grant", "network", "message", "asked_at", "live_at", "link"))
        erased += len(rows)
    # A link that gave a new code says when, and to whom.
    OneTimeLink.objects.filter(voter__election=election, purpose=OneTimeLink.Purpose.REISSUE).delete()
    return erased


def _day(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)
