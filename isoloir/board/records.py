"""Reading what the board holds of a contest."""

from functools import lru_cache

from isoloir_protocol.election import Election as ElectionRecord
from isoloir_protocol.election import read_election

from isoloir.elections.models import Contest

from .errors import BoardRefused
from .models import Entry


def records_of(contest: Contest, kind: str) -> list[list[str]]:
    """Return the texts of every entry of `kind`, in board order."""
    return list(Entry.objects.filter(contest=contest, type=kind).order_by("height").values_list("records", flat=True))


def setup_records(contest: Contest) -> tuple[str, str, str]:
    """Return the exact texts of the election, the trustees and the credentials. Raises BoardRefused before sealing."""
    found = records_of(contest, "Setup")
    if not found:
        raise BoardRefused(f"{contest.code} is not sealed")
    election, trustees, credentials = found[0][:3]
    return election, trustees, credentials


@lru_cache(maxsize=1024)
def _election_record(uuid: str) -> ElectionRecord:
    return read_election(setup_records(Contest.objects.get(uuid=uuid))[0].encode())


def election_record(contest: Contest) -> ElectionRecord:
    """Return the election record that every ballot of the contest is bound to. Raises BoardRefused before sealing.

    The record of a sealed contest never changes (the board is append-only), so each process reads it once.
    """
    return _election_record(contest.uuid)
