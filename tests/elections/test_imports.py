"""Importing contests and lists: what is loaded, and each fault that loads nothing."""

import io
from collections.abc import Callable

import pytest
from PIL import Image

from isoloir.common.errors import ImportRefused
from isoloir.elections.errors import ElectionSealed
from isoloir.elections.imports import import_lists
from isoloir.elections.listfiles import LOGO_BOX
from isoloir.elections.models import Candidate, CandidateList, Contest, Election, Organisation, StatementFile
from isoloir.journal.models import JournalEntry
from isoloir.pollingstation.files import import_files
from isoloir.pollingstation.imports import import_contests
from isoloir.uploads.sentences import sentence
from tests import importing
from tests.factories import make_election
from tests.importing import ACTOR, AT, CANDIDATE_COLUMNS, CONTEST_COLUMNS, CONTESTS, LIST_COLUMNS, csv_file, places, png
from tests.uploads.hostile import HOSTILE_PDFS, PICTURE_ONLY

pytestmark = pytest.mark.django_db


@pytest.fixture
def election() -> Election:
    """An election with its bureaux and contests."""
    election = make_election()
    files = importing.election_files()
    import_files(
        election=election, actor=ACTOR, at=AT,
        files={name: files[name] for name in ("stations.csv", "members.csv", "contests.csv")},
    )  # fmt: skip
    return election


def load_contests(election: Election, rows: list[list[str]]) -> None:
    import_contests(election=election, content=csv_file(CONTEST_COLUMNS, rows), actor=ACTOR, at=AT)


def load_lists(
    election: Election,
    lists: list[list[str]] | None = None,
    candidates: list[list[str]] | None = None,
    files: dict[str, bytes] | None = None,
) -> None:
    import_lists(
        election=election,
        lists=csv_file(LIST_COLUMNS, importing.list_rows() if lists is None else lists),
        candidates=csv_file(CANDIDATE_COLUMNS, importing.candidate_rows() if candidates is None else candidates),
        files=importing.attachments() if files is None else files,
        actor=ACTOR,
        at=AT,
    )


def contest_rows() -> list[list[str]]:
    return [list(row) for row in CONTESTS]


# ---- Contests ----


def test_contests_are_loaded_with_a_uuid_each_and_their_bureau(election: Election) -> None:
    contests = Contest.objects.filter(election=election)
    assert {(contest.code, contest.kind, contest.seats) for contest in contests} == {
        ("CSA-MIN", "list", 4), ("CAP-1", "list", 2), ("CCP-S", "sigle", 3),
    }  # fmt: skip
    assert len({contest.uuid for contest in contests}) == 3
    assert {contest.code: contest.station_link.station.code for contest in contests} == {
        "CSA-MIN": "bvec", "CAP-1": "bvec", "CCP-S": "bve-2",
    }  # fmt: skip


def test_an_import_is_journaled_with_its_hash_and_counts(election: Election) -> None:
    facts = JournalEntry.objects.get(kind="contests.imported").facts
    assert facts["contests"] == 3
    assert len(facts["sha256"]) == 64


def test_importing_contests_again_keeps_their_identifiers(election: Election) -> None:
    before = dict(election.contests.values_list("code", "uuid"))
    rows = contest_rows()
    rows[0][4] = "5"
    load_contests(election, rows[:2])
    assert dict(election.contests.values_list("code", "uuid")) == {
        code: uuid for code, uuid in before.items() if code != "CCP-S"
    }
    assert election.contests.get(code="CSA-MIN").seats == 5


def test_a_contest_that_changes_kind_loses_its_lists(election: Election) -> None:
    load_lists(election)
    rows = contest_rows()
    rows[1][3] = "sigle"
    load_contests(election, rows)
    assert not CandidateList.objects.filter(contest__code="CAP-1").exists()
    assert CandidateList.objects.filter(contest__code="CSA-MIN").count() == 2


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("code", "CSA MIN é"), ("code", "cap-1"), ("instance", "senate"), ("ballot_kind", "référendum"), ("seats", "0"),
        ("seats", "101"), ("seats", "4.5"), ("seats", "²"), ("polling_station", "nowhere"), ("name", ""),
    ],
)  # fmt: skip
def test_a_bad_contest_is_named_and_nothing_changes(election: Election, column: str, value: str) -> None:
    rows = contest_rows()
    rows[2][CONTEST_COLUMNS.index(column)] = value
    rows[0][4] = "9"
    with pytest.raises(ImportRefused) as refusal:
        load_contests(election, rows)
    assert places(refusal.value) == [(4, column)]
    assert election.contests.get(code="CSA-MIN").seats == 4


