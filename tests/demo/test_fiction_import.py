"""The portal takes the fictional files as they are, and the credential authority takes what the portal then asks."""

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from isoloir.credentials.authority.printing import print_notices
from isoloir.credentials.imports import import_slots
from isoloir.credentials.request import export_credential_request
from isoloir.demo.fiction import write_fiction
from isoloir.elections.actions import Calendar, create_election
from isoloir.elections.imports import import_lists
from isoloir.elections.models import Election
from isoloir.pollingstation.imports import import_contests, import_stations
from isoloir.roll.imports import import_voters
from tests.authority import codes_of, issue, opened

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.fixture
def election(db: None) -> Election:
    calendar = Calendar(
        portal_opens_at=datetime(2026, 10, 13, 6, tzinfo=UTC),
        lists_shown_at=datetime(2026, 11, 18, 7, tzinfo=UTC),
        voting_opens_at=datetime(2026, 12, 3, 7, tzinfo=UTC),
        voting_closes_at=datetime(2026, 12, 10, 16, tzinfo=UTC),
    )
    return create_election(
        slug="fiction", name="Élections de Valmorane", organiser="Académie de Valmorane", calendar=calendar,
        actor="test", at=AT, help_line="01 99 00 12 34",
    )  # fmt: skip


def _import_all(election: Election, directory: Path) -> None:
    def content(name: str) -> bytes:
        return (directory / name).read_bytes()

    common = {"election": election, "actor": "test", "at": AT}
    import_stations(stations=content("stations.csv"), members=content("members.csv"), **common)
    import_contests(content=content("contests.csv"), **common)
    files = {path.name: path.read_bytes() for path in directory.iterdir() if path.suffix in {".png", ".txt", ".pdf"}}
    import_lists(lists=content("lists.csv"), candidates=content("candidates.csv"), files=files, **common)
    import_voters(content=content("voters.csv"), **common)


@pytest.mark.parametrize(("voters", "contests"), [(300, 3), (120, 14)])
def test_portal_imports_the_fiction_without_a_fault(election, tmp_path, voters, contests):
    write_fiction(tmp_path, voters=voters, contests=contests, seed=2026)
    _import_all(election, tmp_path)
    assert election.voters.count() == voters
    assert election.contests.count() == contests


def test_codes_travel_from_the_portal_to_the_authority_and_slots_back(election, tmp_path, count_rows):
    write_fiction(tmp_path / "fiction", voters=40, contests=3, seed=7)
    _import_all(election, tmp_path / "fiction")
    export_credential_request(election=election, directory=tmp_path / "request", actor="test", at=AT)
    issue(tmp_path / "request", tmp_path / "out")
    print_notices(opened(tmp_path / "out"), tmp_path / "notices", on=AT.date())
    imported = import_slots(election=election, directory=tmp_path / "out/portal", actor="test", at=AT)
    assert imported.slots == sum(count_rows(path) for path in (tmp_path / "out/portal").glob("*.slots.csv"))
    assert len(codes_of(tmp_path / "out")) == count_rows(tmp_path / "out/portal/notices.csv") == 40
    assert stat.S_IMODE((tmp_path / "notices").stat().st_mode) == 0o700
    assert len(list((tmp_path / "notices").rglob("*.pdf"))) == 2


@pytest.fixture
def count_rows():
    def count(path: Path) -> int:
        return len(path.read_text(encoding="utf-8").splitlines()) - 1

    return count
