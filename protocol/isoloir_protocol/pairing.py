"""Which register of keys goes with which archive, among the files named on a command line."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from isoloir_protocol.archive import read_events
from isoloir_protocol.errors import ProtocolError
from isoloir_protocol.register import register_lines

SUFFIX = ".register"


def pair(paths: Sequence[str]) -> list[tuple[str | None, str | None]]:
    """Pair each archive with a register: of the same file name first, else of the same contest; in the order given.

    A register that no archive takes comes alone, after the archives. Nothing is verified here: a register that says
    that it is of a contest is verified against the archive later.
    """
    registers = [path for path in paths if path.endswith(SUFFIX)]
    archives = [path for path in paths if not path.endswith(SUFFIX)]
    contests: dict[str, str] = {}
    for register in registers:
        contest = _named(register, _contest_of_register)
        if contest is not None:
            contests.setdefault(contest, register)
    names = {_name(register): register for register in reversed(registers)}
    pairs: list[tuple[str | None, str | None]] = [
        (archive, _register_of(archive, names, contests) if registers else None) for archive in archives
    ]
    taken = {register for _, register in pairs}
    return pairs + [(None, register) for register in registers if register not in taken]


def _name(path: str) -> str:
    return Path(path).name.rsplit(".", 1)[0]


def _register_of(archive: str, names: dict[str, str], contests: dict[str, str]) -> str | None:
    if _name(archive) in names:
        return names[_name(archive)]
    contest = _named(archive, _contest_of_archive)
    return None if contest is None else contests.get(contest)


def _named(path: str, contest_of: Callable[[str], Any]) -> str | None:
    """The contest that a file names, or None: a file that cannot be read is told when it is verified."""
    try:
        contest = contest_of(path)
    except (OSError, ProtocolError, ValueError, TypeError, LookupError, RecursionError):
        return None
    return contest if isinstance(contest, str) else None


def _contest_of_archive(path: str) -> Any:
    with Path(path).open("rb") as stream:
        setup = next(read_events(stream))
    return json.loads(setup.records[0])["uuid"]


def _contest_of_register(path: str) -> Any:
    with Path(path).open("rb") as stream:
        return json.loads(next(register_lines(stream), b"null"))["contest"]
