"""Campaigns: each voter once, by batches, whatever is killed; and whom a reminder is written to."""

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, connections
from django.test.utils import CaptureQueriesContext

from isoloir.elections.models import Election
from isoloir.identity import campaigns
from isoloir.identity.campaigns import campaign_progress, continue_campaigns, finish_campaign, open_campaign
from isoloir.identity.errors import CampaignRunning, PortalClosed, RemindedLately
from isoloir.identity.links import read_link
from isoloir.identity.models import Campaign, OneTimeLink, Suspension
from isoloir.journal.models import JournalEntry
from isoloir.messaging.models import Message
from isoloir.roll.models import Voter
from tests.electorate import BEFORE, activate, make_voter

pytestmark = pytest.mark.django_db
OPENING, REMINDER = Campaign.Kind.OPENING, Campaign.Kind.REMINDER
Outbox = Callable[[], list[tuple[str, str, str]]]
A_DAY = timedelta(hours=24)


def make_voters(election: Election, count: int, first: int = 0) -> list[Voter]:
    return [make_voter(election, email=f"voter-{number}@valmont.example") for number in range(first, first + count)]


def begin(election: Election, kind: Campaign.Kind = OPENING, at=BEFORE) -> Campaign:
    return open_campaign(election=election, kind=kind, actor="console", at=at)


def carry_out(election: Election, kind: Campaign.Kind = OPENING, at=BEFORE) -> int:
    return finish_campaign(begin(election, kind, at), at=at)


def test_opening_campaign_writes_to_each_voter_once(election: Election, outbox: Outbox) -> None:
    voters = make_voters(election, 5)
    assert carry_out(election) == 5
    assert carry_out(election) == 0
    assert sorted(recipient for recipient, _subject, _body in outbox()) == sorted(voter.email for voter in voters)
    assert Campaign.objects.get().finished_at == BEFORE


def test_link_of_the_mail_is_that_of_its_voter_message_and_campaign(election: Election, outbox: Outbox) -> None:
    make_voters(election, 3)
    carry_out(election)
    by_address = {recipient: body for recipient, _subject, body in outbox()}
    keys = dict(zip(Message.objects.order_by("pk").values_list("pk", flat=True), outbox(), strict=True))
    for voter in Voter.objects.all():
        token = re.search(r"/activation/([\w-]+)/", by_address[voter.email])[1]
        link = read_link(token, purpose=OneTimeLink.Purpose.ACTIVATION, at=BEFORE)
        assert (link.voter, link.campaign) == (voter, Campaign.objects.get())
        assert keys[link.message_id][0] == voter.email


def test_opening_is_taken_up_for_voters_who_came_since(election: Election, outbox: Outbox) -> None:
    make_voters(election, 2)
    carry_out(election)
    make_voters(election, 3, first=2)
    assert carry_out(election) == 3
    assert Campaign.objects.count() == 1
    assert len({recipient for recipient, _subject, _body in outbox()}) == len(outbox()) == 5
    opened = JournalEntry.objects.filter(kind="campaign.opened").order_by("sequence")
    assert [entry.facts["voters"] for entry in opened] == [2, 3]


def test_voter_passed_over_is_written_to_at_the_end(election: Election) -> None:
    suspended = make_voters(election, 3)[0]
    Suspension.objects.create(voter=suspended, since=BEFORE, reason="essai")
    assert carry_out(election) == 2
    suspended.suspension.delete()
    assert carry_out(election) == 1
    assert OneTimeLink.objects.filter(voter=suspended).count() == 1


