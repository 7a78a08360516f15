"""Making one shard: the codes of its voters, encrypted before they leave memory, and the public runs that go with them.

A shard's files carry a random name until the shard is recorded: a process that outlives its parent by an instant can
overwrite nothing that counts.
"""

import hmac
import json
import secrets
from array import array
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from isoloir_protocol.base58 import random_base58
from isoloir_protocol.credentials import derive_secret, generate_code, public_credential
from nacl.public import PublicKey, SealedBox

from isoloir.credentials.authority.exchange import open_private, synchronise
from isoloir.credentials.authority.invitation import RequestedContest
from isoloir.credentials.authority.plan import Shard
from isoloir.credentials.authority.recipients import encrypt, read_recipients
from isoloir.credentials.authority.request import RequestedVoter, read_voter_at
from isoloir.credentials.authority.sheets import sheet_number

SLOT_LENGTH = 22
KEY_BYTES = 32
TAG_BYTES = 32
CONTEST_BYTES = 2
# A contest's index, then: key and slot, sorted by key (for the portal); slot, key and tag, sorted by slot (for the
# registrar).
SLOT_RECORD = CONTEST_BYTES + KEY_BYTES + SLOT_LENGTH
RIGHT_RECORD = CONTEST_BYTES + SLOT_LENGTH + KEY_BYTES + TAG_BYTES
KINDS = ("age", "slots", "rights", "people", "links", "sheets")
Random = Callable[[int], bytes]


@dataclass(frozen=True)
class Workshop:
    """What every shard needs; it goes to other processes through a pipe, and shows no secret when it is printed."""

    voters_path: Path
    runs: Path
    contests: tuple[RequestedContest, ...]
    recipients: tuple[str, ...]
    tag_key: bytes = field(repr=False)

    @cached_property
    def indexes(self) -> dict[str, int]:
        """The place of each contest in `contests`, by its code."""
        return {contest.code: index for index, contest in enumerate(self.contests)}

    @cached_property
    def boxes(self) -> list["SealedBox[PublicKey]"]:
        return [SealedBox(PublicKey(contest.link_key)) for contest in self.contests]

    def tag(self, *, reference: str, uuid: str, slot: str) -> bytes:
        """Return what tells the registrar, and nobody without its key, whose slot this is."""
        return hmac.digest(self.tag_key, f"{reference}|{uuid}|{slot}".encode(), "sha256")

    def person(self, reference: str) -> bytes:
        """Return what stands for a voter at the registrar."""
        return hmac.digest(self.tag_key, f"person|{reference}".encode(), "sha256")


class _Runs:
    """The public side of a shard while it is made."""

    def __init__(self) -> None:
        self.slots: list[bytes] = []
        self.rights: list[bytes] = []
        self.people: list[bytes] = []
        self.links: list[str] = []
        self.sheets: list[str] = []

    def contents(self) -> dict[str, bytes]:
        """Return the files by kind.  Sorting is what separates slots from voters: links alone follow the roll."""
        return {
            "slots": b"".join(sorted(self.slots)),
            "rights": b"".join(sorted(self.rights)),
            "people": b"".join(sorted(self.people)),
            "links": "".join(self.links).encode(),
            "sheets": "".join(self.sheets).encode(),
        }


def make_shard(workshop: Workshop, shard: Shard, offsets: "array[int]", random: Random) -> dict[str, Any]:
    """Write the shard's files and return their record: number, token of the names, sheets, size and SHA-256 of each.

    `offsets` say where its voters' lines begin, in the order of the sheets.
    """
    runs = _Runs()
    place, files = shard.first, []
    with workshop.voters_path.open("rb") as stream:
        for file in shard.files:
            sheets = []
            for offset in offsets[place - shard.first : place - shard.first + file.count]:
                voter = read_voter_at(stream, offset)
                sheets.append(_make_sheet(workshop, runs, voter, sheet_number(place), random))
                place += 1
            files.append({"path": file.path, **_establishment(voter), "sheets": sheets})
    content = {"format": "isoloir-notice-shard", "version": 1, "shard": shard.number, "files": files}
    clear = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    written = {"age": encrypt(clear, read_recipients(workshop.recipients)), **runs.contents()}
    token = secrets.token_hex(6)
    return {
        "shard": shard.number,
        "token": token,
        "first": shard.first,
        "sheets": shard.count,
        "files": {kind: _write(run_path(workshop.runs, shard.number, token, kind), written[kind]) for kind in KINDS},
    }


def run_path(runs: Path, number: int, token: str, kind: str) -> Path:
    return runs / f"{number:05d}.{token}.{kind}"


def _write(path: Path, content: bytes) -> dict[str, Any]:
    with open_private(path) as stream:
        stream.write(content)
        synchronise(stream)
    return {"size": len(content), "sha256": sha256(content).hexdigest()}


def _establishment(voter: RequestedVoter) -> dict[str, str]:
    return {
        "academy": voter.academy,
        "establishment_code": voter.establishment_code,
        "establishment": voter.establishment,
    }


def _make_sheet(workshop: Workshop, runs: _Runs, voter: RequestedVoter, number: str, random: Random) -> dict[str, Any]:
    """Draw the voter's code; add the voter's slots to the runs; return what the notice shows."""
    code = generate_code(random)
    for contest_code in voter.contests:
        index = workshop.indexes[contest_code]
        uuid = workshop.contests[index].uuid
        slot = random_base58(SLOT_LENGTH, random)
        name = slot.encode("ascii")
        key = bytes.fromhex(public_credential(derive_secret(uuid=uuid, code=code)).text)
        prefix = index.to_bytes(CONTEST_BYTES, "big")
        runs.slots.append(prefix + key + name)
        runs.rights.append(prefix + name + key + workshop.tag(reference=voter.reference, uuid=uuid, slot=slot))
        sealed = b64encode(workshop.boxes[index].encrypt(name)).decode("ascii")
        runs.links.append(f"{index};{voter.reference};{sealed}\n")
    runs.people.append(workshop.person(voter.reference))
    runs.sheets.append(f"{number};{voter.reference}\n")
    return {
        "number": number,
        "reference": voter.reference,
        "recipient": voter.recipient,
        "delivery_lines": voter.delivery_lines,
        "contests": voter.contests,
        "code": code,
    }
