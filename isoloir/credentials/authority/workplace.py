"""Work that a crash interrupts and the same command takes up again.

The working directory `.<name>.partial` stands beside what is being made.  It says which work it is for; one process at
a time has it; it is given the final name only when everything is in it.  Nothing in it is secret and clear.
"""

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isoloir.credentials.authority.errors import WorkRefused
from isoloir.credentials.authority.exchange import (
    PRIVATE_DIRECTORY,
    open_private,
    refuse_used_directory,
    sync_directory,
    sync_tree,
    write_durably,
)  # fmt: skip

_WORK_FILE = "work.json"
_LOCK_FILE = "lock"


@dataclass(frozen=True, slots=True)
class Workplace:
    """The working directory of one work; `identity` is what the work is for, and `is_resumed` whether it had begun."""

    directory: Path
    target: Path
    identity: dict[str, Any]
    is_resumed: bool

    @property
    def result(self) -> Path:
        """The directory that takes the name `target` in the end."""
        return self.directory / "result"

    def finish(self) -> None:
        """Give the result its name, at once, and remove the rest.  Raises OutputRefused when the name was taken."""
        sync_tree(self.result)
        refuse_used_directory(self.target)
        if self.target.exists():
            self.target.rmdir()
        self.result.rename(self.target)
        sync_directory(self.target.parent)
        shutil.rmtree(self.directory)


def working_directory(target: Path) -> Path:
    return target.parent / f".{target.name}.partial"


@contextmanager
def workplace(target: Path, identity: dict[str, Any]) -> Iterator[Workplace]:
    """Open the working directory of `target` for this work, begun or not.

    Raises OutputRefused when `target` is in use, WorkRefused when other work is there or another process is at it.
    What an exception interrupts stays, to be taken up again.
    """
    directory = working_directory(target)
    _forget_finished(directory, target)
    refuse_used_directory(target)
    directory.parent.mkdir(parents=True, exist_ok=True)
    directory.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
    with _locked(directory):
        begun = _begun(directory)
        if begun is not None and begun != identity:
            raise WorkRefused(
                f"un travail inachevé, pour une autre demande, est dans {directory}",
                f"unfinished work for another request is in {directory}",
            )
        if begun is None:
            write_durably(directory / _WORK_FILE, json.dumps(identity, indent=1).encode())
        (directory / "result").mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
        yield Workplace(directory, target, identity, is_resumed=begun is not None)


def _forget_finished(directory: Path, target: Path) -> None:
    """Remove what a crash left between giving the name and tidying up."""
    finished = (directory / _WORK_FILE).exists() and not (directory / "result").exists() and target.is_dir()
    if finished and any(target.iterdir()):
        shutil.rmtree(directory)


def _begun(directory: Path) -> dict[str, Any] | None:
    """Return what the work begun here is for; nothing when none had begun."""
    try:
        found: dict[str, Any] = json.loads((directory / _WORK_FILE).read_bytes())
    except FileNotFoundError:
        return None
    return found


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Keep other processes away; the system lets go of the lock when this one dies."""
    path = directory / _LOCK_FILE
    if not path.exists():
        with suppress(FileExistsError):
            open_private(path).close()
    with path.open("rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise WorkRefused(
                f"un autre processus travaille dans {directory}", f"another process is at work in {directory}"
            ) from None
        yield
