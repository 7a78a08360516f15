"""One-time links: 256 random bits in a URL, their SHA-256 in the database, and nothing about the voter in either."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from isoloir.messaging.models import Message
from isoloir.roll.models import Voter

from .errors import LinkExpired, LinkRefused, LinkUsed
from .models import Campaign, OneTimeLink


def new_token() -> str:
    """Return a token of 256 bits from the operating system, as 43 characters fit for a URL."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """Return the SHA-256 (hex) under which a token is kept; 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def draft_link(
    *, voter_id: int, purpose: OneTimeLink.Purpose, token: str, at: datetime, hours: int,
    campaign: Campaign | None = None, message: Message | None = None,
) -> OneTimeLink:  # fmt: skip
    """Return the unsaved row of a link that expires `hours` after `at`; the election says how many (`link_hours`)."""
    return OneTimeLink(
        voter_id=voter_id,
        purpose=purpose,
        token_hash=token_hash(token),
        created_at=at,
        expires_at=at + timedelta(hours=hours),
        campaign=campaign,
        message=message,
    )


def link_url(token: str) -> str:
    """Return the whole address to write in a message."""
    return f"{settings.PORTAL_URL}{reverse('voter:link', args=(token,))}"


def read_link(token: str, *, at: datetime) -> OneTimeLink:
    """Return the live link of `token`, with its voter; consumes nothing. Raises LinkRefused, LinkExpired or LinkUsed."""
    links = OneTimeLink.objects.select_related("voter", "voter__election", "voter__account")
    link = links.filter(token_hash=token_hash(token)).first()
    if link is None:
        raise LinkRefused
    if link.used_at is not None:
        raise LinkUsed
    if at >= link.expires_at:
        raise LinkExpired
    return link


def consume_links(voter: Voter, *, at: datetime) -> None:
    """Mark every live link of the voter as used: one of them has just served, the others must not serve after it."""
    OneTimeLink.objects.filter(voter=voter, used_at=None).update(used_at=at, outcome=OneTimeLink.Outcome.SUPERSEDED)