def test_sealed_contests_are_never_replaced(election: Election) -> None:
    election.contests.filter(code="CAP-1").update(state=Contest.State.SEALED)
    with pytest.raises(ElectionSealed):
        load_contests(election, contest_rows())
    with pytest.raises(ElectionSealed):
        load_lists(election)


# ---- Lists ----


def test_lists_are_loaded_with_candidates_logos_and_statements(election: Election) -> None:
    load_lists(election)
    entry = CandidateList.objects.get(contest__code="CSA-MIN", position=1)
    assert entry.statement == "Chères et chers collègues,\n\nVotez."
    assert set(entry.organisations.values_list("name", flat=True)) == {"Union des Écoles", "Agir Ensemble"}
    assert [candidate.rank for candidate in entry.candidates.all()] == list(range(1, 9))
    assert Candidate.objects.filter(candidate_list__contest__kind="sigle").count() == 0


def test_importing_lists_again_replaces_them_all(election: Election) -> None:
    load_lists(election)
    load_lists(election)
    assert CandidateList.objects.count() == 6
    assert Candidate.objects.count() == 22
    assert Organisation.objects.filter(name="Union des Écoles").count() == 1


@pytest.mark.parametrize("size", [(400, 100), (100, 400), (3000, 3000), (1, 1), (320, 160)])
def test_every_logo_is_served_in_the_same_box(election: Election, size: tuple[int, int]) -> None:
    load_lists(election, files=importing.attachments() | {"logos/a.png": png(*size)})
    logos = {bytes(logo) for logo in CandidateList.objects.values_list("logo_png", flat=True)}
    assert {Image.open(io.BytesIO(logo)).size for logo in logos} == {LOGO_BOX}


def test_nothing_of_the_logo_file_but_its_picture_is_kept(election: Election) -> None:
    hidden = png() + b"<script>alert(1)</script>"
    load_lists(election, files=importing.attachments() | {"logos/a.png": hidden})
    assert b"script" not in bytes(CandidateList.objects.first().logo_png)


def jpeg() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (10, 10)).save(stream, "JPEG")
    return stream.getvalue()


@pytest.mark.parametrize(
    "make",
    [jpeg, lambda: b"", lambda: png()[:60], lambda: b"<svg/>", lambda: png(5000, 1), lambda: bytes(3 * 1024 * 1024)],
)
def test_a_bad_logo_is_refused(election: Election, make: Callable[[], bytes]) -> None:
    with pytest.raises(ImportRefused) as refusal:
        load_lists(election, files=importing.attachments() | {"logos/a.png": make()})
    assert places(refusal.value)[0] == (2, "logo_file")
    assert not CandidateList.objects.exists()


@pytest.mark.parametrize(
    "content",
    ["é".encode("cp1252"), b"", b" \n\n ", b"a\0b", b"a\x07b", "a\u202eb".encode(), b"x" * 20_000, b"x" * 99_999],
)
def test_a_bad_statement_is_refused(election: Election, content: bytes) -> None:
    with pytest.raises(ImportRefused) as refusal:
        load_lists(election, files=importing.attachments() | {"statements/a.txt": content})
    assert places(refusal.value) == [(line, "statement_file") for line in (2, 4, 6)]


