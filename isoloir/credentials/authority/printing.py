"""Printing the notices: one PDF for each establishment, its voters in alphabetical order, ready to be handed out.

Memory: sixteen bytes for each voter (where the two lines stand), then one batch of pages at a time in each process.
"""

import json
import unicodedata
from array import array
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import BinaryIO

from isoloir.credentials.authority.errors import CodesRefused
from isoloir.credentials.authority.exchange import (
    PRIVATE_DIRECTORY,
    WrittenFile,
    file_sha256,
    new_directory,
    open_private,
    write_json,
)  # fmt: skip
from isoloir.credentials.authority.request import (
    CredentialRequest,
    Progress,
    RequestedVoter,
    read_voter,
    read_voter_at,
    split_line,
    unseen,
)  # fmt: skip
from isoloir.documents.notices import NoticeElection, VotingNotice, compose_notices

CODES_FILE = "codes.csv"
# The typesetter keeps about one mebibyte for each page of the file that it makes; a larger establishment has parts.
PAGES_PER_FILE = 250


@dataclass(frozen=True, slots=True)
class _Batch:
    """The notices of one file.  They hold codes: no representation shows them."""

    path: Path
    establishment: tuple[str, str, str]
    notices: tuple[VotingNotice, ...]

    def __repr__(self) -> str:
        return f"_Batch({self.path.name})"


def print_notices(
    request: CredentialRequest, private: Path, out: Path, *, jobs: int = 1, progress: Progress = unseen
) -> None:
    """Write `out/<academy>/<establishment code>.pdf`, and `out/distribution.csv` that lists the files, all or nothing.

    An establishment of more than 250 voters has several files (`<code>.part-01.pdf`…).  `jobs` processes work at once;
    `progress` receives notices done and notices in all.  Raises CodesRefused when the codes are not those of the
    request, OutputRefused when `out` is in use.
    """
    check_codes(request, private)
    with new_directory(out) as working:
        listing = WrittenFile(
            working / "distribution.csv", "file;academy;establishment_code;establishment;notices;sha256"
        )
        done, total = 0, len(request.offsets)
        for batch, digest in _composed(request.invitation.election, _batches(request, private, working), jobs):
            academy, code, name = batch.establishment
            file = str(batch.path.relative_to(working))
            listing.add_row(file, _cell(academy), code, _cell(name), str(len(batch.notices)), digest)
            done += len(batch.notices)
            progress(done, total)
        write_json(
            working / "manifest.json",
            {"format": "isoloir-notices", "version": 1, "notices": done, "files": [listing.close()]},
        )


def check_codes(request: CredentialRequest, private: Path) -> None:
    """Check that the private directory holds the codes issued for this very request.  Raises CodesRefused."""
    try:
        manifest = json.loads((private / "manifest.json").read_bytes())
        issued_for, expected = manifest["voters_sha256"], manifest["files"][0]["sha256"]
        found = file_sha256(private / CODES_FILE)
    except (OSError, ValueError, LookupError, TypeError):
        raise CodesRefused(
            "dossier privé illisible ou incomplet", "unreadable or incomplete private directory"
        ) from None
    if issued_for != request.voters_sha256:
        raise CodesRefused(
            "ces codes ont été émis pour une autre demande", "these codes were issued for another request"
        )
    if found != expected:
        raise CodesRefused("codes.csv a changé depuis son émission", "codes.csv changed since it was issued")


def _composed(election: NoticeElection, batches: Iterator[_Batch], jobs: int) -> Iterator[tuple[_Batch, str]]:
    """Compose the batches in order, `jobs` at once, with no more than two batches waiting for each process."""
    if jobs <= 1:
        for batch in batches:
            yield batch, _compose(election, batch)
        return
    waiting: deque[tuple[_Batch, Future[str]]] = deque()
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for batch in batches:
            waiting.append((batch, pool.submit(_compose, election, batch)))
            if len(waiting) >= 2 * jobs:
                first, digest = waiting.popleft()
                yield first, digest.result()
        while waiting:
            first, digest = waiting.popleft()
            yield first, digest.result()


def _compose(election: NoticeElection, batch: _Batch) -> str:
    """Write one file; return its SHA-256 in hexadecimal."""
    pdf = compose_notices(election, batch.notices)
    batch.path.parent.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
    with open_private(batch.path) as stream:
        stream.write(pdf)
    return sha256(pdf).hexdigest()


def _batches(request: CredentialRequest, private: Path, working: Path) -> Iterator[_Batch]:
    """Give the files to make, by academy then establishment."""
    places = _places(request, private / CODES_FILE)
    with request.voters_path.open("rb") as voters, (private / CODES_FILE).open("rb") as codes:
        for (folder, code), offsets in sorted(places.items()):
            people = _people(voters, codes, offsets)
            pieces = [people[start : start + PAGES_PER_FILE] for start in range(0, len(people), PAGES_PER_FILE)]
            for number, piece in enumerate(pieces, start=1):
                name = f"{code}.pdf" if len(pieces) == 1 else f"{code}.part-{number:02d}.pdf"
                first = piece[0][0]
                yield _Batch(
                    path=working / folder / name,
                    establishment=(first.academy, code, first.establishment),
                    notices=tuple(_notice(request, voter, secret) for voter, secret in piece),
                )


def _places(request: CredentialRequest, codes_path: Path) -> dict[tuple[str, str], "array[int]"]:
    """Return, for each establishment, where each voter's line and each code's line begin, in turn."""
    places: dict[tuple[str, str], array[int]] = {}
    with codes_path.open("rb") as codes, request.voters_path.open("rb") as voters:
        code_offset = len(codes.readline())
        voters.readline()
        for voter_offset, line in zip(request.offsets, voters, strict=True):
            voter, code_line = read_voter(line), codes.readline()
            if code_line.partition(b";")[0].decode() != voter.reference:
                raise CodesRefused("les codes ne suivent pas la liste", "the codes do not follow the roll")
            key = (voter.academy_folder, voter.establishment_code)
            places.setdefault(key, array("Q")).extend((voter_offset, code_offset))
            code_offset += len(code_line)
    return places


def _people(voters: BinaryIO, codes: BinaryIO, offsets: "array[int]") -> list[tuple[RequestedVoter, str]]:
    """Read the voters of one establishment and their codes, in alphabetical order."""
    people = []
    for place in range(0, len(offsets), 2):
        codes.seek(offsets[place + 1])
        people.append((read_voter_at(voters, offsets[place]), split_line(codes.readline())[1]))
    return sorted(people, key=lambda person: _alphabetical(person[0]))


def _alphabetical(voter: RequestedVoter) -> tuple[str, str, str]:
    return _folded(voter.last_name), _folded(voter.first_names), voter.reference


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in decomposed if not unicodedata.combining(each))


def _notice(request: CredentialRequest, voter: RequestedVoter, code: str) -> VotingNotice:
    return VotingNotice(
        recipient=voter.recipient,
        delivery_lines=voter.delivery_lines,
        establishment=voter.establishment,
        academy=voter.academy,
        contests=tuple(request.contests[each].name for each in voter.contests),
        code=code,
    )


def _cell(text: str) -> str:
    """Quote a cell that holds a separator or a quote."""
    return '"' + text.replace('"', '""') + '"' if set(text) & {";", '"'} else text
