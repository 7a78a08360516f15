"""The registrar over HTTP (WSGI): bounded, signed both ways, and silent about what it received.

Every request bears the portal's Ed25519 signature of `isoloir-registrar|<path>|<SHA-256 of the body>`; every answer bears the
registrar's, of the same text followed by `|<SHA-256 of the answer>`, so that an answer fits no other request.
"""

import json
import logging
import sys
import threading
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from isoloir_protocol.register import LONGEST_LINE, is_signed

from .errors import Refused, Unavailable
from .requests import SIGNATURE, bad, exchange_text, read_object
from .service import Service

logger = logging.getLogger("isoloir.registrar")
# Bytes of a body. A line may hold ten thousand entries, escaped once more.
_LONGEST = {"/grants": 64 * 1024, "/entries": 128 * 1024, "/cancel": 4 * 1024, "/lines": 2 * LONGEST_LINE}
_SIGNATURE_HEADER = "X-Isoloir-Signature"
_TIDY_SECONDS = 60.0
StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class Application:
    """A WSGI application around a service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        path = str(environ.get("PATH_INFO", ""))
        body = b""
        try:
            body = _body(environ, path)
            self._check_signature(environ, path, body)
            status, members = 200, self._decide(path, body)
        except Refused as refused:
            status, members = refused.status, refused.members()
            logger.info("refused %s: %s", path if path in _LONGEST else "elsewhere", refused)
        except Unavailable as trouble:
            status, members = 503, {"error": "unavailable"}
            logger.warning("unavailable: %s", trouble)
        except Exception:  # Whatever happens, an answer goes out and no value is logged.
            status, members = 500, {"error": "fault"}
            logger.error("fault: %s", _where())  # noqa: TRY400  # A trace might show what was received.
        return self._respond(start_response, path, body, status, members)

    def _check_signature(self, environ: dict[str, Any], path: str, body: bytes) -> None:
        signature = environ.get("HTTP_X_ISOLOIR_SIGNATURE", "")
        portal = self._service.configuration.portal
        if SIGNATURE.fullmatch(signature) is None or not is_signed(
            key=portal, message=exchange_text(path, body), signature=signature
        ):
            raise Refused("not-portal", status=401)

    def _decide(self, path: str, body: bytes) -> dict[str, Any]:
        if path == "/key":
            return {"key": self._service.key}
        return self._service.answer(path, read_object(body))

    def _respond(
        self, start_response: StartResponse, path: str, body: bytes, status: int, members: dict[str, Any]
    ) -> Iterable[bytes]:
        content = json.dumps(members, separators=(",", ":")).encode()
        try:
            signature = self._service.sign(exchange_text(path, body, content).encode())
        except UnicodeEncodeError:
            signature = ""
        start_response(f"{status} {HTTPStatus(status).phrase}", [
            ("Content-Type", "application/json"), ("Content-Length", str(len(content))), ("Cache-Control", "no-store"),
            (_SIGNATURE_HEADER, signature),
        ])  # fmt: skip
        return [content]


def _body(environ: dict[str, Any], path: str) -> bytes:
    """Read the body of a known path, within its bound. Raises Refused."""
    expected = "GET" if path == "/key" else "POST"
    if path != "/key" and path not in _LONGEST:
        raise Refused("no-such-path", status=404)
    if environ.get("REQUEST_METHOD") != expected:
        raise Refused("wrong-method", status=405)
    if expected == "GET":
        return b""
    length = environ.get("CONTENT_LENGTH") or ""
    if not length.isascii() or not length.isdigit():
        raise Refused("length-required", status=411)
    if len(length) > 12 or int(length) > _LONGEST[path]:
        raise Refused("too-long", status=413)
    body: bytes = environ["wsgi.input"].read(int(length))
    if len(body) != int(length):
        raise bad("body")
    return body


def _where() -> str:
    """Return the kind of the fault under way and the line of ours where it happened, without any value."""
    kind, _, trace = sys.exc_info()
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else "?"
    return f"{kind.__name__ if kind else '?'} in {place}"


def tidy_regularly(service: Service, *, seconds: float = _TIDY_SECONDS) -> threading.Thread:
    """Erase what closed contests leave, from now on, beside the requests; ends once everything is closed."""
    stopped = threading.Event()

    def tidy() -> None:
        done = False
        while not done:
            try:
                done = service.tidy()
            except Unavailable as trouble:
                logger.warning("tidying waits: %s", trouble)
            done = done or stopped.wait(seconds)

    thread = threading.Thread(target=tidy, name="tidying", daemon=True)
    thread.start()
    return thread
