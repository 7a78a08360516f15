"""The portal's side of the credential authority's on-line service (docs/specification/reissue.md, docs/runbooks/registrar.md).

Each request is signed with the portal's key and says when it was sent; each answer must be signed by the registrar, for
that very request. Evidence passes through and stays nowhere here: it is in no log and in no exception.
"""

import hmac
import json
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from functools import cache
from typing import Any, TypedDict
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from isoloir_protocol.errors import ProtocolError
from isoloir_protocol.group import Element
from isoloir_protocol.register import line_message, reissue_message
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from isoloir.common.secretfiles import ensure_secret

from .registrar.requests import REQUEST, exchange_text
from .registrar_rest import Gate, Resting

logger = logging.getLogger(__name__)

# The portal's Ed25519 key for registers: 32 bytes, made at first use (setting SECRETS_DIR).
PORTAL_KEY_FILE = "register-key"
# While a voter waits: every thread that waits here is one that receives no ballot.
_CONNECTS_WITHIN, _ANSWERS_WITHIN = 1.0, 4.0
# An opening, a closing: a million keys are read, and sorted.
_SIGNS_A_LINE_WITHIN = 120.0
# The key of the names under which the registrar knows requests: destroyed with the last link key.
GRANT_KEY_FILE = "grant-key"
# An answer holds a few signatures; an unsigned line goes out, and does not come back.
_LONGEST_ANSWER = 256 * 1024
_SIGNATURE = "X-Isoloir-Signature"


class RegistrarAway(Exception):
    """The registrar did not answer, or what answered is not it: nothing is known of what it did."""


