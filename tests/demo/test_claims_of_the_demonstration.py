"""The demonstration opens with claims that somebody made."""

import pytest

from isoloir.claims.models import Claim
from isoloir.demo.claims import receive_claims
from isoloir.demo.preparation import calendar_from
from tests import electorate


@pytest.mark.django_db
def test_two_claims_wait_when_the_demonstration_opens() -> None:
    at = electorate.BEFORE
    calendar = calendar_from(at)
    election = electorate.make_election(
        portal_opens_at=calendar.portal_opens_at, lists_shown_at=calendar.lists_shown_at,
        voting_opens_at=calendar.voting_opens_at, voting_closes_at=calendar.voting_closes_at,
    )  # fmt: skip
    contest = electorate.make_contest(election)
    for number in range(3):
        electorate.make_voter(election, contest, email=f"agent{number}@valmont.example")
    receive_claims(election, at=at)
    assert sorted(Claim.objects.values_list("kind", flat=True)) == ["personal-data", "wrong-contest"]
