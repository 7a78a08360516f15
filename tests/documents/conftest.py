"""Values that the tests of documents share: ordinary ones, and strings that try to be markup."""

import io
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pikepdf
import pytest
from pdfua import Report, validate

from isoloir.documents.minutes import AverageSeat, Finding, ListResult, ResultsMinutes, Signatory
from isoloir.documents.notices import CalendarLine, NoticeElection, VotingNotice
from isoloir.documents.receipts import PrintedReceipt

CODE = "aB3dE-FgH1jK-mN9pQ-rS7uVw"
HOSTILE = (
    "#panic()",
    "#read(\"/etc/passwd\")",
    "*gras* _ital_ $x^2$ <label> @ref",
    "[[ ]] {{ }} \\ ` ``` // /* */ ~ ---",
    "#import \"@preview/x:1.0.0\"",
    "</svg> & ' \"",
    "\N{GRINNING FACE} \N{RIGHT-TO-LEFT OVERRIDE}evil \x07\x00 \u6f22\u5b57 \ufffe",
    "W" * 60,
)  # fmt: skip

ELECTION = NoticeElection(
    name="Élections professionnelles 2026 – académie de Valmorane",
    portal_url="https://vote.valmorane.example/",
    help_line="Centre d’assistance : 01 99 00 12 34 (de 8 h à 18 h)",
    voting_opens_at=datetime(2026, 12, 3, 7, tzinfo=UTC),
    voting_closes_at=datetime(2026, 12, 10, 16, tzinfo=UTC),
    calendar=(
        CalendarLine("Ouverture du portail", "mardi 13 octobre 2026"),
        CalendarLine("Résultats", "vendredi 11 décembre 2026"),
    ),
)


def _notice(**changes: object) -> VotingNotice:
    values: dict[str, object] = {
        "recipient": "Mme Anne-Sophie DE L’EXEMPLE",
        "delivery_lines": ("Collège Aurore-Lamiral", "12 rue des Trois-Ponts", "99120 SAINT-ELME-SUR-ORVE"),
        "establishment": "Collège Aurore-Lamiral, Saint-Elme-sur-Orve",
        "academy": "Académie de Valmorane",
        "contests": ("Comité social d’administration académique",),
        "code": CODE,
        "number": "0000042-1",
    }
    return VotingNotice(**{**values, **changes})  # type: ignore[arg-type]


def _receipt(**changes: object) -> PrintedReceipt:
    values: dict[str, object] = {
        "election": ELECTION.name,
        "contest": "Comité social d’administration académique",
        "tracker": "7F3K/q+9ZzaBcDeFgHiJkLmNoPqRsTuVwXyZ0123456",
        "fingerprint": "FdVEOEQ9eNQyTOyPDughPx2Lv8psvcZy++cfhjdc4Zs",
        "cast_at": datetime(2026, 12, 3, 8, 12, 7, tzinfo=UTC),
        "text": '{"type":"isoloir-receipt","version":1}',
        "signature": "c2lnbmF0dXJl",
        "key": "ab" * 32,
        "verification_url": "https://vote.valmorane.example/verifier/",
    }
    return PrintedReceipt(**{**values, **changes})  # type: ignore[arg-type]


def _minutes(**changes: object) -> ResultsMinutes:
    """Seven seats, 106 votes, 20/41/11/34: a published teaching case, 1/3/0/3 by the highest average."""
    values: dict[str, object] = {
        "election": ELECTION.name,
        "contest_code": "CSA-ACA",
        "contest": "Comité social d’administration académique",
        "instance": "CSA académique",
        "ballot_kind": "list",
        "station": "Bureau centralisateur",
        "opened_at": datetime(2026, 12, 3, 7, tzinfo=UTC),
        "closed_at": datetime(2026, 12, 10, 16, 30, tzinfo=UTC),
        "drawn_up_at": datetime(2026, 12, 10, 17, 12, 5, tzinfo=UTC),
        "registered": 300,
        "voters": 110,
        "blank": 4,
        "seats": 7,
        "order": "Ordre tiré au sort le 12 novembre 2026",
        # The quotient is 106/7: 1, 2, 0 and 2 seats; the two seats left go to lists 2 and 4 (11 < 34/3 < 41/3).
        "lists": (
            ListResult(1, "Union Aurore", ("Union Aurore",), 20, 1, 1, ("Mme Ève UN",), ("M. Luc DEUX",)),
            ListResult(2, "Passerelles", ("Passerelles", "Horizon"), 41, 2, 3, ("A", "B", "C"), ("D", "E", "F")),
            ListResult(3, "Cap Commun", ("Cap Commun",), 11, 0, 0),
            ListResult(4, "Rivages", ("Rivages",), 34, 2, 3, ("H", "I", "J"), ("K", "L", "M")),
        ),
        "average_seats": (
            AverageSeat(6, ((1, Fraction(10)), (2, Fraction(41, 3)), (3, Fraction(11)), (4, Fraction(34, 3))), 2),
            AverageSeat(7, ((1, Fraction(10)), (2, Fraction(41, 4)), (3, Fraction(11)), (4, Fraction(34, 3))), 4),
        ),
        "findings": (Finding("Exprimés et blancs égaux aux émargements", "106 + 4 = 110", holds=True),),
        "fingerprints": (("Scrutin", "FdVEOEQ9eNQyTOyPDughPx2Lv8psvcZy++cfhjdc4Zs"),),
        "signatories": (
            Signatory("Présidente", "Mme Présidente"),
            Signatory("Déléguée", "Mme Déléguée", "Passerelles"),
        ),
    }
    return ResultsMinutes(**{**values, **changes})  # type: ignore[arg-type]


@pytest.fixture(params=HOSTILE, ids=range(len(HOSTILE)))
def hostile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def notice_election() -> NoticeElection:
    return ELECTION


@pytest.fixture
def make_notice() -> Callable[..., VotingNotice]:
    return _notice


@pytest.fixture
def make_receipt() -> Callable[..., PrintedReceipt]:
    return _receipt


@pytest.fixture
def make_minutes() -> Callable[..., ResultsMinutes]:
    return _minutes


@pytest.fixture
def count_pages() -> Callable[[bytes], int]:
    def count(pdf: bytes) -> int:
        with pikepdf.open(io.BytesIO(pdf)) as document:
            return len(document.pages)

    return count


@pytest.fixture
def read_text(tmp_path: Path) -> Callable[[bytes], str]:
    """The text of a PDF as a reader extracts it, without the spaces that layout adds."""

    def read(pdf: bytes) -> str:
        source = tmp_path / "read.pdf"
        source.write_bytes(pdf)
        tool = shutil.which("pdftotext")
        if tool is None:
            pytest.skip("pdftotext is not installed")
        return subprocess.run([tool, str(source), "-"], check=True, capture_output=True, text=True).stdout

    return read


@pytest.fixture
def check_accessibility(tmp_path: Path) -> Callable[[bytes], Report]:
    """Check a PDF against the machine-checkable rules of PDF/UA-1 that `pdfua` knows."""

    def check(pdf: bytes) -> Report:
        source = tmp_path / "check.pdf"
        source.write_bytes(pdf)
        report = validate(source)
        assert report.findings == ()
        return report

    return check
