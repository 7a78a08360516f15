"""What an agent sees of the account of who asks: where its messages are, never a secret.

Nothing here reads the signature list, a session, a hash or an answer: whether or when somebody voted or came is not told.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from isoloir.credentials.models import NoticeSheet, Reissue
from isoloir.identity.models import OneTimeLink
from isoloir.identity.voters import account_of, addresses_of, is_suspended
from isoloir.roll.models import Voter

_LATEST_LINKS = 3
_SHOWN = (OneTimeLink.Purpose.ACTIVATION, OneTimeLink.Purpose.PASSWORD)


@dataclass(frozen=True, slots=True)
class SentLink:
    """A link that was sent: for what, when, what the outbox says of it (`state` and `reason`), and what became of it."""

    purpose: str
    sent_at: datetime
    state: str
    reason: str
    is_opened: bool
    outcome: str
    is_expired: bool


@dataclass(frozen=True, slots=True)
class AccountState:
    """The state of a voter's account, in words that an agent may read to the voter on the telephone."""

    is_activated: bool
    is_suspended: bool
    links: list[SentLink]
    notices: list[NoticeSheet]
    reissues: int
    has_second_address: bool


def account_state(voter: Voter, *, at: datetime) -> AccountState:
    """Return the state of the account; `voter` comes with `account` and `suspension`. Three queries."""
    links = voter.links.select_related("message").filter(purpose__in=_SHOWN).order_by("-created_at", "-pk")
    counted = Reissue.objects.filter(voter=voter).aggregate(live=Count("pk", filter=Q(state=Reissue.State.LIVE)))
    return AccountState(
        is_activated=account_of(voter) is not None,
        is_suspended=is_suspended(voter),
        links=[_sent(link, at=at) for link in links[:_LATEST_LINKS]],
        notices=list(NoticeSheet.objects.filter(voter=voter).order_by("number", "edition")),
        reissues=counted["live"],
        has_second_address=len(addresses_of(voter)) > 1,
    )


def _sent(link: OneTimeLink, *, at: datetime) -> SentLink:
    return SentLink(
        purpose=link.get_purpose_display(),
        sent_at=link.created_at,
        state=link.message.get_state_display() if link.message else "",
        reason=link.message.reason if link.message else "",
        is_opened=link.opened_at is not None,
        outcome=link.get_outcome_display() if link.outcome else "",
        is_expired=link.expires_at <= at,
    )
