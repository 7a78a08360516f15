"""A small file per batch beside the database: which message was about to leave, and what became of it.

A line is written before and after each message by one `write` to the system. It outlives the death of the process, by
SIGKILL too; it is not forced to the disk, so that a power cut may lose it (docs/mechanisms/messages.md says what then).
A batch's file is locked while its worker lives: a file that can be locked was left by a dead one.
"""

import contextlib
import errno
import fcntl
import logging
import os
import re
import secrets
import stat
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Self

from django.conf import settings

from .errors import SpoolUnreadable

logger = logging.getLogger("isoloir.messaging")
# Messages in a batch at most, and bytes of its file: two lines of 27 bytes for each, and room to spare.
LARGEST_BATCH = 1000
_LONGEST = 64 * 1024
_SUFFIX = ".spool"
_ASIDE = ".unreadable"
_CLAIM = re.compile(r"[0-9a-f]{32}", re.ASCII)
# These say that the machine has no room just now, not that the file is bad.
_OURS_TO_WAIT_FOR = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)


class Outcome(StrEnum):
    """What became of a message; the first word is written before it leaves."""

    ABOUT = "about"
    SENT = "sent"
    REFUSED = "refused"
    LATER = "later"
    DOUBT = "doubt"


# A key is a positive 64-bit integer: eighteen digits always fit.
_LINE = re.compile(rf"({'|'.join(Outcome)}) ([1-9][0-9]{{0,17}})\n", re.ASCII)


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

    The file goes once the caller asks for the next one, so that a fault of the database leaves it for later. What
    cannot be read is set aside under another name, and told once: it must not hold back every message for ever.
    """
    for path in _files():
        try:
            descriptor = _lock(path)
            if descriptor is None:
                continue
            with os.fdopen(descriptor, "rb") as stream:
                yield path.name.removesuffix(_SUFFIX), _last_words(stream.read(_LONGEST + 1))
                path.unlink(missing_ok=True)
        except SpoolUnreadable as fault:
            _set_aside(path, fault)


def _set_aside(path: Path, fault: SpoolUnreadable) -> None:
    # A name of its own: the same thing may come back, and a name may already be as long as names may be.
    aside = path.with_name(f"{secrets.token_hex(16)}{_ASIDE}")
    with contextlib.suppress(OSError):
        path.rename(aside)
    logger.error("the spool's %a is set aside as %s: %s", path.name[:80], aside.name, fault)


def living_batches() -> list[str]:
    """Return the claims of the batches at which a worker of this machine is now, however long ago it began."""
    living = []
    for path in _files():
        try:
            descriptor = _lock(path)
        except SpoolUnreadable:
            continue
        if descriptor is None:
            living.append(path.name.removesuffix(_SUFFIX))
        else:
            os.close(descriptor)
    return living


def _files() -> list[Path]:
    return sorted(Path(settings.SPOOL_DIR).glob(f"[!.]*{_SUFFIX}"))


def _lock(path: Path) -> int | None:
    """Open and lock a batch's file; return None when its worker lives, or has just finished. Raises SpoolUnreadable."""
    if not _CLAIM.fullmatch(path.name.removesuffix(_SUFFIX)):
        raise SpoolUnreadable("not a batch's name")
    try:
        # Not blocking, lest a pipe of that name wait for ever for somebody to write to it.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as fault:
        if fault.errno in _OURS_TO_WAIT_FOR:
            raise
        raise SpoolUnreadable(type(fault).__name__) from None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise SpoolUnreadable("not a file")
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _last_words(raw: bytes) -> dict[int, Outcome]:
    """Read whole lines; the last one may have been cut by a power failure. Raises SpoolUnreadable when it is too long."""
    if len(raw) > _LONGEST:
        raise SpoolUnreadable("too long")
    words: dict[int, Outcome] = {}
    for line in raw.decode("ascii", "replace").split("\n")[:-1]:
        found = _LINE.fullmatch(f"{line}\n")
        if found is not None:
            words[int(found[2])] = Outcome(found[1])
    return words
