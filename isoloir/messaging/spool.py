"""A small file per batch beside the database: which message was about to leave, and what became of it.

A line is written before and after each message by one `write` to the system. It outlives the death of the process, by
SIGKILL too; it is not forced to the disk, so that a power cut may lose it (docs/mechanisms/messages.md says what then).
A batch's file is locked while its worker lives: a file that can be locked was left by a dead one.
"""

import fcntl
import os
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Self

from django.conf import settings

_SUFFIX = ".spool"


class Outcome(StrEnum):
    """What became of a message; the first word is written before it leaves."""

    ABOUT = "about"
    SENT = "sent"
    REFUSED = "refused"
    LATER = "later"
    DOUBT = "doubt"


_WORDS = frozenset(map(str, Outcome))


class Spool:
    """The open, locked file of one batch, called by its claim."""

    def __init__(self, claim: str) -> None:
        folder = Path(settings.SPOOL_DIR)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = folder / f"{claim}{_SUFFIX}"
        draft = folder / f".{claim}"
        self._descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        # Locked before it has the name under which others look for it: nobody takes it for a dead worker's.
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        draft.rename(self._path)

    def note(self, outcome: Outcome, primary_key: int) -> None:
        """Append one line, with the system's own `write`: nothing waits in this process."""
        os.write(self._descriptor, f"{outcome} {primary_key}\n".encode())

    def remove(self) -> None:
        """Forget the batch: the database has it all."""
        self._path.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_fault: object) -> None:
        """Close the file; unless it was removed, it is now one that a dead worker left."""
        os.close(self._descriptor)


def left_batches() -> Iterator[tuple[str, dict[int, Outcome]]]:
    """Give each batch that a dead worker left: its claim, and the last word on each message; then forget its file.

    The file goes once the caller asks for the next one, so that a fault of the database leaves it for later.
    """
    folder = Path(settings.SPOOL_DIR)
    for path in sorted(folder.glob(f"[!.]*{_SUFFIX}")):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            # Its worker, or another one, has just finished with it.
            continue
        with os.fdopen(descriptor, "rb") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield path.name.removesuffix(_SUFFIX), _last_words(stream.read().decode("ascii", "replace"))
            path.unlink(missing_ok=True)


def _last_words(text: str) -> dict[int, Outcome]:
    """Read whole lines; the last one may have been cut by a power failure."""
    words: dict[int, Outcome] = {}
    for line in text.splitlines(keepends=True):
        word, _space, number = line.rstrip("\n").partition(" ")
        if line.endswith("\n") and word in _WORDS and number.isdecimal():
            words[int(number)] = Outcome(word)
    return words
