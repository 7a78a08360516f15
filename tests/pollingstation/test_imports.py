"""Importing bureaux and their members, and a whole folder at once."""

from pathlib import Path

import pytest
from django.db import IntegrityError
from django.utils import translation

from isoloir.common.errors import ImportRefused
from isoloir.common.secretfiles import SecretMissing, read_secret
from isoloir.credentials.links import ensure_link_key
from isoloir.elections.errors import ElectionSealed
from isoloir.elections.models import CandidateList, Contest, Election, Organisation
from isoloir.identity.models import Account, StaffRole
from isoloir.journal.models import JournalEntry
from isoloir.pollingstation.files import import_files, read_folder
from isoloir.pollingstation.imports import import_contests, import_stations
from isoloir.pollingstation.models import Member, PollingStation, StationContest
from isoloir.roll.models import RollEntry, Voter
from isoloir.trustees.models import Ceremony, Trustee
from tests import importing
from tests.factories import make_election
from tests.importing import (
    ACTOR,
    AT,
    CONTEST_COLUMNS,
    CONTESTS,
    MEMBER_COLUMNS,
    STATION_COLUMNS,
    STATIONS,
    csv_file,
    member_rows,
    places,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def election() -> Election:
    return make_election()


def all_members() -> list[list[str]]:
    return [list(row) for row in (*member_rows("bvec"), *member_rows("bve-2"))]


def load(election: Election, stations: object = None, members: object = None) -> int:
    done = import_stations(
        election=election,
        stations=csv_file(STATION_COLUMNS, stations or STATIONS),
        members=csv_file(MEMBER_COLUMNS, members or all_members()),
        actor=ACTOR,
        at=AT,
    )
    return done.ceremonies_begun


def refused(election: Election, stations: object = None, members: object = None) -> list[tuple[str, int | None, str]]:
    with pytest.raises(ImportRefused) as refusal:
        load(election, stations, members)
    assert not PollingStation.objects.exists()
    assert not Account.objects.exists()
    assert not Ceremony.objects.exists()
    return [(fault.file, fault.line, fault.column) for fault in refusal.value.faults]


def trustees(code: str) -> list[tuple[str, int, int, int, str]]:
    rows = Trustee.objects.filter(group__ceremony__code=code).order_by("owner")
    return list(rows.values_list("group__role", "group__threshold", "index", "owner", "account__email"))


def test_each_bureau_gets_its_ceremony_of_two_groups(election: Election) -> None:
    assert load(election) == 2
    assert trustees("bvec") == [
        ("chair", 1, 1, 1, "president@bvec.example"),
        ("chair", 1, 2, 2, "secretary@bvec.example"),
        ("delegates", 2, 1, 3, "delegate1@bvec.example"),
        ("delegates", 2, 2, 4, "delegate2@bvec.example"),
        ("delegates", 2, 3, 5, "delegate3@bvec.example"),
    ]
    assert PollingStation.objects.get(code="bve-2").kind == "bve"
    assert Member.objects.get(account__email="delegate3@bvec.example").organisation.name == "Fédération du Savoir"
    assert JournalEntry.objects.get().facts["members"] == 10


def test_the_president_comes_first_whatever_the_order_of_the_file(election: Election) -> None:
    load(election, members=all_members()[::-1])
    assert [owner[4] for owner in trustees("bvec")] == [
        "president@bvec.example", "secretary@bvec.example", "delegate3@bvec.example", "delegate2@bvec.example",
        "delegate1@bvec.example",
    ]  # fmt: skip


def test_accounts_are_made_without_a_password(election: Election) -> None:
    load(election)
    assert all(not account.has_usable_password() for account in Account.objects.all())
    assert not Account.objects.filter(is_administrator=True).exists()


def test_a_member_of_two_bureaux_has_one_account(election: Election) -> None:
    rows = all_members()
    rows[9] = ["bve-2", *rows[4][1:]]
    load(election, members=rows)
    assert Account.objects.get(email="delegate3@bvec.example").memberships.count() == 2


def test_an_agent_of_any_election_is_no_member(election: Election) -> None:
    agent = Account.objects.create_user(email=all_members()[0][2], last_name="Roy", first_names="Zoé")
    StaffRole.objects.create(account=agent, election=make_election(slug="passee"), role=StaffRole.Role.CLAIMS)
    with pytest.raises(ImportRefused) as refusal:
        load(election)
    assert "agent d’un guichet" in refusal.value.faults[0].message
    assert not PollingStation.objects.exists()


def test_the_name_of_who_is_more_than_a_member_here_is_not_rewritten(election: Election) -> None:
    address = all_members()[0][2]
    administrator = Account.objects.create_user(
        email=address, last_name="Roy", first_names="Zoé", is_administrator=True
    )
    with pytest.raises(ImportRefused) as refusal:
        load(election)
    assert {(fault.line, fault.column) for fault in refusal.value.faults} == {(2, "email")}
    assert "porte un autre nom" in refusal.value.faults[0].message
    Account.objects.filter(pk=administrator.pk).update(is_administrator=False)
    load(election)
    # A member of an election keeps the name under which its minutes were signed.
    names = Account.objects.values_list("last_name", "first_names").get(pk=administrator.pk)
    other = make_election(slug="suivante")
    members = all_members()
    members[0][3] = "Autre"
    with pytest.raises(ImportRefused):
        load(other, members=members)
    assert Account.objects.values_list("last_name", "first_names").get(pk=administrator.pk) == names
    load(other)


def test_importing_again_the_same_members_keeps_the_ceremony(election: Election) -> None:
    load(election)
    Trustee.objects.filter(owner=1).update(certificate="made")
    assert load(election) == 0
    assert Trustee.objects.filter(certificate="made").count() == 2


def test_new_members_begin_the_ceremony_of_their_bureau_anew(election: Election) -> None:
    load(election)
    Trustee.objects.filter(owner=1).update(certificate="made")
    Ceremony.objects.update(trustees_record="record", completed_at=AT)
    rows = all_members()
    rows[9][2:5] = ["new@bve-2.example", "NOUVEAU", "Léa"]
    assert load(election, members=rows) == 1
    assert Ceremony.objects.get(code="bvec").completed_at == AT
    begun = Ceremony.objects.get(code="bve-2")
    assert (begun.trustees_record, begun.completed_at) == ("", None)
    assert not Trustee.objects.filter(group__ceremony=begun).exclude(certificate="").exists()


def test_a_bureau_without_contest_can_go_away(election: Election) -> None:
    load(election)
    load(election, stations=STATIONS[:1], members=all_members()[:5])
    assert PollingStation.objects.count() == Ceremony.objects.count() == 1


def test_a_bureau_that_has_a_contest_cannot_go_away(election: Election) -> None:
    load(election)
    import_contests(election=election, content=csv_file(CONTEST_COLUMNS, CONTESTS), actor=ACTOR, at=AT)
    with pytest.raises(ImportRefused) as refusal:
        load(election, stations=STATIONS[:1], members=all_members()[:5])
    assert places(refusal.value) == [(None, "code")]
    load(election)
    assert StationContest.objects.count() == 3


@pytest.mark.parametrize(
    ("line", "column", "value", "expected"),
    [
        (2, "code", "bu reau", ("stations.csv", 2, "code")),
        (3, "code", "BVEC", ("stations.csv", 3, "code")),
        (3, "kind", "comité", ("stations.csv", 3, "kind")),
    ],
)
def test_a_bad_bureau_is_named(election: Election, line: int, column: str, value: str, expected: object) -> None:
    rows = [list(row) for row in STATIONS]
    rows[line - 2][STATION_COLUMNS.index(column)] = value
    assert expected in refused(election, stations=rows)


@pytest.mark.parametrize(
    ("line", "column", "value", "expected"),
    [
        (3, "station", "nowhere", ("members.csv", 3, "station")),
        (3, "role", "treasurer", ("members.csv", 3, "role")),
        (3, "email", "nobody", ("members.csv", 3, "email")),
        (3, "email", "PRESIDENT@bvec.example", ("members.csv", 3, "email")),
        (8, "email", "president@bvec.example", ("members.csv", 8, "email")),
        (4, "organisation", "", ("members.csv", 4, "organisation")),
        (2, "organisation", "Agir Ensemble", ("members.csv", 2, "organisation")),
        (2, "role", "secretary", ("stations.csv", 2, "code")),
        (3, "role", "president", ("stations.csv", 2, "code")),
    ],
)
def test_a_bad_member_is_named(election: Election, line: int, column: str, value: str, expected: object) -> None:
    rows = all_members()
    rows[line - 2][MEMBER_COLUMNS.index(column)] = value
    assert expected in refused(election, members=rows)


def test_a_bureau_needs_two_delegates(election: Election) -> None:
    rows = [row for row in all_members() if row[2] not in ("delegate2@bvec.example", "delegate3@bvec.example")]
    assert refused(election, members=rows) == [("stations.csv", 2, "code")]


def test_sealed_bureaux_are_never_replaced(election: Election) -> None:
    load(election)
    import_contests(election=election, content=csv_file(CONTEST_COLUMNS, CONTESTS), actor=ACTOR, at=AT)
    election.contests.filter(code="CAP-1").update(state=Contest.State.SEALED)
    with pytest.raises(ElectionSealed):
        load(election)


# ---- Whole folders ----


def test_a_whole_folder_is_imported_in_order(election: Election, tmp_path: Path) -> None:
    for name, content in importing.election_files().items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    sentences = import_files(election=election, files=read_folder(tmp_path), actor=ACTOR, at=AT)
    assert len(sentences) == 4
    assert (Voter.objects.count(), RollEntry.objects.count(), CandidateList.objects.count()) == (6, 12, 6)
    assert set(Organisation.objects.values_list("name", flat=True)) == {
        "Union des Écoles", "Agir Ensemble", "Fédération du Savoir",
    }  # fmt: skip


def test_one_bad_line_in_the_last_file_keeps_every_file_out(election: Election) -> None:
    files = importing.election_files()
    files["voters.csv"] += b"E9;;;;;;;;;\r\n"
    with pytest.raises(ImportRefused):
        import_files(election=election, files=files, actor=ACTOR, at=AT)
    assert not PollingStation.objects.exists()
    assert not Contest.objects.exists()
    assert not JournalEntry.objects.exists()


@pytest.mark.parametrize("name", ["stations.csv", "members.csv", "candidates.csv"])
def test_files_that_go_together_come_together(election: Election, name: str) -> None:
    with pytest.raises(ImportRefused) as refusal:
        import_files(election=election, files={name: b"x"}, actor=ACTOR, at=AT)
    assert [fault.file for fault in refusal.value.faults] == [name]


def test_an_empty_folder_is_refused(election: Election) -> None:
    with pytest.raises(ImportRefused):
        import_files(election=election, files={"readme.txt": b"x"}, actor=ACTOR, at=AT)


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "outside.csv").write_bytes(b"secret")
    (folder / "voters.csv").symlink_to(tmp_path / "outside.csv")
    assert read_folder(folder) == {}


