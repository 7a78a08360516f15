"""An e-mail backend that delivers to the demonstration's mailbox page."""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

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
