"""Signing lines of the registers: each is made again here from the registrar's own store, and must be the same text.

So the rules are kept by construction (reissue.md R4): an opening is the authority's own issue, a batch holds entries signed
here and not yet published, a closing leaves none out. One line for each height, for ever.
"""

import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from isoloir_protocol import jsontext
from isoloir_protocol.errors import ProtocolError
from isoloir_protocol.group import Element
from isoloir_protocol.proofs import hex_hash
from isoloir_protocol.register import (
    LONGEST_LINE,
    is_signed,
    line_hash,
    line_message,
    opening_line,
    reissue_message,
    reissues_line,
    sealing_line,
    signed_text,
    unsigned_text,
    verify_new_key,
)
from nacl.signing import SigningKey

from .errors import Refused
from .grants import read_uuid
from .requests import HASH, SIGNATURE, bad, text

OPENING, REISSUES, SEALING, CLOSING = "Opening", "Reissues", "Sealing", "Closing"
_WRONG = {REISSUES: "register-wrong-entries", SEALING: "register-wrong-sealing", CLOSING: "register-not-closed"}


@dataclass(frozen=True)
class LineRequest:
    """A line to sign: its text without signatures, or, for an opening, its hash alone. `portal` is its signature."""

    uuid: str
    unsigned: str | None
    digest: str
    portal: str


@dataclass(frozen=True)
class _Contest:
    number: int
    uuid: str
    is_closed: bool
    height: int
    head: str


def read_line_request(members: dict[str, Any], *, portal: str) -> LineRequest:
    """Read the members of POST /lines; an opening may come as `digest`, being as long as the roll. Raises Refused."""
    uuid, unsigned = read_uuid(members.get("contest")), members.get("unsigned")
    if "digest" in members:
        digest = text(members, "digest", HASH)
        unsigned = None
    elif type(unsigned) is not str or not unsigned.isascii() or len(unsigned) > LONGEST_LINE:
        raise bad("unsigned")
    else:
        digest = hex_hash(unsigned.encode())
    signature = text(members, "portal", SIGNATURE)
    if not is_signed(key=portal, message=_message(uuid, digest), signature=signature):
        raise Refused("portal-signature-wrong")
    return LineRequest(uuid, unsigned, digest, signature)


def _message(uuid: str, digest: str) -> str:
    """Return line_message of the text whose hash this is."""
    return f"{line_message(uuid=uuid, unsigned='')[:-64]}{digest}"


class LineSigner:
    """Checks lines against the store, and signs them."""

    def __init__(self, *, signing_key: SigningKey, portal: str, limit: int) -> None:
        self._signing_key = signing_key
        self._key = signing_key.verify_key.encode().hex()
        self._portal = portal
        self._limit = limit

    def sign(self, connection: sqlite3.Connection, asked: LineRequest) -> str:
        """Sign a line, or give again the signature of the same line.

        Raises Refused: contest-unknown, other-line-signed, line-refused with the fault in `detail`.
        """
        contest = _contest(connection, asked.uuid)
        height, value = _height(asked)
        signed = connection.execute(
            "SELECT unsigned, signature FROM lines WHERE contest = ? AND height = ?", (contest.number, height)
        ).fetchone()
        if signed is not None:
            if signed[0] != asked.digest:
                raise Refused("other-line-signed", status=409)
            return str(signed[1])
        if height != contest.height + 1:
            raise _refused("register-wrong-height")
        signature = self._signing_key.sign(_message(asked.uuid, asked.digest).encode()).signature.hex()
        kind = OPENING if height == 0 else str(value.get("type"))
        if height == 0:
            head = self._check_opening(connection, contest, asked, signature)
        else:
            self._check(connection, contest, kind, value, asked)
            head = line_hash(signed_text(value, portal=asked.portal, registrar=signature))
        line = (contest.number, height, kind, asked.digest, head, signature)
        connection.execute("INSERT INTO lines VALUES (?, ?, ?, ?, ?, ?)", line)
        _publish(connection, contest, kind, value)
        return signature

    def _check_opening(
        self, connection: sqlite3.Connection, contest: _Contest, asked: LineRequest, signature: str
    ) -> str:
        """Check that an opening is the authority's issue, limit and keys included; return the hash of the signed line."""
        line = opening_line(uuid=contest.uuid, limit=self._limit, portal=self._portal, registrar=self._key, slots=())
        unsigned, published = hashlib.sha256(), hashlib.sha256()
        for piece in _with_slots(connection, contest.number, unsigned_text(line)):
            unsigned.update(piece)
            published.update(piece)
        unsigned.update(b"}")
        if unsigned.hexdigest() != asked.digest:
            raise _refused("register-wrong-opening")
        signatures = jsontext.canonical({"portal": asked.portal, "registrar": signature})
        published.update(f',"signatures":{signatures}}}'.encode())
        return published.hexdigest()

    def _check(
        self, connection: sqlite3.Connection, contest: _Contest, kind: str, value: dict[str, Any], asked: LineRequest
    ) -> None:
        if contest.is_closed or kind not in _WRONG:
            raise _refused("register-misplaced-line")
        if value.get("parent") != contest.head:
            raise _refused("register-wrong-parent")
        is_sealed = _count(connection, "lines WHERE contest = ? AND type = 'Sealing'", contest.number) > 0
        if (kind == SEALING and is_sealed) or (kind == CLOSING and not is_sealed):
            raise _refused("register-misplaced-line")
        if kind == REISSUES:
            expected = _expected_reissues(connection, contest, value)
        elif kind == SEALING:
            expected = _expected_sealing(connection, contest, value)
        else:
            expected = _expected_closing(connection, contest)
        if unsigned_text(expected) != asked.unsigned:
            raise _refused(_WRONG[kind])


