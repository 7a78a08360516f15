"""Sending the outbox: what is kept, what is tried again, and what a dead worker leaves behind."""

import smtplib
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from nacl.secret import SecretBox

from isoloir.common.secretfiles import ensure_secret
from isoloir.messaging import actions
from isoloir.messaging.actions import compose, deliver_queued, queue_email, queue_emails, recover_left_batches
from isoloir.messaging.identifiers import identifier_key, message_id
from isoloir.messaging.models import Message
from isoloir.messaging.spool import Outcome, Spool
from tests.factories import DURING

pytestmark = pytest.mark.django_db
Sent = list[Any]


class Relay(BaseEmailBackend):
    """A relay that raises `fault` for each message, and counts those that it was shown."""

    fault: Exception | None = None
    away = False
    shown = 0

    def open(self) -> None:
        if Relay.away:
            raise ConnectionRefusedError

    def send_messages(self, messages: Any) -> int:
        Relay.shown += len(messages)
        if Relay.fault is not None:
            raise Relay.fault
        return len(messages)


@pytest.fixture
def relay(settings: LazySettings) -> type[Relay]:
    settings.EMAIL_BACKEND = "tests.messaging.test_delivery.Relay"
    Relay.fault, Relay.away, Relay.shown = None, False, 0
    return Relay


def refused(code: int, text: bytes) -> smtplib.SMTPRecipientsRefused:
    return smtplib.SMTPRecipientsRefused({"voter1@essai.example": (code, text)})


def queue_one(at: datetime = DURING) -> Message:
    return queue_email(kind="receipt", recipient="voter1@essai.example", subject="s", body="reference", at=at)


def queue_many(count: int, *, is_bulk: bool = False) -> list[Message]:
    mails = [(f"voter{number}@essai.example", "s", f"body {number}") for number in range(count)]
    return queue_emails(kind="link", messages=mails, at=DURING, is_bulk=is_bulk)


def deliver_until_given_up(at: datetime) -> Message:
    for _attempt in range(20):
        deliver_queued(at=at)
        message = Message.objects.get()
        if message.state != Message.State.QUEUED:
            return message
        at = message.next_attempt_at
    raise AssertionError("the message is still tried")


# ---- What is kept, what is tried again ----


@pytest.mark.parametrize("fault", [OSError(), smtplib.SMTPDataError(451, b"4.3.0 busy"), refused(450, b"4.2.0 later")])
def test_message_given_up_keeps_nothing_of_its_content(relay: type[Relay], fault: Exception) -> None:
    # A receipt holds an address and the reference of a ballot: kept, it would join them long after closing.
    relay.fault = fault
    queue_one()
    message = deliver_until_given_up(DURING)
    assert (message.state, bytes(message.sealed), relay.shown) == (Message.State.FAILED, b"", 8)


def test_message_that_failed_once_is_tried_again_after_a_while(relay: type[Relay]) -> None:
    queue_one()
    relay.fault = smtplib.SMTPDataError(451, b"4.3.0 busy")
    assert deliver_queued(at=DURING) == 0
    relay.fault = None
    assert deliver_queued(at=DURING) == 0
    assert deliver_queued(at=DURING + timedelta(minutes=5)) == 1


@pytest.mark.parametrize(
    ("code", "text", "state"),
    [
        (550, b"5.1.1 no such mailbox", Message.State.FAILED),
        (553, b"unknown", Message.State.FAILED),
        (550, b"5.7.1 relaying denied", Message.State.QUEUED),
        (450, b"4.2.0 later", Message.State.QUEUED),
    ],
)
def test_only_an_address_refused_for_good_is_given_up_at_once(
    relay: type[Relay], code: int, text: bytes, state: str
) -> None:
    relay.fault = refused(code, text)
    queue_one()
    deliver_queued(at=DURING)
    message = Message.objects.get()
    assert message.state == state
    assert bool(message.sealed) == (state == Message.State.QUEUED)


