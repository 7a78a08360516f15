"""Putting the shards together: what goes to the portal, to the registrar and to the printer.

Memory: one record of each shard while sorted runs are merged, and 64 KiB for each contest while links are handed out.
Every run is read through its recorded SHA-256 before anything is made of it.
"""

import heapq
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from isoloir.credentials.authority.errors import AuthorityError
from isoloir.credentials.authority.exchange import (
    PRIVATE_DIRECTORY,
    WrittenFile,
    file_sha256,
    open_private,
    read_records,
    synchronise,
    write_json,
)  # fmt: skip
from isoloir.credentials.authority.invitation import REQUEST_FILE, RequestedContest
from isoloir.credentials.authority.request import CredentialRequest
from isoloir.credentials.authority.shards import (
    CONTEST_BYTES,
    KEY_BYTES,
    RIGHT_RECORD,
    SLOT_LENGTH,
    SLOT_RECORD,
    TAG_BYTES,
    Workshop,
    run_path,
)  # fmt: skip

Manifest = dict[str, Any]


class Assembly:
    """The recorded shards of one issue, in their order, and where what they make goes."""

    def __init__(self, request: CredentialRequest, workshop: Workshop, records: list[Manifest], out: Path) -> None:
        self._request = request
        self._workshop = workshop
        self._records = records
        self._out = out
        self._slots: dict[str, int] = {}

    def assemble(self) -> None:
        """Write `portal`, `registrar` and `private` in the directory, which is empty."""
        for name, write in (
            ("portal", self._write_portal), ("registrar", self._write_registrar), ("private", self._write_private),
        ):  # fmt: skip
            directory = self._out / name
            directory.mkdir(mode=PRIVATE_DIRECTORY)
            write(directory)

    def _paths(self, kind: str) -> list[Path]:
        return [run_path(self._workshop.runs, each["shard"], each["token"], kind) for each in self._records]

    def _merged(self, kind: str, size: int) -> Iterator[bytes]:
        """Give the records of a kind, sorted over all shards."""
        return heapq.merge(*(read_records(path, size) for path in self._paths(kind)))

    def _common(self, kind: str) -> Manifest:
        return {
            "format": kind,
            "version": 1,
            "election": self._request.invitation.election.name,
            "voters": len(self._request.offsets),
            "request_sha256": self._request.request_sha256,
            "voters_sha256": self._request.voters_sha256,
        }

    def _contests(self) -> list[Manifest]:
        return [
            {"uuid": contest.uuid, "code": contest.code, "slots": self._slots.get(contest.uuid, 0)}
            for contest in self._workshop.contests
        ]

    def _write_portal(self, portal: Path) -> None:
        links = self._write_links(portal)
        slots = list(self._write_slots(portal))
        if [file["rows"] for file in links] != [file["rows"] for file in slots]:
            raise AuthorityError("les places et les liens ne se répondent pas", "slots and links do not go together")
        files = [file for pair in zip(slots, links, strict=True) for file in pair]
        files.append(self._write_sheets(portal))
        write_json(
            portal / "manifest.json",
            {**self._common("isoloir-credential-issue"), "contests": self._contests(), "files": files},
        )

    def _write_links(self, portal: Path) -> list[Manifest]:
        """Write the sealed links of each contest, in the order of the sheets."""
        written = [
            WrittenFile(portal / f"{contest.uuid}.links.csv", "reference;sealed_slot")
            for contest in self._workshop.contests
        ]
        for path in self._paths("links"):
            with path.open(encoding="utf-8") as stream:
                for line in stream:
                    index, reference, sealed = line.rstrip("\n").split(";")
                    written[int(index)].add_row(reference, sealed)
        return [file.close() for file in written]

    def _write_slots(self, portal: Path) -> Iterator[Manifest]:
        """Write the slots of each contest sorted by public key: their order tells nothing."""
        records = _Grouped(self._merged("slots", SLOT_RECORD))
        for index, contest in enumerate(self._workshop.contests):
            file = WrittenFile(portal / f"{contest.uuid}.slots.csv", "slot;public_key")
            previous = b""
            for record in records.of(index):
                key = record[:KEY_BYTES]
                if key == previous:
                    # 128 random bits do not repeat: the source of randomness is broken.
                    raise AuthorityError(
                        "deux électeurs ont la même clé publique", "two voters have the same public key"
                    )
                previous = key
                file.add_row(record[KEY_BYTES:].decode("ascii"), key.hex())
            self._slots[contest.uuid] = file.lines
            yield file.close()

    def _write_sheets(self, portal: Path) -> Manifest:
        """Write which sheet is whose, so that the portal can tell where the sheets are."""
        file = WrittenFile(portal / "notices.csv", "number;reference")
        for path in self._paths("sheets"):
            with path.open(encoding="utf-8") as stream:
                for line in stream:
                    file.add_row(*line.rstrip("\n").split(";"))
        return file.close()

    def _write_registrar(self, registrar: Path) -> None:
        records = _Grouped(self._merged("rights", RIGHT_RECORD))
        files = [
            self._write_rights(registrar, contest, records.of(index))
            for index, contest in enumerate(self._workshop.contests)
        ]
        people = WrittenFile(registrar / "people.csv", "person")
        for person in self._merged("people", TAG_BYTES):
            people.add_row(person.hex())
        files.append(people.close())
        with open_private(registrar / "tag-key") as stream:
            stream.write(self._workshop.tag_key.hex().encode() + b"\n")
            synchronise(stream)
        write_json(
            registrar / "manifest.json",
            {**self._common("isoloir-credential-rights"), "contests": self._contests(), "files": files},
        )

    def _write_rights(self, registrar: Path, contest: RequestedContest, records: Iterable[bytes]) -> Manifest:
        file = WrittenFile(registrar / f"rights-{contest.uuid}.csv", "slot;public_key;tag")
        previous = b""
        for record in records:
            slot, key = record[:SLOT_LENGTH], record[SLOT_LENGTH : SLOT_LENGTH + KEY_BYTES]
            if slot == previous:
                raise AuthorityError("deux électeurs ont la même place", "two voters have the same slot")
            previous = slot
            file.add_row(slot.decode("ascii"), key.hex(), record[SLOT_LENGTH + KEY_BYTES :].hex())
        return file.close()

    def _write_private(self, private: Path) -> None:
        """Write the encrypted shards, and in clear what tells nobody's code: the election, counts and hashes."""
        files = []
        for path, record in zip(self._paths("age"), self._records, strict=True):
            name = f"shard-{record['shard']:05d}.age"
            facts = record["files"]["age"]
            with open_private(private / name) as stream:
                stream.write(path.read_bytes())
                synchronise(stream)
            files.append({"name": name, "first": record["first"], "sheets": record["sheets"], **facts})
        with open_private(private / REQUEST_FILE) as stream:
            stream.write((self._request.directory / REQUEST_FILE).read_bytes())
            synchronise(stream)
        write_json(
            private / "manifest.json",
            {
                **self._common("isoloir-credential-codes"), "version": 2,
                "recipients": list(self._workshop.recipients), "files": files,
            },
        )  # fmt: skip


class _Grouped:
    """Sorted records whose first bytes are a contest's index, handed out contest by contest, in order."""

    def __init__(self, records: Iterator[bytes]) -> None:
        self._records = records
        self._next = next(records, None)

    def of(self, index: int) -> Iterator[bytes]:
        """Give the records of one contest, without its index."""
        prefix = index.to_bytes(CONTEST_BYTES, "big")
        while self._next is not None and self._next.startswith(prefix):
            yield self._next[CONTEST_BYTES:]
            self._next = next(self._records, None)


def is_whole(workshop: Workshop, record: Manifest) -> bool:
    """Say whether every file of a recorded shard is there, unchanged."""
    for kind, facts in record["files"].items():
        path = run_path(workshop.runs, record["shard"], record["token"], kind)
        if not path.is_file() or path.stat().st_size != facts["size"] or file_sha256(path) != facts["sha256"]:
            return False
    return True


def manifest_fingerprint(path: Path) -> str:
    """Return the SHA-256 of a manifest: what two people read to each other before they trust a directory."""
    return sha256(path.read_bytes()).hexdigest()
