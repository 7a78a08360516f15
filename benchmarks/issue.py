"""Codes, public keys and slots issued per second, notices printed per second, and the memory that both take.

Each is measured as it is run: the command itself, in processes of its own, whose largest memory the system tells.
"""

import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from isoloir_protocol.credentials import generate_uuid
from nacl.public import PrivateKey

from isoloir.credentials.authority.recipients import make_identity
from isoloir.credentials.authority.request import COLUMNS

from .report import line, title

_PER_ESTABLISHMENT = 120
_ACADEMIES = 30


def measure(voters: int, *, contests: int = 3, notices: int = 2000) -> None:
    """Issue the codes of `voters` voters in `contests` contests, and print the notices of an issue of `notices`."""
    cores = os.cpu_count() or 1
    title(f"Codes of {voters} voters in {contests} contests ({cores} processes)")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recipient = make_identity(folder / "key")
        _write_request(folder / "request", voters, contests)
        seconds, processor, memory = _run(*_issue(folder, "request", "out", recipient))
        slots = voters * contests
        line("codes issued, read, sorted and written", f"{voters / seconds:.0f} /s", f"{seconds:.0f} s in all")
        line("public credentials with their slots", f"{slots / seconds:.0f} /s")
        line("processor time", f"{processor:.0f} s", f"{1e6 * processor / slots:.0f} µs each credential")
        line("largest memory, processes together", f"{memory / 2**20:.0f} MiB")
        if voters < 1_100_000:
            line(
                "1.1 million voters × 3 contests, at this pace",
                f"{1.1e6 * 3 / slots * seconds / 60:.1f} min",
                "goal: 10",
            )
        title("Notices (one page each, PDF/UA-1)")
        _write_request(folder / "few", notices, contests)
        _run(*_issue(folder, "few", "few-out", recipient))
        for jobs in sorted({1, cores}):
            options = ("--private", folder / "few-out/private", "--identity", folder / "key", "--jobs", jobs)
            seconds, processor, memory = _run("notices", *options, "--out", folder / f"n{jobs}")
            figures = f"{notices / processor:.0f} /s of processor; {memory / 2**20:.0f} MiB; starting included"
            line(f"pages printed, {jobs} process(es)", f"{notices / seconds:.0f} /s", figures)


def _issue(folder: Path, request: str, out: str, recipient: str) -> tuple[object, ...]:
    return ("issue", "--request", folder / request, "--out", folder / out, "--printer", recipient)


def _write_request(directory: Path, voters: int, contests: int) -> None:
    directory.mkdir()
    codes = [f"C{number}" for number in range(contests)]
    content = {
        "format": "isoloir-credential-request",
        "version": 1,
        "election": {
            "name": "Élections professionnelles 2026", "portal_url": "https://vote.valmorane.example/",
            "help_line": "01 99 00 12 34 (de 8 h à 18 h)", "voting_opens_at": "2026-12-03T07:00:00Z",
            "voting_closes_at": "2026-12-10T16:00:00Z",
            "calendar": [{"label": "Ouverture du portail", "text": "mardi 13 octobre 2026"}] * 4,
        },
        "contests": [
            {
                "uuid": generate_uuid(os.urandom), "code": code, "name": f"Comité social d’administration {code}",
                "link_key": bytes(PrivateKey.generate().public_key).hex(),
            }
            for code in codes
        ],
    }  # fmt: skip
    (directory / "request.json").write_text(json.dumps(content), encoding="utf-8")
    with (directory / "voters.csv").open("w", encoding="utf-8") as stream:
        stream.write(";".join(COLUMNS) + "\n")
        stream.writelines(_voters(voters, "|".join(codes)))


def _voters(voters: int, contests: str) -> Iterator[str]:
    for number in range(voters):
        school = number // _PER_ESTABLISHMENT
        yield (
            f"{number:07d};Mme;NOM{number * 7919 % 999983};Anne-Sophie;Académie {school % _ACADEMIES};E{school:06d};"
            f"Collège Aurore-Lamiral {school};{number % 90} rue des Ponts|99120 SAINT-ELME;{contests}\n"
        )


def _run(*arguments: object) -> tuple[float, float, int]:
    """Run `isoloir codes …`; return its duration, its processor time (seconds) and its largest memory (bytes).

    All its processes are counted together.
    """
    command = [sys.executable, "-m", "isoloir.commands", "codes", *map(str, arguments)]
    begun = time.perf_counter()
    with Path(os.devnull).open("wb") as nothing:
        pid = os.posix_spawn(
            sys.executable, command, os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, nothing.fileno(), 1), (os.POSIX_SPAWN_DUP2, nothing.fileno(), 2)],
        )  # fmt: skip
        watch = _Watch(pid)
        watch.start()
        _pid, status, used = os.wait4(pid, 0)
        watch.stop()
    if status:
        raise RuntimeError("the command failed")
    return time.perf_counter() - begun, used.ru_utime + used.ru_stime, watch.largest


class _Watch(threading.Thread):
    """Looks every fifth of a second at the resident memory of a process and of its children."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._over = threading.Event()
        self.largest = 0

    def run(self) -> None:
        while not self._over.wait(0.2):
            self.largest = max(self.largest, sum(map(_memory, _family(self._pid))))

    def stop(self) -> None:
        self._over.set()
        self.join()


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(int(child) for child in children)]


def _memory(pid: int) -> int:
    """Return the resident memory of a process in bytes, what it shares with others counted once for each."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(each.split()[1]) * 1024 for each in lines if each.startswith("VmRSS:"))
