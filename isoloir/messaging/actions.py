"""Queueing and delivering messages."""

import json
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction
from nacl.secret import SecretBox

from isoloir.common.secretfiles import ensure_secret

from .models import Message

_MAXIMUM_ATTEMPTS = 8
_KEY = "message-key"
logger = logging.getLogger("isoloir.messaging")


def _sealed(recipient: str, subject: str, body: str) -> bytes:
    return SecretBox(ensure_secret(_KEY)).encrypt(json.dumps([recipient, subject, body]).encode())


def queue_email(*, kind: str, recipient: str, subject: str, body: str, at: datetime) -> Message:
    """Write one e-mail to the outbox, in the caller's transaction; the worker sends it after commit."""
    return queue_emails(kind=kind, messages=[(recipient, subject, body)], at=at)[0]


def queue_emails(*, kind: str, messages: Iterable[tuple[str, str, str]], at: datetime) -> list[Message]:
    """Write many e-mails (recipient, subject, body) at once."""
    return Message.objects.bulk_create(
        [
            Message(
                channel=Message.Channel.EMAIL, kind=kind, sealed=_sealed(*message), queued_at=at, next_attempt_at=at
            )
            for message in messages
        ],
        batch_size=1000,
    )


def deliver_queued(*, at: datetime, limit: int = 100) -> int:
    """Send up to `limit` messages that are due; return how many left. A message that fails is tried again later."""
    sent = 0
    with get_connection(fail_silently=False) as mail, transaction.atomic():
        due = Message.objects.filter(state=Message.State.QUEUED, next_attempt_at__lte=at).order_by("id")
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(of=("self",), skip_locked=True)
        for message in due[:limit]:
            sent += _deliver(message, mail, at)
    return sent


def _deliver(message: Message, mail: BaseEmailBackend, at: datetime) -> int:
    recipient, subject, body = json.loads(SecretBox(ensure_secret(_KEY)).decrypt(bytes(message.sealed)))
    message.attempts += 1
    try:
        EmailMessage(subject, body, to=[recipient], connection=mail).send()
    except (
        Exception
    ) as error:  # Any fault of the relay means "later"; its text may hold the address, so only its type is logged.
        logger.warning("message %s not sent at attempt %s: %s", message.pk, message.attempts, type(error).__name__)
        message.next_attempt_at = at + timedelta(seconds=30 * 2**message.attempts)
        if message.attempts >= _MAXIMUM_ATTEMPTS:
            # Given up: what it said would only join, later, an address with a link or with a ballot's reference.
            message.state, message.sealed = Message.State.FAILED, b""
        message.save(update_fields=("attempts", "next_attempt_at", "state", "sealed"))
        return 0
    message.state, message.sealed, message.sent_at = Message.State.SENT, b"", at
    message.save(update_fields=("attempts", "state", "sealed", "sent_at"))
    return 1
