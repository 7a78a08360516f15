"""The counts of the dashboard: each voter once in each column, in a bounded number of queries."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from isoloir.elections.models import Election
from isoloir.identity.activation import ActivationCounts, count_by_academy, count_by_establishment, total_of
from isoloir.identity.campaigns import finish_campaign, open_campaign
from isoloir.identity.models import Campaign, OneTimeLink
from isoloir.messaging.models import Message
from isoloir.roll.models import Voter
from tests.electorate import BEFORE, activate, make_voter

pytestmark = pytest.mark.django_db


@pytest.fixture
def voters(election: Election) -> list[Voter]:
    """Make six voters: four in two establishments of Valmont, two in one of Aubrac; then invite and remind them all."""
    places = ("Valmont", "0990001A"), ("Valmont", "0990001A"), ("Valmont", "0990002B"), ("Aubrac", "0120003C")
    made = [
        make_voter(
            election, email=f"voter-{number}@valmont.example", academy=places[number % 4][0],
            establishment_code=places[number % 4][1], establishment=f"Collège {places[number % 4][1]}",
        )
        for number in range(6)
    ]  # fmt: skip
    for kind in (Campaign.Kind.OPENING, Campaign.Kind.REMINDER):
        finish_campaign(open_campaign(election=election, kind=kind, actor="essai", at=BEFORE), at=BEFORE)
    return made


def settle(voter: Voter, **changes: object) -> None:
    """Change every link of the voter, so that each fact is there twice."""
    voter.links.update(**changes)


def test_each_voter_is_counted_once_in_each_column(election: Election, voters: list[Voter]) -> None:
    first, second, third, _fourth, fifth, _sixth = voters
    settle(first, opened_at=BEFORE)
    settle(second, opened_at=BEFORE, used_at=BEFORE, outcome=OneTimeLink.Outcome.WITHOUT_ACTIVATION)
    activate(first)
    activate(fifth)
    Message.objects.filter(pk__in=third.links.values("message")).update(state=Message.State.BOUNCED, sealed=b"")
    late = make_voter(election, email="late@valmont.example", establishment_code="0990001A")
    late.links.create(purpose="activation", token_hash="0" * 64, created_at=BEFORE, expires_at=BEFORE + timedelta(1))
    aubrac, valmont = count_by_academy(election)
    assert (aubrac.academy, valmont.academy) == ("Aubrac", "Valmont")
    expected = ActivationCounts(voters=1, invited=1, opened=0, activated=0, without_activation=0, undelivered=0)
    assert aubrac.counts == expected
    assert valmont.counts == ActivationCounts(
        voters=6, invited=5, opened=2, activated=2, without_activation=1, undelivered=1
    )
    assert total_of([aubrac, valmont]).voters == 7


def test_who_entered_without_activation_then_activated_is_activated_only(
    election: Election, voters: list[Voter]
) -> None:
    settle(voters[0], used_at=BEFORE, outcome=OneTimeLink.Outcome.WITHOUT_ACTIVATION)
    activate(voters[0])
    total = total_of(count_by_academy(election))
    assert (total.activated, total.without_activation) == (1, 0)


def test_establishments_add_up_to_their_academy(election: Election, voters: list[Voter]) -> None:
    activate(voters[0])
    groups = count_by_establishment(election, academy="Valmont")
    assert [group.code for group in groups] == ["0990001A", "0990002B"]
    assert total_of(groups) == count_by_academy(election)[1].counts
    assert [group.code for group in count_by_establishment(election, code="012")] == ["0120003C"]
    assert [group.code for group in count_by_establishment(election, code="0990001a")] == ["0990001A"]


def test_other_election_is_not_counted(election: Election, voters: list[Voter]) -> None:
    Election.objects.create(
        slug="autre", name="Autre", organiser="A", portal_opens_at=BEFORE, lists_shown_at=BEFORE,
        voting_opens_at=BEFORE, voting_closes_at=BEFORE + timedelta(1),
    )  # fmt: skip
    assert count_by_academy(Election.objects.get(slug="autre")) == []
    assert total_of([]).activation_rate == 0


@pytest.mark.parametrize("count", [count_by_academy, count_by_establishment])
def test_two_queries_whatever_the_number_of_groups(election: Election, voters: list[Voter], count) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert len(count(election)) > 1
    assert len(queries) == 2
