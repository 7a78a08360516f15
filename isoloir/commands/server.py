"""The real server and its worker, as processes that a command starts and stops."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

_STARTED_WITHIN = 60.0


class ServerNotStarted(RuntimeError):
    """The server's process ended, or did not answer in time."""


class PortTaken(ServerNotStarted):
    """Another process already listens on the port."""


def free_port() -> int:
    """Return a loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def require_free_port(port: int) -> None:
    """Refuse a port that is taken: granian would share it (SO_REUSEPORT), and visits would go to either server.

    Raises PortTaken.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as refused:
            raise PortTaken(f"port {port} is taken") from refused


def start_server(
    *, port: int, workers: int = 2, log: Path | None = None, application: str = "config.wsgi:application"
) -> subprocess.Popen[bytes]:
    """Start granian on loopback, with this process's environment (settings, directories)."""
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", str(workers), "--blocking-threads", "4", "--no-access-log", "--log-level", "warning",
        "--respawn-failed-workers", application,
    ]  # fmt: skip
    return _start(command, log)


def start_worker(*, log: Path | None = None) -> subprocess.Popen[bytes]:
    """Start the process that sends messages and closes polls."""
    return _start([sys.executable, "-m", "isoloir.commands", "work"], log)


def _start(command: list[str], log: Path | None) -> subprocess.Popen[bytes]:
    with contextlib.ExitStack() as stack:
        output = stack.enter_context(log.open("ab")) if log else None
        # A session of its own, so that stopping reaches the processes that it starts in turn.
        return subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)


@contextlib.contextmanager
def running_registrar(store: Path, *, port: int, log: Path) -> Iterator[None]:
    """Run the registrar of a demonstration for the time of a block: its own process, its own log."""
    os.environ["ISOLOIR_REGISTRAR_STORE"] = str(store)
    process = start_server(port=port, workers=1, log=log, application="isoloir.demo.registrar_wsgi:application")
    try:
        wait_until_it_answers(process, port=port)
        yield
    finally:
        stop(process)


@contextlib.contextmanager
def running_status(portal: str, *, folder: Path, log: Path) -> Iterator[str]:
    """Run the status page of a portal, a process apart, for the time of a block; give the page's address."""
    listen = f"127.0.0.1:{free_port()}"
    command = [
        sys.executable, "-m", "isoloir.commands", "status", "watch", "--portal", portal, "--out", str(folder),
        "--listen", listen,
    ]  # fmt: skip
    process = _start(command, log)
    try:
        yield f"http://{listen}"
    finally:
        stop(process)


def wait_until_it_answers(process: subprocess.Popen[bytes], *, port: int) -> None:
    """Return once the server answers. Raises ServerNotStarted."""
    deadline = time.monotonic() + _STARTED_WITHIN
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerNotStarted(f"the server stopped with status {process.returncode}")
        with contextlib.suppress(httpx.TransportError):
            httpx.get(f"http://127.0.0.1:{port}/", timeout=5)
            return
        time.sleep(0.1)
    raise ServerNotStarted(f"no answer on port {port} within {_STARTED_WITHIN:.0f} s")


def stop(process: subprocess.Popen[bytes], *, by: signal.Signals = signal.SIGTERM) -> None:
    """Stop a process and those that it started; wait for its end."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, by)
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextlib.contextmanager
def running(*, port: int, workers: int = 2, log: Path | None = None) -> Iterator[str]:
    """Run server and worker for the time of a block; give the server's address."""
    server, worker = start_server(port=port, workers=workers, log=log), start_worker(log=log)
    try:
        wait_until_it_answers(server, port=port)
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(worker)
        stop(server)
