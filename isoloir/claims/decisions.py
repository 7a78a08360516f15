"""What agents do with claims: take one, ask, refuse alone; grant, by two of them, which changes the roll at once.

Every act begins by the agent's right, and ends by the trace, the journal and the message to the person.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from isoloir.elections.models import Election
from isoloir.identity.models import Account, OneTimeLink
from isoloir.roll.changes import NEW_VOTER, voter_faults
from isoloir.roll.models import Voter

from .actions import ACT, OPEN_STATES, STATE
from .errors import ProposalRefused, SamePerson, StateChanged
from .locks import check_some_changeable, lock_claim, lock_contests, lock_election
from .mails import whom_to_warn, write_to_concerned
from .models import Claim
from .permissions import require_desk, require_uninvolved
from .proposals import Concerned, Proposal, apply_proposal, check_proposal, concerned_by, voter_named
from .steps import REASON_BOUNDS, TEXT_BOUNDS, checked_text, new_number, write_step

# Where an agent may begin a decision: while a question waits, it is the person's turn, but nobody is held up by it.
DECIDABLE = (STATE.RECEIVED, STATE.ASSIGNED, STATE.QUESTION)


@transaction.atomic
def assign_claim(*, claim: Claim, by: Account, at: datetime) -> Claim:
    """Take a claim in charge, or over from a colleague. Raises NotAllowed, StateChanged (also when it is the agent's own)."""
    claim = _held(claim, by, *OPEN_STATES)
    if claim.assigned_to_id == by.pk:
        raise StateChanged
    claim.assigned_to = by
    if claim.state == STATE.RECEIVED:
        claim.state = STATE.ASSIGNED
    claim.save(update_fields=("assigned_to", "state"))
    write_step(claim, ACT.ASSIGNED, at=at, by=by)
    return claim


@transaction.atomic
def ask_question(*, claim: Claim, by: Account, text: str, at: datetime) -> Claim:
    """Ask the person something. Raises NotAllowed, StateChanged (somebody on no roll has no page to answer on), TextRefused."""
    claim = _held(claim, by, STATE.RECEIVED, STATE.ASSIGNED)
    if claim.voter_id is None:
        raise StateChanged
    text = checked_text(text, REASON_BOUNDS)
    claim.state, claim.assigned_to = STATE.QUESTION, by
    claim.save(update_fields=("state", "assigned_to"))
    write_step(claim, ACT.ASKED, at=at, by=by, text=text)
    return claim


@transaction.atomic
def refuse_claim(*, claim: Claim, by: Account, reason: str, at: datetime) -> Claim:
    """Refuse, with a reason; the roll does not change, and one agent is enough.

    Raises NotAllowed, OwnClaim, StateChanged, TextRefused.
    """
    claim = _held(claim, by, *DECIDABLE)
    require_uninvolved(by, claim=claim)
    claim.reason = checked_text(reason, REASON_BOUNDS)
    claim.state, claim.assigned_to, claim.decided_at = STATE.REFUSED, by, at
    claim.save(update_fields=("reason", "state", "assigned_to", "decided_at"))
    write_step(claim, ACT.REFUSED, at=at, by=by, text=claim.reason)
    return claim


@transaction.atomic
def propose_change(*, claim: Claim, by: Account, proposal: Proposal, reason: str, at: datetime) -> Claim:
    """Propose to grant: the exact change, checked against the roll as it is now. Nothing changes before a second agent.

    Raises NotAllowed, OwnClaim, RollFixed, StateChanged, ProposalRefused, TextRefused.
    """
    require_desk(by, election=claim.election, academy=claim.academy)
    election = lock_election(claim.election)
    concerned = _hold_concerned(proposal, claim, election, by)
    claim = _held(claim, by, *DECIDABLE)
    check_proposal(proposal, claim, concerned)
    claim.reason = checked_text(reason, REASON_BOUNDS)
    claim.proposal, claim.proposed_by, claim.assigned_to = proposal.as_json(), by, by
    claim.state = STATE.PROPOSED
    claim.save(update_fields=("reason", "proposal", "proposed_by", "assigned_to", "state"))
    write_step(claim, ACT.PROPOSED, at=at, by=by, text=claim.reason)
    return claim


@transaction.atomic
def send_back(*, claim: Claim, by: Account, reason: str, at: datetime) -> Claim:
    """Send a proposal back to be made anew. Raises NotAllowed, OwnClaim, StateChanged, TextRefused."""
    claim = _held(claim, by, STATE.PROPOSED)
    proposal = Proposal.of(claim)
    require_uninvolved(by, claim=claim, concerned=voter_named(proposal, claim.election), fields=proposal.fields)
    reason = checked_text(reason, REASON_BOUNDS)
    claim.proposal, claim.proposed_by, claim.reason, claim.state = {}, None, "", STATE.ASSIGNED
    claim.save(update_fields=("proposal", "proposed_by", "reason", "state"))
    write_step(claim, ACT.SENT_BACK, at=at, by=by, text=reason)
    return claim


@transaction.atomic
def confirm_change(*, claim: Claim, by: Account, shown: Mapping[str, object], at: datetime) -> Claim:
    """Grant: the roll changes in the same transaction as the claim. `shown` is the proposal that the agent read.

    Raises NotAllowed, OwnClaim, SamePerson, RollFixed, StateChanged, ProposalRefused (the roll changed since the proposal).
    """
    require_desk(by, election=claim.election, academy=claim.academy)
    election = lock_election(claim.election)
    read = Claim.objects.get(pk=claim.pk)
    if read.state != STATE.PROPOSED or read.proposal != shown:
        raise StateChanged
    proposal = Proposal.of(read)
    concerned = _hold_concerned(proposal, read, election, by)
    claim = _held(claim, by, STATE.PROPOSED)
    if claim.proposal != shown:
        raise StateChanged
    if claim.proposed_by_id == by.pk:
        raise SamePerson
    warned = whom_to_warn(concerned.voter)
    facts = apply_proposal(proposal, claim, concerned)
    if "email" in proposal.fields or "second_email" in proposal.fields:
        _end_links(concerned.voter, at)
    claim.confirmed_by, claim.decided_at, claim.state = by, at, STATE.GRANTED
    claim.save(update_fields=("voter", "person", "confirmed_by", "decided_at", "state"))
    write_step(claim, ACT.GRANTED, at=at, by=by, text=claim.reason, facts=facts)
    write_to_concerned(claim, proposal, warned, concerned, at=at)
    return claim


@transaction.atomic
def write_claim_for(
    *, election: Election, by: Account, person: Mapping[str, str], text: str, at: datetime
) -> Claim:  # fmt: skip
    """Write the claim of somebody who is on no roll, and therefore cannot sign in: a request of inscription.

    `person` has every field of a voter (roll.changes.NEW_VOTER), checked as the import would. The desk may write it until
    the rolls are fixed: the person's request may have reached it in time by another way.
    Raises NotAllowed, RollFixed, ProposalRefused (by field), TextRefused.
    """
    if set(person) != set(NEW_VOTER):
        raise ValueError("a person has every field of a voter")
    require_desk(by, election=election, academy=person["academy"])
    check_some_changeable(election.contests.order_by("code"))
    if faults := voter_faults(election, person):
        raise ProposalRefused(faults)
    claim = Claim.objects.create(
        election=election, number=new_number(), kind=Claim.Kind.INSCRIPTION, person=dict(person),
        academy=person["academy"], text=checked_text(text, TEXT_BOUNDS), received_at=at,
    )  # fmt: skip
    write_step(claim, ACT.RECEIVED, at=at, by=by, text=claim.text)
    return claim


def _held(claim: Claim, by: Account, *states: str) -> Claim:
    """Hold the claim, in one of these states, for an agent who covers it. Raises NotAllowed, StateChanged."""
    require_desk(by, election=claim.election, academy=claim.academy)
    claim = lock_claim(claim)
    if claim.state not in states:
        raise StateChanged
    return claim


def _hold_concerned(proposal: Proposal, claim: Claim, election: Election, by: Account) -> Concerned:
    """Hold the contests that the proposal touches.

    The voter concerned must be of an académie that the agent covers, and not the agent. Raises NotAllowed, OwnClaim.
    """
    concerned = concerned_by(proposal, claim, election)
    require_uninvolved(by, claim=claim, concerned=concerned.voter, fields=proposal.fields)
    if concerned.voter is not None:
        require_desk(by, election=election, academy=concerned.voter.academy)
    held = lock_contests(election, concerned.keys())
    return Concerned(concerned.voter, {contest.code: contest for contest in held})


def _end_links(voter: Voter | None, at: datetime) -> None:
    """End the links that left for an address which is no longer the voter's."""
    OneTimeLink.objects.filter(voter=voter, used_at=None, expires_at__gt=at).update(expires_at=at)
