"""The e-mails about a ticket: plain text, in the language in which it was asked, each with the link that follows it."""

import base64
import hashlib
import hmac

from django.conf import settings
from django.urls import reverse

from isoloir.common.secretfiles import ensure_secret
from isoloir.identity.mails import write_letter

from .models import Ticket

# Recipient, subject, body.
Mail = tuple[str, str, str]
_TOKEN_KEY = "ticket-token-key"  # noqa: S105  the name of its file


def follow_token(number: str) -> str:
    """Return the token of a ticket's link: HMAC-SHA256 of its number, 43 characters fit for a URL.

    Each e-mail bears the link, and the database keeps a hash of it alone: so it is computed anew from a key in a file.
    """
    digest = hmac.new(ensure_secret(_TOKEN_KEY), number.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def follow_url(ticket: Ticket) -> str:
    """Return the whole address to write in a message."""
    return f"{settings.PORTAL_URL}{reverse('public:ticket', args=(follow_token(ticket.number),))}"


def opened(ticket: Ticket) -> Mail:
    """Say that the question was received, and how to follow it. Not what it says: the address may be somebody else's."""
    return _mail("opened", ticket)


def answered(ticket: Ticket, text: str) -> Mail:
    """Bring an agent's answer."""
    return _mail("answered", ticket, text=text)


def closed(ticket: Ticket) -> Mail:
    """Say that an agent closed the ticket, and how to open it again."""
    return _mail("closed", ticket)


def _mail(name: str, ticket: Ticket, **more: str) -> Mail:
    context = {"ticket": ticket, "election": ticket.election, "link": follow_url(ticket), **more}
    return ticket.email, *write_letter("assistance", name, language=ticket.language, context=context)
