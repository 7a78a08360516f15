"""A strict stand-in for CaptchEtat v2 and its OAuth server, on the loopback."""

import base64
import json
import re
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import LazySettings

from isoloir.captcha.backends import captchetat

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
WAV = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data\0\0\0\0"
CODE = "7315902"
CLIENT = {"client_id": "isoloir", "client_secret": "client-secret-of-the-trial"}
STYLES = {"numerique6_7CaptchaFR", "numerique6_7CaptchaEN"}


class CaptchEtat:
    """What the stand-in knows, what it was asked, and the faults that a test wants of it."""

    def __init__(self) -> None:
        self.bearers: list[str] = []
        self.live_bearers: set[str] = set()
        self.codes: dict[str, str] = {}
        self.asked: list[str] = []
        # Path (its last part) to (status, body) that is answered instead.
        self.faults: dict[str, tuple[int, bytes]] = {}
        self.url = ""

    def grant(self, form: dict[str, list[str]]) -> tuple[int, bytes]:
        expected = {"grant_type": ["client_credentials"], "scope": ["piste.captchetat"]}
        expected |= {name: [value] for name, value in CLIENT.items()}
        if form != expected:
            return 401, b'{"error": "invalid_client"}'
        bearer = f"bearer-{uuid.uuid4()}"
        self.bearers.append(bearer)
        self.live_bearers.add(bearer)
        return 200, json.dumps({"access_token": bearer, "token_type": "Bearer", "expires_in": 3600}).encode()

    def image(self, query: dict[str, list[str]]) -> tuple[int, bytes]:
        if set(query) != {"get", "c"} or query["c"][0] not in STYLES:
            return 400, b"{}"
        name = str(uuid.uuid4())
        self.codes[name] = CODE
        encoded = "data:image/png;base64," + base64.b64encode(PNG).decode()
        return 200, json.dumps({"uuid": name, "imageb64": encoded}).encode()

    def sound(self, query: dict[str, list[str]]) -> tuple[int, bytes]:
        known = set(query) == {"get", "c", "t"} and query["c"][0] in STYLES and query["t"][0] in self.codes
        return (200, WAV) if known else (404, b"{}")

    def judge(self, body: bytes) -> tuple[int, bytes]:
        said = json.loads(body)
        if set(said) != {"uuid", "code"}:
            return 400, b"{}"
        # One answer for each code: right or wrong, it is forgotten.
        code = self.codes.pop(said["uuid"], None)
        if code is None:
            return 404, b"{}"
        return 200, b"true" if said["code"] == code else b"false"


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    service: CaptchEtat

    def do_GET(self) -> None:
        self._answer("GET", b"")

    def do_POST(self) -> None:
        self._answer("POST", self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, method: str, body: bytes) -> None:
        address = urlsplit(self.path)
        self.service.asked.append(f"{method} {self.path}")
        status, content = self._content(method, address.path, parse_qs(address.query), body)
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _content(self, method: str, path: str, query: dict[str, list[str]], body: bytes) -> tuple[int, bytes]:
        fault = self.service.faults.get(path.rpartition("/")[2])
        if fault:
            return fault
        if (method, path) == ("POST", "/api/oauth/token"):
            return self.service.grant(parse_qs(body.decode()))
        bearer = re.fullmatch(r"Bearer (\S+)", self.headers.get("Authorization", ""))
        if bearer is None or bearer[1] not in self.service.live_bearers:
            return 401, b"{}"
        if (method, path) == ("GET", "/v2/simple-captcha-endpoint"):
            return self.service.image(query) if query.get("get") == ["image"] else self.service.sound(query)
        if (method, path) == ("POST", "/v2/valider-captcha") and self.headers["Content-Type"] == "application/json":
            return self.service.judge(body)
        return 404, b"{}"

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def serve_captchetat() -> Iterator[CaptchEtat]:
    """Serve a stand-in on a free port of the loopback until the end of the block."""
    service = CaptchEtat()
    door = type("Door", (_Door,), {"service": service})
    with ThreadingHTTPServer(("127.0.0.1", 0), door) as server:
        server.daemon_threads = True
        service.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield service
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def service(settings: LazySettings) -> Iterator[CaptchEtat]:
    """Make the stand-in the portal's backend."""
    with serve_captchetat() as served:
        settings.CAPTCHA_BACKEND = "captchetat"
        settings.CAPTCHETAT_TOKEN_URL = f"{served.url}/api/oauth/token"
        settings.CAPTCHETAT_API_URL = f"{served.url}/v2"
        settings.CAPTCHETAT_CLIENT_ID = CLIENT["client_id"]
        settings.CAPTCHETAT_CLIENT_SECRET = CLIENT["client_secret"]
        yield served
        captchetat._configured_service()._client.close()
        captchetat._service.cache_clear()