def _refused(detail: str) -> Refused:
    return Refused("line-refused", detail=detail)


def _contest(connection: sqlite3.Connection, uuid: str) -> _Contest:
    row = connection.execute("SELECT number, closed FROM contests WHERE uuid = ?", (uuid,)).fetchone()
    if row is None:
        raise Refused("contest-unknown", status=404)
    last = connection.execute(
        "SELECT height, head FROM lines WHERE contest = ? ORDER BY height DESC LIMIT 1", (row[0],)
    ).fetchone()
    return _Contest(row[0], uuid, bool(row[1]), *(last or (-1, "")))


def _height(asked: LineRequest) -> tuple[int, dict[str, Any]]:
    """Return the height of a line and its members; those of an opening are not read, but made again."""
    if asked.unsigned is None:
        return 0, {}
    try:
        value = jsontext.read(asked.unsigned.encode(), limit=LONGEST_LINE)
    except ProtocolError as fault:
        raise _refused(fault.code) from None
    if type(value) is not dict or type(value.get("height")) is not int or value["height"] < 0 or "signatures" in value:
        raise _refused("register-wrong-height")
    return value["height"], value


def _with_slots(connection: sqlite3.Connection, contest: int, empty: str) -> Iterator[bytes]:
    """Give the text of an opening by pieces, its last brace left out; `empty` is that of an opening without slots."""
    yield empty.removesuffix("]}").encode()
    rows = connection.execute("SELECT slot, lower(hex(key)) FROM places WHERE contest = ? ORDER BY slot", (contest,))
    comma = ""
    while some := rows.fetchmany(1000):
        yield (comma + ",".join(f'["{slot}","{key}"]' for slot, key in some)).encode()
        comma = ","
    yield b"]"


def _expected_reissues(connection: sqlite3.Connection, contest: _Contest, value: dict[str, Any]) -> dict[str, Any]:
    """Make the batch again from the entries signed here; a possession is the portal's to give, and is verified."""
    entries = value.get("entries")
    if type(entries) is not list or not entries:
        raise _refused("register-bad-batch")
    expected = []
    for entry in entries:
        if type(entry) is not dict or type(entry.get("slot")) is not str or type(entry.get("generation")) is not int:
            raise _refused("register-bad-batch")
        expected.append(_expected_entry(connection, contest, entry))
    if len({(entry["slot"], entry["generation"]) for entry in expected}) != len(expected):
        raise _refused("two-live-keys")
    _check_order_of_generations(connection, contest, expected)
    try:
        return reissues_line(parent=contest.head, height=contest.height + 1, entries=expected)
    except ValueError:
        raise _refused("register-bad-batch") from None


