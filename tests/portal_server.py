"""The real server of the portal, for tests that a test client cannot live: crashes, restarts, many voters at once."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
from django.conf import settings
from django.db import connection

from tests.postgres import stop_with_parent

_START_SECONDS = 60


class PortalServer:
    """granian serving config.wsgi on a free port of the loopback, on the database in force in the calling test.

    `kill()` is a power cut for every process of the server; `start()` starts it again on the same port.
    """

    def __init__(self, *, log: Path, threads: int = 4, settings_module: str = "config.settings.test") -> None:
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log, self._threads, self._settings_module = log, threads, settings_module
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait for the first answer, whatever it says. Raises RuntimeError with the log."""
        with self._log.open("ab") as stream:
            self._process = subprocess.Popen(
                [
                    str(Path(sys.executable).with_name("granian")), "--interface", "wsgi", "--host", "127.0.0.1",
                    "--port", str(self.port), "--workers", "1", "--blocking-threads", str(self._threads),
                    "--no-ws", "config.wsgi:application",
                ],
                stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, env=self._environment(),
                cwd=settings.BASE_DIR,
                preexec_fn=stop_with_parent(signal.SIGKILL),  # noqa: PLW1509  # What it calls takes no lock.
            )  # fmt: skip
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(httpx.TransportError):
                httpx.get(self.url, timeout=_START_SECONDS)
                return
            time.sleep(0.05)
        self.kill()
        raise RuntimeError(f"the portal did not start:\n{self.last_lines()}")

    def kill(self) -> None:
        """SIGKILL every process of the server, now."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask the server to stop, then make sure of it."""
        self._end(signal.SIGTERM)

    def last_lines(self, count: int = 60) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-count:])

    def _end(self, first_signal: int) -> None:
        if self._process is None:
            return
        group = self._process.pid
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, first_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        # Its workers are in the same group: none may outlive it.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
        self._process.wait(10)
        self._process = None

    def _environment(self) -> dict[str, str]:
        database = str(connection.settings_dict["NAME"])
        name = "ISOLOIR_POSTGRES" if connection.vendor == "postgresql" else "ISOLOIR_SQLITE"
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": self._settings_module,
            name: database,
            "ISOLOIR_SECRETS": str(settings.SECRETS_DIR),
            "ISOLOIR_PORTAL_URL": self.url,
        }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
