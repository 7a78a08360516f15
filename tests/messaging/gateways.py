"""Providers of text messages on this machine: strict about addresses, signatures and forms, as theirs are."""

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from isoloir.messaging.gsm7 import is_gsm7

Reply = tuple[int, bytes]


class Gateway:
    """A server on loopback; `answer` decides, and `calls` keeps what was asked."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.instead: Reply | None = None
        self.delay = 0.0
        self.address = ""

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> Reply:
        raise NotImplementedError


@contextmanager
def serving(gateway: Gateway) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            gateway.calls.append((self.command, self.path))
            time.sleep(gateway.delay)
            status, answer = gateway.instead or gateway.answer(self.command, self.path, self.headers, body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_GET  # noqa: N815  The library's name.

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    gateway.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class OvhGateway(Gateway):
    """OVHcloud's interface, as far as it is used: their clock, their signature, the members of a job."""

    application_key: str = "application"
    application_secret: str = "application-secret"
    consumer_key: str = "consumer-secret"
    service: str = "sms-ab12345-1"
    ahead: int = 0
    jobs: list[dict[str, Any]] = field(default_factory=list)
    outgoing: dict[str, dict[str, Any]] = field(default_factory=dict)

    # The members of sms.SmsJob that POST /sms/{serviceName}/jobs takes, and the type of each.
    MEMBERS = {
        "charset": str, "class": str, "coding": str, "differedPeriod": int, "message": str, "noStopClause": bool,
        "priority": str, "receivers": list, "sender": str, "senderForResponse": bool, "tag": str, "validityPeriod": int,
    }  # fmt: skip

    def __post_init__(self) -> None:
        Gateway.__init__(self)

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> Reply:
        if (method, path) == ("GET", "/1.0/auth/time"):
            return 200, str(int(time.time()) + self.ahead).encode()
        fault = self._signature_fault(method, path, headers, body)
        if fault is not None:
            return fault
        if (method, path) == ("POST", f"/1.0/sms/{self.service}/jobs"):
            return self._job(headers, body)
        prefix = f"/1.0/sms/{self.service}/outgoing/"
        if method == "GET" and path.removeprefix(prefix) in self.outgoing:
            return 200, json.dumps(self.outgoing[path.removeprefix(prefix)]).encode()
        return 404, b'{"message":"The requested object does not exist"}'

    def _signature_fault(self, method: str, path: str, headers: Any, body: bytes) -> Reply | None:
        if headers["X-Ovh-Application"] != self.application_key or headers["X-Ovh-Consumer"] != self.consumer_key:
            return 403, b'{"errorCode":"INVALID_CREDENTIAL","message":"This credential is not valid"}'
        stamp = headers["X-Ovh-Timestamp"] or ""
        if not stamp.isdigit() or abs(int(stamp) - int(time.time()) - self.ahead) > 30:
            return 400, b'{"errorCode":"QUERY_TIME_OUT","message":"Query out of time"}'
        parts = [self.application_secret, self.consumer_key, method, self.address + path, body.decode(), stamp]
        if headers["X-Ovh-Signature"] != "$1$" + hashlib.sha1("+".join(parts).encode()).hexdigest():
            return 400, b'{"errorCode":"INVALID_SIGNATURE","message":"Invalid signature"}'
        return None

    def _job(self, headers: Any, body: bytes) -> Reply:
        job = json.loads(body)
        wrong = [name for name, value in job.items() if type(value) is not self.MEMBERS.get(name)]
        ascii_type = headers["Content-Type"].startswith("application/json")
        if wrong or not ascii_type or "message" not in job or job["coding"] != "7bit" or not is_gsm7(job["message"]):
            return 400, b'{"message":"Invalid parameters"}'
        if ("sender" in job) == ("senderForResponse" in job) or job["class"] not in ("phoneDisplay", "flash", "sim"):
            return 400, b'{"message":"Invalid parameters"}'
        valid = [number for number in job["receivers"] if number.startswith("+33")]
        invalid = [number for number in job["receivers"] if number not in valid]
        self.jobs.append(job)
        identifiers = [1_000_000 + len(self.jobs)] if valid else []
        report = {
            "totalCreditsRemoved": len(valid), "invalidReceivers": invalid, "ids": identifiers, "validReceivers": valid,
        }  # fmt: skip
        return 200, json.dumps(report).encode()


class JsonGateway(Gateway):
    """A provider asked in JSON with a bearer token, which answers a list of messages."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[dict[str, Any]] = []
        self.status = "ACCEPTED"

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> Reply:
        if headers["Authorization"] != "Bearer very-secret":
            return 401, b"{}"
        if method == "GET" and path.startswith("/messages/"):
            return 200, json.dumps({"state": "DELIVERED", "to": "+33639980001"}).encode()
        order = json.loads(body)
        if (method, path) != ("POST", "/messages") or set(order) != {"messages", "from"} or len(order["messages"]) != 1:
            return 422, b"{}"
        self.sent.append(order["messages"][0])
        return 202, json.dumps({"messages": [{"id": f"id-{len(self.sent)}", "status": self.status}]}).encode()


class FormGateway(Gateway):
    """A provider asked by a form, which answers nothing but a status."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[str] = []

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> Reply:
        if headers["Content-Type"] != "application/x-www-form-urlencoded" or method != "POST":
            return 415, b""
        self.bodies.append(body.decode())
        return 200, b""
