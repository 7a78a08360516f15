"""Signing new keys: all those of a request or none, never two for one generation of a place (reissue.md R4, R5)."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from isoloir_protocol.errors import ElementRefused, ProtocolError
from isoloir_protocol.group import Element
from isoloir_protocol.register import MOST_REISSUES, is_signed, reissue_message, verify_new_key
from isoloir_protocol.register_lines import SLOT
from nacl.signing import SigningKey

from .errors import Refused
from .grants import MOST_PLACES, read_uuid, used_by
from .requests import REQUEST, SIGNATURE, bad, exactly, integer, listed, text

_MEMBERS = ("contest", "slot", "generation", "previous", "key", "possession", "portal")
Signed = list[dict[str, Any]]


@dataclass(frozen=True)
class NewKey:
    """One entry to sign, its form, its proof and the portal's signature checked. Keys are the 32 bytes of their text form."""

    uuid: str
    slot: str
    generation: int
    previous: bytes
    key: bytes
    portal: str
    message: str
    possession: str


def read_entries(members: dict[str, Any], *, portal: str) -> tuple[str, str, list[NewKey]]:
    """Read the request, attempt and entries of POST /entries; `portal` is its public key. Raises Refused.

    Codes: bad-request, possession-wrong, portal-signature-wrong.
    """
    keys = [_read_entry(entry, portal=portal) for entry in listed(members, "entries", MOST_PLACES)]
    if len({key.uuid for key in keys}) != len(keys):
        raise bad("entries")
    return text(members, "request", REQUEST), text(members, "attempt", REQUEST), keys


def _read_entry(entry: Any, *, portal: str) -> NewKey:
    members = exactly(entry, "entries", _MEMBERS)
    uuid, slot = read_uuid(members["contest"]), text(members, "slot", SLOT)
    generation = integer(members, "generation", 1, MOST_REISSUES)
    previous, key = _element(members, "previous"), _element(members, "key")
    message = reissue_message(uuid=uuid, slot=slot, generation=generation, previous=previous, key=key)
    signature = text(members, "portal", SIGNATURE)
    if not is_signed(key=portal, message=message, signature=signature):
        raise Refused("portal-signature-wrong")
    try:
        verify_new_key(key=key, message=message, proof=members["possession"])
    except ProtocolError:
        raise Refused("possession-wrong") from None
    possession = json.dumps(members["possession"])
    return NewKey(
        uuid, slot, generation, bytes.fromhex(previous.text), bytes.fromhex(key.text), signature, message, possession
    )


def _element(members: dict[str, Any], name: str) -> Element:
    try:
        return Element.parse_key(members[name])
    except ElementRefused:
        raise bad(name) from None


def sign_keys(
    connection: sqlite3.Connection, request: str, keys: Sequence[NewKey], *, attempt: str, signing_key: SigningKey,
    limit: int, at: float,
) -> Signed:  # fmt: skip
    """Sign all the entries of an attempt under a grant; the same again gives the same again.

    Raises Refused: grant-unknown, grant-expired, grant-used (by another attempt, or for other keys), attempt-cancelled,
    limit-reached, contest-unknown, contest-closed, not-own-place, generation-wrong, previous-wrong, already-signed, key-used.
    """
    person, expires_at, signed = _grant(connection, request)
    if _is_cancelled(connection, request, attempt):
        raise Refused("attempt-cancelled", status=409)
    if signed:
        if signed != attempt:
            raise Refused("grant-used", status=409)
        return _signed_again(connection, request, keys)
    if at > expires_at:
        raise Refused("grant-expired")
    used = used_by(connection, person)
    if used >= limit:
        raise Refused("limit-reached")
    for position, key in enumerate(keys):
        number = _check_entry(connection, request, key, limit=limit)
        signature = signing_key.sign(key.message.encode("ascii")).signature.hex()
        _write_entry(connection, key, number=number, signature=signature)
        connection.execute(
            "UPDATE grant_places SET position = ?, generation = ? WHERE request = ? AND contest = ? AND slot = ?",
            (position, key.generation, request, number, key.slot),
        )
    connection.execute("UPDATE grants SET signed = ? WHERE request = ?", (attempt, request))
    connection.execute("UPDATE people SET used = ? WHERE person = ?", (used + 1, person))
    return signed_under(connection, request)


