"""Printing the notices: one PDF for each establishment, its voters in alphabetical order, ready to be handed out.

Codes are opened in memory, on the machine of who prints.  A finished file is recorded with its SHA-256 and kept by the
next run; one that was being written is made again.  Memory: one shard, and two files of pages for each process.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from isoloir.credentials.authority.codesfiles import CodesDirectory
from isoloir.credentials.authority.exchange import (
    PRIVATE_DIRECTORY,
    WrittenFile,
    file_sha256,
    open_private,
    synchronise,
    write_durably,
    write_json,
)  # fmt: skip
from isoloir.credentials.authority.invitation import Invitation
from isoloir.credentials.authority.recipients import encrypt, read_recipients
from isoloir.credentials.authority.request import Progress, unseen
from isoloir.credentials.authority.sheets import sheet_number, sheet_place
from isoloir.credentials.authority.workers import each_done
from isoloir.credentials.authority.workplace import Workplace, workplace
from isoloir.documents.notices import Delivery, NoticeElection, VotingNotice, compose_notices

_DONE_FILE = "done.jsonl"
_LISTING = "distribution.csv"
SHEETS_FILE = "sheets.csv"


@dataclass(frozen=True, slots=True)
class _Batch:
    """The notices of one file.  They hold codes: no representation shows them."""

    name: str
    establishment: tuple[str, str, str]
    first: str
    last: str
    notices: tuple[VotingNotice, ...] = field(repr=False)


@dataclass(frozen=True)
class _Composing:
    """Composes the files that it is given: callable, so that other processes receive it once."""

    election: NoticeElection
    delivery: Delivery
    directory: Path
    recipients: tuple[str, ...]

    def __call__(self, batch: _Batch) -> str:
        """Write one file, encrypted when there are recipients; return its SHA-256 in hexadecimal."""
        content = compose_notices(self.election, batch.notices, delivery=self.delivery)
        if self.recipients:
            content = encrypt(content, read_recipients(self.recipients))
        path = self.directory / batch.name
        path.parent.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
        write_durably(path, content)
        return sha256(content).hexdigest()


def print_notices(
    codes: CodesDirectory,
    out: Path,
    *,
    on: date,
    delivery: Delivery = Delivery.HAND,
    recipients: Sequence[str] = (),
    jobs: int = 1,
    progress: Progress = unseen,
) -> None:
    """Write `out/<academy>/<establishment code>.pdf`, and `out/distribution.csv` that lists the files.

    `out/sheets.csv` says to the portal which sheets were printed `on` that day, without a name.  An establishment of more than 250 voters has several files (`<code>.part-01.pdf`…).  With age `recipients`, files
    are written encrypted (`.pdf.age`).  `jobs` processes work at once; `progress` receives notices done and in all.
    What a crash interrupts is taken up again.  Raises CodesRefused, RecipientRefused, OutputRefused, WorkRefused.
    """
    known = tuple(str(each) for each in read_recipients(recipients)) if recipients else ()
    identity = {
        "work": "notices",
        "codes_sha256": codes.manifest_sha256,
        "delivery": delivery.value,
        "recipients": list(known),
    }
    with workplace(out, identity) as place:
        composing = _Composing(codes.invitation.election, delivery, place.result, known)
        rows = _print_missing(codes, composing, place, jobs=jobs, progress=progress)
        _write_listing(place.result, rows)
        write_sheets(place.result / SHEETS_FILE, (_sheets_of(row) for row in rows), delivery=delivery, on=on)
        place.finish()


def _print_missing(
    codes: CodesDirectory, composing: _Composing, place: Workplace, *, jobs: int, progress: Progress
) -> list[dict[str, Any]]:
    """Compose the files that are not done; return the line of every file, in the order of distribution."""
    done = _finished(place)
    total, count = codes.sheets, sum(row["notices"] for row in done.values())
    progress(count, total)
    suffix = ".pdf.age" if composing.recipients else ".pdf"
    names: list[str] = []

    def missing() -> Iterator[_Batch]:
        for file in codes.files():
            names.append(file["path"] + suffix)
            if names[-1] not in done:
                yield _batch(codes.invitation, file, names[-1])

    with (place.directory / _DONE_FILE).open("ab") as journal:
        for batch, digest in each_done(composing, missing(), jobs=jobs):
            row = _row(batch, digest)
            journal.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
            synchronise(journal)
            done[batch.name] = row
            count += len(batch.notices)
            progress(count, total)
    return [done[name] for name in names]


def _finished(place: Workplace) -> dict[str, dict[str, Any]]:
    """Return the lines of the files that an earlier run finished and that are still what it wrote.

    Files that it did not record are removed, and so is a last line that it had no time to end.
    """
    journal = place.directory / _DONE_FILE
    if not journal.exists():
        open_private(journal).close()
    done: dict[str, dict[str, Any]] = {}
    lines = journal.read_bytes().split(b"\n")[:-1]
    for line in lines:
        row = json.loads(line)
        path = place.result / row["file"]
        if path.is_file() and file_sha256(path) == row["sha256"]:
            done[row["file"]] = row
    write_durably(journal, b"".join(line + b"\n" for line in lines))
    for path in place.result.rglob("*"):
        if path.is_file() and str(path.relative_to(place.result)) not in done:
            path.unlink()
    return done


def _row(batch: _Batch, digest: str) -> dict[str, Any]:
    academy, code, name = batch.establishment
    return {
        "file": batch.name, "academy": academy, "establishment_code": code, "establishment": name,
        "notices": len(batch.notices), "first": batch.first, "last": batch.last, "sha256": digest,
    }  # fmt: skip


def _batch(invitation: Invitation, file: dict[str, Any], name: str) -> _Batch:
    sheets = file["sheets"]
    return _Batch(
        name=name,
        establishment=(file["academy"], file["establishment_code"], file["establishment"]),
        first=sheets[0]["number"],
        last=sheets[-1]["number"],
        notices=tuple(voting_notice(invitation, file, sheet) for sheet in sheets),
    )


def voting_notice(
    invitation: Invitation, file: dict[str, Any], sheet: dict[str, Any], *, edition: int = 1
) -> VotingNotice:
    """Return the notice of one sheet of a file of the private directory."""
    return VotingNotice(
        recipient=sheet["recipient"],
        delivery_lines=tuple(sheet["delivery_lines"]),
        establishment=file["establishment"],
        academy=file["academy"],
        contests=tuple(invitation.contests[each].name for each in sheet["contests"]),
        code=sheet["code"],
        number=sheet["number"],
        edition=edition,
    )


def _write_listing(directory: Path, rows: list[dict[str, Any]]) -> None:
    columns = ("file", "academy", "establishment_code", "establishment", "notices", "first", "last", "sha256")
    listing = WrittenFile(directory / _LISTING, ";".join(columns))
    for row in rows:
        listing.add_row(*(_cell(str(row[column])) for column in columns))
    written = listing.close()
    count = sum(row["notices"] for row in rows)
    content = {"format": "isoloir-notices", "version": 1, "notices": count, "files": [written]}
    write_json(directory / "manifest.json", content)


def _sheets_of(row: dict[str, Any]) -> Iterator[tuple[str, int]]:
    first = sheet_place(row["first"])
    return ((sheet_number(place), 1) for place in range(first, first + row["notices"]))


def write_sheets(path: Path, sheets: Iterable[Iterable[tuple[str, int]]], *, delivery: Delivery, on: date) -> None:
    """Write the file by which the portal learns that sheets, given by number and edition, were printed."""
    file = WrittenFile(path, "number;edition;state;date;delivery")
    for each in sheets:
        for number, edition in each:
            file.add_row(number, str(edition), "printed", on.isoformat(), delivery.value)
    file.close()


def _cell(text: str) -> str:
    """Quote a cell that holds a separator or a quote."""
    return '"' + text.replace('"', '""') + '"' if set(text) & {";", '"'} else text
