"""Calls to an identity provider: short, bounded, few at a time, never redirected, over TLS.

A provider that is slow, or that lies about its lengths, must cost the portal seconds of a few threads and no more: voters
who identify themselves otherwise go on beside.
"""

import contextlib
import ipaddress
import json
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from .errors import ProviderFault

# Seconds of one exchange, all its calls together, and of one wait within a call.
EXCHANGE_SECONDS = 8.0
_WAIT_SECONDS = 3.0
# A set of keys, an identity or a description is a few kilobytes.
LONGEST_ANSWER = 64 * 1024
# How long an exchange waits for its turn.
_PATIENCE_SECONDS = 1.0


@dataclass(frozen=True)
class Answer:
    """What a provider answered: status, media type in lower case without parameters, and whole body."""

    status: int
    media_type: str
    body: bytes

    def json(self, *also: str) -> dict[str, Any]:
        """Return the members of a JSON object, whose media type may be one of `also` too. Raises ProviderFault."""
        if self.media_type not in ("application/json", *also):
            raise ProviderFault("answer-type")
        try:
            members = json.loads(self.body.decode())
        except (ValueError, RecursionError):
            raise ProviderFault("answer-malformed") from None
        if not isinstance(members, dict):
            raise ProviderFault("answer-malformed")
        return members


def require_secure(address: str, *, loopback_allowed: bool) -> str:
    """Return an address that TLS protects, or, where development allows it, one of this very machine.

    Raises ProviderFault for another scheme, no host, credentials in the address, or a fragment.
    """
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        raise ProviderFault("address-malformed") from None
    if not host or "@" in parts.netloc or parts.fragment:
        raise ProviderFault("address-malformed")
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback_allowed and is_loopback(host)):
        raise ProviderFault("address-not-https")
    return address


def is_loopback(host: str) -> bool:
    """Tell whether a host of an address is this machine, without asking any server of names."""
    if host == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


class Exchange:
    """The calls of one arrival: one connection, one deadline."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._ends_at = time.monotonic() + EXCHANGE_SECONDS

    def get(self, address: str, *, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for an address. Raises ProviderFault."""
        return self._call("GET", address, headers or {}, None)

    def post(self, address: str, *, headers: Mapping[str, str], form: Mapping[str, str]) -> Answer:
        """Send a form. Raises ProviderFault."""
        return self._call("POST", address, headers, form)

    def _call(self, method: str, address: str, headers: Mapping[str, str], form: Mapping[str, str] | None) -> Answer:
        # An answer that is compressed could grow beyond its bound when it is opened: none is asked for.
        asked = {"Accept": "application/json, application/jwt", "Accept-Encoding": "identity", **headers}
        timeout = httpx.Timeout(min(_WAIT_SECONDS, self._left()))
        # Without the exception of the library, whose trace holds what was sent.
        try:
            with self._client.stream(method, address, headers=asked, data=form, timeout=timeout) as response:
                return self._read(response)
        except httpx.TimeoutException:
            raise ProviderFault("timeout") from None
        except (httpx.HTTPError, httpx.InvalidURL):
            raise ProviderFault("unreachable") from None

    def _read(self, response: httpx.Response) -> Answer:
        if response.is_redirect:
            raise ProviderFault("redirected")
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise ProviderFault("answer-compressed")
        body = bytearray()
        for piece in response.iter_bytes():
            body += piece
            if len(body) > LONGEST_ANSWER:
                raise ProviderFault("answer-too-long")
            self._left()
        media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return Answer(response.status_code, media_type, bytes(body))

    def _left(self) -> float:
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise ProviderFault("timeout")
        return left


@contextlib.contextmanager
def exchange(*, transport: httpx.BaseTransport | None, loopback: bool) -> Iterator[Exchange]:
    """Give the calls of one exchange, when its turn comes. Raises ProviderFault when too many are under way.

    A proxy that the environment names is used, but not towards this machine.
    """
    with (
        _turn(),
        httpx.Client(
            transport=transport, verify=_authorities(), trust_env=not loopback, follow_redirects=False
        ) as client,
    ):
        yield Exchange(client)


@contextlib.contextmanager
def _turn() -> Iterator[None]:
    """Let as many through as the setting PROVIDER_EXCHANGES_AT_ONCE says, half as many wait a moment, and no more.

    Who waits holds a thread too: a crowd before a portal that hangs must not take all of them.
    """
    places, turns = _limits()
    if not places.acquire(blocking=False):
        raise ProviderFault("busy")
    try:
        if not turns.acquire(timeout=_PATIENCE_SECONDS):
            raise ProviderFault("busy")
        try:
            yield
        finally:
            turns.release()
    finally:
        places.release()


@cache
def _limits() -> tuple[threading.BoundedSemaphore, threading.BoundedSemaphore]:
    at_once = settings.PROVIDER_EXCHANGES_AT_ONCE
    return threading.BoundedSemaphore(at_once + max(1, at_once // 2)), threading.BoundedSemaphore(at_once)


@cache
def _authorities() -> ssl.SSLContext:
    """Return the certificate authorities in whom the machine trusts; they take long to read, so once."""
    return httpx.create_ssl_context()
