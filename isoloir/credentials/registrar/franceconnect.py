"""FranceConnect's signed tokens, verified here without asking the portal what they say.

OpenID Connect Core 1.0 §3.1.3.7; the tokens serve once, within minutes of the visit. Claims are compared and forgotten.
"""

import hashlib
import json
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from isoloir.credentials.identifiers import IdentifierUnreadable, identity_of_claims
from isoloir.identity.faults import ProviderFault
from isoloir.identity.oidc_tokens import (
    ALGORITHMS,
    Expected,
    Keys,
    UnknownKey,
    check_addressed,
    check_identity_token,
    open_token,
    read_keys,
    subject_of,
)

from .configuration import FranceConnect
from .errors import Unavailable
from .requests import exactly

# How long a key set is believed, and how soon it may be asked for again because a token names another key.
_KNOWN_FOR_SECONDS, _ASKED_AGAIN_AFTER_SECONDS = 3600.0, 30.0
_FETCHED_WITHIN_SECONDS = 3.0
_LONGEST_KEY_SET = 64 * 1024
_LONGEST_TOKEN = 16 * 1024


class ProvedCivilIdentity:
    """What the tokens prove: identity without and with place (the latter may be empty), and which token it was."""

    def __init__(self, identity: str, identity_with_place: str, token: bytes) -> None:
        self.identity = identity
        self.identity_with_place = identity_with_place
        self.token = token


class TokenReader:
    """Verifies the tokens of one provider; keeps its key set for an hour. Safe to share between threads."""

    def __init__(self, provider: FranceConnect, *, transport: httpx.BaseTransport | None = None) -> None:
        self._provider = provider
        self._transport = transport
        self._fetching = threading.Lock()
        self._keys: Keys = {}
        self._fetched_at: float | None = None

    def read(self, evidence: Any, *, at: float) -> ProvedCivilIdentity | None:
        """Return what id_token and userinfo prove at this instant (seconds since 1970), None when they prove nothing.

        Raises Refused when the evidence is not three texts, Unavailable when the provider's keys cannot be had.
        """
        members = exactly(evidence, "franceconnect", ("id_token", "userinfo", "nonce"))
        tokens = [members[name] for name in ("id_token", "userinfo", "nonce")]
        if not all(type(token) is str and 0 < len(token) <= _LONGEST_TOKEN and token.isascii() for token in tokens):
            return None
        try:
            claims = self._claims(*tokens, at=datetime.fromtimestamp(at, UTC))
            without, with_place = identity_of_claims(claims)
        except (ProviderFault, IdentifierUnreadable):
            return None
        # What is signed, and not the whole token: a signature of ES256 has a twin that is right too.
        signed = tokens[0].rpartition(".")[0]
        return ProvedCivilIdentity(without, with_place, hashlib.sha256(signed.encode()).digest())

    def _claims(self, id_token: str, userinfo: str, nonce: str, *, at: datetime) -> Mapping[str, Any]:
        provider = self._provider
        expected = Expected(issuer=provider.issuer, client_id=provider.client_id, nonce=nonce, acr=provider.acr)
        subject = check_identity_token(self._opened(id_token), expected=expected, at=at)
        claims = self._opened(userinfo)
        check_addressed(claims, expected=expected)
        if subject_of(claims) != subject:
            raise ProviderFault("subject")
        return claims

    def _opened(self, token: str) -> dict[str, Any]:
        try:
            return open_token(token, keys=self._known_keys(older_than=_KNOWN_FOR_SECONDS), algorithms=ALGORITHMS)
        except UnknownKey:
            keys = self._known_keys(older_than=_ASKED_AGAIN_AFTER_SECONDS)
            return open_token(token, keys=keys, algorithms=ALGORITHMS)

    def _known_keys(self, *, older_than: float) -> Keys:
        with self._fetching:
            if self._fetched_at is None or time.monotonic() - self._fetched_at > older_than:
                try:
                    self._keys = read_keys(self._key_set())
                except ProviderFault:
                    raise Unavailable("the provider's keys") from None
                self._fetched_at = time.monotonic()
            return self._keys

    def _key_set(self) -> Mapping[str, Any]:
        place = self._provider.jwks
        raw = self._fetched(place) if place.startswith("https://") else _file(place)
        try:
            members = json.loads(raw)
        except (ValueError, RecursionError):
            raise Unavailable("the provider's keys") from None
        return members if isinstance(members, dict) else {}

    def _fetched(self, address: str) -> bytes:
        try:
            with (
                httpx.Client(
                    transport=self._transport, timeout=_FETCHED_WITHIN_SECONDS, follow_redirects=False
                ) as client,
                client.stream("GET", address, headers={"Accept-Encoding": "identity"}) as response,
            ):
                body = bytearray()
                for piece in response.iter_bytes():
                    body += piece
                    if len(body) > _LONGEST_KEY_SET:
                        raise Unavailable("the provider's keys")
                if response.status_code != 200:
                    raise Unavailable("the provider's keys")
                return bytes(body)
        except httpx.HTTPError:
            raise Unavailable("the provider's keys") from None


def _file(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:
        raise Unavailable("the provider's keys") from None
