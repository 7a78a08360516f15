"""Campaigns: the same e-mail with a link to very many voters, each once, by batches that a crash cannot spoil.

1. `open_campaign` writes one row, and a line of the journal.
2. `continue_campaigns`, at each turn of the worker, takes the next batch: links, messages and the journal's line are
   committed together. A worker killed before that leaves nothing of the batch, after that all of it.
3. The constraint `identity_once_in_a_campaign` makes « each voter once » a fact of the database.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count, Exists, Max, OuterRef, QuerySet

from isoloir.elections.models import Election
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind
from isoloir.messaging.actions import count_due_bulk, queue_emails
from isoloir.messaging.models import Message
from isoloir.roll.models import Voter

from . import mails
from .errors import CampaignRunning, RemindedLately
from .links import draft_link, link_token_key, new_token
from .models import Campaign, OneTimeLink, Suspension, VoterAccount
from .permissions import require_open_portal

_VOTERS_AT_ONCE = 1000
BETWEEN_REMINDERS = timedelta(hours=24)
# The kind of the messages of each campaign, and what writes them.
_LETTERS = {
    Campaign.Kind.OPENING: ("invitation", mails.invitation),
    Campaign.Kind.REMINDER: ("reminder", mails.reminder),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class CampaignProgress:
    """How far a campaign is: voters still to be written to, and messages by state. `voters` is how many were."""

    waiting: int
    voters: int
    queued: int
    sent: int
    failed: int
    bounced: int


@transaction.atomic
def open_campaign(*, election: Election, kind: Campaign.Kind, actor: str, at: datetime) -> Campaign:
    """Begin a campaign, which the worker then carries out; return it.

    The opening campaign is made once: a later call takes it up again for the voters who came since. A reminder goes to
    the voters who have no account. `actor` is the administrator's address, or the role that runs the command.
    Raises PortalClosed; for a reminder CampaignRunning (another campaign is not finished) and RemindedLately.
    """
    election = require_open_portal(election, at=at)
    # Two calls wait for each other here; a voter who signs in meanwhile does not (no_key leaves foreign keys alone).
    Election.objects.select_for_update(of=("self",), no_key=True).get(pk=election.pk)
    if kind == Campaign.Kind.OPENING:
        campaign, is_new = Campaign.objects.get_or_create(
            election=election, kind=kind, defaults={"opened_at": at, "actor": actor}
        )
        if not is_new and not (campaign.finished_at and waiting_voters(campaign).exists()):
            return campaign
        campaign.finished_at = None
        campaign.save(update_fields=("finished_at",))
    else:
        _refuse_second_reminder(election, at=at)
        campaign = Campaign.objects.create(election=election, kind=kind, opened_at=at, actor=actor)
    facts: dict[str, object] = {"kind": campaign.kind, "voters": waiting_voters(campaign).count()}
    record(Kind.CAMPAIGN_OPENED, actor=actor, at=at, subject=election.slug, facts=facts)
    return campaign


def _refuse_second_reminder(election: Election, *, at: datetime) -> None:
    campaigns = Campaign.objects.filter(election=election)
    if campaigns.filter(finished_at=None).exists():
        raise CampaignRunning
    last = campaigns.filter(kind=Campaign.Kind.REMINDER).aggregate(at=Max("opened_at"))["at"]
    if last is not None and at < last + BETWEEN_REMINDERS:
        raise RemindedLately(last + BETWEEN_REMINDERS)


def continue_campaigns(*, at: datetime) -> int:
    """Write to the next batch of voters of a campaign that is not finished; return how many were written to.

    To be called at each turn of the worker. Several workers may: each campaign is one worker's for the time of a batch.
    While a whole batch still waits to be sent nothing is written: a link's hours are counted from when it is written.
    """
    with transaction.atomic():
        running = Campaign.objects.filter(finished_at=None).select_related("election").order_by("pk")
        if not running.exists() or count_due_bulk(at=at, most=_VOTERS_AT_ONCE) == _VOTERS_AT_ONCE:
            return 0
        can_skip = connection.features.has_select_for_update_skip_locked
        campaign = running.select_for_update(of=("self",), no_key=True, skip_locked=can_skip).first()
        return _write_batch(campaign, at=at) if campaign is not None else 0


def finish_campaign(campaign: Campaign, *, at: datetime, progress: Callable[[int], None] | None = None) -> int:
    """Carry one campaign out to its end, now, by the same batches; return how many voters this call wrote to.

    `progress` is told that number after each batch.
    """
    done = 0
    while True:
        with transaction.atomic():
            locked = Campaign.objects.select_related("election").select_for_update(of=("self",), no_key=True)
            batch = _write_batch(locked.get(pk=campaign.pk), at=at)
        if not batch:
            return done
        done += batch
        if progress is not None:
            progress(done)


def waiting_voters(campaign: Campaign) -> "QuerySet[Voter]":
    """Return the voters whom the campaign has not written to yet: none whose access is suspended, for no link serves them."""
    written = OneTimeLink.objects.filter(voter=OuterRef("pk"), campaign=campaign)
    return addressees(campaign.election, campaign.kind).filter(~Exists(written))


def addressees(election: Election, kind: str) -> "QuerySet[Voter]":
    """Return those to whom a campaign of this kind, opened now, would write."""
    voters = Voter.objects.filter(~Exists(Suspension.objects.filter(voter=OuterRef("pk"))), election=election)
    if kind == Campaign.Kind.REMINDER:
        voters = voters.filter(~Exists(VoterAccount.objects.filter(voter=OuterRef("pk"))))
    return voters


def _write_batch(campaign: Campaign, *, at: datetime) -> int:
    election = campaign.election
    voters = _next_voters(campaign)
    if not voters:
        if campaign.finished_at is None:
            campaign.finished_at = at
            campaign.save(update_fields=("finished_at",))
        return 0
    tokens = [new_token() for _voter in voters]
    kind, write = _LETTERS[Campaign.Kind(campaign.kind)]
    letters = [write(voter, election=election, token=token, at=at) for voter, token in zip(voters, tokens, strict=True)]
    messages = queue_emails(kind=kind, messages=letters, at=at, is_bulk=True)
    key = link_token_key()
    OneTimeLink.objects.bulk_create(
        draft_link(
            voter_id=voter.pk, purpose=OneTimeLink.Purpose.ACTIVATION, token=token, at=at, hours=election.link_hours,
            campaign=campaign, message=message, key=key,
        )
        for voter, token, message in zip(voters, tokens, messages, strict=True)
    )  # fmt: skip
    facts: dict[str, object] = {"kind": campaign.kind, "voters": len(voters)}
    record(Kind.INVITATIONS_QUEUED, actor=campaign.actor, at=at, subject=election.slug, facts=facts)
    return len(voters)


def _next_voters(campaign: Campaign) -> list[Voter]:
    """Return the next voters, from where the campaign stands; only at its end look for any that were passed over."""
    last = campaign.links.order_by("-voter_id").values_list("voter_id", flat=True).first() or 0
    # None of these has a link of this campaign: no need to ask the database for each.
    following = addressees(campaign.election, campaign.kind).filter(pk__gt=last).order_by("pk")
    return list(following[:_VOTERS_AT_ONCE]) or list(waiting_voters(campaign).order_by("pk")[:_VOTERS_AT_ONCE])


def campaign_progress(campaign: Campaign) -> CampaignProgress:
    """Count what is done and what remains, in two queries."""
    states = dict(campaign.links.order_by().values_list("message__state").annotate(Count("pk")))
    return CampaignProgress(
        waiting=waiting_voters(campaign).count(),
        voters=sum(states.values()),
        queued=states.get(Message.State.QUEUED, 0),
        sent=states.get(Message.State.SENT, 0),
        failed=states.get(Message.State.FAILED, 0),
        bounced=states.get(Message.State.BOUNCED, 0),
    )
