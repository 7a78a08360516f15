"""Closing: freezing ballot box and signature list at the end of grace (R211-572), and destroying the link key.

Crash order (docs/mechanisms/closing.md): 1. freeze, reconcile, rewrite, journal: one transaction; 2. after commit, have
the database's files forget the order of voting; 3. destroy the link key; 4. journal the destruction. A process that stops
between two steps is continued by `finish_closings()`, which knows by the link key what is not done.
"""

import logging
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from isoloir.ballotbox.actions import forget_order_of_voting
from isoloir.ballotbox.models import Ballot
from isoloir.board.actions import append_setup
from isoloir.common.rewriting import rewrite_at_random
from isoloir.credentials.errors import KeyNotSigned
from isoloir.credentials.links import destroy_link_key, has_link_key, live_credentials
from isoloir.credentials.models import PendingKey, SlotKey
from isoloir.credentials.reissue.erasure import erase_reissues
from isoloir.elections.models import Contest
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind
from isoloir.roll.models import Turnout

from .errors import ClosingRefused

logger = logging.getLogger("isoloir.pollingstation")
_FROZEN = (Contest.State.CLOSED, Contest.State.COUNTING, Contest.State.COUNTED, Contest.State.PUBLISHED)


def close_poll(*, contest: Contest, actor: str, at: datetime) -> Contest:
    """Freeze the contest once its grace has ended. Raises ClosingRefused; closing twice changes nothing."""
    closed = _freeze(contest, actor, at)
    _forget([closed], actor, at)
    erase_reissues()
    return closed


@transaction.atomic
def _freeze(contest: Contest, actor: str, at: datetime) -> Contest:
    locked = Contest.objects.select_for_update(of=("self",)).select_related("election").get(pk=contest.pk)
    if locked.state in _FROZEN:
        return locked
    if not locked.is_sealed:
        raise ClosingRefused(_("le scrutin n’a pas été scellé"))
    if at < locked.election.grace_ends_at:
        raise ClosingRefused(_("le délai de grâce n’est pas écoulé"))
    if PendingKey.objects.filter(entry__contest=locked).exists():
        # Nobody knows yet whether these keys live: the list of credentials cannot be final.
        raise ClosingRefused(_("un nouveau code est en cours de création"))
    ballots = Ballot.objects.filter(contest=locked).count()
    lines = Turnout.objects.filter(entry__contest=locked).count()
    if ballots != lines:
        raise ClosingRefused(
            _("%(ballots)d bulletins pour %(lines)d émargements") % {"ballots": ballots, "lines": lines}
        )
    append_setup(contest=locked, credentials=_verified_credentials(locked))
    rewrite_at_random(Ballot)
    locked.state = Contest.State.CLOSED
    locked.save(update_fields=("state",))
    record(Kind.POLL_CLOSED, actor=actor, at=at, subject=locked.code, facts={"ballots": ballots, "turnout": lines})
    return locked


def _verified_credentials(contest: Contest) -> bytes:
    """Return the record of the live keys. Raises ClosingRefused when one was issued again without its signatures."""
    try:
        return live_credentials(contest)
    except KeyNotSigned:
        logger.error("contest %s: a key issued again is not signed", contest.code)  # noqa: TRY400
        detail = _("%(contest)s : une clé de vote remplacée ne porte pas les signatures nécessaires")
        raise ClosingRefused(detail % {"contest": contest.code}) from None


def _forget(closed: Iterable[Contest], actor: str, at: datetime) -> None:
    """Undo what still joins names and ballots: the order of re-issues and of voting in the files, then the link keys."""
    joined = [contest for contest in closed if has_link_key(contest)]
    if not joined:
        return
    if SlotKey.objects.filter(contest__in=joined, generation__gt=0).exists():
        # A new key was written in the transaction that made its re-issue live: one number joined place and voter.
        rewrite_at_random(SlotKey)
    # At once, unless a caller's transaction is open: a database cannot write its files anew inside one.
    transaction.on_commit(forget_order_of_voting)
    for contest in joined:
        destroy_link_key(contest)
        record(Kind.LINK_KEY_DESTROYED, actor=actor, at=at, subject=contest.code)


def finish_closings(*, actor: str, at: datetime) -> list[Contest]:
    """Close every contest whose grace has ended, and finish what a stopped process left half done; return those closed.

    A contest that is refused (more ballots than lines, say) stays as it is, is told in the log, and holds back no other.
    """
    _forget(Contest.objects.filter(state__in=_FROZEN), actor, at)
    closed = []
    for contest in Contest.objects.awaiting_closing(at=at):
        try:
            closed.append(_freeze(contest, actor, at))
        except ClosingRefused as refused:
            logger.error("contest %s not closed: %s", contest.code, refused.detail)  # noqa: TRY400  no trace: the detail says all
    _forget(closed, actor, at)
    erase_reissues()
    return closed