class RegistrarRefused(Exception):
    """The registrar answered no.

    `code` is evidence-refused, slow-down (ask again after `seconds`), limit-reached, not-own-place, grant-unknown,
    grant-expired, request-used, grant-used, generation-wrong, previous-wrong, key-used, already-signed, possession-wrong,
    portal-signature-wrong, attempt-cancelled, contest-unknown, contest-closed, line-refused, other-line-signed, bad-request, not-portal, stale.
    `detail` is the fault of the register's specification when the code is line-refused.
    """

    def __init__(self, code: str, seconds: int = 0, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code = code
        self.seconds = seconds
        self.detail = detail


class Entry(TypedDict):
    """One new key to be signed: its place, its generation, the key it follows, its proof, the portal's signature (hex)."""

    contest: str
    slot: str
    generation: int
    previous: str
    key: str
    possession: Mapping[str, str]
    portal: str


class SignedEntry(Entry):
    """An entry as the registrar keeps it, with its own signature (hex)."""

    registrar: str


def portal_signing_key() -> SigningKey:
    """Return the portal's key for registers, made from the system's randomness at first use."""
    return SigningKey(ensure_secret(PORTAL_KEY_FILE, size=32))


class Registrar:
    """The registrar at `url`, whose Ed25519 public key is `key` (hex). Safe to share between threads."""

    def __init__(
        self, *, url: str, key: str, signing_key: SigningKey, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._key = VerifyKey(bytes.fromhex(key))
        self._signing_key = signing_key
        loopback = _is_loopback(url)
        self._client = httpx.Client(base_url=url, transport=transport, follow_redirects=False, trust_env=not loopback)
        self._gate = Gate()

    @property
    def key(self) -> str:
        """The registrar's public key as hex of RFC 8032's bytes, as in the Opening line."""
        return self._key.encode().hex()

    def ask_grant(
        self,
        *,
        request: str,
        voter: str,
        policy: str,
        evidence: Mapping[str, Any],
        places: Sequence[tuple[str, str]],
    ) -> None:
        """Have the registrar check the evidence by itself, and allow new keys for these (contest, slot) of this voter.

        `request` is 32 hex digits drawn by the portal (Reissue.grant); asking again with the same is harmless. `voter` is
        the reference of the roll. Raises RegistrarRefused (evidence-refused, slow-down with its seconds, limit-reached,
        not-own-place), RegistrarAway.
        """
        self._ask("/grants", {
            "request": request, "voter": voter, "policy": policy, "evidence": dict(evidence),
            "places": [list(place) for place in places],
        })  # fmt: skip

    def sign_entries(self, *, request: str, attempt: str, entries: Sequence[Entry]) -> list[str]:
        """Return the registrar's signature (hex) of each entry, in their order: all of them, or none is signed.

        `attempt` is 32 hex digits drawn for these entries; they may be asked again at will under it, until it is
        cancelled (RegistrarRefused attempt-cancelled, however late this request arrives). Raises RegistrarRefused, RegistrarAway; after RegistrarAway nobody
        knows whether they were signed: `cancel` tells.
        """
        members = {"request": request, "attempt": attempt, "entries": [dict(entry) for entry in entries]}
        answer = self._ask("/entries", members)
        return self._signatures_of(answer, entries)

    def cancel(self, *, request: str, attempt: str | None) -> list[SignedEntry] | None:
        """Learn how `sign_entries` ended, and have it end: all that was signed under the grant, None if this never will be.

        What was signed comes whole, checked, in the order in which it was asked, under whatever attempt. After None, others
        may be signed under the same grant; without an attempt, none. Raises RegistrarRefused (grant-unknown), RegistrarAway.
        """
        answer = self._ask("/cancel", {"request": request, "attempt": attempt})
        if answer.get("signed") is None:
            return None
        return [self._signed_entry(item) for item in _list(answer["signed"])]

    def sign_line(self, *, contest: str, unsigned: str) -> str:
        """Return the registrar's signature (hex) of a line of the register, from its canonical text without signatures.

        Raises RegistrarRefused (line-refused with its `detail`, other-line-signed), RegistrarAway.
        """
        message = line_message(uuid=contest, unsigned=unsigned).encode("ascii")
        # An opening is as long as the roll, and the registrar makes it anew from its own store: its hash is enough.
        digest = {"digest": message[-64:].decode()} if unsigned.startswith('{"height":0,') else {"unsigned": unsigned}
        portal = self._signing_key.sign(message).signature.hex()
        answer = self._ask("/lines", {"contest": contest, **digest, "portal": portal}, within=_SIGNS_A_LINE_WITHIN)
        signature = _text(answer, "signature")
        self._check(message, signature)
        return signature

    def fetch_key(self) -> str:
        """Ask the running registrar for its public key: whether it is there, and is the one that is configured.

        Raises RegistrarAway.
        """
        return _text(self._call("GET", "/key", b""), "key")

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _signatures_of(self, answer: Mapping[str, Any], entries: Sequence[Entry]) -> list[str]:
        """Sort out the answer's signatures by entry, and check each. Raises RegistrarRefused, RegistrarAway."""
        signed = {}
        for item in _list(answer.get("signed")):
            place = (_text(item, "contest"), _text(item, "slot"), item.get("generation"), _text(item, "key"))
            signed[place] = _text(item, "signature")
        signatures = []
        for entry in entries:
            signature = signed.get((entry["contest"], entry["slot"], entry["generation"], entry["key"]))
            if signature is None or len(signed) != len(entries):
                raise RegistrarRefused("already-signed")
            self._check(_entry_text(entry).encode(), signature)
            signatures.append(signature)
        return signatures

    def _signed_entry(self, item: Mapping[str, Any]) -> SignedEntry:
        """Read a whole entry of the answer, and check the registrar's signature. Raises RegistrarAway."""
        generation, possession = item.get("generation"), item.get("possession")
        if type(generation) is not int or not isinstance(possession, dict):
            raise RegistrarAway("malformed answer")
        entry = SignedEntry(
            contest=_text(item, "contest"), slot=_text(item, "slot"), generation=generation,
            previous=_text(item, "previous"), key=_text(item, "key"), possession=possession,
            portal=_text(item, "portal"), registrar=_text(item, "signature"),
        )  # fmt: skip
        try:
            message = _entry_text(entry)
        except ProtocolError:
            raise RegistrarAway("malformed answer") from None
        self._check(message.encode(), entry["registrar"])
        return entry

    def _check(self, message: bytes, signature: str) -> None:
        try:
            self._key.verify(message, bytes.fromhex(signature))
        except (BadSignatureError, ValueError):
            logger.error("registrar: a signature in its answer is wrong")  # noqa: TRY400  # The trace says no more.
            raise RegistrarAway("wrong signature") from None

    def _ask(self, path: str, members: Mapping[str, Any], *, within: float = _ANSWERS_WITHIN) -> dict[str, Any]:
        if REQUEST.fullmatch(str(members.get("request", ""))):
            members = {**members, "request": _grant_name(str(members["request"]))}
        # Real time, whatever this installation's clock: it orders requests and refuses old ones.
        body = json.dumps({"sent": time.time_ns() // 1000, **members}, ensure_ascii=False, separators=(",", ":"))
        return self._call("POST", path, body.encode(), within=within)

    def _call(self, method: str, path: str, body: bytes, *, within: float = _ANSWERS_WITHIN) -> dict[str, Any]:
        signature = self._signing_key.sign(exchange_text(path, body).encode()).signature.hex()
        headers = {_SIGNATURE: signature, "Content-Type": "application/json", "Accept-Encoding": "identity"}
        request = self._client.build_request(
            method, path, content=body, headers=headers, timeout=httpx.Timeout(within, connect=_CONNECTS_WITHIN)
        )
        # Lines are the worker's: it waits long, alone. Its key is asked when a person wants to know whether it is there.
        is_patient = path in ("/lines", "/key")
        try:
            with nullcontext() if is_patient else self._gate.turn():
                response = self._sent(request)
        except Resting as resting:
            raise RegistrarAway(str(resting)) from None
        except (httpx.HTTPError, httpx.InvalidURL) as trouble:
            if isinstance(trouble, httpx.TimeoutException):
                self._gate.rest()
            # The library's exception holds the request, hence the evidence: only its kind is kept.
            raise RegistrarAway(type(trouble).__name__) from None
        self._gate.wake()
        return self._read(path, body, response)

    def _sent(self, request: httpx.Request) -> httpx.Response:
        try:
            return self._client.send(request)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            # A connection kept open that the registrar closed meanwhile; every request may be made twice.
            return self._client.send(request)

    def _read(self, path: str, body: bytes, response: httpx.Response) -> dict[str, Any]:
        content = response.content
        if len(content) > _LONGEST_ANSWER:
            raise RegistrarAway("answer too long")
        if response.status_code >= 500:
            raise RegistrarAway(f"status {response.status_code}")
        self._check(exchange_text(path, body, content).encode(), response.headers.get(_SIGNATURE, ""))
        try:
            members = json.loads(content)
        except (ValueError, RecursionError):
            raise RegistrarAway("malformed answer") from None
        if not isinstance(members, dict):
            raise RegistrarAway("malformed answer")
        if response.status_code != 200:
            seconds, detail = members.get("seconds", 0), members.get("detail", "")
            raise RegistrarRefused(
                _text(members, "error"),
                seconds if isinstance(seconds, int) else 0,
                detail if type(detail) is str else "",
            )
        return members


def _grant_name(request: str) -> str:
    """Return the name that the registrar knows a request by: who reads both stores cannot join them by it."""
    return hmac.digest(ensure_secret(GRANT_KEY_FILE), request.encode(), "sha256").hex()[:32]


_sharing = threading.Lock()


def registrar() -> Registrar | None:
    """Return the registrar of this installation, None when none is configured (setting REGISTRAR_URL)."""
    if not settings.REGISTRAR_URL:
        return None
    with _sharing:
        return _connected(settings.REGISTRAR_URL, settings.REGISTRAR_KEY, portal_signing_key())


@cache
def _connected(url: str, key: str, signing_key: SigningKey) -> Registrar:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(url)):
        raise ImproperlyConfigured("ISOLOIR_REGISTRAR_URL doit commencer par https://, sauf sur la machine elle-même.")
    try:
        return Registrar(url=url, key=key, signing_key=signing_key)
    except (ValueError, TypeError):
        raise ImproperlyConfigured(
            "ISOLOIR_REGISTRAR_KEY doit être la clé publique du service d’enregistrement : 64 chiffres hexadécimaux."
        ) from None


def _is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost")


def _entry_text(entry: Entry) -> str:
    return reissue_message(
        uuid=entry["contest"], slot=entry["slot"], generation=entry["generation"],
        previous=Element.parse(entry["previous"]), key=Element.parse(entry["key"]),
    )  # fmt: skip


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise RegistrarAway("malformed answer")
    return value


def _text(members: Mapping[str, Any], name: str) -> str:
    value = members.get(name)
    if type(value) is not str:
        raise RegistrarAway("malformed answer")
    return value
