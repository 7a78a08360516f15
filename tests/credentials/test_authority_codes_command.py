"""`isoloir codes`: what it writes, what it prints, and the notices in the order of distribution."""

import argparse
import csv
import json
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pikepdf
import pytest
from isoloir_protocol.credentials import generate_uuid
from nacl.public import PrivateKey

from isoloir.commands import codes
from isoloir.credentials.authority import printing
from isoloir.credentials.authority.request import COLUMNS

ROWS = (
    "R1;Mme;ZOLA;Anne;Académie de Valmorane;0990001A;Collège des Ormes;1 rue des Ormes;CSA",
    "R2;M.;ÉLOI;Luc;Académie de Valmorane;0990002B;Lycée du Cap;2 quai;CSA",
    "R3;M.;Élan;Guy;Académie de Valmorane;0990001A;Collège des Ormes;1 rue des Ormes;CSA",
    "R4;Mme;DURAND;Ève;Académie d’Ys;0990001A;École;3 place;CSA",
)


@pytest.fixture
def request_directory(tmp_path: Path) -> Path:
    directory = tmp_path / "request"
    directory.mkdir()
    contest = {
        "uuid": generate_uuid(lambda size: b"\x05" * size),
        "code": "CSA",
        "name": "CSA académique",
        "link_key": bytes(PrivateKey.generate().public_key).hex(),
    }
    election = {
        "name": "Élections de Valmorane",
        "portal_url": "https://vote.valmorane.example/",
        "help_line": "01 99 00 12 34",
        "voting_opens_at": "2026-12-03T07:00:00Z",
        "voting_closes_at": "2026-12-10T16:00:00Z",
        "calendar": [],
    }
    content = {"format": "isoloir-credential-request", "version": 1, "election": election, "contests": [contest]}
    (directory / "request.json").write_text(json.dumps(content), encoding="utf-8")
    (directory / "voters.csv").write_text("\n".join((";".join(COLUMNS), *ROWS)) + "\n", encoding="utf-8")
    return directory


def _run(*arguments: object) -> int:
    parser = argparse.ArgumentParser()
    codes.add_parser(parser.add_subparsers(required=True))
    options = parser.parse_args(["codes", *map(str, arguments)])
    return options.run(options)


def _codes(private: Path) -> dict[str, str]:
    with (private / "codes.csv").open(encoding="utf-8", newline="") as stream:
        return {row["reference"]: row["code"] for row in csv.DictReader(stream, delimiter=";")}


def _texts(path: Path) -> list[str]:
    """The text of each page, through the page's own character maps."""
    tool = shutil.which("pdftotext")
    if tool is None:
        pytest.skip("pdftotext is not installed")
    text = subprocess.run([tool, str(path), "-"], check=True, capture_output=True, text=True).stdout
    return text.split("\f")[:-1]


def test_notices_are_one_file_per_establishment_in_alphabetical_order(request_directory, tmp_path):
    out = tmp_path / "out"
    assert _run("issue", "--request", request_directory, "--out", out, "--notices") == 0
    issued = _codes(out / "private")
    assert sorted(str(path.relative_to(out / "notices")) for path in out.rglob("*.pdf")) == [
        "academie-d-ys/0990001A.pdf",
        "academie-de-valmorane/0990001A.pdf",
        "academie-de-valmorane/0990002B.pdf",
    ]
    first, second = _texts(out / "notices/academie-de-valmorane/0990001A.pdf")
    assert "M. Guy Élan" in first
    assert issued["R3"] in first
    assert "Mme Anne ZOLA" in second
    assert issued["R1"] in second
    assert issued["R1"] not in first


def test_listing_of_files_counts_every_notice(request_directory, tmp_path):
    out = tmp_path / "out"
    _run("issue", "--request", request_directory, "--out", out)
    assert _run("notices", "--request", request_directory, "--private", out / "private", "--out", tmp_path / "n") == 0
    with (tmp_path / "n/distribution.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter=";"))
    assert [(row["academy"], row["establishment_code"], row["notices"]) for row in rows] == [
        ("Académie d’Ys", "0990001A", "1"),
        ("Académie de Valmorane", "0990001A", "2"),
        ("Académie de Valmorane", "0990002B", "1"),
    ]
    assert stat.S_IMODE((tmp_path / "n").stat().st_mode) == 0o700
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in (tmp_path / "n").rglob("*.*") if path.is_file())


