"""The archive of a contest (`<uuid>.bel`), written from the board, event after event."""

from typing import BinaryIO

from isoloir_protocol.archive import ArchiveWriter

from isoloir.elections.models import Contest

from .models import Entry


def write_archive(contest: Contest, stream: BinaryIO) -> None:
    """Write the archive to `stream`. Its one timestamp is the opening of the vote: no time of voting is in it (§14.1)."""
    writer = ArchiveWriter(stream, timestamp=int(contest.election.voting_opens_at.timestamp()))
    for entry in Entry.objects.filter(contest=contest).order_by("height").iterator(chunk_size=500):
        writer.event(entry.type, *(text.encode() for text in entry.records))
