"""`isoloir bounces`: read the delivery reports that relays returned, and mark the messages that never arrived."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from isoloir.messaging.reports import LONGEST_REPORT

from .setup import start_django

_DESCRIPTION = """\
Lit des avis de non-remise (RFC 3464) et marque les messages revenus. Chaque chemin est un dossier Maildir, une boîte
mbox ou un message ; sans chemin, un message est lu sur l’entrée standard. Un Maildir est lu une fois : ses messages
passent de « new » à « cur ».
"""
_SENTENCES = {
    "bounced": "messages marqués comme revenus",
    "known": "déjà marqués, ou disparus",
    "not-failed": "retards et autres avis sans échec",
    "ignored": "sans rapport avec nos messages",
    "forged": "sans notre marque : rien n’en est cru",
    "unreadable": "illisibles",
}


def add_parser(subparsers: Any) -> None:
    """Add `bounces` to the program's commands."""
    parser = subparsers.add_parser(
        "bounces", help="lit les avis de non-remise et marque les messages revenus", description=_DESCRIPTION
    )
    parser.add_argument("paths", nargs="*", type=Path, metavar="CHEMIN", help="Maildir, mbox ou message")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Read every report; print how many were read by what was done. Return 1 when a path cannot be read."""
    start_django()
    from django.db import DatabaseError

    from isoloir.messaging.bounces import record_reports

    missing = [path for path in options.paths if not path.exists()]
    if missing:
        print("\n".join(f"Ce chemin n’existe pas : {path}" for path in missing), file=sys.stderr)
        return 1
    in_hand = _InHand()
    try:
        counts = record_reports(_reports(options.paths, in_hand))
    except OSError as trouble:
        print(f"{trouble.strerror} : {trouble.filename}", file=sys.stderr)
        return 1
    except DatabaseError:
        in_hand.put_back()
        print("La base de données ne répond pas, ou ses tables ne sont pas faites.", file=sys.stderr)
        return 1
    for code, sentence in _SENTENCES.items():
        if counts[code]:
            print(f"{counts[code]:>7} {sentence}")
    print(f"{counts.total():>7} avis lus")
    return 0


class _InHand:
    """The Maildir's message that is being read. It leaves « new » before it is opened and is marked as seen afterwards:

    whatever reading it does to this process, the next run does not meet it again, and it lies in « cur », not seen.
    """

    def __init__(self) -> None:
        self._was: Path | None = None
        self._path = Path()

    def take(self, path: Path, current: Path) -> Path:
        """Move a message out of « new »; return where it is."""
        self._was, self._path = path, path.rename(current / f"{path.name}:2,")
        return self._path

    def mark(self) -> None:
        """Mark it as seen (the flag S)."""
        self._path.rename(f"{self._path}S")
        self._was = None

    def put_back(self) -> None:
        """Put it back in « new »: the database did not hear of it."""
        if self._was is not None:
            self._path.rename(self._was)


def _reports(paths: list[Path], in_hand: _InHand) -> Iterator[bytes]:
    if not paths:
        yield sys.stdin.buffer.read(LONGEST_REPORT)
    for path in paths:
        if path.is_dir():
            yield from _maildir(path, in_hand)
        else:
            with path.open("rb") as stream:
                yield from _file(stream)


def _maildir(folder: Path, in_hand: _InHand) -> Iterator[bytes]:
    """Give each new message of a Maildir (or each file of a plain folder), which then was seen."""
    new, current = folder / "new", folder / "cur"
    is_maildir = new.is_dir() and current.is_dir()
    for path in sorted((new if new.is_dir() else folder).iterdir()):
        if not path.is_file() or path.is_symlink():
            continue
        with (in_hand.take(path, current) if is_maildir else path).open("rb") as stream:
            yield stream.read(LONGEST_REPORT)
        if is_maildir:
            in_hand.mark()


def _file(stream: BinaryIO) -> Iterator[bytes]:
    """Give the messages of an mbox, each cut where reading ends; or the one message of a file."""
    lines: list[bytes] = []
    length, after_blank, is_mbox = 0, True, False
    # A line is read in pieces, so that a file without line breaks does not fill the memory.
    for piece in iter(lambda: stream.readline(65536), b""):
        if after_blank and piece.startswith(b"From ") and (is_mbox or not lines):
            if lines:
                yield b"".join(lines)
            lines, length, is_mbox = [], 0, True
            continue
        if length < LONGEST_REPORT:
            lines.append(piece)
            length += len(piece)
        after_blank = piece in (b"\n", b"\r\n")
    if lines:
        yield b"".join(lines)
