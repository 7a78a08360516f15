"""Two agents confirm in the same instant, a sealing comes meanwhile: exactly one outcome, and a roll that agrees with it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction

from isoloir.claims.actions import withdraw_claim
from isoloir.claims.decisions import confirm_change, propose_change
from isoloir.claims.errors import ClaimRefused
from isoloir.claims.models import Claim
from isoloir.claims.proposals import Proposal
from isoloir.elections.models import Contest, Election
from isoloir.identity.models import Account
from isoloir.journal.actions import verify_journal
from isoloir.journal.models import JournalEntry
from tests import electorate
from tests.claims.conftest import Desk, make_desk
from tests.claims.made import REASON, make_agent, received

pytestmark = pytest.mark.django_db(transaction=True)
AT = electorate.BEFORE


def at_once(*acts: Callable[[], Any]) -> list[str]:
    """Do all the acts in the same instant; return `done` or the code of the refusal of each."""
    together = Barrier(len(acts))

    def do(act: Callable[[], Any]) -> str:
        try:
            together.wait()
            act()
        except ClaimRefused as refusal:
            return refusal.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(do, acts))


def proposed(desk: Desk) -> Claim:
    claim = received(desk.voter, kind=Claim.Kind.INSCRIPTION)
    return propose_change(claim=claim, by=desk.first, proposal=Proposal(add="CAP"), reason=REASON, at=AT)


def confirming(claim: Claim, by: Account) -> Callable[[], Any]:
    return lambda: confirm_change(claim=claim, by=by, shown=claim.proposal, at=AT)


def test_of_many_agents_who_confirm_at_once_one_does(election: Election) -> None:
    desk = make_desk(election)
    claim = proposed(desk)
    agents = [desk.second, *(make_agent(election, f"agent{number}@valmont.example") for number in range(3))]
    outcomes = at_once(*(confirming(claim, agent) for agent in agents))
    assert sorted(outcomes) == ["done", "state_changed", "state_changed", "state_changed"]
    assert desk.cap.roll.count() == 1
    assert Claim.objects.get().confirmed_by == agents[outcomes.index("done")]
    assert JournalEntry.objects.filter(kind="claim.granted").count() == 1
    assert verify_journal() > 0


def test_a_sealing_comes_wholly_before_or_wholly_after(election: Election) -> None:
    desk = make_desk(election)
    claim = proposed(desk)

    def seal() -> None:
        """Hold and seal the contest, in the way of a bureau, and note how many voters were sealed."""
        with transaction.atomic():
            held = Contest.objects.select_for_update(of=("self",)).get(pk=desk.cap.pk)
            sealed_with.append(held.roll.count())
            Contest.objects.filter(pk=held.pk).update(state=Contest.State.SEALED)

    sealed_with: list[int] = []
    granted, sealed = at_once(confirming(claim, desk.second), seal)
    assert sealed == "done"
    assert granted in ("done", "sealed")
    # What was sealed is what the roll is for ever.
    assert [desk.cap.roll.count()] == sealed_with == [int(granted == "done")]
    assert Claim.objects.get().state == ("granted" if granted == "done" else "proposed")


def test_a_claim_is_withdrawn_or_granted_never_both(election: Election) -> None:
    desk = make_desk(election)
    claim = proposed(desk)
    granted, withdrawn = at_once(
        confirming(claim, desk.second), lambda: withdraw_claim(claim=claim, voter=desk.voter, at=AT)
    )
    assert sorted((granted, withdrawn)) == ["done", "state_changed"]
    assert Claim.objects.get().state == ("granted" if granted == "done" else "withdrawn")
    assert desk.cap.roll.count() == int(granted == "done")
