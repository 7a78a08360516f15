"""Each milestone of the calendar is exact to the second: in winter, in summer, and in the night when the hour changes."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from isoloir.common.clock import PARIS
from isoloir.elections.models import Contest, Election
from tests import electorate
from tests.electorate import activate, make_contest, make_election, make_voter, sign_in, text
from tests.electorate_fixtures import clock

__all__ = ("clock",)

SECOND = timedelta(seconds=1)
# Written in Paris time, as an organiser does.
INSTANTS = {
    "winter": datetime(2026, 12, 3, 8, 0, tzinfo=PARIS),
    "summer": datetime(2026, 7, 14, 8, 0, tzinfo=PARIS),
    # The last second before 3 h becomes 2 h again, and the same hour of the clock, the second time that it comes.
    "hour lived first": datetime(2026, 10, 25, 2, 30, tzinfo=PARIS),
    "hour lived again": datetime(2026, 10, 25, 2, 30, tzinfo=PARIS, fold=1),
    # 2 h to 3 h does not exist in that night.
    "hour skipped": datetime(2026, 3, 29, 3, 0, tzinfo=PARIS),
}
ORDER = (
    "portal_opens_at", "rolls_shown_at", "lists_shown_at", "reissue_opens_at", "voting_opens_at", "voting_closes_at",
    "grace_ends_at",
)  # fmt: skip


def calendar_at(milestone: str, instant: datetime) -> dict[str, Any]:
    """Return the dates of an election of which one milestone is at this instant, the others days away."""
    utc = instant.astimezone(electorate.OPENS.tzinfo)
    if milestone == "grace_ends_at":
        milestone, utc = "voting_closes_at", utc - timedelta(minutes=30)
    place = ORDER.index(milestone)
    return {name: utc + timedelta(days=other - place) for other, name in enumerate(ORDER[:-1])}


def state_of(election: Election, at: datetime) -> str:
    return Contest(election=election, state=Contest.State.SEALED).voting_state(at=at)


# What the calendar says before each milestone, and from it on.
PREDICATES: dict[str, tuple[Callable[[Election, datetime], object], object, object]] = {
    "portal_opens_at": (lambda election, at: election.is_portal_open(at=at), False, True),
    "rolls_shown_at": (lambda election, at: election.are_rolls_shown(at=at), False, True),
    "lists_shown_at": (lambda election, at: election.are_lists_shown(at=at), False, True),
    "reissue_opens_at": (lambda election, at: election.is_reissue_open(at=at), False, True),
    "voting_opens_at": (state_of, "not_open", "open"),
    "voting_closes_at": (state_of, "open", "grace"),
    "grace_ends_at": (state_of, "grace", "closed"),
}


@pytest.mark.parametrize("offset", [-SECOND, timedelta(0), SECOND], ids=["before", "at", "after"])
@pytest.mark.parametrize("season", INSTANTS)
@pytest.mark.parametrize("milestone", ORDER)
def test_a_milestone_is_exact_to_the_second(milestone: str, season: str, offset: timedelta) -> None:
    election = Election(**calendar_at(milestone, INSTANTS[season]), reissue_policies=[{"code": "challenge"}])
    predicate, before, after = PREDICATES[milestone]
    at = INSTANTS[season].astimezone(electorate.OPENS.tzinfo) + offset
    assert predicate(election, at) == (before if offset < timedelta(0) else after)


def test_the_repeated_hour_of_the_night_is_two_instants() -> None:
    first, again = INSTANTS["hour lived first"], INSTANTS["hour lived again"]
    election = Election(**calendar_at("voting_closes_at", first))
    assert state_of(election, again.astimezone(electorate.OPENS.tzinfo)) == "closed"


def phase(client: Client, _contest: Contest) -> object:
    return client.get("/espace/").context["phase"]


def is_shown(path: str) -> Callable[[Client, Contest], object]:
    return lambda client, contest: client.get(path.format(uuid=contest.uuid)).status_code


# What a voter sees: the page, what it is before the milestone, and from it on.
PAGES: dict[str, tuple[Callable[[Client, Contest], object], object, object]] = {
    "rolls_shown_at": (is_shown("/espace/scrutins/{uuid}/liste-electorale/"), 302, 200),
    "lists_shown_at": (is_shown("/espace/scrutins/{uuid}/"), 302, 200),
    "voting_opens_at": (phase, "not_open", "open"),
    "voting_closes_at": (phase, "open", "grace"),
    "grace_ends_at": (phase, "grace", "closed"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("season", ["winter", "summer", "hour lived again"])
@pytest.mark.parametrize("milestone", PAGES)
def test_pages_change_at_the_second_of_the_milestone(client: Client, clock: None, milestone: str, season: str) -> None:
    election = make_election(**calendar_at(milestone, INSTANTS[season]))
    contest = make_contest(election, state=Contest.State.SEALED)
    instant = getattr(election, milestone)
    # Identified before the closing, at whatever milestone: that is what the grace is for (R211-563).
    begun = (election.voting_closes_at if milestone == "grace_ends_at" else instant) - timedelta(minutes=1)
    voter = make_voter(election, contest)
    activate(voter, at=begun)
    electorate.set_clock(begun)
    sign_in(client, voter.email)
    page, before, after = PAGES[milestone]
    if milestone == "grace_ends_at":
        # The session lives on: its owner is busy.
        for minutes in (10, 20, 29):
            electorate.set_clock(begun + timedelta(minutes=minutes))
            client.get("/espace/")
    for offset, expected in ((-SECOND, before), (timedelta(0), after), (SECOND, after)):
        electorate.set_clock(instant + offset)
        assert page(client, contest) == expected


@pytest.mark.django_db
@pytest.mark.parametrize("season", ["winter", "summer", "hour lived again"])
def test_nobody_is_identified_before_the_second_when_the_portal_opens(client: Client, clock: None, season: str) -> None:
    election = make_election(**calendar_at("portal_opens_at", INSTANTS[season]))
    for offset, is_refused in ((-SECOND, True), (timedelta(0), False), (SECOND, False)):
        electorate.set_clock(election.portal_opens_at + offset)
        page = text(electorate.identify(client, "anne.dupont@valmont.example"))
        assert ("Le portail ouvre le" in page) is is_refused
