"""The archive `<uuid>.bel` (§14): its container, its records and its events, byte for byte.

Writing and reading both work on a stream, so that an urn of a million ballots needs no more memory than one ballot.
Reading here checks the container, the hashes and the chain of events; their order and their meaning are checked in
`verify.py`.
"""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

from isoloir_protocol import jsontext
from isoloir_protocol.errors import ArchiveRefused, FormatRefused
from isoloir_protocol.proofs import hex_hash

BLOCK: Final = 512
#: An event is a few hundred bytes; more cannot be one.
LONGEST_EVENT: Final = 4096
_NAME = re.compile(rb"([0-9a-f]{64})\.(data|event)\.json")
_OCTAL = re.compile(rb"[0-7]{11}\0")
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_TIMESTAMP = re.compile(r"0|[1-9][0-9]{0,9}", re.ASCII)

#: Number of data records before each type of event, its payload included (§14.2); Setup may have a fourth first.
RECORDS: Final = {
    "Setup": 4,
    "Ballot": 1,
    "EndBallots": 0,
    "EncryptedTally": 2,
    "Shuffle": 2,
    "EndShuffles": 0,
    "PartialDecryption": 2,
    "Result": 1,
}


def _header(name: bytes, size: int, timestamp: int) -> bytes:
    header = bytearray(BLOCK)
    header[: len(name)] = name
    header[100:124] = b"0000644\x000000000\x000000000\x00"
    header[124:136] = b"%011o\x00" % size
    header[136:148] = b"%011o\x00" % timestamp
    header[148:156] = b" " * 8
    header[156:157] = b"0"
    header[148:156] = b"%06o\x00 " % sum(header)
    return bytes(header)


class ArchiveWriter:
    """Writes an archive to a stream, event after event. All bear the one timestamp: no time of vote is told."""

    def __init__(self, stream: BinaryIO, *, timestamp: int) -> None:
        self._stream = stream
        self._timestamp = timestamp
        self._parent: str | None = None
        self._height = 0
        self._write(b"BELENIOS", jsontext.canonical({"version": 1, "timestamp": str(timestamp)}).encode("ascii"))

    def _write(self, name: bytes, body: bytes) -> None:
        self._stream.write(_header(name, len(body), self._timestamp) + body + bytes(-len(body) % BLOCK))

    def _data(self, body: bytes) -> str:
        digest = hex_hash(body)
        self._write(f"{digest}.data.json".encode("ascii"), body)
        return digest

    def event(self, kind: str, *records: bytes) -> str:
        """Write the records of an event (the last one is its payload) and the event; gives its hash."""
        digests = [self._data(record) for record in records]
        value: dict[str, Any] = {} if self._parent is None else {"parent": self._parent}
        value |= {"height": self._height, "type": kind}
        if digests:
            value["payload"] = digests[-1]
        body = jsontext.canonical(value).encode("ascii")
        self._parent = hex_hash(body)
        self._height += 1
        self._write(f"{self._parent}.event.json".encode("ascii"), body)
        return self._parent

    def setup(self, *, election: bytes, trustees: bytes, credentials: bytes) -> None:
        """Write the first event: the three records that nothing later may change."""
        names = {"election": election, "trustees": trustees, "credentials": credentials}
        payload = jsontext.canonical({name: hex_hash(record) for name, record in names.items()})
        self.event("Setup", election, trustees, credentials, payload.encode("ascii"))

    def ballot(self, text: bytes) -> None:
        """Write a ballot."""
        self.event("Ballot", text)

    def end_ballots(self) -> None:
        """Write the closing of the ballot box."""
        self.event("EndBallots")

    def encrypted_tally(self, text: str, sized_text: str) -> None:
        """Write the encrypted tally and the record that names it."""
        self.event("EncryptedTally", text.encode("ascii"), sized_text.encode("ascii"))

    def partial_decryption(self, owner: int, text: str) -> None:
        """Write the partial decryption of trustee number `owner`."""
        record = text.encode("ascii")
        owned = jsontext.canonical({"owner": owner, "payload": hex_hash(record)})
        self.event("PartialDecryption", record, owned.encode("ascii"))

    def result(self, text: str) -> None:
        """Write the result."""
        self.event("Result", text.encode("ascii"))


