"""Evidence, checked by the registrar alone: against its own keyed hashes, in constant time, at a pace per person.

Whoever asks learns « no » and nothing else: not which part was wrong, nor whether the person is known. There is no lock-out:
the wait doubles up to a quarter of an hour, and ends.
"""

import hmac
import math
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from isoloir.credentials.identifiers import (
    IdentifierUnreadable,
    keyed_hash,
    normalise_birth_date,
    normalise_nir,
    normalise_numen,
)

from .configuration import KINDS, Configuration
from .errors import Refused
from .franceconnect import ProvedCivilIdentity, TokenReader
from .requests import bad

_NORMALISE = {"numen": normalise_numen, "nir": normalise_nir, "birth_date": normalise_birth_date}
_COLUMNS = ("numen", "nir", "birth_date", "identity", "identity_with_place")
_NOBODY = "0" * 64
_LONGEST_TEXT = 64
# Wrong answers that cost nothing, the longest wait, and after how long failures are forgotten (seconds).
FREE_FAILURES = 2
LONGEST_WAIT = 900.0
FORGOTTEN_AFTER = 24 * 3600.0


@dataclass(frozen=True)
class Evidence:
    """What was given for a person: hashes to compare, by column; the civil identity; whether it can be enough at all.

    A text without its form is kept as a hash of nothing: it is wrong as any other.
    """

    hashes: Mapping[str, str]
    civil: ProvedCivilIdentity | None
    is_enough: bool


class EvidenceReader:
    """Turns what the portal sends into hashes under the registrar's own pepper."""

    def __init__(self, configuration: Configuration, pepper: bytes, tokens: TokenReader | None) -> None:
        self._configuration = configuration
        self._pepper = pepper
        self._tokens = tokens

    def read(self, given: Any, *, voter: str, policy: str, at: float) -> Evidence:
        """Read the evidence given for a voter who takes this policy. Raises Refused (bad-request), Unavailable."""
        if type(given) is not dict or not given or not set(given) <= KINDS | {"challenge"}:
            raise bad("evidence")
        kinds = frozenset(given) - {"challenge"}
        hashes = {kind: self._hash(kind, given[kind], voter) for kind in sorted(kinds - {"franceconnect"})}
        civil = None
        is_enough = self._configuration.accepts(policy, kinds)
        if "franceconnect" in kinds:
            civil = self._tokens.read(given["franceconnect"], at=at) if self._tokens else None
            is_enough = is_enough and civil is not None
            if civil is not None:
                hashes |= self._identity(civil, voter)
        return Evidence(hashes, civil, is_enough)

    def _hash(self, kind: str, text: Any, voter: str) -> str:
        if type(text) is not str or len(text) > _LONGEST_TEXT:
            raise bad("evidence")
        try:
            normal = _NORMALISE[kind](text)
        except IdentifierUnreadable:
            return _NOBODY
        return keyed_hash(self._pepper, kind=kind, reference=voter, text=normal)

    def _identity(self, civil: ProvedCivilIdentity, voter: str) -> dict[str, str]:
        texts = {"identity": civil.identity, "identity_with_place": civil.identity_with_place}
        return {
            kind: keyed_hash(self._pepper, kind=kind, reference=voter, text=text)
            for kind, text in texts.items()
            if text
        }


def matches(evidence: Evidence, known: Mapping[str, str]) -> int:
    """Return 1 when every part is right and they are enough, 0 otherwise, in the same time whichever is wrong.

    The place of birth counts when both sides know it; what is not known of a person is never right.
    """
    right = 1 if evidence.is_enough else 0
    for kind, given in evidence.hashes.items():
        kept = known.get(kind, "")
        same = int(hmac.compare_digest(given, kept or _NOBODY)) & int(bool(kept)) & int(given != _NOBODY)
        if kind == "identity_with_place" and not kept:
            # Known to FranceConnect alone: the identity without place decides.
            same = 1
        right &= same
    return right


def known_of(connection: sqlite3.Connection, person: bytes) -> dict[str, str]:
    """Return the hashes kept of a person, all empty for somebody unknown."""
    row = connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM people WHERE person = ?", (person,)).fetchone()  # noqa: S608
    return dict(zip(_COLUMNS, row or ("",) * len(_COLUMNS), strict=True))


def check_pace(connection: sqlite3.Connection, person: bytes, *, at: float) -> None:
    """Raises Refused (slow-down) while this person's next try is not due; asking meanwhile does not prolong the wait."""
    row = connection.execute("SELECT next_at FROM failures WHERE person = ?", (person,)).fetchone()
    if row is not None and at < row[0] <= at + LONGEST_WAIT:
        raise Refused("slow-down", status=429, seconds=math.ceil(row[0] - at))


def note_failure(connection: sqlite3.Connection, person: bytes, *, at: float) -> None:
    """Count a wrong try, of somebody known or not."""
    row = connection.execute("SELECT count, last_at FROM failures WHERE person = ?", (person,)).fetchone()
    count = 1 if row is None or at - row[1] > FORGOTTEN_AFTER else row[0] + 1
    wait = 0.0 if count <= FREE_FAILURES else min(2.0 ** min(count - FREE_FAILURES, 20), LONGEST_WAIT)
    connection.execute("INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?)", (person, count, at, at + wait))


def forget_failures(connection: sqlite3.Connection, person: bytes) -> None:
    """Forget a person's wrong tries: the right evidence came."""
    connection.execute("DELETE FROM failures WHERE person = ?", (person,))
