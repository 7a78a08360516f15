"""Printed sheets: where they may go, files that are taken whole or not at all, and counts that show what is wrong."""

from datetime import UTC, datetime

import pytest

from isoloir.common.errors import ImportRefused
from isoloir.credentials.authority.sheets import sheet_number
from isoloir.credentials.models import NoticeSheet
from isoloir.credentials.notices import TRANSITIONS, SheetsReconciled, count_sheets, reconcile_sheets, replace_sheets
from isoloir.elections.models import Election
from isoloir.journal.models import JournalEntry
from isoloir.pollingstation.files import import_files
from tests import importing
from tests.factories import make_election
from tests.importing import ACTOR, AT, places

pytestmark = pytest.mark.django_db
LATER = datetime(2027, 1, 10, 9, tzinfo=UTC)
HEADER = "number;edition;state;date\n"
ONE, TWO = sheet_number(1), sheet_number(2)


@pytest.fixture
def election() -> Election:
    """An election of six voters, whose sheets are numbered from 1 and printed."""
    election = make_election()
    import_files(election=election, files=importing.election_files(), actor=ACTOR, at=AT)
    voters = election.voters.order_by("reference").values_list("pk", flat=True)
    numbers = {pk: sheet_number(place) for place, pk in enumerate(voters, start=1)}
    replace_sheets(election, numbers, at=AT)
    return election


def follow(election: Election, *lines: str, header: str = HEADER) -> SheetsReconciled:
    content = (header + "\n".join(lines) + "\n").encode()
    return reconcile_sheets(election=election, content=content, name="suivi.csv", actor=ACTOR, at=LATER)


def refused(election: Election, *lines: str) -> list[tuple[int | None, str]]:
    before = list(NoticeSheet.objects.order_by("pk").values())
    with pytest.raises(ImportRefused) as refusal:
        follow(election, *lines)
    assert list(NoticeSheet.objects.order_by("pk").values()) == before
    assert not JournalEntry.objects.filter(kind="notices.reconciled").exists()
    return places(refusal.value)


def state_of(number: str, edition: int = 1) -> str:
    return NoticeSheet.objects.get(number=number, edition=edition).state


def test_a_sheet_goes_from_the_press_to_the_voter(election: Election) -> None:
    done = follow(election, f"{ONE};1;livrée;2027-01-05", f"{ONE};1;Signée;06/01/2027", f"{TWO};1;delivered;2027-01-05")
    assert done.sheets_by_state == {"delivered": 2, "signed": 1}
    assert (state_of(ONE), state_of(TWO)) == ("signed", "delivered")
    assert JournalEntry.objects.get(kind="notices.reconciled").facts == {"sheets": {"delivered": 2, "signed": 1}}


def test_every_bad_line_is_named_and_nothing_is_taken(election: Election) -> None:
    wrong_digit = ONE[:-1] + str((int(ONE[-1]) + 1) % 10)
    assert refused(
        election,
        f"{ONE};1;livrée;2027-01-05",
        f"{wrong_digit};1;livrée;2027-01-05",
        f"{sheet_number(999)};1;livrée;2027-01-05",
        f"{TWO};1;signée;2027-01-05",
        f"{TWO};2;livrée;2027-01-05",
        f"{TWO};1;perdue;2027-01-05",
        f"{TWO};1;livrée;2027-02-30",
        f"{TWO};1;livrée;2027-01-11",
        f"{TWO};x;livrée;2027-01-05",
    ) == [
        (3, "number"), (4, "number"), (5, "state"), (6, "edition"), (7, "state"), (8, "date"), (9, "date"),
        (10, "edition"),
    ]  # fmt: skip


@pytest.mark.parametrize("former", NoticeSheet.State)
@pytest.mark.parametrize("state", [state for state in NoticeSheet.State if state != NoticeSheet.State.PRINTED])
def test_only_the_transitions_of_the_table_are_taken(
    election: Election, former: NoticeSheet.State, state: NoticeSheet.State
) -> None:
    NoticeSheet.objects.filter(number=ONE).update(state=former)
    line = f"{ONE};1;{state.value};2027-01-05"
    if state in TRANSITIONS[former]:
        follow(election, line)
        assert state_of(ONE) == state
    else:
        assert refused(election, line) == [(2, "state")]


def test_a_date_before_that_of_the_state_is_refused(election: Election) -> None:
    follow(election, f"{ONE};1;livrée;2027-01-05")
    with pytest.raises(ImportRefused) as refusal:
        follow(election, f"{ONE};1;signée;2027-01-04")
    assert places(refusal.value) == [(2, "date")]


def test_a_reprint_is_the_next_edition_of_the_same_voter(election: Election) -> None:
    header = "number;edition;state;date;delivery\n"
    follow(election, f"{ONE};2;printed;2027-01-05;post", f"{ONE};1;destroyed;2027-01-05;", header=header)
    first, second = NoticeSheet.objects.filter(number=ONE).order_by("edition")
    assert (first.state, second.state, second.is_posted) == ("destroyed", "printed", True)
    assert first.voter_id == second.voter_id
    assert all(group.counts.adds_up for group in count_sheets(election))


def test_the_printer_confirms_what_was_printed_and_how_it_goes(election: Election) -> None:
    follow(election, f"{ONE};1;printed;2027-01-05;post", header="number;edition;state;date;delivery\n")
    assert NoticeSheet.objects.get(number=ONE).is_posted
    assert NoticeSheet.objects.count() == 6


def test_counts_show_who_has_no_sheet_and_which_are_too_many(election: Election) -> None:
    follow(election, f"{ONE};1;détruite;2027-01-05", f"{TWO};1;livrée;2027-01-05", f"{TWO};2;imprimée;2027-01-06")
    totals = [group.counts for group in count_sheets(election, by_establishment=True)]
    assert sum(counts.voters for counts in totals) == 6
    assert sum(counts.printed for counts in totals) == 7
    assert sum(counts.missing for counts in totals) == 1
    assert sum(counts.surplus for counts in totals) == 1
    for counts in totals:
        assert counts.printed == counts.stock + counts.out + counts.signed + counts.returned + counts.destroyed
    academies = count_sheets(election)
    assert sum(group.counts.printed for group in academies) == 7
    assert not all(group.counts.adds_up for group in academies)


def test_sheets_of_another_election_are_unknown(election: Election) -> None:
    other = make_election(slug="b")
    with pytest.raises(ImportRefused):
        follow(other, f"{ONE};1;livrée;2027-01-05")
    assert state_of(ONE) == "printed"
