"""What a voter does with claims: makes one, answers a question, withdraws."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from isoloir.elections.models import Contest, Election
from isoloir.roll.models import Voter
from isoloir.uploads.actions import CheckedFile

from .errors import ContestRefused, StateChanged, TooManyOpen, WindowClosed
from .locks import check_changeable, check_some_changeable, lock_claim
from .models import Claim, ClaimStep
from .steps import TEXT_BOUNDS, checked_text, new_number, write_step
from .windows import Window, widest, window_of, windows_of

MOST_OPEN = 5
STATE, ACT = Claim.State, ClaimStep.Act
# Where a claim is before its decision.
OPEN_STATES = (STATE.RECEIVED, STATE.ASSIGNED, STATE.QUESTION, STATE.PROPOSED)
# A claim of these kinds is about one of the voter's own contests.
KINDS_WITH_CONTEST = (Claim.Kind.REMOVAL, Claim.Kind.WRONG_CONTEST)


@transaction.atomic
def make_claim(
    *, voter: Voter, kind: Claim.Kind, contest: Contest | None = None, text: str,
    files: Sequence[CheckedFile] = (), at: datetime,
) -> Claim:  # fmt: skip
    """Receive a claim of a voter. `contest` is one of the voter's own, for the kinds that are about one.

    Raises WindowClosed, TooManyOpen, ContestRefused, TextRefused.
    """
    # Claims of one voter are counted one after the other.
    voter = Voter.objects.select_for_update(of=("self",)).get(pk=voter.pk)
    election = voter.election
    if kind not in KINDS_WITH_CONTEST:
        contest = None
    elif contest is None or not voter.entries.filter(contest=contest).exists():
        raise ContestRefused
    require_received(election, voter=voter, kind=kind, contest=contest, at=at)
    if voter.claims.filter(state__in=OPEN_STATES).count() >= MOST_OPEN:
        raise TooManyOpen(MOST_OPEN)
    claim = Claim.objects.create(
        election=election, number=new_number(), kind=kind, voter=voter, contest=contest, academy=voter.academy,
        text=checked_text(text, TEXT_BOUNDS), received_at=at,
    )  # fmt: skip
    write_step(claim, ACT.RECEIVED, at=at, text=claim.text, files=files)
    return claim


def require_received(
    election: Election, *, voter: Voter, kind: str, contest: Contest | None = None, at: datetime
) -> Window:
    """Return the window in which a claim of this kind is received now. Raises WindowClosed, RollFixed.

    A claim without a contest is received while one contest at least could still be changed by it.
    """
    # What is personal is on every roll of the voter: each of them must be one that may change.
    check = check_changeable if kind == Claim.Kind.PERSONAL_DATA else check_some_changeable
    check(contests_of_kind(election, voter=voter, kind=kind, contest=contest))
    window = window_of(contest, election) if contest else widest(windows_of(election))
    if window is None:
        raise WindowClosed
    if at < window.opens_at:
        raise WindowClosed(opens_at=window.opens_at)
    if not window.is_open(kind, at=at):
        raise WindowClosed(closed_at=window.closes_for(kind))
    return window


def contests_of_kind(
    election: Election, *, voter: Voter, kind: str, contest: Contest | None = None
) -> list[Contest]:  # fmt: skip
    """Return the contests whose rolls such a claim might change: the one named, all, or the voter's own."""
    if contest is not None:
        return [contest]
    contests = Contest.objects.filter(election=election).order_by("code")
    return list(contests if kind == Claim.Kind.INSCRIPTION else contests.filter(roll__voter=voter))


@transaction.atomic
def answer_question(
    *, claim: Claim, voter: Voter, text: str, files: Sequence[CheckedFile] = (), at: datetime
) -> Claim:  # fmt: skip
    """Write the voter's answer to the question that was asked. Raises StateChanged, TextRefused."""
    claim = _own(claim, voter, STATE.QUESTION)
    text = checked_text(text, range(1, TEXT_BOUNDS.stop))
    claim.state = STATE.ASSIGNED
    claim.save(update_fields=("state",))
    write_step(claim, ACT.ANSWERED, at=at, text=text, files=files)
    return claim


@transaction.atomic
def withdraw_claim(*, claim: Claim, voter: Voter, at: datetime) -> Claim:
    """Withdraw a claim that is not decided yet. Raises StateChanged."""
    claim = _own(claim, voter, *OPEN_STATES)
    claim.state, claim.decided_at = STATE.WITHDRAWN, at
    claim.save(update_fields=("state", "decided_at"))
    write_step(claim, ACT.WITHDRAWN, at=at)
    return claim


def _own(claim: Claim, voter: Voter, *states: str) -> Claim:
    """Hold the claim of this voter, in one of these states. Raises StateChanged."""
    claim = lock_claim(claim)
    if claim.voter_id != voter.pk or claim.state not in states:
        raise StateChanged
    return claim