def cancel(connection: sqlite3.Connection, request: str, *, attempt: str | None) -> Signed | None:
    """Return what was signed under a grant, by whatever attempt; else None: this attempt never will be.

    Without an attempt, the grant signs none any more. It is written down for ever: a request to sign may be on its way,
    and bears the hour at which it left, which tells nothing of when its keys were read. Raises Refused (grant-unknown,
    contest-closed once the answer was erased).
    """
    _, _, signed = _grant(connection, request)
    if signed:
        return signed_under(connection, request)
    connection.execute("INSERT OR IGNORE INTO cancelled VALUES (?, ?)", (request, attempt or ""))
    return None


def _is_cancelled(connection: sqlite3.Connection, request: str, attempt: str) -> bool:
    found = "SELECT 1 FROM cancelled WHERE request = ? AND attempt IN (?, '')"
    return connection.execute(found, (request, attempt)).fetchone() is not None


def signed_under(connection: sqlite3.Connection, request: str) -> Signed:
    """Return the entries signed under a grant, whole, in the order in which they were asked.

    The portal may have lost what it asked for: with these it publishes what was signed.
    """
    rows = connection.execute(
        "SELECT uuid, entries.slot, entries.generation, lower(hex(previous)), lower(hex(key)), possession, portal,"
        " signature FROM grant_places"
        " JOIN entries USING (contest, slot, generation) JOIN contests ON number = contest"
        " WHERE request = ? ORDER BY position",
        (request,),
    ).fetchall()
    if not rows:
        raise Refused("contest-closed", status=409)
    names = ("contest", "slot", "generation", "previous", "key", "possession", "portal", "signature")
    signed = [dict(zip(names, row, strict=True)) for row in rows]
    return [{**entry, "possession": json.loads(entry["possession"])} for entry in signed]


def live_key(connection: sqlite3.Connection, contest: int, slot: str) -> tuple[int, bytes]:
    """Return the highest generation of a place and its key."""
    row = connection.execute(
        "SELECT generation, key FROM entries WHERE contest = ? AND slot = ? ORDER BY generation DESC LIMIT 1",
        (contest, slot),
    ).fetchone()
    if row is None:
        place = (contest, slot)
        row = (0, *connection.execute("SELECT key FROM places WHERE contest = ? AND slot = ?", place).fetchone())
    return row[0], row[1]


def _grant(connection: sqlite3.Connection, request: str) -> tuple[bytes, float, str]:
    row = connection.execute("SELECT person, expires_at, signed FROM grants WHERE request = ?", (request,)).fetchone()
    if row is None:
        raise Refused("grant-unknown", status=404)
    return row[0], row[1], row[2]


def _signed_again(connection: sqlite3.Connection, request: str, keys: Sequence[NewKey]) -> Signed:
    """Return the answer given before, when the entries are the same."""
    signed = signed_under(connection, request)
    before = {(one["contest"], one["slot"], one["generation"], one["key"]) for one in signed}
    if {(key.uuid, key.slot, key.generation, key.key.hex()) for key in keys} != before:
        raise Refused("grant-used", status=409)
    return signed


def _check_entry(connection: sqlite3.Connection, request: str, key: NewKey, *, limit: int) -> int:
    """Check an entry against the store; return the number of its contest."""
    contest = connection.execute("SELECT number, closed FROM contests WHERE uuid = ?", (key.uuid,)).fetchone()
    if contest is None:
        raise Refused("contest-unknown", status=404)
    if contest[1]:
        raise Refused("contest-closed", status=409)
    number: int = contest[0]
    granted = "SELECT 1 FROM grant_places WHERE request = ? AND contest = ? AND slot = ?"
    if connection.execute(granted, (request, number, key.slot)).fetchone() is None:
        raise Refused("not-own-place")
    generation, live = live_key(connection, number, key.slot)
    if key.generation <= generation:
        raise Refused("already-signed", status=409)
    if key.generation > limit:
        raise Refused("limit-reached")
    if key.generation != generation + 1:
        raise Refused("generation-wrong", status=409)
    if key.previous != live:
        raise Refused("previous-wrong", status=409)
    for used in (
        "SELECT 1 FROM places WHERE contest = ? AND key = ?",
        "SELECT 1 FROM entries WHERE contest = ? AND key = ?",
    ):
        if connection.execute(used, (number, key.key)).fetchone() is not None:
            raise Refused("key-used", status=409)
    return number


def _write_entry(connection: sqlite3.Connection, key: NewKey, *, number: int, signature: str) -> None:
    connection.execute(
        "INSERT INTO entries (contest, slot, generation, previous, key, possession, portal, signature)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (number, key.slot, key.generation, key.previous, key.key, key.possession, key.portal, signature),
    )
