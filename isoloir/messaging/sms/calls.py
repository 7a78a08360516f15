"""Calls to a provider of text messages: TLS but to this machine, short, bounded, never redirected.

What matters of a call that fails is whether the provider may have the message: before the request has left it cannot,
after that nobody knows.
"""

import contextlib
import ipaddress
import json
import logging
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.core.exceptions import ImproperlyConfigured

from isoloir.messaging.errors import ProviderAway, ProviderBusy, ProviderUnsure

# Seconds of one wait, and of a whole call.
WAIT_SECONDS = 5.0
CALL_SECONDS = 10.0
LONGEST_ANSWER = 64 * 1024
# Keys refused, no credit left, or an address that does not exist: no other message would be taken.
_AWAY = (401, 402, 403, 404, 405, 407, 410)
# A gateway gave up on what stands behind it, which may go on with the message.
_UNSURE = (408, 502, 504)

# It logs each address that is asked, and some providers want the number and the text in it.
logging.getLogger("httpx").setLevel(logging.WARNING)


@dataclass(frozen=True)
class Answer:
    """What a provider answered: status and whole body."""

    status: int
    body: bytes

    def json(self) -> Any:
        """Return the JSON of the body. Raises ProviderUnsure: with a success, the message may have been taken."""
        try:
            return json.loads(self.body.decode())
        except (ValueError, RecursionError):
            raise ProviderUnsure("answer-malformed") from None


def require_tls(address: str) -> str:
    """Return an address that TLS protects, or one of this very machine. Raises ImproperlyConfigured."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    if not host or "@" in parts.netloc or parts.fragment:
        raise ImproperlyConfigured("SMS_BACKENDS : une adresse de fournisseur ne se lit pas.")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise ImproperlyConfigured("SMS_BACKENDS : un fournisseur se joint en https, sauf sur cette machine.")
    return address


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def call(method: str, address: str, *, headers: Mapping[str, str], body: bytes = b"") -> Answer:
    """Make one call. Raises ProviderAway (it surely has nothing, and answers nobody) or ProviderUnsure."""
    # An answer that is compressed could grow beyond its bound when it is opened: none is asked for.
    asked = {"Accept": "application/json", "Accept-Encoding": "identity", **headers}
    loopback = _is_loopback(urlsplit(address).hostname or "")
    # Without the exception of the library, whose trace holds what was sent.
    try:
        with (
            httpx.Client(verify=_authorities(), trust_env=not loopback, follow_redirects=False) as client,
            client.stream(method, address, headers=asked, content=body, timeout=WAIT_SECONDS) as response,
        ):
            return _read(response)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError):
        raise ProviderAway("unreachable") from None
    except httpx.TimeoutException:
        raise ProviderUnsure("timeout") from None
    except (httpx.HTTPError, httpx.InvalidURL):
        raise ProviderUnsure("connection-lost") from None


def _read(response: httpx.Response) -> Answer:
    ends = time.monotonic() + CALL_SECONDS
    if response.is_redirect:
        raise ProviderAway("redirected")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise ProviderUnsure("answer-compressed")
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > LONGEST_ANSWER:
            raise ProviderUnsure("answer-too-long")
        if time.monotonic() > ends:
            raise ProviderUnsure("timeout")
    return Answer(response.status_code, bytes(body))


def require_success(answer: Answer) -> Answer:
    """Return an answer of status 2XX. Raises ProviderAway, ProviderUnsure, or ProviderBusy for all others."""
    if 200 <= answer.status < 300:
        return answer
    code = f"status-{answer.status}"
    if answer.status in _AWAY:
        raise ProviderAway(code)
    if answer.status in _UNSURE:
        raise ProviderUnsure(code)
    raise ProviderBusy(code)


@cache
def _authorities() -> ssl.SSLContext:
    """Return the certificate authorities in whom the machine trusts; they take long to read, so once."""
    return httpx.create_ssl_context()
