"""Serving the status folder: six files by name, GET and HEAD, and nothing else."""

from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from .page import FILES, POLICY, SCRIPT_FILE, STATE_FILE, STYLE_FILE

_TYPES = {
    FILES["fr"]: "text/html; charset=utf-8", FILES["en"]: "text/html; charset=utf-8",
    STATE_FILE: "application/json", STYLE_FILE: "text/css; charset=utf-8", SCRIPT_FILE: "text/javascript; charset=utf-8",
}  # fmt: skip
_HEADERS = {
    "Content-Security-Policy": f"{POLICY}; frame-ancestors 'none'", "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer", "Cache-Control": "no-cache", "X-Frame-Options": "DENY",
}  # fmt: skip


def make_server(folder: Path, *, host: str, port: int) -> ThreadingHTTPServer:
    """Return a server that listens already. Raises OSError when the port is taken."""

    class StatusFiles(BaseHTTPRequestHandler):
        # Who opens a connection and says nothing is let go.
        timeout = 10
        server_version = "isoloir"
        sys_version = ""

        def do_GET(self) -> None:
            self._answer(with_content=True)

        def do_HEAD(self) -> None:
            self._answer(with_content=False)

        def _answer(self, *, with_content: bool) -> None:
            name = self.path.split("?")[0].removeprefix("/") or FILES["fr"]
            try:
                content = (folder / name).read_bytes() if name in _TYPES else None
            except OSError:
                content = None
            self.send_response(HTTPStatus.OK if content is not None else HTTPStatus.NOT_FOUND)
            for header, value in _HEADERS.items():
                self.send_header(header, value)
            if content is not None:
                self.send_header("Content-Type", _TYPES[name])
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            if with_content and content:
                self.wfile.write(content)

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002  # The name of the parent's argument.
            """Keep no log of who reads the page."""

    server = ThreadingHTTPServer((host, port), StatusFiles)
    server.daemon_threads = True
    return server
