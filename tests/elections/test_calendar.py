"""Making an election and changing its calendar."""

from datetime import timedelta
from typing import Any

import pytest

from isoloir.elections.actions import Calendar, calendar_of, change_calendar, create_election
from isoloir.elections.errors import CalendarRefused, ElectionSealed, SlugTaken
from isoloir.elections.models import Contest, Election
from isoloir.journal.models import JournalEntry
from tests.factories import BEFORE, CLOSES_AT, OPENS_AT, make_contest, make_election

pytestmark = pytest.mark.django_db


def calendar(**changes: Any) -> Calendar:
    values: dict[str, Any] = {
        "portal_opens_at": OPENS_AT - timedelta(days=40), "lists_shown_at": OPENS_AT - timedelta(days=20),
        "voting_opens_at": OPENS_AT, "voting_closes_at": CLOSES_AT,
    }  # fmt: skip
    return Calendar(**values | changes)


def test_an_election_is_made_and_journaled() -> None:
    election = create_election(
        slug="e-2026", name="Élections 2026", organiser="Académie", calendar=calendar(), actor="commande", at=BEFORE
    )
    assert election.grace_ends_at == CLOSES_AT + timedelta(minutes=30)
    assert JournalEntry.objects.get().facts["voting_opens_at"] == "2026-12-03T07:00:00Z"


def test_two_elections_never_share_a_short_name() -> None:
    make_election(slug="e-2026")
    with pytest.raises(SlugTaken):
        create_election(slug="e-2026", name="E", organiser="A", calendar=calendar(), actor="commande", at=BEFORE)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("portal_opens_at", OPENS_AT + timedelta(seconds=1)),
        ("lists_shown_at", OPENS_AT + timedelta(seconds=1)),
        ("rolls_shown_at", OPENS_AT),
        ("rolls_shown_at", OPENS_AT - timedelta(days=40, seconds=1)),
        ("voting_closes_at", OPENS_AT),
        ("grace", timedelta(minutes=31)),
        ("grace", timedelta(minutes=-1)),
    ],
)
def test_dates_out_of_order_are_refused_with_the_field_at_fault(field: str, value: Any) -> None:
    election = make_election()
    with pytest.raises(CalendarRefused) as refusal:
        change_calendar(election=election, calendar=calendar(**{field: value}), actor="a", at=BEFORE)
    assert set(refusal.value.faults) == {field}
    assert calendar_of(Election.objects.get()) == calendar_of(election)


def test_the_calendar_changes_and_is_journaled() -> None:
    election = make_election()
    wanted = calendar(
        voting_closes_at=CLOSES_AT + timedelta(days=1),
        grace=timedelta(minutes=15),
        rolls_shown_at=OPENS_AT - timedelta(days=30),
    )
    change_calendar(election=election, calendar=wanted, actor="a", at=BEFORE)
    assert calendar_of(Election.objects.get()) == wanted
    assert JournalEntry.objects.get().kind == "calendar.changed"


def test_a_sealed_contest_fixes_the_calendar_for_good() -> None:
    election = make_election()
    contest = make_contest(election, "S1")
    contest.state = Contest.State.SEALED
    contest.save()
    with pytest.raises(ElectionSealed):
        change_calendar(election=election, calendar=calendar(), actor="a", at=BEFORE)
