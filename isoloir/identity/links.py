"""One-time links: 256 random bits in a URL, a keyed hash of them in the database, nothing about the voter in either."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from isoloir.common.secretfiles import ensure_secret
from isoloir.messaging.models import Message
from isoloir.roll.models import Voter

from .errors import LinkExpired, LinkForAnotherPurpose, LinkRefused, LinkUsed
from .models import Campaign, OneTimeLink

_TOKEN_KEY = "link-token-key"  # noqa: S105  the name of its file
_PAGES = {
    OneTimeLink.Purpose.ACTIVATION: "voter:activation",
    OneTimeLink.Purpose.PASSWORD: "voter:new_password",
    OneTimeLink.Purpose.REISSUE: "voter:reissue_link",
}
# Links that make one another useless: those that open an account, whose use leaves nothing for the others to do, and
# those that make a new code, of which one is made at a time. A new code changes nothing of the account; and a voter who
# sets the account right on the way to her code must find the link that she was sent still good. It serves nobody but who
# is signed in as her: a new password has shut out whoever had asked for it with the old one.
_SUPERSEDES = {
    OneTimeLink.Purpose.ACTIVATION: (OneTimeLink.Purpose.ACTIVATION, OneTimeLink.Purpose.PASSWORD),
    OneTimeLink.Purpose.PASSWORD: (OneTimeLink.Purpose.ACTIVATION, OneTimeLink.Purpose.PASSWORD),
    OneTimeLink.Purpose.REISSUE: (OneTimeLink.Purpose.REISSUE,),
}


def new_token() -> str:
    """Return a token of 256 bits from the operating system, as 43 characters fit for a URL."""
    return secrets.token_urlsafe(32)


def link_token_key() -> bytes:
    """Return the key of `token_hash`, from its file; who writes many links reads it once."""
    return ensure_secret(_TOKEN_KEY)


def token_hash(token: str, *, key: bytes | None = None) -> str:
    """Return the HMAC-SHA256 (hex) under which a token is kept; 256 random bits need no slow hash.

    The key is in a file: who writes to the database alone makes no link that opens.
    """
    return hmac.new(key or link_token_key(), token.encode(), hashlib.sha256).hexdigest()


def draft_link(
    *, voter_id: int, purpose: OneTimeLink.Purpose, token: str, at: datetime, hours: int,
    campaign: Campaign | None = None, message: Message | None = None, key: bytes | None = None,
) -> OneTimeLink:  # fmt: skip
    """Return the unsaved row of a link that expires `hours` after `at`; the election says how many (`link_hours`).

    `key` is `link_token_key()`, read here unless it is given.
    """
    return OneTimeLink(
        voter_id=voter_id,
        purpose=purpose,
        token_hash=token_hash(token, key=key),
        created_at=at,
        expires_at=at + timedelta(hours=hours),
        campaign=campaign,
        message=message,
    )


def link_url(token: str, purpose: OneTimeLink.Purpose) -> str:
    """Return the whole address to write in a message."""
    return f"{settings.PORTAL_URL}{reverse(_PAGES[purpose], args=(token,))}"


def read_link(token: str, *, purpose: OneTimeLink.Purpose, at: datetime) -> OneTimeLink:
    """Return the live link of `token`, with its voter; consumes nothing.

    Raises LinkRefused (unknown), LinkForAnotherPurpose, LinkUsed or LinkExpired.
    """
    links = OneTimeLink.objects.select_related("voter__election", "voter__account", "voter__suspension")
    link = links.filter(token_hash=token_hash(token)).first()
    if link is None:
        raise LinkRefused
    if link.purpose != purpose:
        raise LinkForAnotherPurpose
    if link.used_at is not None:
        raise LinkUsed
    if at >= link.expires_at:
        raise LinkExpired
    return link


def note_opened(link: OneTimeLink, *, at: datetime) -> None:
    """Note when the link was first shown; the caller leaves prefetches out. Consumes nothing."""
    OneTimeLink.objects.filter(pk=link.pk, opened_at=None).update(opened_at=at)


def lock_link(token: str, *, purpose: OneTimeLink.Purpose, at: datetime) -> OneTimeLink:
    """Return the live link again with its voter locked, inside the transaction that uses it; raises as `read_link`.

    Two links of one voter used at once wait for each other here; the second then finds itself consumed.
    """
    link = read_link(token, purpose=purpose, at=at)
    Voter.objects.select_for_update(of=("self",)).get(pk=link.voter_id)
    return read_link(token, purpose=purpose, at=at)


def consume_link(link: OneTimeLink, *, outcome: OneTimeLink.Outcome, at: datetime) -> None:
    """Mark the link as used for `outcome`; the voter's other live links that must not serve after it, as superseded."""
    unused = OneTimeLink.objects.filter(voter=link.voter_id, used_at=None)
    purposes = _SUPERSEDES[OneTimeLink.Purpose(link.purpose)]
    live = unused.filter(expires_at__gt=at, purpose__in=purposes).exclude(pk=link.pk)
    live.update(used_at=at, outcome=OneTimeLink.Outcome.SUPERSEDED)
    unused.filter(pk=link.pk).update(used_at=at, outcome=outcome)
