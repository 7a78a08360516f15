"""A trustee's state: what the page and the command line of the trustee are given (docs/specification/trustee-page.md).

Nothing in it is secret: it can be downloaded, carried to a device without network, and shown to anyone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from isoloir_protocol.trustees import read_trustees

from .actions import STEPS, due_step, routed_message
from .errors import MessageRefused
from .models import Trustee


@dataclass(frozen=True)
class OpenCount:
    """A contest being counted: its exact records, and whether this trustee has decrypted its total."""

    contest: str
    contest_name: str
    election_record: str
    encrypted_tally: str
    done: bool


@dataclass(frozen=True)
class StateSurroundings:
    """What the state says that is not the ceremony's: bureau, election, where to answer."""

    station_code: str
    station_name: str
    election_name: str
    post_url: str
    csrf_token: str


def trustee_state(
    trustee: Trustee, members: Sequence[Trustee], *, counts: Iterable[OpenCount], around: StateSurroundings
) -> dict[str, object]:
    """Return the JSON object of the state. `members` is the trustee's group in order of index, `trustee` among them.

    Makes no query when groups, ceremonies and accounts came with the rows. A message that cannot be routed is null.
    """
    step = due_step(trustee, list(members))
    certified = all(member.certificate for member in members)
    return {
        "format": "isoloir-trustee-state",
        "version": 1,
        "station": {"code": around.station_code, "name": around.station_name},
        "election": around.election_name,
        "me": {
            "name": trustee.account.full_name,
            "group": trustee.group.role,
            "index": trustee.index,
            "size": len(members),
            "threshold": trustee.group.threshold,
            "owner": trustee.owner,
        },
        "step": step,
        "steps_done": {name: [member.index for member in members if getattr(member, name)] for name in STEPS},
        "certificates": [member.certificate for member in members] if certified else None,
        "vinput": _routed(trustee, members) if step == "share" else None,
        "voutput": trustee.share or None,
        "decryptions": _decryptions(trustee, counts),
        "post_url": around.post_url,
        "csrf_token": around.csrf_token,
    }


def _routed(trustee: Trustee, members: Sequence[Trustee]) -> str | None:
    try:
        return routed_message(trustee, list(members))
    except MessageRefused:
        # Each polynomial was checked when it came in; should the rows have been changed since, the step cannot be done.
        return None


def _decryptions(trustee: Trustee, counts: Iterable[OpenCount]) -> list[dict[str, object]]:
    record = trustee.group.ceremony.trustees_record
    return [
        {
            "contest": count.contest,
            "contest_name": count.contest_name,
            "election_record": count.election_record,
            "encrypted_tally": count.encrypted_tally,
            "owner": trustee.owner,
            "public_share": _public_shares(record)[trustee.owner - 1],
            "done": count.done,
        }
        for count in counts
    ]


@lru_cache(maxsize=64)
def _public_shares(record: str) -> tuple[str, ...]:
    """Return every trustee's public share; the proofs of a record are checked once in each process."""
    return tuple(share.text for share in read_trustees(record.encode()).owners)
