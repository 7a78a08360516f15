"""The letters of a claim: one at each step to who claims, and one to whom the roll that changes is about.

They say the number and what happened, no more: what somebody asked or wrote stays on the portal's page; a decision alone
goes with its reason, to who claims (R211-28).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from isoloir.identity.mails import write_letter
from isoloir.identity.voters import addresses_of, known_language, language_of
from isoloir.messaging.actions import queue_email, queue_emails
from isoloir.roll.models import Voter, address_key

from .models import Claim, ClaimStep
from .proposals import Concerned, Proposal

_ADDRESSES = frozenset({"email", "second_email"})


@dataclass(frozen=True, slots=True)
class Warned:
    """Where to write to a voter whom a change is about, as it is before the change."""

    addresses: tuple[str, ...]
    language: str


def whom_to_warn(voter: Voter | None) -> Warned:
    """Return where the voter is written to now: after the change an address, or the voter, may be no more."""
    if voter is None:
        return Warned((), known_language(None))
    return Warned(addresses_of(voter), _language(voter))


def write_to_claimant(claim: Claim, act: ClaimStep.Act, *, at: datetime) -> None:
    """Queue the e-mail of a step to the person's professional address; nobody is written to where there is none."""
    recipient = address_of_claimant(claim)
    if not recipient:
        return
    address = f"{settings.PORTAL_URL}{reverse('voter:claim', args=(claim.number,))}" if claim.voter else ""
    subject, body = write_letter(
        "claims", act.value, language=_language(claim.voter), context=_context(claim) | {"page": address}
    )
    queue_email(kind=f"claim-{act.value}", recipient=recipient, subject=subject, body=body, at=at)


def write_to_concerned(
    claim: Claim, proposal: Proposal, warned: Warned, concerned: Concerned, *, at: datetime
) -> None:  # fmt: skip
    """Tell each former address of whom a granted claim is about what changed, save the one told as that of who claims."""
    told = address_key(address_of_claimant(claim))
    names = {code: contest.name for code, contest in concerned.contests.items()}
    context = _context(claim) | {
        "removed": names.get(proposal.remove, ""),
        "added": names.get(proposal.add, ""),
        "is_corrected": bool(set(proposal.fields) - _ADDRESSES),
        "is_readdressed": bool(set(proposal.fields) & _ADDRESSES),
        "assistance": f"{settings.PORTAL_URL}{reverse('public:assistance')}",
        "page": "",
    }
    subject, body = write_letter("claims", "concerned", language=warned.language, context=context)
    messages = [(address, subject, body) for address in warned.addresses if address_key(address) != told]
    queue_emails(kind="claim-concerned", messages=messages, at=at)


def address_of_claimant(claim: Claim) -> str:
    """Return where who claims is written to; empty where nobody knows."""
    return claim.voter.email if claim.voter else str(claim.person.get("email", ""))


def _language(voter: Voter | None) -> str:
    """Return the language of the voter's account; without one, that of the request."""
    spoken = translation.get_language()
    return language_of(voter, default=spoken or "fr") if voter else known_language(spoken)


def _context(claim: Claim) -> dict[str, Any]:
    # A line break in the name of an election must neither become a header nor end the subject.
    return {"claim": claim, "election_name": " ".join(claim.election.name.split())}