def test_the_link_key_of_a_removed_contest_goes_away_with_it(
    election: Election, django_capture_on_commit_callbacks: object
) -> None:
    load(election)
    import_contests(election=election, content=csv_file(CONTEST_COLUMNS, CONTESTS), actor=ACTOR, at=AT)
    names = {}
    for contest in election.contests.all():
        ensure_link_key(contest)
        names[contest.code] = f"link-keys/{contest.uuid}"
    with django_capture_on_commit_callbacks(execute=True):
        import_contests(election=election, content=csv_file(CONTEST_COLUMNS, CONTESTS[:2]), actor=ACTOR, at=AT)
    assert read_secret(names["CAP-1"])
    with pytest.raises(SecretMissing):
        read_secret(names["CCP-S"])


def test_a_contest_never_has_two_bureaux(election: Election) -> None:
    load(election)
    import_contests(election=election, content=csv_file(CONTEST_COLUMNS, CONTESTS), actor=ACTOR, at=AT)
    link = StationContest.objects.first()
    with pytest.raises(IntegrityError):
        StationContest.objects.create(station=PollingStation.objects.get(code="bve-2"), contest=link.contest)


def test_words_of_the_files_do_not_change_with_the_language_of_the_page(election: Election) -> None:
    stations = [["bvec", "Bureau", "Bureau de vote électronique centralisateur"]]
    members = [
        [*row[:1], {"president": "Présidente", "secretary": "secrétaire"}.get(row[1], "Délégué·e de liste"), *row[2:]]
        for row in member_rows("bvec")
    ]
    contests = [["A", "Scrutin", "Comité social d'administration", "Scrutin sur sigle", "3", "", "bvec"]]
    with translation.override("en"):
        load(election, stations, members)
        import_contests(election=election, content=csv_file(CONTEST_COLUMNS, contests), actor=ACTOR, at=AT)
    assert (election.contests.get().instance, election.contests.get().kind) == ("csa", "sigle")
