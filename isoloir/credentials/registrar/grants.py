"""Grants: the right of one person to have new keys signed once, for places that are hers, for a limited time."""

import hashlib
import hmac
import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from isoloir_protocol.credentials import check_uuid
from isoloir_protocol.errors import CredentialRefused
from isoloir_protocol.register_lines import SLOT

from .errors import Refused
from .evidence import Evidence, check_pace, forget_failures, known_of, matches, note_failure
from .requests import POLICY, REFERENCE, REQUEST, bad, listed, text

MOST_PLACES = 64
_LONGEST_SEEN = 24 * 3600.0


@dataclass(frozen=True)
class GrantRequest:
    """What is asked, its form checked: places are (uuid of the contest, slot), one for each contest."""

    request: str
    voter: str
    policy: str
    places: tuple[tuple[str, str], ...]

    @property
    def asked(self) -> bytes:
        """Return a hash of who asks for what: the same request asked again is known by it."""
        content = json.dumps([self.voter, self.policy, self.places], ensure_ascii=False)
        return hashlib.sha256(content.encode()).digest()


def read_grant_request(members: dict[str, Any]) -> GrantRequest:
    """Read the members of POST /grants but the evidence. Raises Refused (bad-request)."""
    places = []
    for place in listed(members, "places", MOST_PLACES):
        if type(place) is not list or len(place) != 2:
            raise bad("places")
        places.append((read_uuid(place[0]), text({"slot": place[1]}, "slot", SLOT)))
    if len({uuid for uuid, _ in places}) != len(places):
        raise bad("places")
    return GrantRequest(
        request=text(members, "request", REQUEST), voter=text(members, "voter", REFERENCE),
        policy=text(members, "policy", POLICY), places=tuple(sorted(places)),
    )  # fmt: skip


def read_uuid(value: Any) -> str:
    """Check the form of a contest's identifier. Raises Refused."""
    try:
        return check_uuid(value)
    except CredentialRefused:
        raise bad("contest") from None


def person_tag(tag_key: bytes, reference: str) -> bytes:
    """Return what a person is called in the store (docs/specification/reissue.md R5)."""
    return hmac.digest(tag_key, f"person|{reference}".encode(), "sha256")


def place_tag(tag_key: bytes, reference: str, uuid: str, slot: str) -> bytes:
    """Return what ties a place to its person, to who has the tag key."""
    return hmac.digest(tag_key, f"{reference}|{uuid}|{slot}".encode(), "sha256")


def is_granted(connection: sqlite3.Connection, asked: GrantRequest) -> bool:
    """Tell whether this very request was granted before. Raises Refused (request-used) when another was, under its name."""
    row = connection.execute("SELECT asked FROM grants WHERE request = ?", (asked.request,)).fetchone()
    if row is not None and not hmac.compare_digest(row[0], asked.asked):
        raise Refused("request-used", status=409)
    return row is not None


def give_grant(
    connection: sqlite3.Connection, asked: GrantRequest, evidence: Evidence, *, tag_key: bytes, limit: int, until: float,
    at: float,
) -> Refused | None:  # fmt: skip
    """Write the grant down, or return why not: a wrong try is written down too, so it is no exception that undoes it.

    Raises Refused (slow-down).
    """
    person = person_tag(tag_key, asked.voter)
    check_pace(connection, person, at=at)
    is_stale = _is_seen_again(connection, evidence, at=at)
    if not matches(evidence, known_of(connection, person)) or is_stale:
        note_failure(connection, person, at=at)
        return Refused("evidence-refused")
    forget_failures(connection, person)
    if used_by(connection, person) >= limit:
        return Refused("limit-reached")
    numbers = []
    for uuid, slot in asked.places:
        number = _own_place(connection, uuid, slot, place_tag(tag_key, asked.voter, uuid, slot))
        if isinstance(number, Refused):
            return number
        numbers.append((asked.request, number, slot))
    connection.execute(
        "INSERT INTO grants (request, person, asked, policy, expires_at) VALUES (?, ?, ?, ?, ?)",
        (asked.request, person, asked.asked, asked.policy, until),
    )
    connection.executemany("INSERT INTO grant_places (request, contest, slot) VALUES (?, ?, ?)", numbers)
    return None


def used_by(connection: sqlite3.Connection, person: bytes) -> int:
    """Return how many times this person's keys were signed."""
    row = connection.execute("SELECT used FROM people WHERE person = ?", (person,)).fetchone()
    return row[0] if row else 0


def _own_place(connection: sqlite3.Connection, uuid: str, slot: str, tag: bytes) -> int | Refused:
    """Return the number of the contest when the place is this person's."""
    contest = connection.execute("SELECT number, closed FROM contests WHERE uuid = ?", (uuid,)).fetchone()
    if contest is None:
        return Refused("contest-unknown", status=404)
    if contest[1]:
        return Refused("contest-closed", status=409)
    row = connection.execute("SELECT tag FROM places WHERE contest = ? AND slot = ?", (contest[0], slot)).fetchone()
    if row is None or not hmac.compare_digest(row[0] or b"", tag):
        return Refused("not-own-place")
    return int(contest[0])


def _is_seen_again(connection: sqlite3.Connection, evidence: Evidence, *, at: float) -> bool:
    """Note the token of FranceConnect, and tell whether it had served already: it does once, even for a request refused."""
    if evidence.civil is None:
        return False
    connection.execute("DELETE FROM tokens WHERE seen_at < ?", (at - _LONGEST_SEEN,))
    noted = connection.execute("INSERT OR IGNORE INTO tokens VALUES (?, ?)", (evidence.civil.token, at))
    return noted.rowcount == 0
