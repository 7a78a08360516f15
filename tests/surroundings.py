"""What is settled before Django's settings are read: private folders, the database, no network.

pytest loads it by `-p` (pyproject.toml): a conftest would come too late, after the settings. With pytest-xdist the first
process makes the folder and the PostgreSQL cluster, its workers inherit both by their environment.
"""

import atexit
import contextlib
import ipaddress
import os
import shutil
import socket
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests import postgres

_FOLDER = "ISOLOIR_TEST_FOLDER"
_cluster: postgres.Cluster | None = None


class NetworkForbidden(RuntimeError):
    """A test tried to reach another machine."""


def worker_name() -> str:
    """Return `gw0`, `gw1`… in a worker of pytest-xdist, `main` otherwise."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def is_first_process() -> bool:
    return "PYTEST_XDIST_WORKER" not in os.environ


def private_folder() -> Path:
    """Return this process's own temporary folder; it goes away with the run."""
    return Path(os.environ[_FOLDER]) / worker_name()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Generator[None, Any, Any]:
    """Prepare the environment before pytest-django reads the settings (a wrapper runs first)."""
    if is_first_process():
        os.environ[_FOLDER] = tempfile.mkdtemp(prefix="isoloir-tests-")
        # pytest says nothing to its plugins when a conftest cannot be read; the interpreter always says good-bye.
        atexit.register(pytest_unconfigure)
        if os.environ.get("ISOLOIR_TEST_POSTGRES") == "1":
            _start_cluster()
    folder = private_folder()
    folder.mkdir(mode=0o700)
    os.environ["ISOLOIR_VAR"] = str(folder / "var")
    os.environ["ISOLOIR_SECRETS"] = str(folder / "var" / "secrets")
    if os.environ.get("ISOLOIR_TEST_POSTGRES") == "1":
        os.environ["ISOLOIR_POSTGRES"] = f"isoloir_{worker_name()}"
        postgres.create_database(os.environ["ISOLOIR_POSTGRES_HOST"], os.environ["ISOLOIR_POSTGRES"])
    else:
        os.environ.pop("ISOLOIR_POSTGRES", None)
        os.environ["ISOLOIR_SQLITE"] = str(folder / "isoloir.sqlite3")
    # The portal is synchronous throughout; Playwright leaves an event loop behind, which Django takes for a mistake.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    _forbid_network()
    return (yield)


def pytest_configure() -> None:
    """Let Hypothesis take its time: two loaded cores say nothing about the code."""
    hypothesis.settings.register_profile("isoloir", deadline=None, print_blob=True)
    hypothesis.settings.load_profile("isoloir")


def pytest_unconfigure() -> None:
    """Leave nothing: neither folder nor server, whatever the outcome."""
    if not is_first_process():
        return
    if _cluster is not None:
        _cluster.stop()
    shutil.rmtree(os.environ.get(_FOLDER, ""), ignore_errors=True)


def _start_cluster() -> None:
    global _cluster  # noqa: PLW0603  # One cluster for the whole run.
    _cluster = postgres.Cluster()
    _cluster.start()
    os.environ["ISOLOIR_POSTGRES_HOST"] = str(_cluster.folder)
    os.environ["ISOLOIR_POSTGRES_PORT"] = str(postgres.PORT)
    os.environ["ISOLOIR_POSTGRES_USER"] = postgres.ROLE
    os.environ.pop("ISOLOIR_POSTGRES_PASSWORD", None)


def _forbid_network() -> None:
    """Let a socket reach this machine alone, and no name be asked of any server."""
    really_connect, really_connect_ex = socket.socket.connect, socket.socket.connect_ex
    really_send, really_ask = socket.socket.sendto, socket.getaddrinfo

    def connect(self: socket.socket, address: Any) -> None:
        _refuse_unless_local(self.family, address)
        return really_connect(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        _refuse_unless_local(self.family, address)
        return really_connect_ex(self, address)

    def sendto(self: socket.socket, *arguments: Any) -> int:
        _refuse_unless_local(self.family, arguments[-1])
        return really_send(self, *arguments)

    def getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
        if host is not None:
            _refuse_unless_local(socket.AF_INET, (host,))
        return really_ask(host, *arguments, **options)

    patches: dict[str, Any] = {"connect": connect, "connect_ex": connect_ex, "sendto": sendto}
    for name, replacement in patches.items():
        setattr(socket.socket, name, replacement)
    socket.getaddrinfo = getaddrinfo


def _refuse_unless_local(family: int, address: Any) -> None:
    if family not in (socket.AF_INET, socket.AF_INET6):
        return
    host = address[0].decode() if isinstance(address[0], bytes) else str(address[0])
    if host in ("localhost", ""):
        return
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(host.strip("[]")).is_loopback or host in ("0.0.0.0", "::"):
            return
    raise NetworkForbidden(f"a test tried to reach {host}")
