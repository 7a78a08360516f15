"""An election before its sealing, two contests, a voter, and two agents."""

from dataclasses import dataclass

import pytest

from isoloir.elections.models import Contest, Election
from isoloir.identity.models import Account
from isoloir.roll.models import Voter
from tests import electorate
from tests.claims.made import make_agent
from tests.electorate_fixtures import clock, election, outbox

__all__ = ("clock", "election", "outbox")


@dataclass
class Desk:
    """Who takes part in a claim."""

    election: Election
    csa: Contest
    cap: Contest
    voter: Voter
    first: Account
    second: Account


def make_desk(election: Election) -> Desk:
    # Claims of this election end well after the tests' clock.
    election.rolls_shown_at = electorate.BEFORE
    election.save()
    csa, cap = electorate.make_contest(election, "CSA"), electorate.make_contest(election, "CAP", instance="cap")
    return Desk(
        election, csa, cap, electorate.make_voter(election, csa),
        make_agent(election, "premier@valmont.example"), make_agent(election, "second@valmont.example"),
    )  # fmt: skip


@pytest.fixture
def desk(election: Election) -> Desk:
    return make_desk(election)