def test_large_establishment_has_several_files(request_directory, tmp_path, monkeypatch):
    monkeypatch.setattr(printing, "PAGES_PER_FILE", 1)
    out = tmp_path / "out"
    assert _run("issue", "--request", request_directory, "--out", out, "--notices") == 0
    parts = sorted((out / "notices/academie-de-valmorane").glob("0990001A*"))
    assert [path.name for path in parts] == ["0990001A.part-01.pdf", "0990001A.part-02.pdf"]
    for part in parts:
        with pikepdf.open(part) as pdf:
            assert len(pdf.pages) == 1


def test_several_processes_print_the_same_files(request_directory, tmp_path):
    out = tmp_path / "out"
    _run("issue", "--request", request_directory, "--out", out)
    for jobs in (1, 2):
        options = ("--request", request_directory, "--private", out / "private", "--out", tmp_path / f"n{jobs}")
        assert _run("notices", *options, "--jobs", jobs) == 0
    listings = [(tmp_path / f"n{jobs}/distribution.csv").read_bytes() for jobs in (1, 2)]
    assert listings[0] == listings[1]


def test_nothing_secret_is_said(request_directory, tmp_path, capfd):
    out = tmp_path / "out"
    _run("issue", "--request", request_directory, "--out", out, "--notices")
    _run("issue", "--request", request_directory, "--out", out)
    said = "".join(capfd.readouterr())
    assert "4 codes" in said
    for code in _codes(out / "private").values():
        assert not any(group in said for group in code.split("-"))
    assert "ZOLA" not in said


def test_bad_request_is_refused_line_by_line_and_writes_nothing(request_directory, tmp_path, capfd):
    voters = request_directory / "voters.csv"
    voters.write_text(voters.read_text(encoding="utf-8").replace(";CSA", ";XXX"), encoding="utf-8")
    assert _run("issue", "--request", request_directory, "--out", tmp_path / "out") == 1
    said = capfd.readouterr().err
    for line in (2, 3, 4, 5):
        assert f"voters.csv, ligne {line} : scrutin inconnu : XXX / line {line}: unknown contest: XXX" in said
    assert not (tmp_path / "out").exists()


def test_codes_are_never_issued_over_others(request_directory, tmp_path, capfd):
    out = tmp_path / "out"
    _run("issue", "--request", request_directory, "--out", out)
    before = _codes(out / "private")
    assert _run("issue", "--request", request_directory, "--out", out) == 1
    assert _codes(out / "private") == before
    assert "existe déjà" in capfd.readouterr().err


@pytest.mark.parametrize("fault", ["roll", "codes", "absent"])
def test_notices_are_refused_when_codes_and_request_do_not_go_together(request_directory, tmp_path, capfd, fault):
    out = tmp_path / "out"
    _run("issue", "--request", request_directory, "--out", out)
    if fault == "roll":
        voters = request_directory / "voters.csv"
        voters.write_text(voters.read_text(encoding="utf-8").replace("ZOLA", "ZOLO"), encoding="utf-8")
    elif fault == "codes":
        path = out / "private/codes.csv"
        path.write_text(path.read_text(encoding="utf-8").replace("R1;", "R9;"), encoding="utf-8")
    else:
        (out / "private/codes.csv").unlink()
    options = ("--request", request_directory, "--private", out / "private", "--out", tmp_path / "n")
    assert _run("notices", *options) == 1
    assert not (tmp_path / "n").exists()
    words = {"roll": "another request", "codes": "changed since", "absent": "incomplete private"}[fault]
    assert words in capfd.readouterr().err


def test_absent_request_is_refused_without_a_traceback(tmp_path, capfd):
    assert _run("issue", "--request", tmp_path / "nowhere", "--out", tmp_path / "out") == 1
    assert "unreadable file" in capfd.readouterr().err


def test_authority_needs_neither_django_nor_a_database():
    program = (
        "import sys; import isoloir.credentials.authority.issue, isoloir.credentials.authority.printing;"
        "assert not any(name.split('.')[0] in {'django', 'sqlite3', 'psycopg'} for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
