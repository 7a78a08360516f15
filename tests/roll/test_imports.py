"""Importing the roll: check 6, line by line, and a number of queries that does not grow with the voters."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from isoloir.common.errors import ImportRefused
from isoloir.credentials.models import SlotLink
from isoloir.elections.errors import ElectionSealed
from isoloir.elections.models import Contest, Election
from isoloir.identity.models import VoterAccount
from isoloir.identity.voters import find_voter
from isoloir.journal.models import JournalEntry
from isoloir.roll.errors import NoContest
from isoloir.roll.imports import RollImported, import_voters
from isoloir.roll.models import RollEntry, Voter, VoterAddress
from tests.factories import issue_codes, make_contest, make_election
from tests.importing import ACTOR, AT, TWO_ADDRESSES_COLUMNS, VOTER_COLUMNS, csv_file, places, voter_row, voter_rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def election() -> Election:
    election = make_election()
    for code in ("CSA-MIN", "CAP-1", "CCP-S"):
        make_contest(election, code, lists=0)
    return election


def load(election: Election, content: bytes) -> RollImported:
    return import_voters(election=election, content=content, actor=ACTOR, at=AT)


def load_rows(election: Election, rows: list[list[str]]) -> RollImported:
    return load(election, csv_file(VOTER_COLUMNS, rows))


def refused(election: Election, content: bytes) -> list[tuple[int | None, str]]:
    """Import what must be refused, on an empty roll; return the places of the faults."""
    with pytest.raises(ImportRefused) as refusal:
        load(election, content)
    assert not Voter.objects.exists()
    assert not RollEntry.objects.exists()
    assert not JournalEntry.objects.exists()
    return places(refusal.value)


def two_address_rows(*seconds: str) -> list[list[str]]:
    """Return a voter for each second address, which may be empty."""
    return [[*row[:5], second, *row[5:]] for row, second in zip(voter_rows(len(seconds)), seconds, strict=True)]


def addresses_of(reference: str) -> list[str]:
    addresses = VoterAddress.objects.filter(voter__reference=reference)
    return list(addresses.order_by("pk").values_list("key", flat=True))


@pytest.mark.parametrize("delimiter", [";", ","])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_a_roll_is_loaded_from_every_usual_encoding(election: Election, encoding: str, delimiter: str) -> None:
    content = csv_file(VOTER_COLUMNS, voter_rows(4), delimiter=delimiter).decode().encode(encoding)
    done = load(election, content)
    assert (done.voters, done.entries) == (4, 8)
    assert done.entries_by_contest == {"CSA-MIN": 4, "CAP-1": 2, "CCP-S": 2}
    voter = Voter.objects.get(reference="E000001")
    assert voter.full_name == "Mme Chloé LEFÈVRE1"
    assert voter.delivery_lines == ["12 rue de l’Été", "99000 VALMONT"]
    assert set(voter.entries.values_list("contest__code", flat=True)) == {"CSA-MIN", "CAP-1"}


def test_the_import_is_journaled_with_its_hash_and_counts_but_no_name(election: Election) -> None:
    load_rows(election, voter_rows(4))
    entry = JournalEntry.objects.get()
    assert (entry.kind, entry.facts["voters"]) == ("roll.imported", 4)
    assert len(entry.facts["sha256"]) == 64
    assert "LEF" not in str(entry.facts)


def test_a_missing_column_is_named(election: Election) -> None:
    rows = [row[:4] + row[5:] for row in voter_rows(3)]
    assert refused(election, csv_file([name for name in VOTER_COLUMNS if name != "email"], rows)) == [(1, "email")]


def test_an_empty_file_is_refused(election: Election) -> None:
    assert refused(election, b"") == [(None, "")]


def test_a_voter_present_twice_is_named_with_both_lines(election: Election) -> None:
    rows = voter_rows(5)
    rows[3][0] = rows[1][0].lower()
    rows[4][4] = rows[0][4].upper()
    with pytest.raises(ImportRefused) as refusal:
        load_rows(election, rows)
    assert places(refusal.value) == [(5, "reference"), (6, "email")]
    assert "ligne 3" in refusal.value.faults[0].message
    assert "ligne 2" in refusal.value.faults[1].message


@pytest.mark.parametrize("heading", ["second_email", "Seconde adresse", "Deuxième adresse", "Second courriel"])
def test_a_second_address_identifies_too(election: Election, heading: str) -> None:
    columns = [heading if name == "second_email" else name for name in TWO_ADDRESSES_COLUMNS]
    load(election, csv_file(columns, two_address_rows("Chloe.MARTIN@valmont.example", "")))
    assert Voter.objects.get(reference="E000001").second_email == "Chloe.MARTIN@valmont.example"
    assert addresses_of("E000001") == ["chloe.1@valmont.example", "chloe.martin@valmont.example"]
    assert addresses_of("E000002") == ["chloe.2@valmont.example"]


def test_a_file_without_the_column_of_second_addresses_is_whole(election: Election) -> None:
    load_rows(election, voter_rows(2))
    assert addresses_of("E000001") == ["chloe.1@valmont.example"]
    assert Voter.objects.get(reference="E000001").second_email == ""


def test_an_address_is_one_voters_across_both_columns_of_the_whole_file(election: Election) -> None:
    seconds = ("", "Chloe.1@valmont.example", "x@valmont.example", "X@valmont.example", "chloe.6@valmont.example", "")
    with pytest.raises(ImportRefused) as refusal:
        load(election, csv_file(TWO_ADDRESSES_COLUMNS, two_address_rows(*seconds)))
    # The last voter's first address was taken before, as the second of the one above.
    assert places(refusal.value) == [(3, "second_email"), (5, "second_email"), (7, "email")]
    assert [fault.message for fault in refusal.value.faults] == [
        f"Cette adresse est déjà celle de l’électeur de la ligne {line}." for line in (2, 4, 6)
    ]
    assert not VoterAddress.objects.exists()


@pytest.mark.parametrize(
    ("second", "fault"),
    [
        ("CHLOE.1@valmont.example", "la même que la première"),
        ("pas une adresse", "pas une adresse de courriel valable"),
        ("x" * 250 + "@valmont.example", "le maximum est 254"),
        (f"anne@{'é' * 61}.{'é' * 61}.example", "pas une adresse de courriel valable"),
    ],
)
def test_a_second_address_that_is_wrong_is_named(election: Election, second: str, fault: str) -> None:
    with pytest.raises(ImportRefused) as refusal:
        load(election, csv_file(TWO_ADDRESSES_COLUMNS, two_address_rows(second)))
    assert places(refusal.value) == [(2, "second_email")]
    assert fault in refusal.value.faults[0].message


def test_addresses_are_written_anew_with_the_roll(election: Election) -> None:
    load(election, csv_file(TWO_ADDRESSES_COLUMNS, two_address_rows("a@valmont.example", "b@valmont.example", "")))
    first, account = Voter.objects.get(reference="E000001"), VoterAccount.objects.create
    account(voter=first, password="x", activated_at=AT, password_set_at=AT)
    # The second addresses of two voters are exchanged, and the third voter goes away.
    load(election, csv_file(TWO_ADDRESSES_COLUMNS, two_address_rows("b@valmont.example", "a@valmont.example")))
    assert addresses_of("E000001") == ["chloe.1@valmont.example", "b@valmont.example"]
    assert addresses_of("E000002") == ["chloe.2@valmont.example", "a@valmont.example"]
    assert VoterAddress.objects.count() == 4
    assert find_voter(election, "B@valmont.example") == first
    assert VoterAccount.objects.get().voter == first


def test_an_unknown_contest_is_named(election: Election) -> None:
    rows = voter_rows(3)
    rows[1][-1] = "CSA-MIN|NOWHERE"
    with pytest.raises(ImportRefused) as refusal:
        load_rows(election, rows)
    assert places(refusal.value) == [(3, "contests")]
    assert "NOWHERE" in refusal.value.faults[0].message


def test_ten_bad_lines_are_all_named_and_nothing_is_loaded(election: Election) -> None:
    rows = voter_rows(30)
    faults = [
        ("reference", ""), ("reference", "1,1E+12"), ("reference", "É 1"), ("email", "not-an-address"),
        ("last_name", "X" * 101), ("establishment_code", "099 A"), ("contests", "|"), ("contests", "CAP-1|CAP-1"),
        ("delivery_lines", "|".join("abcdef")), ("academy", "VALMONT"),
    ]  # fmt: skip
    for position, (column, value) in enumerate(faults):
        rows[3 * position + 1][VOTER_COLUMNS.index(column)] = value
    expected = [(3 * position + 3, column) for position, (column, _value) in enumerate(faults)]
    assert refused(election, csv_file(VOTER_COLUMNS, rows)) == expected


def test_faults_of_every_line_are_found_beside_a_broken_quote(election: Election) -> None:
    rows = voter_rows(4)
    rows[3][4] = "x"
    content = csv_file(VOTER_COLUMNS, rows).replace(b"E000002;Mme;", b'E000002;"Mme;')
    assert refused(election, content) == [(3, ""), (5, "email")]


def test_a_refused_roll_leaves_the_former_one(election: Election) -> None:
    load_rows(election, voter_rows(3))
    with pytest.raises(ImportRefused):
        load_rows(election, [*voter_rows(4), voter_row(4)])
    assert Voter.objects.count() == 3


def test_importing_again_keeps_accounts_and_slots_of_those_who_stay(election: Election) -> None:
    load_rows(election, voter_rows(4))
    voters = {voter.reference: voter for voter in Voter.objects.all()}
    issue_codes(list(voters.values()))
    for voter in voters.values():
        VoterAccount.objects.create(voter=voter, password="x", activated_at=AT, password_set_at=AT)
    rows = voter_rows(6)[1:]
    rows[0][2] = "NOUVEAU-NOM"
    # Two voters exchange their addresses: a state that no order of updates would pass through.
    rows[1][4], rows[2][4] = rows[2][4], rows[1][4]
    rows[2][-1] = "CSA-MIN"
    done = load_rows(election, rows)
    assert (done.voters, done.removed) == (5, 1)
    assert VoterAccount.objects.count() == 3
    assert VoterAccount.objects.get(voter__reference="E000002").voter.last_name == "NOUVEAU-NOM"
    assert Voter.objects.get(reference="E000003").pk == voters["E000003"].pk
    assert SlotLink.objects.count() == 5
    assert RollEntry.objects.count() == 9
    assert RollEntry.objects.exclude(voter__in=Voter.objects.all()).count() == 0


def test_the_same_file_again_changes_nothing(election: Election) -> None:
    load_rows(election, voter_rows(4))
    before = list(RollEntry.objects.order_by("pk").values_list("pk", "voter_id", "contest_id"))
    assert load_rows(election, voter_rows(4)).removed == 0
    assert list(RollEntry.objects.order_by("pk").values_list("pk", "voter_id", "contest_id")) == before


def test_the_roll_of_another_election_is_left_alone(election: Election) -> None:
    other = make_election(slug="autre")
    make_contest(other, "CSA-MIN", lists=0)
    load_rows(other, [voter_row(1, "CSA-MIN")])
    load_rows(election, voter_rows(3))
    assert other.voters.count() == 1
    assert VoterAddress.objects.filter(election=other).count() == 1


def test_a_sealed_roll_is_never_replaced(election: Election) -> None:
    load_rows(election, voter_rows(3))
    election.contests.filter(code="CAP-1").update(state=Contest.State.SEALED)
    with pytest.raises(ElectionSealed):
        load_rows(election, voter_rows(2))
    assert Voter.objects.count() == 3


def test_a_roll_needs_contests() -> None:
    with pytest.raises(NoContest):
        load_rows(make_election(), voter_rows(1))


def test_twenty_thousand_voters_take_as_many_queries_as_ten(election: Election) -> None:
    def queries(count: int) -> int:
        content = csv_file(VOTER_COLUMNS, voter_rows(count))
        with CaptureQueriesContext(connection) as captured:
            load(election, content)
        return len(captured)

    few = queries(10)
    # One more query may be the deletion of a second batch; never one for each row.
    assert queries(20_000) <= few + 5
    assert few <= 28
    assert RollEntry.objects.count() == 40_000


def test_the_time_of_an_import_is_that_which_is_given(election: Election) -> None:
    import_voters(
        election=election, content=csv_file(VOTER_COLUMNS, voter_rows(1)), actor=ACTOR, at=AT + timedelta(hours=1)
    )
    assert JournalEntry.objects.get().at == AT + timedelta(hours=1)
