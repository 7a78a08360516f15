"""When claims are received: one second before and after each milestone, in summer and in winter time."""

from datetime import UTC, datetime, timedelta

import pytest

from isoloir.claims.actions import require_received
from isoloir.claims.calendar import change_windows
from isoloir.claims.errors import WindowClosed, WindowsRefused
from isoloir.claims.models import Claim
from isoloir.claims.windows import Window, end_of_eve, legal_window, widest, window_of, windows_of
from isoloir.elections.errors import ElectionSealed
from isoloir.elections.models import Contest, Election
from isoloir.journal.models import JournalEntry
from tests import electorate
from tests.claims.conftest import Desk

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
OTHERS = (Claim.Kind.REMOVAL, Claim.Kind.WRONG_CONTEST, Claim.Kind.PERSONAL_DATA)

# Rolls shown at ten in Paris: in winter, in summer, and over the change of hour of 25 October.
SHOWN = [
    (datetime(2026, 11, 10, 9, 0, tzinfo=UTC), datetime(2026, 11, 18, 9, 0, tzinfo=UTC), datetime(2026, 11, 21, 9, 0, tzinfo=UTC)),
    (datetime(2026, 6, 10, 8, 0, tzinfo=UTC), datetime(2026, 6, 18, 8, 0, tzinfo=UTC), datetime(2026, 6, 21, 8, 0, tzinfo=UTC)),
    (datetime(2026, 10, 20, 8, 0, tzinfo=UTC), datetime(2026, 10, 28, 9, 0, tzinfo=UTC), datetime(2026, 10, 31, 9, 0, tzinfo=UTC)),
]  # fmt: skip


@pytest.mark.parametrize(("shown", "inscriptions", "others"), SHOWN)
def test_delays_of_the_law_are_exact_to_the_second(shown: datetime, inscriptions: datetime, others: datetime) -> None:
    election = electorate.make_election(portal_opens_at=datetime(2026, 6, 1, tzinfo=UTC), rolls_shown_at=shown)
    window = legal_window(election)
    assert window == Window(shown, inscriptions, others)
    for kind in Claim.Kind:
        end = inscriptions if kind == Claim.Kind.INSCRIPTION else others
        assert [window.is_open(kind, at=at) for at in (shown - SECOND, shown, end - SECOND, end, end + SECOND)] == [
            False, True, True, False, False,
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("opens", "midnight"),
    [
        (datetime(2026, 12, 3, 7, 0, tzinfo=UTC), datetime(2026, 12, 2, 23, 0, tzinfo=UTC)),
        (datetime(2026, 7, 3, 6, 0, tzinfo=UTC), datetime(2026, 7, 2, 22, 0, tzinfo=UTC)),
    ],
)
def test_no_claim_is_received_on_the_day_of_the_vote(opens: datetime, midnight: datetime) -> None:
    election = electorate.make_election(
        portal_opens_at=opens - timedelta(days=4), lists_shown_at=opens, voting_opens_at=opens,
        voting_closes_at=opens + timedelta(days=7),
    )  # fmt: skip
    assert end_of_eve(election) == midnight
    window = legal_window(election)
    assert window.closes_at == window.inscriptions_close_at == midnight
    assert window.is_open(Claim.Kind.REMOVAL, at=midnight - SECOND)
    assert not window.is_open(Claim.Kind.REMOVAL, at=midnight)


def test_an_instance_keeps_its_own_window_and_the_others_the_law(desk: Desk) -> None:
    chosen = Window(electorate.BEFORE, electorate.BEFORE + timedelta(days=1), electorate.BEFORE + timedelta(days=2))
    change_windows(election=desk.election, windows={"cap": chosen}, actor="a", at=electorate.BEFORE)
    assert window_of(desk.cap, desk.election) == chosen
    assert window_of("csa", desk.election) == legal_window(desk.election)
    assert windows_of(desk.election) == {"csa": legal_window(desk.election), "cap": chosen}
    assert widest(windows_of(desk.election)) == legal_window(desk.election)
    change_windows(election=desk.election, windows={"cap": None}, actor="a", at=electorate.BEFORE)
    assert window_of("cap", desk.election) == legal_window(desk.election)
    facts = [entry.facts for entry in JournalEntry.objects.filter(kind="claim-windows.changed").order_by("sequence")]
    assert facts[0]["cap"][1] == "2026-11-21T09:00:00Z"
    assert facts[1] == {"cap": None}


def test_a_window_that_outlives_a_moved_vote_is_cut(desk: Desk) -> None:
    end = desk.election.voting_opens_at
    chosen = Window(electorate.BEFORE, end, end)
    change_windows(election=desk.election, windows={"csa": chosen}, actor="a", at=electorate.BEFORE)
    Election.objects.update(voting_opens_at=end - timedelta(days=2))
    election = Election.objects.get()
    assert window_of("csa", election).closes_at == end - timedelta(days=2)


@pytest.mark.parametrize(
    ("days", "field"),
    [((0, 0, 1), "inscriptions_close_at"), ((0, 2, 1), "closes_at"), ((0, 1, 30), "closes_at"), ((-60, 1, 2), "opens_at")],
)  # fmt: skip
def test_windows_out_of_order_are_refused_by_field(desk: Desk, days: tuple[int, int, int], field: str) -> None:
    window = Window(*(electorate.BEFORE + timedelta(days=day) for day in days))
    with pytest.raises(WindowsRefused) as refusal:
        change_windows(election=desk.election, windows={"csa": window}, actor="a", at=electorate.BEFORE)
    assert set(refusal.value.faults) == {("csa", field)}
    assert not desk.election.claim_windows.exists()


def test_windows_do_not_change_after_sealing(desk: Desk) -> None:
    Contest.objects.filter(pk=desk.cap.pk).update(state=Contest.State.SEALED)
    with pytest.raises(ElectionSealed):
        change_windows(election=desk.election, windows={"csa": None}, actor="a", at=electorate.BEFORE)


@pytest.mark.parametrize("kind", OTHERS)
def test_the_voter_is_told_when_it_opens_and_when_it_closed(desk: Desk, kind: str) -> None:
    window = window_of(desk.csa, desk.election)
    with pytest.raises(WindowClosed, match="window_closed") as early:
        require_received(desk.election, voter=desk.voter, kind=kind, at=window.opens_at - SECOND)
    assert "seront reçues à partir du vendredi 20 novembre 2026" in early.value.message
    with pytest.raises(WindowClosed) as late:
        require_received(desk.election, voter=desk.voter, kind=kind, at=window.closes_at)
    assert "ne sont plus reçues depuis le" in late.value.message
    require_received(desk.election, voter=desk.voter, kind=kind, at=window.closes_at - SECOND)
