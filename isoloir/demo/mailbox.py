"""Back ends that deliver e-mails and text messages to the demonstration's mailbox page."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from isoloir.messaging.sms import Receipt, SmsBackend

from .clock import now
from .models import DeliveredMessage


class MailboxBackend(BaseEmailBackend):
    """Keeps each message as a row, which /demo/courrier/ shows."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        at = now()
        rows = [
            DeliveredMessage(recipient=recipient, subject=str(message.subject), body=str(message.body), sent_at=at)
            for message in email_messages
            for recipient in message.to
        ]
        DeliveredMessage.objects.bulk_create(rows)
        return len(email_messages)


@dataclass(frozen=True)
class SmsMailbox(SmsBackend):
    """Keeps each text message as a row too, and says that each was delivered as soon as it is asked."""

    name: str = "mailbox"
    gives_receipts: bool = True

    def send(self, *, to: str, body: str) -> str:
        DeliveredMessage.objects.create(channel="sms", recipient=to, subject="", body=body, sent_at=now())
        return secrets.token_hex(8)

    def poll(self, identifiers: Sequence[str]) -> list[Receipt]:
        return [Receipt(identifier, is_delivered=True) for identifier in identifiers]