def test_campaign_killed_in_a_batch_leaves_nothing_of_it_and_goes_on(
    election: Election, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_voters(election, 7)
    monkeypatch.setattr(campaigns, "_VOTERS_AT_ONCE", 3)
    really_queue, batches = campaigns.queue_emails, []

    def die_at_the_second_batch(**options):
        batches.append(1)
        messages = really_queue(**options)
        if len(batches) == 2:
            raise KeyboardInterrupt
        return messages

    monkeypatch.setattr(campaigns, "queue_emails", die_at_the_second_batch)
    campaign = begin(election)
    with pytest.raises(KeyboardInterrupt):
        finish_campaign(campaign, at=BEFORE)
    assert Message.objects.count() == OneTimeLink.objects.count() == 3
    assert finish_campaign(campaign, at=BEFORE) == 4
    assert len({recipient for recipient, _subject, _body in outbox()}) == 7
    queued = JournalEntry.objects.filter(kind="invitations.queued").order_by("sequence")
    assert [entry.facts["voters"] for entry in queued] == [3, 3, 1]


def test_each_voter_once_is_a_fact_of_the_database(election: Election) -> None:
    make_voters(election, 1)
    carry_out(election)
    link = OneTimeLink.objects.get()
    link.pk, link.token_hash = None, "0" * 64
    with pytest.raises(IntegrityError):
        link.save(force_insert=True)


def test_batch_takes_few_queries_whatever_its_size(election: Election, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = []
    make_voters(election, 50)
    campaign = begin(election)
    # SQLite takes a thousand values in one statement: more rows than these would be written by two.
    for size in (10, 40):
        monkeypatch.setattr(campaigns, "_VOTERS_AT_ONCE", size)
        monkeypatch.setattr(campaigns, "count_due_bulk", lambda **options: 0)
        with CaptureQueriesContext(connection) as queries:
            assert continue_campaigns(at=BEFORE) == size
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 16
    assert campaign_progress(campaign).waiting == 0


def test_worker_waits_until_a_batch_has_left(election: Election, monkeypatch: pytest.MonkeyPatch) -> None:
    # The hours of a link are counted from when it is written: it must not wait in the outbox.
    make_voters(election, 5)
    monkeypatch.setattr(campaigns, "_VOTERS_AT_ONCE", 2)
    begin(election)
    assert [continue_campaigns(at=BEFORE) for _turn in range(2)] == [2, 0]
    Message.objects.update(state=Message.State.SENT, sealed=b"")
    assert continue_campaigns(at=BEFORE) == 2


def test_reminder_goes_to_those_who_have_no_account_and_are_not_suspended(election: Election, outbox: Outbox) -> None:
    activated, suspended, waiting = make_voters(election, 3)
    activate(activated)
    Suspension.objects.create(voter=suspended, since=BEFORE, reason="essai")
    assert carry_out(election, REMINDER) == 1
    [(recipient, subject, body)] = outbox()
    assert recipient == waiting.email
    assert subject.startswith("Rappel")
    assert "/activation/" in body


def test_second_reminder_within_a_day_is_refused_and_says_when(election: Election) -> None:
    make_voters(election, 1)
    carry_out(election, REMINDER)
    with pytest.raises(RemindedLately) as refusal:
        begin(election, REMINDER, BEFORE + A_DAY - timedelta(seconds=1))
    assert "21 novembre 2026 à 10 h 00" in refusal.value.message
    assert carry_out(election, REMINDER, BEFORE + A_DAY) == 1


def test_reminder_waits_for_the_opening_campaign(election: Election) -> None:
    make_voters(election, 1)
    campaign = begin(election)
    with pytest.raises(CampaignRunning):
        begin(election, REMINDER)
    finish_campaign(campaign, at=BEFORE)
    begin(election, REMINDER)


def test_no_campaign_before_the_portal_opens(election: Election) -> None:
    with pytest.raises(PortalClosed):
        begin(election, at=election.portal_opens_at - timedelta(seconds=1))
    assert not Campaign.objects.exists()


def test_progress_counts_messages_by_state(election: Election) -> None:
    make_voters(election, 4)
    campaign = begin(election)
    assert campaign_progress(campaign).waiting == 4
    finish_campaign(campaign, at=BEFORE)
    keys = list(Message.objects.values_list("pk", flat=True))
    for key, state in zip(keys, ("sent", "failed", "bounced"), strict=False):
        Message.objects.filter(pk=key).update(state=state, sealed=b"")
    progress = campaign_progress(campaign)
    assert (progress.waiting, progress.voters) == (0, 4)
    assert (progress.queued, progress.sent, progress.failed, progress.bounced) == (1, 1, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_write_to_each_voter_once(election: Election, monkeypatch: pytest.MonkeyPatch) -> None:
    make_voters(election, 12)
    monkeypatch.setattr(campaigns, "_VOTERS_AT_ONCE", 2)
    monkeypatch.setattr(campaigns, "count_due_bulk", lambda **options: 0)
    begin(election)

    def work(_worker: int) -> int:
        written, deadline = 0, time.monotonic() + 30
        try:
            # A turn in which the other worker has the campaign writes nothing: neither may count its turns.
            while Campaign.objects.filter(finished_at=None).exists() and time.monotonic() < deadline:
                written += continue_campaigns(at=BEFORE)
            return written
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(work, range(2))) == 12
    assert OneTimeLink.objects.values("voter").distinct().count() == OneTimeLink.objects.count() == 12


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_open_at_once_open_one_campaign(election: Election) -> None:
    make_voters(election, 3)

    def open_one(actor: str) -> int:
        try:
            return open_campaign(election=election, kind=OPENING, actor=actor, at=BEFORE).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert len(set(pool.map(open_one, ("console", "commande")))) == 1
    assert Campaign.objects.count() == 1
