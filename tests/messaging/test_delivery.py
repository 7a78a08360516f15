"""Sending the outbox: what is kept, what is tried again, and when a relay is not believed."""

import smtplib
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from nacl.secret import SecretBox

from isoloir.common.secretfiles import ensure_secret
from isoloir.messaging.actions import compose, deliver_queued
from isoloir.messaging.answers import MOST_IN_A_ROW
from isoloir.messaging.identifiers import identifier_key, message_id
from isoloir.messaging.models import Message
from tests.factories import DURING
from tests.messaging.relay import Relay, queue_many, queue_one, refused, states

pytestmark = pytest.mark.django_db
Sent = list[Any]


def deliver_until_given_up(at: datetime) -> tuple[Message, timedelta]:
    """Deliver whenever the message is due; return it once it is given up, and how long that took."""
    begun = at
    for _attempt in range(100):
        deliver_queued(at=at)
        message = Message.objects.get()
        if message.state != Message.State.QUEUED:
            return message, at - begun
        assert at < message.next_attempt_at
        at = message.next_attempt_at
    raise AssertionError("the message is still tried")


# ---- What is kept, what is tried again ----


IN_TROUBLE = [
    smtplib.SMTPDataError(451, b"4.3.0 busy"),
    smtplib.SMTPSenderRefused(452, b"4.3.1 no space", "portal@essai.example"),
    smtplib.SMTPSenderRefused(421, b"4.7.0 too busy", "portal@essai.example"),
    smtplib.SMTPSenderRefused(554, b"5.7.1 denied", "portal@essai.example"),
    refused(450, b"4.2.0 later"),
    refused(550, b"5.7.1 relaying denied"),
    refused(550, b"relaying denied"),
    refused(550, b"5.1.8 sender domain not found"),
    smtplib.SMTPServerDisconnected("gone"),
    TimeoutError(),
]


@pytest.mark.parametrize("fault", IN_TROUBLE, ids=str)
def test_message_is_given_up_after_a_day_and_then_keeps_nothing_of_its_content(
    relay: type[Relay], fault: Exception
) -> None:
    # A receipt holds an address and the reference of a ballot: kept, it would join them long after closing.
    relay.fault = fault
    queue_one()
    message, lasted = deliver_until_given_up(DURING)
    assert (message.state, bytes(message.sealed)) == (Message.State.FAILED, b"")
    assert timedelta(hours=24) <= lasted < timedelta(hours=48)
    assert message.doubts <= 8


def test_relay_mended_after_hours_gets_everything_half_an_hour_later(relay: type[Relay]) -> None:
    relay.fault = smtplib.SMTPDataError(451, b"4.3.0 busy")
    queue_many(20)
    for minutes in range(0, 6 * 60, 5):
        deliver_queued(at=DURING + timedelta(minutes=minutes))
    relay.fault = None
    assert deliver_queued(at=DURING + timedelta(hours=6, minutes=30)) == 20


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
        (550, b"5.2.1 mailbox disabled", Message.State.FAILED),
        (550, b"5.1.10 null MX", Message.State.FAILED),
        (553, b"unknown", Message.State.QUEUED),
        (550, b"relaying denied", Message.State.QUEUED),
        (550, b"5.1.0 rejected", Message.State.QUEUED),
        (550, b"5.1.7 bad sender", Message.State.QUEUED),
        (550, b"5.1.8 sender domain not found", Message.State.QUEUED),
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


RELAYING_DENIED = (550, b"relaying denied")
NO_MAILBOX = (550, b"5.1.1 no such mailbox")


@pytest.mark.parametrize("answer", [RELAYING_DENIED, NO_MAILBOX, (550, b"5.7.1 denied"), (451, b"4.3.0 later")])
def test_relay_that_refuses_everybody_loses_nothing_and_is_left_alone(
    relay: type[Relay], answer: tuple[int, bytes], caplog: pytest.LogCaptureFixture
) -> None:
    relay.fault = refused(*answer)
    queue_many(250)
    assert deliver_queued(at=DURING) == 0
    assert relay.shown == MOST_IN_A_ROW
    for _turn in range(40):
        deliver_queued(at=DURING)
    assert set(Message.objects.values_list("state", flat=True)) == {Message.State.QUEUED}
    assert f"the relay is left alone for now: 10 messages in a row, {answer[0]}" in caplog.text
    assert "denied" not in caplog.text
    relay.fault = None
    sent = sum(deliver_queued(at=DURING + timedelta(minutes=30)) for _turn in range(4))
    assert sent == 250


def test_relay_that_loses_its_way_in_the_middle_of_a_batch_loses_nothing(relay: type[Relay]) -> None:
    relay.script = [None] * 5 + [refused(*RELAYING_DENIED)] * 50
    queue_many(60)
    deliver_queued(at=DURING)
    assert (relay.shown, states()) == (15, {"sent": 5, "queued": 55})


@pytest.mark.parametrize("place", [0, 3, 6])
def test_few_refused_among_many_who_are_not_are_believed(relay: type[Relay], place: int) -> None:
    relay.script = [None] * place + [refused(553, b"unknown")] * 9 + [None] * (6 - place)
    queue_many(15)
    assert deliver_queued(at=DURING) == 6
    assert states() == {"sent": 6, "failed": 9}


def test_ten_dead_addresses_at_the_head_do_not_hold_back_the_others(relay: type[Relay]) -> None:
    relay.script = [refused(*NO_MAILBOX)] * 30
    queue_many(40)
    assert [deliver_queued(at=DURING) for _turn in range(4)] == [0, 0, 0, 10]


def test_connection_serves_on_after_a_refused_recipient_alone(relay: type[Relay]) -> None:
    relay.script = [refused(*NO_MAILBOX), refused(450, b"later"), refused(421, b"bye"), OSError(), None]
    queue_many(5)
    deliver_queued(at=DURING)
    # After 421, after another fault, and at the end.
    assert relay.closed == 3


@pytest.mark.parametrize(
    "fault", [smtplib.SMTPHeloError(500, b"?"), ValueError(), smtplib.SMTPAuthenticationError(535, b"x")]
)
def test_relay_that_greets_or_takes_leave_badly_stops_no_worker(relay: type[Relay], fault: Exception) -> None:
    relay.greeting = fault
    relay.farewell = smtplib.SMTPResponseException(500, b"Line too long.")
    queue_one()
    assert deliver_queued(at=DURING) == 0
    assert Message.objects.get().attempts == 0
    relay.greeting = None
    assert deliver_queued(at=DURING) == 1


def test_relay_that_is_away_costs_no_message_an_attempt(relay: type[Relay]) -> None:
    relay.greeting = ConnectionRefusedError()
    queue_one()
    assert deliver_queued(at=DURING) == 0
    message = Message.objects.get()
    assert (message.attempts, message.claim, message.next_attempt_at, relay.shown) == (0, "", DURING, 0)


def test_fault_is_logged_without_the_address(relay: type[Relay], caplog: pytest.LogCaptureFixture) -> None:
    relay.fault = refused(550, b"5.1.1 voter1@essai.example is unknown")
    queue_one()
    deliver_queued(at=DURING)
    assert "SMTPRecipientsRefused 550" in caplog.text
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
