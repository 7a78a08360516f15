"""Real processes killed by SIGKILL at random moments: what they began is finished by the same command, and nothing leaks."""

import csv
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pyrage
import pytest
from isoloir_protocol.credentials import derive_secret, generate_uuid, public_credential
from nacl.public import PrivateKey

from isoloir.credentials.authority.request import COLUMNS
from tests.authority import PRINTER, RECIPIENT, codes_of, identity_file

VOTERS = 240
ESTABLISHMENTS = 24
_GROUP = rb"[1-9A-HJ-NP-Za-km-z]"
A_CODE = re.compile(rb"%s{5}-%s{6}-%s{5}-%s{6}(?!%s)" % ((_GROUP,) * 5))


@pytest.fixture
def uuids() -> dict[str, str]:
    return {"CSA": generate_uuid(os.urandom), "CAP": generate_uuid(os.urandom)}


@pytest.fixture
def request_directory(tmp_path: Path, uuids: dict[str, str]) -> Path:
    directory = tmp_path / "request"
    directory.mkdir()
    contests = [
        {"uuid": uuid, "code": code, "name": code, "link_key": bytes(PrivateKey.generate().public_key).hex()}
        for code, uuid in uuids.items()
    ]
    election = {
        "name": "Élections", "portal_url": "https://vote.example/", "help_line": "01 99 00 12 34",
        "voting_opens_at": "2026-12-03T07:00:00Z", "voting_closes_at": "2026-12-10T16:00:00Z", "calendar": [],
    }  # fmt: skip
    content = {"format": "isoloir-credential-request", "version": 1, "election": election, "contests": contests}
    (directory / "request.json").write_text(json.dumps(content), encoding="utf-8")
    rows = [
        f"R{each};Mme;NOM{each};Anne;Académie {each % 3};E{each % ESTABLISHMENTS};École;1 rue;CSA|CAP"
        for each in range(VOTERS)
    ]
    (directory / "voters.csv").write_text("\n".join((";".join(COLUMNS), *rows)) + "\n", encoding="utf-8")
    return directory


class Command:
    """One `isoloir codes …` that may be killed, and everything that was seen of it from outside."""

    def __init__(self, *arguments: object) -> None:
        self._arguments = [sys.executable, "-m", "isoloir.commands", "codes", *map(str, arguments)]
        self.seen: list[bytes] = []

    def run(self) -> int:
        done = subprocess.run(self._arguments, capture_output=True, check=False)
        self.seen += [done.stdout, done.stderr]
        return done.returncode

    def kill_when(self, ready: Callable[[], bool]) -> bool:
        """Start it and kill it as soon as `ready`; say whether it was still at work.  Its children must die with it."""
        with subprocess.Popen(self._arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            deadline = time.monotonic() + 60
            while process.poll() is None and not ready() and time.monotonic() < deadline:
                time.sleep(0.0005)
            family = [process.pid, *_children(process.pid)]
            self.seen += [_command_line(pid) for pid in family]
            was_working = process.poll() is None
            process.send_signal(signal.SIGKILL)
            self.seen.append(process.communicate()[0])
        _wait_until_gone(family)
        return was_working


def _children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(each) for each in path.read_text().split()] if path.exists() else []


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _wait_until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 10
    while left := [pid for pid in pids if b"multiprocessing" in _command_line(pid)]:
        assert time.monotonic() < deadline, f"processes outlived their parent: {left}"
        time.sleep(0.01)


def _contents(directory: Path) -> Iterator[bytes]:
    for path in directory.rglob("*"):
        if path.is_file():
            yield path.read_bytes()


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=";"))


def _at_least(directory: Path, pattern: str, count: int) -> Callable[[], bool]:
    return lambda: directory.is_dir() and sum(1 for _path in directory.rglob(pattern)) >= count


def _issue(request_directory: Path, out: Path, *, jobs: int) -> Command:
    options = ("--request", request_directory, "--out", out, "--printer", RECIPIENT)
    return Command("issue", *options, "--shard", 10, "--jobs", jobs)


def test_issue_killed_again_and_again_gives_one_code_to_each_voter(request_directory, tmp_path, uuids):
    out, working = tmp_path / "out", tmp_path / ".out.partial"
    left_behind: list[bytes] = []
    commands = []
    # While shards are made by one process and by two, at random moments, then while they are put together.
    moments = [_at_least(working / "runs", "*.json", random.randint(1, 4))]
    moments += [_at_least(working / "runs", "*.json", random.randint(5, 9)), (working / "result/portal").exists]
    for number, moment in enumerate(moments):
        command = _issue(request_directory, out, jobs=1 + number % 2)
        assert command.kill_when(moment)
        left_behind += _contents(working)
        commands.append(command)
    commands.append(_issue(request_directory, out, jobs=2))
    assert commands[-1].run() == 0
    assert not working.exists()
    _check_issue(out, uuids)
    codes = [code.encode() for code in codes_of(out).values()]
    public = [*_contents(out / "portal"), *_contents(out / "registrar"), *_contents(out / "private")]
    seen = b"\n".join([*left_behind, *public, *(each for command in commands for each in command.seen)])
    assert not any(code in seen for code in codes)
    # Nor those of shards that were made again.
    assert A_CODE.search(codes[0] + b"\n")
    assert not A_CODE.search(seen)


