"""Reading what the board holds of a contest."""

from functools import lru_cache

from isoloir_protocol.election import Election as ElectionRecord
from isoloir_protocol.election import read_election

from isoloir.elections.models import Contest

from .errors import BoardRefused
from .models import Entry, SealedRecord


def records_of(contest: Contest, kind: str) -> list[list[str]]:
    """Return the texts of every entry of `kind`, in board order."""
    return list(Entry.objects.filter(contest=contest, type=kind).order_by("height").values_list("records", flat=True))


def setup_records(contest: Contest) -> tuple[str, str]:
    """Return the exact texts of the election and of the trustees, as sealed. Raises BoardRefused before sealing."""
    found = SealedRecord.objects.filter(contest=contest).values_list("election", "trustees").first()
    if found is None:
        raise BoardRefused(f"{contest.code} is not sealed")
    return found


def credentials_record(contest: Contest) -> str:
    """Return the exact text of the final list of credentials: the live keys at closing. Raises BoardRefused before it."""
    found = records_of(contest, "Setup")
    if not found:
        raise BoardRefused(f"{contest.code} is not closed")
    return found[0][2]


@lru_cache(maxsize=1024)
def _election_record(uuid: str) -> ElectionRecord:
    return read_election(setup_records(Contest.objects.get(uuid=uuid))[0].encode())


def election_record(contest: Contest) -> ElectionRecord:
    """Return the election record that every ballot of the contest is bound to. Raises BoardRefused before sealing.

    The record of a sealed contest never changes (the board is append-only), so each process reads it once.
    """
    return _election_record(contest.uuid)
