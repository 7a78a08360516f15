"""Issuing codes: for each voter one code, for each of the voter's contests a slot and a public credential.

The work is cut into shards, in the order of distribution.  A shard counts once it is recorded, with the SHA-256 of its
files; one that was begun and not recorded is made again, with other codes, so that a voter never has two.  Codes leave
memory encrypted.  Memory: about 180 bytes for each voter while the request is checked, 40 afterwards, and one shard in
each process.
"""

import json
import os
import secrets
import shutil
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isoloir.credentials.authority.assembly import Assembly, is_whole
from isoloir.credentials.authority.errors import AuthorityError
from isoloir.credentials.authority.exchange import (
    PRIVATE_DIRECTORY,
    file_sha256,
    refuse_used_directory,
    write_durably,
)  # fmt: skip
from isoloir.credentials.authority.plan import Plan, Shard, plan_distribution
from isoloir.credentials.authority.recipients import read_recipients
from isoloir.credentials.authority.request import CredentialRequest, Progress, unseen
from isoloir.credentials.authority.shards import TAG_BYTES, Random, Workshop, make_shard
from isoloir.credentials.authority.workers import each_done
from isoloir.credentials.authority.workplace import Workplace, workplace

_TAG_KEY_FILE = "tag-key"
Record = dict[str, Any]
Task = tuple[Shard, "array[int]"]


@dataclass(frozen=True)
class _Making:
    """Makes the shards that it is given: callable, so that other processes receive it once."""

    workshop: Workshop
    random: Random

    def __call__(self, task: Task) -> Record:
        shard, offsets = task
        return make_shard(self.workshop, shard, offsets, self.random)


def issue_codes(
    request: CredentialRequest,
    out: Path,
    *,
    recipients: Sequence[str],
    jobs: int = 1,
    voters_per_shard: int | None = None,
    random: Random = os.urandom,
    progress: Progress = unseen,
    planning: Progress = unseen,
) -> None:
    """Write `out/portal`, `out/registrar` and `out/private`; taken up again where a crash left it.

    Codes are encrypted to the age `recipients`.  Directories are 0700 and files 0600.  `planning`, then `progress`,
    receive voters done and voters in all.  Raises OutputRefused when `out` is in use, RecipientRefused, WorkRefused
    when the unfinished work there is not this one, AuthorityError when the request changes meanwhile.
    """
    refuse_used_directory(out)
    known = tuple(str(each) for each in read_recipients(recipients))
    plan = plan_distribution(request, voters_per_shard=voters_per_shard, progress=planning)
    identity = {
        "work": "issue",
        "request_sha256": request.request_sha256,
        "voters_sha256": request.voters_sha256,
        "recipients": list(known),
        "plan_sha256": plan.sha256,
    }
    with workplace(out, identity) as place:
        workshop = _workshop(request, place, known)
        records = _make_shards(_Making(workshop, random), plan, jobs=jobs, progress=progress)
        if file_sha256(request.voters_path) != request.voters_sha256:
            raise AuthorityError("voters.csv a changé pendant la lecture", "voters.csv changed while it was read")
        shutil.rmtree(place.result)
        place.result.mkdir(mode=PRIVATE_DIRECTORY)
        Assembly(request, workshop, records, place.result).assemble()
        place.finish()


def _workshop(request: CredentialRequest, place: Workplace, recipients: tuple[str, ...]) -> Workshop:
    """Make the directory of the runs, and the registrar's key, which must stay the same until the end."""
    runs = place.directory / "runs"
    runs.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
    tag_key = place.directory / _TAG_KEY_FILE
    if not tag_key.exists():
        write_durably(tag_key, secrets.token_bytes(TAG_BYTES))
    return Workshop(request.voters_path, runs, tuple(request.contests.values()), recipients, tag_key.read_bytes())


def _make_shards(making: _Making, plan: Plan, *, jobs: int, progress: Progress) -> list[Record]:
    """Make every shard that is not recorded yet; return the records in order."""
    workshop = making.workshop
    records = _recorded(workshop)
    total = len(plan.order)
    done = sum(record["sheets"] for record in records.values())
    progress(done, total)

    def missing() -> Iterator[Task]:
        for shard in plan.shards:
            if shard.number not in records:
                yield shard, plan.offsets(shard)

    for (shard, _offsets), record in each_done(making, missing(), jobs=min(jobs, len(plan.shards) - len(records))):
        write_durably(_record_path(workshop, shard.number), json.dumps(record).encode())
        records[shard.number] = record
        done += shard.count
        progress(done, total)
    return [records[shard.number] for shard in plan.shards]


def _recorded(workshop: Workshop) -> dict[int, Record]:
    """Return the shards that were made and are whole; whatever else is there is removed."""
    records: dict[int, Record] = {}
    for path in workshop.runs.glob("*.json"):
        record = json.loads(path.read_bytes())
        if is_whole(workshop, record):
            records[record["shard"]] = record
    kept = {f"{number:05d}.{record['token']}" for number, record in records.items()}
    for path in workshop.runs.iterdir():
        shard, _dot, rest = path.name.partition(".")
        if rest != "json" and f"{shard}.{rest.partition('.')[0]}" not in kept:
            path.unlink()
    return records


def _record_path(workshop: Workshop, number: int) -> Path:
    return workshop.runs / f"{number:05d}.json"