def build_archive(
    *,
    election: bytes,
    trustees: bytes,
    credentials: bytes,
    ballots: Sequence[bytes],
    timestamp: int,
    encrypted_tally: tuple[str, str] | None = None,
    partial_decryptions: Sequence[tuple[int, str]] = (),
    result: str | None = None,
    closed: bool = False,
) -> bytes:
    """Write a whole archive in memory.

    `encrypted_tally` is the pair of texts of §10; `partial_decryptions` are pairs (owner, text). The closing is
    written when `closed` or when there is an encrypted tally.
    """
    stream = io.BytesIO()
    writer = ArchiveWriter(stream, timestamp=timestamp)
    writer.setup(election=election, trustees=trustees, credentials=credentials)
    for ballot in ballots:
        writer.ballot(ballot)
    if closed or encrypted_tally is not None:
        writer.end_ballots()
    if encrypted_tally is not None:
        writer.encrypted_tally(*encrypted_tally)
    for owner, text in partial_decryptions:
        writer.partial_decryption(owner, text)
    if result is not None:
        writer.result(result)
    return stream.getvalue()


@dataclass(frozen=True, slots=True)
class Event:
    """An event whose hash, chain and records were checked; `records` are the bodies, the payload last.

    `payload_place` says which bytes of the stream are the payload, counted from where the reading began.
    """

    height: int
    kind: str
    records: tuple[bytes, ...]
    digest: str
    payload_place: range


@dataclass(frozen=True, slots=True)
class _Record:
    digest: str
    is_event: bool
    body: bytes
    offset: int


def read_events(stream: BinaryIO) -> Iterator[Event]:
    """Read the events of an archive one by one. Raises `ArchiveRefused`, `FormatRefused`.

    Every byte of the archive belongs to an event that was given, or the reading ends with an error.
    """
    parent: str | None = None
    pending: list[_Record] = []
    height = 0
    for record in _read_records(stream):
        if not record.is_event:
            pending.append(record)
            if len(pending) > 5:
                raise ArchiveRefused("wrong-payload", height=height)
            continue
        yield _read_event(record, height, parent, pending)
        parent = record.digest
        pending = []
        height += 1
    if pending:
        raise ArchiveRefused("leftover-record")
    if height == 0:
        raise ArchiveRefused("no-setup")


def _read_event(record: _Record, height: int, parent: str | None, pending: list[_Record]) -> Event:
    value = jsontext.read(record.body, limit=LONGEST_EVENT)
    optional = ("payload",) if type(value) is dict and "payload" in value else ()
    jsontext.members(value, "event", (*(("parent",) if parent else ()), "height", "type", *optional))
    if parent is not None and value["parent"] != parent:
        raise ArchiveRefused("wrong-parent", height=height)
    if type(value["height"]) is not int or value["height"] != height:
        raise ArchiveRefused("wrong-height", height=height)
    kind = jsontext.text(value["type"], "type")
    if kind not in RECORDS:
        raise ArchiveRefused("unknown-event", height=height)
    expected = {RECORDS[kind], 5 if kind == "Setup" else RECORDS[kind]}
    if len(pending) not in expected or bool(pending) != ("payload" in value):
        raise ArchiveRefused("wrong-payload", height=height)
    if pending and value["payload"] != pending[-1].digest:
        raise ArchiveRefused("wrong-payload", height=height)
    _check_references(kind, height, pending)
    place = range(pending[-1].offset, pending[-1].offset + len(pending[-1].body)) if pending else range(0)
    return Event(height, kind, tuple(one.body for one in pending), record.digest, place)


def _check_references(kind: str, height: int, pending: list[_Record]) -> None:
    """Check that the payload names, in order, the data records that come before it."""
    if len(pending) < 2:
        return
    value = jsontext.read(pending[-1].body, limit=LONGEST_EVENT)
    if kind == "Setup":
        optional = ("credentials_certificate",) if len(pending) == 5 else ()
        names = ("election", "trustees", "credentials", *optional)
        jsontext.members(value, "setup", names)
        named = [jsontext.text(value[name], name, _HASH) for name in names]
    elif kind == "EncryptedTally":
        jsontext.members(value, "sized_tally", ("num_tallied", "total_weight", "encrypted_tally"))
        named = [jsontext.text(value["encrypted_tally"], "encrypted_tally", _HASH)]
    else:
        jsontext.members(value, "owned", ("owner", "payload"))
        jsontext.integer(value["owner"], "owner", 0, jsontext.LARGEST_NUMBER)
        named = [jsontext.text(value["payload"], "payload", _HASH)]
    if named != [record.digest for record in pending[:-1]]:
        raise ArchiveRefused("wrong-payload", height=height)