def test_relay_that_is_away_costs_no_message_an_attempt(relay: type[Relay]) -> None:
    relay.away = True
    queue_one()
    assert deliver_queued(at=DURING) == 0
    message = Message.objects.get()
    assert (message.attempts, message.claim, message.next_attempt_at, relay.shown) == (0, "", DURING, 0)


def test_fault_is_logged_without_the_address(relay: type[Relay], caplog: pytest.LogCaptureFixture) -> None:
    relay.fault = refused(550, b"5.1.1 voter1@essai.example is unknown")
    queue_one()
    deliver_queued(at=DURING)
    assert "SMTPRecipientsRefused" in caplog.text
    assert "essai.example" not in caplog.text


def test_what_somebody_waits_for_leaves_before_a_campaign(mailoutbox: Sent) -> None:
    queue_many(3, is_bulk=True)
    queue_one(at=DURING + timedelta(seconds=1))
    deliver_queued(at=DURING + timedelta(seconds=2), limit=1)
    assert [letter.body for letter in mailoutbox] == ["reference"]


def test_batch_takes_few_queries_whatever_its_size(mailoutbox: Sent) -> None:
    counts = []
    for size in (10, 100):
        queue_many(size)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert deliver_queued(at=DURING, limit=size) == size
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 16
    assert set(Message.objects.values_list("state", "sealed", "claim")) == {("sent", b"", "")}


def test_message_that_cannot_be_opened_holds_back_no_other(mailoutbox: Sent) -> None:
    broken, _whole = queue_many(2)
    Message.objects.filter(pk=broken.pk).update(sealed=b"x" * 60)
    assert deliver_queued(at=DURING) == 1
    assert [letter.body for letter in mailoutbox] == ["body 1"]
    broken.refresh_from_db()
    assert (broken.state, broken.attempts) == (Message.State.QUEUED, 1)


