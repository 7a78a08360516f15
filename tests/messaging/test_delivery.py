"""Sending the outbox, and what it keeps of a message that never leaves."""

from datetime import datetime, timedelta

import pytest
from django.conf import LazySettings
from django.core.mail.backends.base import BaseEmailBackend

from isoloir.messaging.actions import deliver_queued, queue_email
from isoloir.messaging.models import Message
from tests.factories import DURING

pytestmark = pytest.mark.django_db


class DeadRelay(BaseEmailBackend):
    """A relay that takes nothing."""

    def send_messages(self, _messages: object) -> int:
        raise ConnectionRefusedError


def deliver_until_given_up(at: datetime) -> Message:
    for _attempt in range(20):
        deliver_queued(at=at)
        message = Message.objects.get()
        if message.state != Message.State.QUEUED:
            return message
        at = message.next_attempt_at
    raise AssertionError("the message is still tried")


def test_message_given_up_keeps_nothing_of_its_content(settings: LazySettings) -> None:
    # A receipt holds an address and the reference of a ballot: kept, it would join them long after closing.
    settings.EMAIL_BACKEND = "tests.messaging.test_delivery.DeadRelay"
    queue_email(kind="receipt", recipient="voter1@essai.example", subject="s", body="reference", at=DURING)
    message = deliver_until_given_up(DURING)
    assert (message.state, bytes(message.sealed)) == (Message.State.FAILED, b"")


def test_message_that_failed_once_is_tried_again(settings: LazySettings, mailoutbox: list[object]) -> None:
    queue_email(kind="receipt", recipient="voter1@essai.example", subject="s", body="reference", at=DURING)
    relay = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "tests.messaging.test_delivery.DeadRelay"
    assert deliver_queued(at=DURING) == 0
    settings.EMAIL_BACKEND = relay
    assert deliver_queued(at=DURING) == 0
    assert deliver_queued(at=DURING + timedelta(minutes=5)) == 1
    assert len(mailoutbox) == 1
