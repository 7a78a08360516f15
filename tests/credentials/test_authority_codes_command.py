"""`isoloir codes`: what it writes, what it prints, and the notices in the order of distribution."""

import argparse
import csv
import io
import json
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pikepdf
import pyrage
import pytest
from isoloir_protocol.credentials import generate_uuid
from nacl.public import PrivateKey

from isoloir.commands import codes
from isoloir.credentials.authority import plan
from isoloir.credentials.authority.codesfiles import read_codes
from isoloir.credentials.authority.recipients import read_identities
from isoloir.credentials.authority.request import COLUMNS
from tests.authority import PRINTER, RECIPIENT, codes_of, identity_file

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


def _issue(request_directory: Path, out: Path) -> int:
    return _run("issue", "--request", request_directory, "--out", out, "--printer", RECIPIENT, "--jobs", 1)


def _print(tmp_path: Path, out: Path, *options: object, jobs: int = 1) -> int:
    key = identity_file(tmp_path / "printer.key")
    return _run(
        "notices", "--private", tmp_path / "out/private", "--identity", key, "--out", out, "--jobs", jobs, *options
    )


def _texts(path: Path) -> list[str]:
    """The text of each page, through the page's own character maps."""
    tool = shutil.which("pdftotext")
    if tool is None:
        pytest.skip("pdftotext is not installed")
    text = subprocess.run([tool, str(path), "-"], check=True, capture_output=True, text=True).stdout
    return text.split("\f")[:-1]


def test_notices_are_one_file_per_establishment_in_alphabetical_order(request_directory, tmp_path):
    out = tmp_path / "out"
    assert _issue(request_directory, out) == 0
    assert _print(tmp_path, tmp_path / "n") == 0
    issued = codes_of(out)
    assert sorted(str(path.relative_to(tmp_path / "n")) for path in (tmp_path / "n").rglob("*.pdf")) == [
        "academie-d-ys/0990001A.pdf",
        "academie-de-valmorane/0990001A.pdf",
        "academie-de-valmorane/0990002B.pdf",
    ]
    first, second = _texts(tmp_path / "n/academie-de-valmorane/0990001A.pdf")
    assert "M. Guy Élan" in first
    assert issued["R3"] in first
    assert "Mme Anne ZOLA" in second
    assert issued["R1"] in second
    assert issued["R1"] not in first


def test_listing_of_files_counts_every_notice(request_directory, tmp_path):
    out = tmp_path / "out"
    _issue(request_directory, out)
    assert _print(tmp_path, tmp_path / "n") == 0
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
    monkeypatch.setattr(plan, "PAGES_PER_FILE", 1)
    assert _issue(request_directory, tmp_path / "out") == 0
    assert _print(tmp_path, tmp_path / "n") == 0
    parts = sorted((tmp_path / "n/academie-de-valmorane").glob("0990001A*"))
    assert [path.name for path in parts] == ["0990001A.part-01.pdf", "0990001A.part-02.pdf"]
    for part in parts:
        with pikepdf.open(part) as pdf:
            assert len(pdf.pages) == 1


def test_several_processes_print_the_same_files(request_directory, tmp_path):
    _issue(request_directory, tmp_path / "out")
    for jobs in (1, 2):
        assert _print(tmp_path, tmp_path / f"n{jobs}", jobs=jobs) == 0
    listings = [(tmp_path / f"n{jobs}/distribution.csv").read_bytes() for jobs in (1, 2)]
    assert listings[0] == listings[1]


def test_nothing_secret_is_said(request_directory, tmp_path, capfd):
    out = tmp_path / "out"
    _issue(request_directory, out)
    _print(tmp_path, tmp_path / "n")
    _issue(request_directory, out)
    said = "".join(capfd.readouterr())
    assert "4 codes" in said
    for code in codes_of(out).values():
        assert not any(group in said for group in code.split("-"))
    assert "ZOLA" not in said


def test_bad_request_is_refused_line_by_line_and_writes_nothing(request_directory, tmp_path, capfd):
    voters = request_directory / "voters.csv"
    voters.write_text(voters.read_text(encoding="utf-8").replace(";CSA", ";XXX"), encoding="utf-8")
    assert _issue(request_directory, tmp_path / "out") == 1
    said = capfd.readouterr().err
    for line in (2, 3, 4, 5):
        assert f"voters.csv, ligne {line} : scrutin inconnu : XXX / line {line}: unknown contest: XXX" in said
    assert not (tmp_path / "out").exists()


