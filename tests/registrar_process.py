"""The real registrar in a process of its own, for tests that kill it."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
from django.conf import settings

from tests.postgres import stop_with_parent

_START_SECONDS = 60


class RegistrarProcess:
    """`isoloir registrar serve` on a free port of the loopback; `kill()` is a power cut, `start()` takes the same port."""

    def __init__(self, *, store: Path, port: int, log: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._store, self._port, self._log = store, port, log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait for the first answer, whatever it says. Raises RuntimeError with the log."""
        with self._log.open("ab") as stream:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "isoloir.commands", "registrar", "serve", "--store", str(self._store),
                 "--listen", f"127.0.0.1:{self._port}"],
                stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, cwd=settings.BASE_DIR,
                preexec_fn=stop_with_parent(signal.SIGKILL),  # noqa: PLW1509  # What it calls takes no lock.
            )  # fmt: skip
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"{self.url}/key", timeout=_START_SECONDS, trust_env=False)
                return
            time.sleep(0.05)
        self.kill()
        raise RuntimeError(f"the registrar did not start:\n{self._log.read_text(errors='replace')[-3000:]}")

    def kill(self) -> None:
        """SIGKILL every process of the registrar, now."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)
        self._process = None