def _expected_entry(connection: sqlite3.Connection, contest: _Contest, entry: dict[str, Any]) -> dict[str, Any]:
    row = connection.execute(
        "SELECT previous, key, portal, signature FROM entries"
        " WHERE contest = ? AND slot = ? AND generation = ? AND line IS NULL",
        (contest.number, entry["slot"], entry["generation"]),
    ).fetchone()
    if row is None:
        raise _refused("register-wrong-entries")
    slot, generation = entry["slot"], entry["generation"]
    previous, key = (Element.parse_key(raw.hex()) for raw in row[:2])
    message = reissue_message(uuid=contest.uuid, slot=slot, generation=generation, previous=previous, key=key)
    try:
        verify_new_key(key=key, message=message, proof=entry.get("possession"))
    except ProtocolError:
        raise _refused("wrong-reissue-possession") from None
    return {
        "slot": slot, "generation": generation, "key": key.text, "possession": entry["possession"], "portal": row[2],
        "registrar": row[3],
    }  # fmt: skip


def _check_order_of_generations(
    connection: sqlite3.Connection, contest: _Contest, entries: list[dict[str, Any]]
) -> None:
    """Refuse a batch that publishes a generation of a place before the one that it follows."""
    here = {(entry["slot"], entry["generation"]) for entry in entries}
    waiting = "entries WHERE contest = ? AND slot = ? AND generation = ? AND line IS NULL"
    for slot, generation in here:
        before = (slot, generation - 1)
        if before not in here and _count(connection, waiting, contest.number, *before):
            raise _refused("generation-skipped")


def _expected_sealing(connection: sqlite3.Connection, contest: _Contest, value: dict[str, Any]) -> dict[str, Any]:
    fingerprint = value.get("fingerprint")
    if type(fingerprint) is not str or len(fingerprint) != 43:
        raise _refused("register-wrong-fingerprint")
    voters = _count(connection, "places WHERE contest = ?", contest.number)
    if value.get("voters") != voters:
        raise _refused("register-wrong-voters")
    return sealing_line(parent=contest.head, height=contest.height + 1, fingerprint=fingerprint, voters=voters)


def _expected_closing(connection: sqlite3.Connection, contest: _Contest) -> dict[str, Any]:
    if _count(connection, "entries WHERE contest = ? AND line IS NULL", contest.number):
        raise _refused("register-wrong-count")
    return {
        "parent": contest.head, "height": contest.height + 1, "type": CLOSING,
        "credentials": credentials_hash(connection, contest.number),
        "reissues": _count(connection, "entries WHERE contest = ?", contest.number),
    }  # fmt: skip


def credentials_hash(connection: sqlite3.Connection, contest: int) -> str:
    """Return the hash of the credentials record of live keys, which is never in memory whole (contest-record.md §5)."""
    rows = connection.execute(
        "SELECT lower(hex(key)) FROM (SELECT key FROM places WHERE contest = :contest AND NOT EXISTS"
        " (SELECT 1 FROM entries WHERE entries.contest = :contest AND entries.slot = places.slot)"
        " UNION ALL SELECT key FROM entries AS one WHERE contest = :contest AND NOT EXISTS"
        " (SELECT 1 FROM entries AS later WHERE later.contest = :contest AND later.slot = one.slot"
        " AND later.generation > one.generation)) ORDER BY key",
        {"contest": contest},
    )
    digest, comma = hashlib.sha256(b"["), ""
    while some := rows.fetchmany(1000):
        digest.update((comma + ",".join(f'"{key}"' for (key,) in some)).encode())
        comma = ","
    digest.update(b"]")
    return digest.hexdigest()


def _count(connection: sqlite3.Connection, what: str, *values: Any) -> int:
    return int(connection.execute(f"SELECT COUNT(*) FROM {what}", values).fetchone()[0])  # noqa: S608  # Our own text.


def _publish(connection: sqlite3.Connection, contest: _Contest, kind: str, value: dict[str, Any]) -> None:
    """Note what a line that was just signed publishes, or ends."""
    if kind == REISSUES:
        connection.executemany(
            "UPDATE entries SET line = ? WHERE contest = ? AND slot = ? AND generation = ?",
            ((value["height"], contest.number, entry["slot"], entry["generation"]) for entry in value["entries"]),
        )
    elif kind == CLOSING:
        connection.execute("UPDATE contests SET closed = 1 WHERE number = ?", (contest.number,))