def _check_issue(out: Path, uuids: dict[str, str]) -> None:
    """One code and one sheet for each voter; for each contest one slot, whose key is that of a voter's code."""
    codes = codes_of(out)
    assert len(codes) == len(set(codes.values())) == VOTERS
    sheets = _rows(out / "portal/notices.csv")
    assert {row["reference"] for row in sheets} == set(codes)
    assert len({row["number"] for row in sheets}) == len(sheets) == VOTERS
    assert len({row["person"] for row in _rows(out / "registrar/people.csv")}) == VOTERS
    for uuid in uuids.values():
        slots = _rows(out / f"portal/{uuid}.slots.csv")
        expected = {public_credential(derive_secret(uuid=uuid, code=code)).text for code in codes.values()}
        assert {row["public_key"] for row in slots} == expected
        assert len({row["slot"] for row in slots}) == len(slots) == VOTERS
        rights = _rows(out / f"registrar/rights-{uuid}.csv")
        assert {(row["slot"], row["public_key"]) for row in rights} == {
            (row["slot"], row["public_key"]) for row in slots
        }


def test_shard_damaged_after_a_crash_is_made_again(request_directory, tmp_path, uuids):
    out, working = tmp_path / "out", tmp_path / ".out.partial"
    assert _issue(request_directory, out, jobs=1).kill_when(_at_least(working / "runs", "*.json", 4))
    damaged = min((working / "runs").glob("*.links"))
    damaged.write_bytes(damaged.read_bytes()[:-7])
    assert _issue(request_directory, out, jobs=1).run() == 0
    _check_issue(out, uuids)


@pytest.mark.parametrize("change", ["roll", "recipient"])
def test_unfinished_issue_is_neither_taken_up_nor_lost_for_another_request(request_directory, tmp_path, change):
    out, working = tmp_path / "out", tmp_path / ".out.partial"
    assert _issue(request_directory, out, jobs=1).kill_when(_at_least(working / "runs", "*.json", 2))
    records = sorted(path.name for path in (working / "runs").glob("*.json"))
    other = _issue(request_directory, out, jobs=1)
    if change == "roll":
        voters = request_directory / "voters.csv"
        voters.write_text(voters.read_text(encoding="utf-8").replace("NOM7;", "NOM8;"), encoding="utf-8")
    else:
        recipient = str(pyrage.x25519.Identity.generate().to_public())
        options = ("--request", request_directory, "--out", out, "--printer", recipient, "--shard", 10)
        other = Command("issue", *options)
    assert other.run() == 1
    assert b"unfinished work for another request" in b"".join(other.seen)
    assert not out.exists()
    assert sorted(path.name for path in (working / "runs").glob("*.json")) == records


def test_notices_killed_again_and_again_give_each_voter_one_sheet(request_directory, tmp_path):
    out, working = tmp_path / "n", tmp_path / ".n.partial"
    assert _issue(request_directory, tmp_path / "out", jobs=1).run() == 0
    key = identity_file(tmp_path / "printer.key")
    options = ("--private", tmp_path / "out/private", "--identity", key, "--out", out, "--recipient", RECIPIENT)
    commands = [Command("notices", *options, "--jobs", jobs) for jobs in (1, 2, 2)]
    left_behind: list[bytes] = []
    kept: dict[Path, int] = {}
    for command, count in zip(commands[:2], (random.randint(1, 6), random.randint(8, 14)), strict=True):
        assert command.kill_when(_at_least(working / "result", "*.pdf.age", count))
        left_behind += _contents(working)
        lines = (working / "done.jsonl").read_bytes().split(b"\n")[:-1]
        finished = [working / "result" / json.loads(line)["file"] for line in lines]
        # What was finished before the first kill was not made again after it.
        assert all(path.stat().st_mtime_ns == kept[path] for path in finished if path in kept)
        kept |= {path: path.stat().st_mtime_ns for path in finished}
    assert commands[2].run() == 0
    assert not working.exists()
    listed = _rows(out / "distribution.csv")
    assert sum(int(row["notices"]) for row in listed) == VOTERS
    assert {row["file"] for row in listed} == {str(path.relative_to(out)) for path in out.rglob("*.pdf.age")}
    sheets = _rows(out / "sheets.csv")
    assert Counter(row["number"] for row in sheets) == Counter(
        row["number"] for row in _rows(tmp_path / "out/portal/notices.csv")
    )
    seen = b"\n".join([*left_behind, *(each for command in commands for each in command.seen)])
    assert str(PRINTER).encode() not in seen
    assert not A_CODE.search(seen)
    assert b"%PDF" not in seen