def test_codes_are_never_issued_over_others(request_directory, tmp_path, capfd):
    out = tmp_path / "out"
    _issue(request_directory, out)
    before = codes_of(out)
    assert _issue(request_directory, out) == 1
    assert codes_of(out) == before
    assert "existe déjà" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("shard", "changed since"),
        ("request", "not that of the issue"),
        ("absent", "incomplete private"),
        ("identity", "does not open"),
        ("no identity", "not a readable file of age identities"),
    ],
)
def test_notices_are_refused_when_the_private_part_is_not_whole(request_directory, tmp_path, capfd, fault, words):
    out = tmp_path / "out"
    _issue(request_directory, out)
    key = identity_file(tmp_path / "printer.key")
    shard = out / "private/shard-00001.age"
    if fault == "shard":
        shard.write_bytes(shard.read_bytes()[:-1] + b"x")
    elif fault == "request":
        path = out / "private/request.json"
        path.write_text(path.read_text(encoding="utf-8").replace("01 99 00 12 34", "01 99 00 66 66"), encoding="utf-8")
    elif fault == "absent":
        shard.unlink()
    elif fault == "identity":
        key.unlink()
        _run("keygen", "--out", key)
    else:
        key.write_text("AGE-SECRET-KEY-1BAD", encoding="ascii")
    assert _run("notices", "--private", out / "private", "--identity", key, "--out", tmp_path / "n") == 1
    assert not (tmp_path / "n").exists()
    said = "".join(capfd.readouterr())
    assert words in said
    assert "AGE-SECRET" not in said


def test_keygen_says_the_recipient_alone_and_never_overwrites(tmp_path, capfd):
    assert _run("keygen", "--out", tmp_path / "key") == 0
    said = capfd.readouterr().out.strip()
    assert said.startswith("age1")
    content = (tmp_path / "key").read_text(encoding="ascii")
    assert said in content
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert _run("keygen", "--out", tmp_path / "key") == 1
    assert (tmp_path / "key").read_text(encoding="ascii") == content
    assert content.splitlines()[1] not in "".join(capfd.readouterr())


def test_codes_are_opened_by_the_escrow_too(request_directory, tmp_path, capfd):
    _run("keygen", "--out", tmp_path / "escrow.key")
    recipient = capfd.readouterr().out.strip()
    options = ("--printer", RECIPIENT, "--escrow", recipient)
    assert _run("issue", "--request", request_directory, "--out", tmp_path / "out", *options) == 0
    escrow = read_codes(tmp_path / "out/private", read_identities(tmp_path / "escrow.key"))
    assert escrow == codes_of(tmp_path / "out")
    assert len(escrow) == 4


@pytest.mark.parametrize("recipient", ["age1nonsense", "AGE-SECRET-KEY-1QQQQ", ""])
def test_recipient_that_is_none_is_refused_before_anything_and_never_repeated(
    request_directory, tmp_path, capfd, recipient
):
    options = ("--request", request_directory, "--out", tmp_path / "out", "--printer", recipient)
    assert _run("issue", *options) == 1
    said = "".join(capfd.readouterr())
    assert "not an age public key" in said
    assert not recipient or recipient not in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["request"]


def test_notices_may_be_written_encrypted(request_directory, tmp_path):
    _issue(request_directory, tmp_path / "out")
    assert _print(tmp_path, tmp_path / "n", "--recipient", RECIPIENT) == 0
    assert not list((tmp_path / "n").rglob("*.pdf"))
    encrypted = tmp_path / "n/academie-de-valmorane/0990001A.pdf.age"
    with pikepdf.open(io.BytesIO(pyrage.decrypt(encrypted.read_bytes(), [PRINTER]))) as pdf:
        assert len(pdf.pages) == 2


def test_absent_request_is_refused_without_a_traceback(tmp_path, capfd):
    assert _issue(tmp_path / "nowhere", tmp_path / "out") == 1
    assert "unreadable file" in capfd.readouterr().err


def test_authority_needs_neither_django_nor_a_database():
    program = (
        "import sys; import isoloir.credentials.authority.issue, isoloir.credentials.authority.printing;"
        "assert not any(name.split('.')[0] in {'django', 'sqlite3', 'psycopg'} for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
