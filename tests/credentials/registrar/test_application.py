"""The registrar over HTTP: only the portal is heard, every answer is signed, and bad input has a clear end."""

import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from isoloir_protocol.register import is_signed
from nacl.signing import SigningKey

from isoloir.credentials.registrar.application import Application
from isoloir.credentials.registrar.requests import exchange_text
from isoloir.credentials.registrar.service import Service
from isoloir.credentials.registrar_client import Registrar, RegistrarAway, RegistrarRefused
from tests.registrar_world import ATTEMPT, OTHER_ATTEMPT, RegistrarWorld

Post = Callable[..., httpx.Response]


@pytest.fixture
def post(world: RegistrarWorld, service: Service) -> Post:
    http = httpx.Client(transport=httpx.WSGITransport(app=Application(service)), base_url="http://127.0.0.1")

    def post(path: str, body: bytes, *, key: SigningKey | None = None, method: str = "POST") -> httpx.Response:
        signature = (key or world.portal).sign(exchange_text(path, body).encode()).signature.hex()
        answer = http.request(method, path, content=body, headers={"X-Isoloir-Signature": signature})
        message = exchange_text(path, b"" if answer.status_code in (404, 405, 411, 413) else body, answer.content)
        assert is_signed(key=world.key, message=message, signature=answer.headers["X-Isoloir-Signature"])
        return answer

    return post


def body(**members: Any) -> bytes:
    return json.dumps({"sent": time.time_ns() // 1000, **members}).encode()


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"[]", b"null", b"{", b"\xff", b'{"sent":1.5}', b'{"sent":NaN}', b'{"sent":1,"sent":1}', b"[" * 50_000,
        b'{"sent":"1"}', b'{"sent":-1}', b'{"sent":true}', b"{}", b'{"sent":1e3}',
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_a_bad_request(post: Post, raw: bytes) -> None:
    for path in ("/grants", "/entries", "/lines", "/cancel"):
        answer = post(path, raw[:4000] if path == "/cancel" else raw)
        assert (answer.status_code, answer.json()["error"]) == (400, "bad-request")


def test_members_are_exactly_those_expected(post: Post) -> None:
    for path in ("/grants", "/entries", "/lines", "/cancel"):
        assert post(path, body()).json() == {"error": "bad-request", "detail": "body"}
    assert post("/cancel", body(request="0" * 32, attempt=None, more=1)).json()["detail"] == "body"
    assert post("/cancel", body(request="\ud800" * 32, attempt=None)).json()["detail"] == "request"
    for attempt in (1, "", "A" * 32, []):
        assert post("/cancel", body(request="0" * 32, attempt=attempt)).json()["detail"] == "attempt"


def test_paths_methods_and_lengths_are_bounded(post: Post) -> None:
    assert post("/", b"").status_code == 404
    assert post("/grants/", b"").status_code == 404
    assert post("/key", b"").status_code == 405
    assert post("/grants", b"", method="GET").status_code == 405
    assert post("/cancel", b"x" * 4097).status_code == 413
    assert post("/grants", b"x" * (64 * 1024 + 1)).status_code == 413


def test_nobody_but_the_portal_is_heard(world: RegistrarWorld, service: Service, post: Post) -> None:
    asked = body(request="0" * 32, attempt=ATTEMPT)
    assert post("/cancel", asked, key=SigningKey.generate()).status_code == 401
    stranger = world.client(service, signing_key=SigningKey.generate())
    with pytest.raises(RegistrarRefused, match="not-portal"):
        world.grant(stranger, "V000")


def test_signature_of_one_path_or_body_is_not_that_of_another(world: RegistrarWorld, service: Service) -> None:
    http = httpx.Client(transport=httpx.WSGITransport(app=Application(service)), base_url="http://127.0.0.1")
    asked = body(request="0" * 32)
    signature = world.portal.sign(exchange_text("/cancel", asked).encode()).signature.hex()
    for path, sent in (("/entries", asked), ("/cancel", asked + b" ")):
        answer = http.post(path, content=sent, headers={"X-Isoloir-Signature": signature})
        assert (answer.status_code, answer.json()["error"]) == (401, "not-portal")
    assert http.post("/cancel", content=asked).status_code == 401
    assert http.post("/cancel", content=asked, headers={"X-Isoloir-Signature": "zz" * 64}).status_code == 401


def test_request_kept_for_later_is_stale(post: Post) -> None:
    for minutes in (-3, 3):
        sent = time.time_ns() // 1000 + minutes * 60_000_000
        assert post("/cancel", json.dumps({"sent": sent, "request": "0" * 32}).encode()).json() == {"error": "stale"}


def test_answer_of_another_request_is_not_believed(world: RegistrarWorld, service: Service) -> None:
    """A « cancelled » that somebody kept on the network answers no later question."""
    kept: list[httpx.Response] = []
    application = httpx.WSGITransport(app=Application(service))

    class Transport(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            answer = application.handle_request(request)
            content = answer.read()
            answer = httpx.Response(answer.status_code, content=content, headers=answer.headers)
            if request.url.path != "/cancel":
                return answer
            kept.append(answer)
            return httpx.Response(kept[0].status_code, content=kept[0].content, headers=kept[0].headers)

    client: Registrar = world.client(transport=Transport())
    request = world.grant(client, "V000")
    assert client.cancel(request=request, attempt=ATTEMPT) is None
    client.sign_entries(request=request, attempt=OTHER_ATTEMPT, entries=world.entries("V000"))
    with pytest.raises(RegistrarAway):
        client.cancel(request=request, attempt=ATTEMPT)


def test_fault_of_ours_is_told_without_what_was_received(
    world: RegistrarWorld, service: Service, post: Post, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    def fail(*_: Any) -> None:
        raise ValueError("NUMEN 15E8800000ABC")

    monkeypatch.setattr(service, "answer", fail)
    assert post("/cancel", body(request="0" * 32)).json() == {"error": "fault"}
    assert "15E88" not in caplog.text
    assert "ValueError" in caplog.text
    with pytest.raises(RegistrarAway):
        world.client(service).cancel(request="0" * 32, attempt=ATTEMPT)
