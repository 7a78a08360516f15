"""Printing a sheet again: the same code, the next edition, written first in the authority's own log.

The log is one JSON line for each edition, each with the SHA-256 of the line before, and holds no code and no name.  An
edition is logged before it is made: whatever stops the machine, no two sheets bear the same number and edition.
"""

import fcntl
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from isoloir.credentials.authority.codesfiles import CodesDirectory
from isoloir.credentials.authority.errors import AuthorityError, CodesRefused
from isoloir.credentials.authority.exchange import (
    PRIVATE_DIRECTORY,
    open_private,
    refuse_used_directory,
    sync_directory,
    synchronise,
    write_durably,
)  # fmt: skip
from isoloir.credentials.authority.printing import SHEETS_FILE, voting_notice, write_sheets
from isoloir.credentials.authority.recipients import encrypt, read_recipients
from isoloir.credentials.authority.sheets import sheet_place
from isoloir.documents.notices import Delivery, VotingNotice, compose_notices

_LONGEST_REASON = 200


def reprint_notices(
    codes: CodesDirectory,
    numbers: Sequence[str],
    out: Path,
    *,
    log: Path,
    reason: str,
    at: datetime,
    delivery: Delivery = Delivery.HAND,
    recipients: Sequence[str] = (),
) -> dict[str, int]:
    """Print the sheets of these numbers again, in one file, `out/reprint.pdf`; return the edition of each.

    `out/sheets.csv` says it to the portal.  Raises AuthorityError for an unknown number or a reason missing,
    CodesRefused, OutputRefused.
    """
    refuse_used_directory(out)
    if not 1 <= len(reason.strip()) <= _LONGEST_REASON or not reason.isprintable():
        raise AuthorityError(
            "il faut un motif de 200 caractères au plus", "a reason of 200 characters at most is needed"
        )
    known = read_recipients(recipients) if recipients else []
    places = sorted({sheet_place(number) for number in numbers})
    first_notices = [_notice(codes, place) for place in places]
    out.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    editions = _log_editions(log, codes, [notice.number for notice in first_notices], reason=reason.strip(), at=at)
    notices = [_notice(codes, place, editions) for place in places]
    pdf = compose_notices(codes.invitation.election, notices, delivery=delivery)
    if known:
        write_durably(out / "reprint.pdf.age", encrypt(pdf, known))
    else:
        write_durably(out / "reprint.pdf", pdf)
    write_sheets(out / SHEETS_FILE, [list(editions.items())], delivery=delivery, on=at.date())
    return editions


def _notice(codes: CodesDirectory, place: int, editions: dict[str, int] | None = None) -> VotingNotice:
    for shard in codes.shards:
        if shard["first"] <= place < shard["first"] + shard["sheets"]:
            for file in codes.open_shard(shard):
                for sheet in file["sheets"]:
                    if sheet_place(sheet["number"]) == place:
                        edition = (editions or {}).get(sheet["number"], 1)
                        return voting_notice(codes.invitation, file, sheet, edition=edition)
    raise CodesRefused(f"aucune notice n’a le rang {place}", f"no notice has the place {place}")


def _log_editions(log: Path, codes: CodesDirectory, numbers: list[str], *, reason: str, at: datetime) -> dict[str, int]:
    """Write the next edition of each number at the end of the log, durably; return them."""
    with _open_log(log) as stream:
        editions, parent = _read_log(stream, codes.manifest_sha256)
        drawn: dict[str, int] = {}
        for number in numbers:
            drawn[number] = editions.get(number, 1) + 1
            entry = {
                "parent": parent, "codes_sha256": codes.manifest_sha256, "number": number, "edition": drawn[number],
                "reason": reason, "at": at.isoformat(timespec="seconds"),
            }  # fmt: skip
            line = json.dumps(entry, ensure_ascii=False).encode()
            stream.write(line + b"\n")
            parent = sha256(line).hexdigest()
        synchronise(stream)
    return drawn


@contextmanager
def _open_log(log: Path) -> Iterator[BinaryIO]:
    """Open the log, made at its first use, for one process at a time."""
    log.parent.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    if not log.exists():
        open_private(log).close()
        sync_directory(log.parent)
    with log.open("r+b") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield stream


def _read_log(stream: BinaryIO, codes_sha256: str) -> tuple[dict[str, int], str]:
    """Return the last edition of each number of these codes, and the hash of the last line.

    Raises AuthorityError when a line was changed or removed.  A last line that a crash cut goes: its sheet was not made.
    """
    editions: dict[str, int] = {}
    parent, whole = "", 0
    for raw in stream:
        if not raw.endswith(b"\n"):
            break
        line = raw[:-1]
        try:
            entry = json.loads(line)
            broken = entry["parent"] != parent
            if entry["codes_sha256"] == codes_sha256:
                editions[str(entry["number"])] = int(entry["edition"])
        except (ValueError, LookupError, TypeError):
            broken = True
        if broken:
            raise AuthorityError("le journal des réimpressions a été modifié", "the log of reprints has been changed")
        parent, whole = sha256(line).hexdigest(), whole + len(raw)
    stream.seek(whole)
    stream.truncate()
    return editions, parent