def _read_records(stream: BinaryIO) -> Iterator[_Record]:
    first = _read_member(stream, 1)
    if first is None:
        raise ArchiveRefused("empty-archive")
    name, body, mtime = first
    if name != b"BELENIOS":
        raise ArchiveRefused("bad-first-member")
    if _read_timestamp(body) != mtime:
        raise ArchiveRefused("wrong-timestamp", position=1)
    position, end = 1, BLOCK + len(body) + -len(body) % BLOCK
    while (member := _read_member(stream, position + 1)) is not None:
        position += 1
        name, body, member_mtime = member
        if member_mtime != mtime:
            raise ArchiveRefused("wrong-timestamp", position=position)
        match = _NAME.fullmatch(name)
        if match is None:
            raise ArchiveRefused("bad-header", position=position)
        digest = hex_hash(body)
        if match[1].decode("ascii") != digest:
            raise ArchiveRefused("wrong-record-hash", position=position)
        yield _Record(digest, match[2] == b"event", body, end + BLOCK)
        end += BLOCK + len(body) + -len(body) % BLOCK


def _read_timestamp(body: bytes) -> int:
    """Read the first record; the tool also takes a number for the timestamp, we ask for the text that it writes."""
    value = jsontext.members(jsontext.read(body, limit=LONGEST_EVENT), "BELENIOS", ("version", "timestamp"))
    if type(value["version"]) is not int or value["version"] != 1:
        raise ArchiveRefused("unknown-version")
    return int(jsontext.text(value["timestamp"], "timestamp", _TIMESTAMP))


def _read_member(stream: BinaryIO, position: int) -> tuple[bytes, bytes, int] | None:
    """Read a member of the container; every byte of its header must be the one that we would write."""
    header = stream.read(BLOCK)
    if not header:
        return None
    if len(header) < BLOCK:
        raise ArchiveRefused("truncated")
    name = header[:100].rstrip(b"\0")
    if _OCTAL.fullmatch(header[124:136]) is None or _OCTAL.fullmatch(header[136:148]) is None:
        raise ArchiveRefused("bad-header", position=position)
    size, mtime = int(header[124:135], 8), int(header[136:147], 8)
    if header != _header(name, size, mtime):
        raise ArchiveRefused("bad-header", position=position)
    if size > jsontext.LONGEST_TEXT:
        raise FormatRefused("too-long", limit=jsontext.LONGEST_TEXT)
    body = stream.read(size)
    padding = stream.read(-size % BLOCK)
    if len(body) < size or len(padding) < -size % BLOCK:
        raise ArchiveRefused("truncated")
    if any(padding):
        raise ArchiveRefused("bad-padding", position=position)
    return name, body, mtime


@dataclass(slots=True)
class Archive:
    """The records of an archive, held in memory; nothing but the container and the chain was checked."""

    election: bytes = b""
    trustees: bytes = b""
    credentials: bytes = b""
    ballots: list[bytes] = field(default_factory=list)
    closed: bool = False
    encrypted_tally: tuple[bytes, bytes] | None = None
    partial_decryptions: list[tuple[int, bytes]] = field(default_factory=list)
    result: bytes | None = None


def read_archive(source: bytes | Path | str) -> Archive:
    """Read a whole archive into memory. Raises `ArchiveRefused`, `FormatRefused`, `OSError`.

    The order of events is not checked, and later ones replace earlier ones: verify the archive first.
    """
    archive = Archive()
    with io.BytesIO(source) if isinstance(source, bytes) else Path(source).open("rb") as stream:
        for event in read_events(stream):
            _put(archive, event)
    return archive


def _put(archive: Archive, event: Event) -> None:
    if event.kind == "Setup":
        archive.election, archive.trustees, archive.credentials = event.records[:3]
    elif event.kind == "Ballot":
        archive.ballots.append(event.records[0])
    elif event.kind == "EndBallots":
        archive.closed = True
    elif event.kind == "EncryptedTally":
        archive.encrypted_tally = (event.records[0], event.records[1])
    elif event.kind == "PartialDecryption":
        owner = jsontext.read(event.records[1])["owner"]
        archive.partial_decryptions.append((owner, event.records[0]))
    elif event.kind == "Result":
        archive.result = event.records[0]
