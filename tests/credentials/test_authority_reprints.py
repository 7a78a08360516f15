"""A sheet printed again: the same code, the next edition, and a log that tells no code and notices what is changed."""

import csv
import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from isoloir.credentials.authority.errors import AuthorityError, CodesRefused
from isoloir.credentials.authority.reprints import reprint_notices
from isoloir.credentials.authority.sheets import is_sheet_number, sheet_number, sheet_place
from tests.authority import codes_of, issue, opened
from tests.credentials.test_authority_issue import link_keys, request_directory, uuids

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
__all__ = ("link_keys", "request_directory", "uuids")


@pytest.fixture
def out(request_directory: Path, tmp_path: Path) -> Path:
    issue(request_directory, tmp_path / "out")
    return tmp_path / "out"


def _reprint(tmp_path: Path, out: Path, name: str, *numbers: str) -> dict[str, int]:
    return reprint_notices(
        opened(out), numbers, tmp_path / name, log=tmp_path / "reprints.jsonl", reason="pli abîmé", at=AT
    )


def test_reprint_bears_the_same_code_and_the_next_edition(out, tmp_path):
    with (out / "portal/notices.csv").open(encoding="utf-8", newline="") as stream:
        numbers = {row["reference"]: row["number"] for row in csv.DictReader(stream, delimiter=";")}
    assert _reprint(tmp_path, out, "first", numbers["R1"]) == {numbers["R1"]: 2}
    assert _reprint(tmp_path, out, "second", numbers["R1"], numbers["R3"]) == {numbers["R1"]: 3, numbers["R3"]: 2}
    tool = shutil.which("pdftotext")
    if tool is None:
        pytest.skip("pdftotext is not installed")
    told = subprocess.run([tool, str(tmp_path / "second/reprint.pdf"), "-"], check=True, capture_output=True, text=True)
    pages = told.stdout.split("\f")[:-1]
    codes = codes_of(out)
    assert codes["R1"] in pages[0]
    assert f"{numbers['R1']}, édition 3" in pages[0]
    assert codes["R3"] in pages[1]
    assert (tmp_path / "second/sheets.csv").read_text(encoding="utf-8").splitlines()[1:] == [
        f"{numbers['R1']};3;printed;2026-11-23;hand",
        f"{numbers['R3']};2;printed;2026-11-23;hand",
    ]


def test_log_has_neither_code_nor_name_and_a_changed_line_is_noticed(out, tmp_path):
    for name in ("a", "b"):
        _reprint(tmp_path, out, name, sheet_number(1))
    log = tmp_path / "reprints.jsonl"
    content = log.read_text(encoding="utf-8")
    assert not any(group in content for code in codes_of(out).values() for group in code.split("-"))
    assert "UPONT" not in content
    assert [json.loads(line)["edition"] for line in content.splitlines()] == [2, 3]
    log.write_text(content.replace('"edition": 2', '"edition": 5'), encoding="utf-8")
    with pytest.raises(AuthorityError, match="log of reprints"):
        _reprint(tmp_path, out, "c", sheet_number(1))


def test_line_cut_by_a_crash_is_forgotten(out, tmp_path):
    _reprint(tmp_path, out, "a", sheet_number(1))
    log = tmp_path / "reprints.jsonl"
    with log.open("ab") as stream:
        stream.write(b'{"parent": "half')
    assert _reprint(tmp_path, out, "b", sheet_number(1)) == {sheet_number(1): 3}
    assert all(json.loads(line) for line in log.read_bytes().splitlines())


def test_number_of_nobody_is_refused_and_nothing_is_logged(out, tmp_path):
    with pytest.raises(CodesRefused, match="no notice"):
        _reprint(tmp_path, out, "a", sheet_number(4))
    assert not (tmp_path / "reprints.jsonl").exists()
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("place", [1, 2, 999_999, 1_234_567, 12_345_678])
def test_wrong_digit_of_a_number_is_noticed(place):
    number = sheet_number(place)
    assert sheet_place(number) == place
    for position, digit in enumerate(number):
        if digit != "-":
            wrong = number[:position] + str((int(digit) + 1) % 10) + number[position + 1 :]
            assert not is_sheet_number(wrong)
    with pytest.raises(AuthorityError, match="number of a notice"):
        sheet_place("abc")
