"""Casting: all or nothing, once, under one's own live key, within the hours."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from isoloir.ballotbox.models import Ballot
from isoloir.credentials.links import destroy_link_key, live_key, require_live_key
from isoloir.elections.models import Contest
from isoloir.messaging.models import Message
from isoloir.pollingstation.casting import cast_vote, check_ballot
from isoloir.pollingstation.errors import AlreadyVoted, BallotRefused, NotOnRoll, PollClosed, PollNotOpen, PollSuspended
from isoloir.pollingstation.receipts import Receipt, check_receipt
from isoloir.roll.models import Turnout, Voter
from tests.factories import BEFORE, CLOSES_AT, DURING, World, make_contest, make_voter, make_world

pytestmark = pytest.mark.django_db


def cast(
    world: World, voter: Voter, text: bytes, *, at: datetime = DURING, authenticated_at: datetime = DURING
) -> Receipt:
    ballot = check_ballot(contest=world.contest, text=text)
    return cast_vote(voter=voter, contest=world.contest, ballot=ballot, authenticated_at=authenticated_at, at=at)


def counts(contest: Contest) -> tuple[int, int, int]:
    receipts = Message.objects.filter(kind="receipt").count()
    return (
        Ballot.objects.filter(contest=contest).count(),
        Turnout.objects.filter(entry__contest=contest).count(),
        receipts,
    )


def test_vote_leaves_a_ballot_a_line_and_a_receipt() -> None:
    world = make_world()
    receipt = cast(world, world.voters[0], world.ballot(world.voters[0], world.contest))
    assert counts(world.contest) == (1, 1, 1)
    assert check_receipt(text=receipt.text, signature=receipt.as_json()["signature"]) == receipt
    assert receipt.fields["tracker"] == Ballot.objects.get().tracker
    assert receipt.fields["contest"] == world.contest.uuid


def test_same_ballot_again_gives_the_same_receipt_byte_for_byte() -> None:
    world = make_world()
    text = world.ballot(world.voters[0], world.contest)
    first = cast(world, world.voters[0], text)
    again = cast(world, world.voters[0], text, at=DURING + timedelta(hours=1))
    assert again.as_json() == first.as_json()
    assert counts(world.contest) == (1, 1, 1)


def test_second_ballot_is_refused() -> None:
    world = make_world()
    cast(world, world.voters[0], world.ballot(world.voters[0], world.contest, choice=1))
    with pytest.raises(AlreadyVoted):
        cast(world, world.voters[0], world.ballot(world.voters[0], world.contest, choice=2))
    assert counts(world.contest) == (1, 1, 1)


def test_ballot_under_another_voters_key_is_refused() -> None:
    world = make_world()
    with pytest.raises(BallotRefused):
        cast(world, world.voters[0], world.ballot(world.voters[1], world.contest))
    assert counts(world.contest) == (0, 0, 0)


def test_ballot_under_an_unknown_key_is_refused() -> None:
    world = make_world()
    stranger = world.ballot(world.voters[0], world.contest, code="11111-111111-11111-111111")
    with pytest.raises(BallotRefused):
        cast(world, world.voters[0], stranger)
    assert counts(world.contest) == (0, 0, 0)


def test_voter_of_another_roll_is_refused() -> None:
    world = make_world()
    other = make_voter(world.election, [make_contest(world.election, "AUTRE")], 99)
    with pytest.raises(NotOnRoll):
        cast(world, other, world.ballot(world.voters[0], world.contest))


def test_ballot_made_for_another_contest_is_refused() -> None:
    world = make_world(contests=2)
    voter, (first, second) = world.voters[0], world.contests
    with pytest.raises(BallotRefused):
        check_ballot(contest=first, text=world.ballot(voter, second))
    verified = check_ballot(contest=second, text=world.ballot(voter, second))
    with pytest.raises(BallotRefused):
        cast_vote(voter=voter, contest=first, ballot=verified, authenticated_at=DURING, at=DURING)


@pytest.mark.parametrize(
    ("at", "refusal"),
    [
        (BEFORE, PollNotOpen),
        (CLOSES_AT + timedelta(minutes=30), PollClosed),
    ],
)
def test_hours_are_exact_to_the_second(at: datetime, refusal: type[Exception]) -> None:
    world = make_world()
    voter = world.voters[0]
    text = world.ballot(voter, world.contest)
    with pytest.raises(refusal):
        cast(world, voter, text, at=at, authenticated_at=BEFORE)
    inside = world.election.voting_opens_at if refusal is PollNotOpen else at - timedelta(seconds=1)
    cast(world, voter, text, at=inside, authenticated_at=BEFORE)


def test_grace_is_for_those_authenticated_before_closing() -> None:
    world = make_world()
    voter = world.voters[0]
    text = world.ballot(voter, world.contest)
    with pytest.raises(PollClosed):
        cast(world, voter, text, at=CLOSES_AT + timedelta(minutes=5), authenticated_at=CLOSES_AT)
    cast(world, voter, text, at=CLOSES_AT + timedelta(minutes=5), authenticated_at=CLOSES_AT - timedelta(seconds=1))


def test_suspended_contest_takes_no_ballot_and_another_goes_on() -> None:
    world = make_world(contests=2)
    first, second = world.contests
    Contest.objects.filter(pk=first.pk).update(state=Contest.State.SUSPENDED)
    voter = world.voters[0]
    with pytest.raises(PollSuspended):
        cast(world, voter, world.ballot(voter, first))
    ballot = check_ballot(contest=second, text=world.ballot(voter, second))
    cast_vote(voter=voter, contest=second, ballot=ballot, authenticated_at=DURING, at=DURING)


def test_nothing_can_be_cast_once_the_link_key_is_destroyed() -> None:
    world = make_world()
    text = world.ballot(world.voters[0], world.contest)
    destroy_link_key(world.contest)
    with pytest.raises(PollClosed):
        cast(world, world.voters[0], text)


def test_casting_looks_at_the_keys_of_a_place_in_three_queries(django_assert_num_queries: Any) -> None:
    world = make_world()
    entry = world.voters[0].entries.select_related("contest").get()
    key = live_key(entry)
    with django_assert_num_queries(3):
        require_live_key(entry, key)


@pytest.mark.django_db(transaction=True)
def test_two_hundred_voters_with_two_ballots_at_once_get_one_vote_each() -> None:
    world = make_world(voters=200)
    pairs = [
        (voter, check_ballot(contest=world.contest, text=world.ballot(voter, world.contest, choice=choice)))
        for choice in (1, 2)
        for voter in world.voters
    ]
    pairs.sort(key=lambda pair: pair[0].pk)

    def attempt(pair: tuple[Voter, object]) -> tuple[str, str]:
        voter, ballot = pair
        try:
            receipt = cast_vote(voter=voter, contest=world.contest, ballot=ballot, authenticated_at=DURING, at=DURING)  # type: ignore[arg-type]
        except AlreadyVoted:
            return "refused", ""
        finally:
            connection.close()
        return "cast", receipt.fields["tracker"]

    with ThreadPoolExecutor(max_workers=8) as pool:
        outcomes = list(pool.map(attempt, pairs))
    assert Counter(outcome for outcome, _tracker in outcomes) == {"cast": 200, "refused": 200}
    assert counts(world.contest) == (200, 200, 200)
    trackers = set(Ballot.objects.values_list("tracker", flat=True))
    assert {tracker for outcome, tracker in outcomes if outcome == "cast"} == trackers
