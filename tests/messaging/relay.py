"""A relay in this process, whose answers a test writes; and the messages that tests give it."""

import smtplib
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from isoloir.messaging.actions import queue_email, queue_emails
from isoloir.messaging.models import Message
from isoloir.messaging.spool import Outcome, Spool
from tests.factories import DURING


class Relay(BaseEmailBackend):
    """A relay that raises `fault` for each message, and counts those that it was shown."""

    fault: Exception | None = None
    # Instead of `fault`, one for each message, as long as there are any.
    script: ClassVar[list[Exception | None]] = []
    greeting: Exception | None = None
    farewell: Exception | None = None
    shown = 0
    closed = 0
    # What happens elsewhere while a message leaves.
    meanwhile: Callable[[], object] | None = None

    def open(self) -> None:
        if Relay.greeting is not None:
            raise Relay.greeting

    def close(self) -> None:
        Relay.closed += 1
        if Relay.farewell is not None:
            raise Relay.farewell

    def send_messages(self, messages: Any) -> int:
        Relay.shown += len(messages)
        if Relay.meanwhile is not None:
            meanwhile, Relay.meanwhile = Relay.meanwhile, None
            meanwhile()
            Relay.meanwhile = meanwhile
        fault = Relay.script.pop(0) if Relay.script else Relay.fault
        if fault is not None:
            raise fault
        return len(messages)


def states() -> dict[str, int]:
    return dict(Counter(Message.objects.values_list("state", flat=True)))


def refused(code: int, text: bytes) -> smtplib.SMTPRecipientsRefused:
    return smtplib.SMTPRecipientsRefused({"voter1@essai.example": (code, text)})


def queue_one(at: datetime = DURING) -> Message:
    return queue_email(kind="receipt", recipient="voter1@essai.example", subject="s", body="reference", at=at)


def queue_many(count: int, *, is_bulk: bool = False) -> list[Message]:
    mails = [(f"voter{number}@essai.example", "s", f"body {number}") for number in range(count)]
    return queue_emails(kind="link", messages=mails, at=DURING, is_bulk=is_bulk)


def left_behind(messages: list[Message], words: list[tuple[Outcome, Message]], claim: str = "c" * 32) -> None:
    """Leave what a worker leaves that is killed in the middle of a batch."""
    with Spool(claim) as batch:
        for outcome, message in words:
            batch.note(outcome, message.pk)
    Message.objects.filter(pk__in=[message.pk for message in messages]).update(
        claim=claim, claimed_until=timezone.now() + timedelta(minutes=5)
    )
