"""The archive of a contest (`<uuid>.bel`), written from the board, event after event."""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO

from isoloir_protocol.archive import ArchiveWriter

from isoloir.elections.models import Contest

from .models import Entry

_CHUNK = 256 * 1024


@dataclass(frozen=True)
class ArchiveIdentity:
    """What a person compares with the file that they have: its size in bytes and its SHA-256 in hexadecimal."""

    size: int
    sha256: str


def archive_chunks(contest: Contest) -> Iterator[bytes]:
    """Yield the bytes of the archive, so that an urn of a million ballots is sent without being held in memory.

    Its one timestamp is the opening of the vote: no time of voting is in it (§14.1).
    """
    stream = io.BytesIO()
    writer = ArchiveWriter(stream, timestamp=int(contest.election.voting_opens_at.timestamp()))
    for entry in Entry.objects.filter(contest=contest).order_by("height").iterator(chunk_size=500):
        writer.event(entry.type, *(text.encode() for text in entry.records))
        if stream.tell() >= _CHUNK:
            yield stream.getvalue()
            stream.seek(0)
            stream.truncate()
    yield stream.getvalue()


def write_archive(contest: Contest, stream: BinaryIO) -> None:
    """Write the archive to `stream`."""
    stream.writelines(archive_chunks(contest))


@lru_cache(maxsize=1024)
def published_archive(uuid: str) -> ArchiveIdentity:
    """Return the identity of a published contest's archive, which no event follows: each process computes it once."""
    digest, size = hashlib.sha256(), 0
    for chunk in archive_chunks(Contest.objects.select_related("election").get(uuid=uuid)):
        digest.update(chunk)
        size += len(chunk)
    return ArchiveIdentity(size=size, sha256=digest.hexdigest())
