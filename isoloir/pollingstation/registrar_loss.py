"""A registrar that is lost for good while new codes wait for its signature: two members of the bureau say so, then close.

The first is the president or the secretary, who gives the reason; the second is another member, who confirms. What the
first said is in the journal, hence visible to all members, and waits there for the second.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from isoloir.credentials.models import PendingKey, Reissue
from isoloir.credentials.registrar_client import RegistrarAway, RegistrarRefused, registrar
from isoloir.elections.models import Contest
from isoloir.identity.models import Account
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind
from isoloir.journal.models import JournalEntry
from isoloir.roll.models import Voter

from .errors import LossRefused, NotAllowed
from .models import PollingStation
from .permissions import can_preside, membership

LONGEST_REASON = 500
# A report that nobody confirmed for so long must be made again: the registrar may have come back in between.
CONFIRMED_WITHIN = timedelta(hours=24)


def is_code_waiting(contest: Contest) -> bool:
    """Tell whether a new code of this contest waits for the registrar's signature: the poll cannot be closed."""
    return PendingKey.objects.filter(entry__contest=contest).exists()


def open_report(contest: Contest, *, at: datetime) -> JournalEntry | None:
    """Return the report of loss that waits for a second member, None when there is none."""
    lines = JournalEntry.objects.filter(subject=contest.code, facts__contest=contest.uuid)
    last = (
        lines.filter(kind__in=(Kind.REGISTRAR_LOSS_REPORTED, Kind.REGISTRAR_DECLARED_LOST)).order_by("sequence").last()
    )
    if last is None or last.kind != Kind.REGISTRAR_LOSS_REPORTED or at - last.at > CONFIRMED_WITHIN:
        return None
    return last


def declared_loss(contest: Contest) -> JournalEntry | None:
    """Return the line by which two members declared the registrar lost for this contest, the first one; None otherwise."""
    lines = JournalEntry.objects.filter(kind=Kind.REGISTRAR_DECLARED_LOST, subject=contest.code)
    return lines.filter(facts__contest=contest.uuid).order_by("sequence").first()


def report_registrar_lost(*, contest: Contest, station: PollingStation, by: Account, reason: str, at: datetime) -> None:
    """Say that the registrar is lost, and why; nothing changes until another member confirms it.

    Raises NotAllowed, LossRefused.
    """
    if not can_preside(by, station) or not station.contests.contains(contest):
        raise NotAllowed
    reason = " ".join(reason.split())[:LONGEST_REASON]
    if not reason:
        raise LossRefused(_("dites pourquoi le service d’enregistrement est tenu pour perdu"))
    _require_lost(contest, at)
    with transaction.atomic():
        _lock(contest)
        record(
            Kind.REGISTRAR_LOSS_REPORTED, actor=by.get_username(), at=at, subject=contest.code,
            facts={"contest": contest.uuid, "reason": reason},
        )  # fmt: skip


def declare_registrar_lost(*, contest: Contest, station: PollingStation, by: Account, at: datetime) -> int:
    """Confirm the report of another member: forget the keys that wait for a signature; return how many codes they were.

    The old codes' keys are the live ones, and the contest can be closed. A re-issue is undone in all its contests at once,
    whichever bureau declares it: of its keys the registrar signed all, or none. Should the registrar have signed them, it
    refuses the last line of the register, which then stays open for all to see. Raises NotAllowed, LossRefused.
    """
    if membership(by, station) is None or not station.contests.contains(contest):
        raise NotAllowed
    _require_lost(contest, at)
    with transaction.atomic():
        # The contest after the voters, as the act that makes keys live locks them; a refusal below undoes it all.
        codes, keys = _forget_pending(contest)
        locked = _lock(contest)
        report = open_report(locked, at=at)
        if report is None:
            raise LossRefused(_("la présidence ou le secrétariat du bureau doit d’abord le déclarer"))
        if report.actor == by.get_username():
            raise LossRefused(_("un autre membre du bureau doit confirmer la déclaration"))
        record(
            Kind.REGISTRAR_DECLARED_LOST, actor=by.get_username(), at=at, subject=locked.code,
            facts={
                "contest": locked.uuid, "reason": report.facts["reason"], "reported_by": report.actor,
                "codes": codes, "keys": keys,
            },
        )  # fmt: skip
    return codes


def _require_lost(contest: Contest, at: datetime) -> None:
    """Refuse while votes are still received, while nothing waits, and while the registrar answers anything. Asks it now."""
    if at < contest.election.grace_ends_at:
        raise LossRefused(_("le délai de grâce n’est pas écoulé"))
    if not is_code_waiting(contest):
        raise LossRefused(_("aucun nouveau code n’attend de signature dans ce scrutin"))
    service = registrar()
    try:
        if service is None:
            raise RegistrarAway("not configured")
        service.fetch_key()
    except RegistrarAway:
        return
    except RegistrarRefused:
        # It refuses, hence it is there: its clock or its key is to be mended, and it may have signed.
        pass
    raise LossRefused(_("le service d’enregistrement répond : il dira lui-même ce qu’il a signé"))


def _lock(contest: Contest) -> Contest:
    return Contest.objects.select_for_update(of=("self",)).select_related("election").get(pk=contest.pk)


def _forget_pending(contest: Contest) -> tuple[int, int]:
    """Drop what waits in this contest, with the other keys of the same re-issues; return re-issues and keys.

    Locks voters, then re-issues, as the act that makes keys live does: whichever comes second finds nothing left.
    """
    waiting = Reissue.objects.filter(pending_keys__entry__contest=contest)
    voters = sorted(waiting.values_list("voter", flat=True).distinct())
    list(Voter.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=voters).order_by("pk"))
    locked = Reissue.objects.select_for_update(of=("self",)).filter(voter__in=voters, state=Reissue.State.CHANGING)
    reissues = [reissue.pk for reissue in locked.order_by("pk")]
    keys, _rows = PendingKey.objects.filter(reissue__in=reissues).delete()
    codes = Reissue.objects.filter(pk__in=reissues).update(state=Reissue.State.ABANDONED)
    return codes, keys