def test_each_line_with_a_bad_statement_in_pdf_is_named_and_nothing_is_loaded(election: Election) -> None:
    scripted = HOSTILE_PDFS["a program when it opens"][1]()
    files = importing.attachments() | {"statements/a.pdf": scripted, "statements/b.pdf": PICTURE_ONLY()}
    pdfs = ("statements/a.pdf", "statements/b.pdf", "statements/c.pdf", "", "", "")
    rows = [[*row[:6], "statements/a.txt", row[7], pdf] for row, pdf in zip(importing.list_rows(), pdfs, strict=True)]
    lists = csv_file((*LIST_COLUMNS, "statement_pdf"), rows)
    candidates = csv_file(CANDIDATE_COLUMNS, importing.candidate_rows())
    with pytest.raises(ImportRefused) as refusal:
        import_lists(election=election, lists=lists, candidates=candidates, files=files, actor=ACTOR, at=AT)
    assert places(refusal.value) == [(line, "statement_pdf") for line in (2, 3, 4)]
    assert [fault.message for fault in refusal.value.faults][:2] == [sentence("script"), sentence("pictures")]
    assert not CandidateList.objects.exists()
    assert not StatementFile.objects.exists()


@pytest.mark.parametrize(
    ("line", "column", "value", "expected"),
    [
        (2, "contest", "UNKNOWN", (2, "contest")),
        (6, "kind", "list", (6, "kind")),
        (3, "position", "3", (2, "position")),
        (3, "position", "1", (2, "position")),
        (3, "position", "x", (3, "position")),
        (3, "name", "Vote blanc", (3, "name")),
        (7, "name", "ENSEMBLE POUR L'ECOLE", (7, "name")),
        (3, "organisations", "agir ensemble", (3, "organisations")),
        (3, "organisations", "Savoir|SAVOIR", (3, "organisations")),
        (3, "logo_file", "../a.png", (3, "logo_file")),
        (3, "statement_file", "missing.txt", (3, "statement_file")),
    ],
)
def test_a_bad_list_is_named_and_nothing_is_loaded(
    election: Election, line: int, column: str, value: str, expected: tuple[int, str]
) -> None:
    rows = importing.list_rows()
    rows[line - 2][LIST_COLUMNS.index(column)] = value
    with pytest.raises(ImportRefused) as refusal:
        load_lists(election, lists=rows)
    assert expected in [(fault.line, fault.column) for fault in refusal.value.faults if fault.file == "lists.csv"]
    assert not CandidateList.objects.exists()
    assert not Organisation.objects.filter(name="Savoir").exists()


@pytest.mark.parametrize(
    ("line", "column", "value", "file", "expected"),
    [
        (2, "contest", "UNKNOWN", "candidates.csv", (2, "contest")),
        (2, "contest", "CCP-S", "candidates.csv", (2, "contest")),
        (2, "list", "Nulle part", "candidates.csv", (2, "list")),
        (2, "rank", "0", "candidates.csv", (2, "rank")),
        (2, "rank", "2", "lists.csv", (2, "name")),
        (2, "last_name", "NOM-S3", "candidates.csv", (12, "last_name")),
        (3, "last_name", "nom-e1", "candidates.csv", (3, "last_name")),
    ],
)
def test_a_bad_candidate_is_named_and_nothing_is_loaded(
    election: Election, line: int, column: str, value: str, file: str, expected: tuple[int, str]
) -> None:
    rows = importing.candidate_rows()
    rows[line - 2][CANDIDATE_COLUMNS.index(column)] = value
    with pytest.raises(ImportRefused) as refusal:
        load_lists(election, candidates=rows)
    assert expected in [(fault.line, fault.column) for fault in refusal.value.faults if fault.file == file]
    assert not CandidateList.objects.exists()


def test_a_list_has_at_most_twice_as_many_candidates_as_seats(election: Election) -> None:
    rows = importing.candidate_rows()
    rows += [["CAP-1", "Savoir", str(rank), "M.", f"AUTRE{rank}", "Jean"] for rank in (4, 5)]
    with pytest.raises(ImportRefused) as refusal:
        load_lists(election, candidates=rows)
    assert places(refusal.value) == [(5, "name")]


def test_a_list_without_candidates_is_named(election: Election) -> None:
    rows = [row for row in importing.candidate_rows() if row[:2] != ["CAP-1", "Savoir"]]
    with pytest.raises(ImportRefused) as refusal:
        load_lists(election, candidates=rows)
    assert places(refusal.value) == [(5, "name")]
