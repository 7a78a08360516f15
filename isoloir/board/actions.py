"""Appending to the board: what sealing fixes, and the entries of the archive, whose Setup is written at closing."""

import json
from collections.abc import Iterable

from django.db import transaction
from isoloir_protocol.proofs import hex_hash

from isoloir.elections.models import Contest

from .errors import BoardRefused
from .models import Entry, SealedRecord
from .records import records_of, setup_records

# belenios-protocol §14.4: what may follow what. Our contests have no shuffle: the tally is homomorphic.
_FOLLOWS: dict[str, set[str | None]] = {
    "Setup": {None},
    "Ballot": {"Setup", "Ballot"},
    "EndBallots": {"Setup", "Ballot"},
    "EncryptedTally": {"EndBallots"},
    "PartialDecryption": {"EncryptedTally", "PartialDecryption"},
    "Result": {"PartialDecryption"},
}


def seal_record(*, contest: Contest, election: str, trustees: str) -> SealedRecord:
    """Fix the texts that every ballot will be bound to; the list of credentials is final at closing only."""
    return SealedRecord.objects.create(contest=contest, election=election, trustees=trustees)


def append_setup(*, contest: Contest, credentials: bytes) -> None:
    """Begin the archive: the sealed texts beside `credentials`, the list of the live keys. Raises BoardRefused.

    An earlier release wrote it when it sealed: such a Setup stays, if its list is still that of the live keys.
    """
    election, trustees = setup_records(contest)
    if any(texts[2] == credentials.decode() for texts in records_of(contest, "Setup")):
        return
    payload = json.dumps(
        {
            "election": hex_hash(election.encode()), "trustees": hex_hash(trustees.encode()),
            "credentials": hex_hash(credentials),
        },
        separators=(",", ":"),
    )  # fmt: skip
    append_entries(contest=contest, kind="Setup", records=[[election, trustees, credentials.decode(), payload]])


@transaction.atomic
def append_entries(*, contest: Contest, kind: str, records: Iterable[list[str]]) -> int:
    """Append one entry of `kind` for each item of `records` (its exact texts, payload last); return the new length.

    Raises BoardRefused when the kind may not stand there (belenios-protocol §14.4).
    """
    Contest.objects.select_for_update(of=("self",)).get(pk=contest.pk)
    last = Entry.objects.filter(contest=contest).order_by("-height").first()
    if (last.type if last else None) not in _FOLLOWS[kind]:
        raise BoardRefused(f"{kind} cannot follow {last.type if last else 'nothing'}")
    height = last.height + 1 if last else 0
    batch = [
        Entry(contest=contest, height=height + offset, type=kind, records=texts) for offset, texts in enumerate(records)
    ]
    if kind != "Ballot" and len(batch) != 1:
        raise BoardRefused(f"{kind} stands once, not {len(batch)} times")
    Entry.objects.bulk_create(batch, batch_size=500)
    return height + len(batch)