def test_spool_that_cannot_be_written_sends_nothing_and_stops_no_worker(
    mailoutbox: Sent, settings: LazySettings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    settings.SPOOL_DIR = tmp_path / "file" / "spool"
    queue_one()
    assert deliver_queued(at=DURING) == 0
    assert mailoutbox == []
    assert "the spool cannot be written: NotADirectoryError" in caplog.text


# ---- Identifier ----


def test_message_sent_again_has_the_same_identifier_and_the_same_bytes() -> None:
    message = queue_one()
    box, key = SecretBox(ensure_secret("message-key")), identifier_key()
    first, second = (
        compose(Message.objects.get(), box=box, key=key).message().as_bytes(linesep="\r\n") for _time in range(2)
    )
    assert first == second
    assert f"Message-ID: {message_id(message.pk, key=key)}\r\n".encode() in first
    assert f"Date: {format_datetime(DURING)}\r\n".encode() in first
    assert b"Auto-Submitted: auto-generated\r\n" in first


def test_identifiers_differ_by_message_and_by_key() -> None:
    identifiers = {message_id(number, key=key) for number in (1, 2) for key in (b"a" * 32, b"b" * 32)}
    assert len(identifiers) == 4
    assert all(identifier.isascii() and len(identifier) < 255 for identifier in identifiers)


# ---- Several workers, and workers that end ----


def test_what_one_worker_has_claimed_no_other_sends(mailoutbox: Sent, monkeypatch: pytest.MonkeyPatch) -> None:
    queue_many(3)
    taken: list[int] = []
    really_compose = actions.compose

    def meanwhile(message: Message, **options: Any) -> Any:
        monkeypatch.setattr(actions, "compose", really_compose)
        taken.append(deliver_queued(at=DURING))
        return really_compose(message, **options)

    monkeypatch.setattr(actions, "compose", meanwhile)
    assert deliver_queued(at=DURING) == 3
    assert taken == [0]
    assert len(mailoutbox) == 3


def test_claim_that_ran_out_is_anybodys(mailoutbox: Sent) -> None:
    message = queue_one()
    Message.objects.filter(pk=message.pk).update(claim="elsewhere", claimed_until=timezone.now() - timedelta(seconds=1))
    assert deliver_queued(at=DURING) == 1


def test_worker_told_to_stop_sends_no_other_message_and_gives_the_rest_back(mailoutbox: Sent) -> None:
    queue_many(5)
    assert deliver_queued(at=DURING, stopped=lambda: len(mailoutbox) >= 2) == 2
    waiting = Message.objects.filter(state=Message.State.QUEUED)
    assert set(waiting.values_list("claim", "claimed_until", "attempts")) == {("", None, 0)}
    assert deliver_queued(at=DURING) == 3
    assert len(mailoutbox) == 5


def left_behind(messages: list[Message], words: list[tuple[Outcome, Message]], claim: str = "c" * 32) -> None:
    """Leave what a worker leaves that is killed in the middle of a batch."""
    with Spool(claim) as batch:
        for outcome, message in words:
            batch.note(outcome, message.pk)
    Message.objects.filter(pk__in=[message.pk for message in messages]).update(
        claim=claim, claimed_until=timezone.now() + timedelta(minutes=5)
    )


def test_dead_workers_batch_is_taken_up_and_only_what_is_in_doubt_leaves_again(mailoutbox: Sent, spool: Path) -> None:
    done, in_doubt, untouched = messages = queue_many(3)
    left_behind(messages, [(Outcome.ABOUT, done), (Outcome.SENT, done), (Outcome.ABOUT, in_doubt)])
    assert deliver_queued(at=DURING) == 2
    assert [letter.body for letter in mailoutbox] == ["body 1", "body 2"]
    assert dict(Message.objects.values_list("pk", "doubts")) == {done.pk: 0, in_doubt.pk: 1, untouched.pk: 0}
    assert set(Message.objects.values_list("state", flat=True)) == {Message.State.SENT}
    assert list(spool.iterdir()) == []


def test_batch_of_a_living_worker_is_left_alone(spool: Path) -> None:
    message = queue_one()
    with Spool("d" * 32) as batch:
        batch.note(Outcome.ABOUT, message.pk)
        assert recover_left_batches(at=DURING) == 0
        assert len(list(spool.iterdir())) == 1
    assert recover_left_batches(at=DURING) == 1


def test_line_cut_by_a_power_failure_is_not_believed(spool: Path) -> None:
    messages = queue_many(2)
    left_behind(messages, [(Outcome.SENT, messages[0])])
    with (spool / f"{'c' * 32}.spool").open("ab") as stream:
        stream.write(f"sent {messages[1].pk}".encode())
    recover_left_batches(at=DURING)
    states = dict(Message.objects.values_list("pk", "state"))
    assert states == {messages[0].pk: Message.State.SENT, messages[1].pk: Message.State.QUEUED}


def test_old_spool_says_nothing_of_a_batch_that_another_worker_has_taken(spool: Path) -> None:
    message = queue_one()
    left_behind([message], [(Outcome.SENT, message)])
    Message.objects.update(claim="e" * 32)
    recover_left_batches(at=DURING)
    assert Message.objects.get().state == Message.State.QUEUED


def test_message_that_kills_its_worker_each_time_is_given_up(relay: type[Relay]) -> None:
    message = queue_one()
    for number in range(8):
        left_behind([message], [(Outcome.ABOUT, message)], claim=f"{number}" * 32)
        recover_left_batches(at=DURING)
    message.refresh_from_db()
    assert (message.state, message.doubts) == (Message.State.FAILED, 8)


def test_connection_lost_in_the_middle_is_a_doubt_and_is_tried_later(relay: type[Relay]) -> None:
    relay.fault = smtplib.SMTPServerDisconnected("gone")
    queue_one()
    assert deliver_queued(at=DURING) == 0
    message = Message.objects.get()
    assert (message.state, message.doubts, message.next_attempt_at > DURING) == (Message.State.QUEUED, 1, True)
