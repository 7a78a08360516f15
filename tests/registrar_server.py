"""The real registrar's process, on a free port of the loopback, for tests of crashes, of browsers and of many at once."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from django.conf import LazySettings

from isoloir.commands.server import free_port
from tests.postgres import stop_with_parent

_START_SECONDS = 60
Serve = Callable[[Path, str], "RegistrarServer"]


class RegistrarServer:
    """`isoloir registrar serve` on a store; `kill()` is a power cut, `start()` starts it again on the same port."""

    def __init__(self, store: Path, *, log: Path) -> None:
        self.store = store
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait for the first answer. Raises RuntimeError with the log."""
        with self._log.open("ab") as stream:
            self._process = subprocess.Popen(
                [
                    sys.executable, "-m", "isoloir.commands", "registrar", "serve", "--store", str(self.store),
                    "--listen", f"127.0.0.1:{self.port}",
                ],
                stdin=subprocess.DEVNULL, stdout=stream, stderr=stream,
                preexec_fn=stop_with_parent(signal.SIGKILL),  # noqa: PLW1509  # What it calls takes no lock.
            )  # fmt: skip
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(httpx.TransportError):
                # Unsigned, hence refused: somebody is there.
                if httpx.get(f"{self.url}/key", timeout=_START_SECONDS, trust_env=False).status_code == 401:
                    return
            time.sleep(0.02)
        self.kill()
        raise RuntimeError(f"the registrar did not start:\n{self.log()}")

    def kill(self) -> None:
        """SIGKILL every process of the registrar, now."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to stop, then make sure of it."""
        self._end(signal.SIGTERM)

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def _end(self, first_signal: int) -> None:
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, first_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        # Its worker is in the same group: it must not outlive it.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)
        self._process = None


@pytest.fixture
def registrar_server(settings: LazySettings, tmp_path: Path) -> Iterator[Serve]:
    """Give `serve(store, key)`: it serves a store in a process of its own, and has the portal of this test ask it."""
    started: list[RegistrarServer] = []

    def serve(store: Path, key: str) -> RegistrarServer:
        server = RegistrarServer(store, log=tmp_path / f"registrar-{len(started)}.log")
        started.append(server)
        server.start()
        settings.REGISTRAR_URL, settings.REGISTRAR_KEY = server.url, key
        return server

    yield serve
    for server in started:
        server.stop()
