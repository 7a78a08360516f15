"""The registrar at work: one request in, one decision out, on the disk before it is told."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nacl.signing import SigningKey

from .configuration import Configuration
from .entries import cancel, read_entries, sign_keys
from .erasure import erase_what_is_closed
from .errors import Refused
from .evidence import EvidenceReader, check_pace
from .files import EVIDENCE_PEPPER, SIGNING_KEY, TAG_KEY, read_secret, read_secret_if_there
from .franceconnect import TokenReader
from .grants import give_grant, is_granted, person_tag, read_grant_request
from .lines import LineSigner, read_line_request
from .requests import REQUEST, exactly, integer, text
from .store import Store

Members = dict[str, Any]
Clock = Callable[[], float]
# How far a request's hour may be from ours, in seconds: the clocks' difference and a busy day. It keeps old requests out;
# what was cancelled is known by its attempt, not by an hour.
_FRESH_WITHIN = 120.0
_MICROSECONDS = 1_000_000


class Service:
    """A store being served. `clock` gives seconds since 1970, for grants, waits and tokens; requests' age is real time.

    Safe to share between threads; one process serves a store.
    """

    def __init__(self, directory: Path, *, clock: Clock = time.time) -> None:
        """Raises StoreRefused."""
        self._directory = directory
        self._clock = clock
        self.configuration = Configuration.read(directory)
        self._store = Store(directory)
        self._signing_key = SigningKey(read_secret(directory, SIGNING_KEY))
        provider = self.configuration.franceconnect
        self._tokens = TokenReader(provider) if provider else None
        self._lines = LineSigner(
            signing_key=self._signing_key, portal=self.configuration.portal, limit=self.configuration.limit
        )
        self._acts: Mapping[str, tuple[tuple[str, ...], Callable[[Members], Members]]] = {
            "/grants": (("request", "voter", "policy", "evidence", "places"), self._grant),
            "/entries": (("request", "attempt", "entries"), self._sign_entries),
            "/cancel": (("request", "attempt"), self._cancel),
        }

    @property
    def key(self) -> str:
        """The registrar's public key, in hex."""
        return self._signing_key.verify_key.encode().hex()

    def sign(self, message: bytes) -> str:
        """Sign an answer."""
        return self._signing_key.sign(message).signature.hex()

    def answer(self, path: str, members: Members) -> Members:
        """Decide on a request whose signature was checked. Raises Refused, Unavailable."""
        sent = integer(members, "sent", 0, 2**62)
        if abs(time.time() - sent / _MICROSECONDS) > _FRESH_WITHIN:
            raise Refused("stale", status=409)
        if path == "/lines":
            kind = "digest" if "digest" in members else "unsigned"
            return self._sign_line(exactly(members, "body", ("sent", "contest", kind, "portal")))
        expected, act = self._acts[path]
        return act(exactly(members, "body", ("sent", *expected)))

    def tidy(self) -> bool:
        """Erase what closed contests leave; return whether everything is closed. Raises Unavailable."""
        return erase_what_is_closed(self._store, self._directory)

    def close(self) -> None:
        """Let go of the database."""
        self._store.close()

    def _grant(self, members: Members) -> Members:
        asked = read_grant_request(members)
        tag_key = read_secret_if_there(self._directory, TAG_KEY)
        pepper = read_secret_if_there(self._directory, EVIDENCE_PEPPER)
        if tag_key is None or pepper is None:
            raise Refused("contest-closed", status=409)
        now = self._clock()
        with self._store.reading() as connection:
            if is_granted(connection, asked):
                return {}
            # Before tokens are verified, which costs more than being asked.
            check_pace(connection, person_tag(tag_key, asked.voter), at=now)
        reader = EvidenceReader(self.configuration, pepper, self._tokens)
        evidence = reader.read(members["evidence"], voter=asked.voter, policy=asked.policy, at=now)
        with self._store.writing() as connection:
            if is_granted(connection, asked):
                return {}
            refusal = give_grant(
                connection, asked, evidence, tag_key=tag_key, limit=self.configuration.limit,
                until=now + self.configuration.grant_hours * 3600, at=now,
            )  # fmt: skip
        if refusal is not None:
            raise refusal
        return {}

    def _sign_entries(self, members: Members) -> Members:
        request, attempt, keys = read_entries(members, portal=self.configuration.portal)
        with self._store.writing() as connection:
            signed = sign_keys(
                connection, request, keys, attempt=attempt, signing_key=self._signing_key,
                limit=self.configuration.limit, at=self._clock(),
            )  # fmt: skip
        return {"signed": signed}

    def _cancel(self, members: Members) -> Members:
        request = text(members, "request", REQUEST)
        attempt = None if members["attempt"] is None else text(members, "attempt", REQUEST)
        with self._store.writing() as connection:
            return {"signed": cancel(connection, request, attempt=attempt)}

    def _sign_line(self, members: Members) -> Members:
        asked = read_line_request(members, portal=self.configuration.portal)
        with self._store.writing() as connection:
            return {"signature": self._lines.sign(connection, asked)}
