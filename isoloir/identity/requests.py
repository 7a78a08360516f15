"""Asking for a link, and the worker's answer, so that who asks cannot learn whether an address is a voter's.

The request reads nothing of the roll: it counts itself and writes one row of constant length. The worker looks the voter
up, makes the link and queues the e-mail; its answer is seen in the mailbox alone.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from isoloir.common.secretfiles import ensure_secret
from isoloir.elections.models import Election
from isoloir.messaging.actions import queue_emails
from isoloir.roll.models import Voter, VoterAddress, address_key

from . import mails
from .links import draft_link, link_token_key, new_token
from .models import LinkRequest, OneTimeLink
from .permissions import require_open_portal
from .slowdown import begin_try
from .voters import account_of, addresses_of, is_suspended, known_language

_ACTION = "link"
_KEY = "link-request-key"
# Two bytes for the length, then the longest address that mail can carry (RFC 5321, 4.5.3.1.3), padded.
_LONGEST_ADDRESS = 254
_PADDED_LENGTH = 2 + _LONGEST_ADDRESS
logger = logging.getLogger("isoloir.identity")


@dataclass(frozen=True)
class _Answer:
    """An e-mail to queue, by its kind; with the link that it holds, if any."""

    kind: str
    voter: Voter
    mail: mails.Mail
    token: str = ""
    purpose: OneTimeLink.Purpose | None = None


@transaction.atomic
def request_link(
    *, election: Election | None, address: str, purpose: OneTimeLink.Purpose, at: datetime, language: str = "fr"
) -> None:
    """Note that somebody asks for a link to `address`; the worker answers, if there is something to answer.

    Requests are slowed by address alone: behind one network a whole rectorat may open its accounts in the same minute.
    Each purpose has its count: whoever spends that of new passwords sends links to the voter, and one gets through.
    An address that is too long for any mailbox is noted as an empty one, and answered by nothing. `language` is that of
    the page: the answer is in it as long as the voter has no account.
    Raises PortalClosed, or SlowedDown when this address has asked too often lately.
    """
    election = require_open_portal(election, at=at)
    begin_try(action=_ACTION, subjects=(f"{purpose} address {address_key(address)}",), at=at)
    sealed = _seal(address_key(address), language=known_language(language))
    LinkRequest.objects.create(election=election, purpose=purpose, sealed=sealed, asked_at=at)


@transaction.atomic
def answer_requests(*, at: datetime, limit: int = 200) -> int:
    """Answer the oldest requests; return how many. The number of queries does not depend on their number.

    To be called at each turn of the worker. A request is removed with its answer, in one transaction; one that cannot be
    read is removed too, and holds back no other.
    """
    requests = LinkRequest.objects.order_by("pk")
    if connection.features.has_select_for_update_skip_locked:
        requests = requests.select_for_update(of=("self",), skip_locked=True)
    batch = list(requests[:limit])
    if not batch:
        return 0
    opened = [(request, *_open(request)) for request in batch]
    asked = [(request, key, language) for request, key, language in opened if key]
    voters = _voters((request, key) for request, key, _language in asked)
    answers = [
        answer
        for request, key, language in asked
        if (voter := voters.get((request.election_id, key))) is not None
        and (answer := _answer(voter, key=key, language=language, asked=request.purpose, at=at)) is not None
    ]
    _queue(answers, at=at)
    LinkRequest.objects.filter(pk__in=[request.pk for request in batch]).delete()
    return len(batch)


def _seal(key: str, *, language: str) -> bytes:
    """Return the address and the two letters of the language, encrypted under a key outside the database, in one length."""
    content = key.encode("utf-8", "replace")
    if len(content) > _LONGEST_ADDRESS:
        content = b""
    padded = (len(content).to_bytes(2, "big") + content).ljust(_PADDED_LENGTH, b"\0")
    return bytes(SecretBox(ensure_secret(_KEY)).encrypt(padded + language.encode()))


def _open(request: LinkRequest) -> tuple[str, str]:
    """Return the address and the language of a request; no address when it was too long, or the row does not open."""
    try:
        padded = SecretBox(ensure_secret(_KEY)).decrypt(bytes(request.sealed))
        address = padded[2 : 2 + int.from_bytes(padded[:2], "big")].decode()
        # A row of the release before says no language.
        return address, known_language(padded[_PADDED_LENGTH:].decode())
    except (CryptoError, ValueError, TypeError) as fault:
        logger.warning("link request %s cannot be opened: %s", request.pk, type(fault).__name__)
        return "", known_language(None)


def _voters(asked: Iterable[tuple[LinkRequest, str]]) -> dict[tuple[int, str], Voter]:
    """Return the voters of these addresses by election and address, with account and suspension, in one query."""
    asked = list(asked)
    found = VoterAddress.objects.select_related("voter__election", "voter__account", "voter__suspension").filter(
        election__in={request.election_id for request, _key in asked}, key__in={key for _request, key in asked}
    )
    return {(each.election_id, each.key): each.voter for each in found}


def _answer(voter: Voter, *, key: str, language: str, asked: str, at: datetime) -> _Answer | None:
    """Return what to send to the address that was typed, or None: an activated voter who identifies needs no link.

    A suspended voter learns by e-mail, and only there, that the access is suspended.
    """
    recipient = next(address for address in addresses_of(voter) if address_key(address) == key)
    if is_suspended(voter):
        return _Answer(
            "account-suspended", voter, mails.account_suspended(voter, recipient=recipient, language=language)
        )
    token = new_token()
    if account_of(voter) is None:
        mail = mails.activation(voter, recipient=recipient, token=token, at=at, language=language)
        return _Answer("activation", voter, mail, token, OneTimeLink.Purpose.ACTIVATION)
    if asked == OneTimeLink.Purpose.PASSWORD:
        mail = mails.lost_password(voter, recipient=recipient, token=token, at=at)
        return _Answer("lost-password", voter, mail, token, OneTimeLink.Purpose.PASSWORD)
    return None


def _queue(answers: Iterable[_Answer], *, at: datetime) -> None:
    """Write messages and links, by kind."""
    by_kind: dict[str, list[_Answer]] = defaultdict(list)
    for answer in answers:
        by_kind[answer.kind].append(answer)
    links, key = [], link_token_key()
    for kind, some in by_kind.items():
        messages = queue_emails(kind=kind, messages=[answer.mail for answer in some], at=at)
        links += [
            draft_link(
                voter_id=answer.voter.pk, purpose=answer.purpose, token=answer.token, at=at,
                hours=answer.voter.election.link_hours, message=message, key=key,
            )
            for answer, message in zip(some, messages, strict=True)
            if answer.purpose is not None
        ]  # fmt: skip
    OneTimeLink.objects.bulk_create(links)
