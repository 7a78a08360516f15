"""A PostgreSQL of the tests' own: made in a temporary folder, reached by a socket in it, gone with the run."""

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

ROLE = "isoloir"
PORT = 5432  # It only names the socket: the server listens to no network address, so that any number of them may live.
SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{folder}'
unix_socket_permissions = 0777
port = {port}
max_connections = 200
# Nothing of these databases outlives the run. A test about durability asks for `durable_database`, which sets this on.
fsync = off
log_min_messages = warning
"""
_PR_SET_PDEATHSIG = 1


class PostgresMissing(RuntimeError):
    """No PostgreSQL server is installed here."""


class Cluster:
    """A running server. `folder` holds its data and its socket, and is the host that clients are given."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="isoloir-postgres-"))
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Make the cluster and serve it. Raises PostgresMissing; RuntimeError with the server's log if it won't start."""
        # The server refuses to run as root: the Debian package made an account for it.
        account = pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        if os.geteuid() == 0:
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        as_account = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        programs, data = _programs(), self.folder / "data"
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", ROLE, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
            check=True, stdout=subprocess.DEVNULL, cwd=self.folder, **as_account,
        )  # fmt: skip
        with (data / "postgresql.conf").open("a") as stream:
            stream.write(SETTINGS.format(folder=self.folder, port=PORT))
        log = self.folder / "log"
        with log.open("wb") as stream:
            self._server = subprocess.Popen(
                [programs / "postgres", "-D", data], stdin=subprocess.DEVNULL, stdout=stream, stderr=stream,
                cwd=self.folder,
                preexec_fn=stop_with_parent(signal.SIGQUIT, **as_account),  # noqa: PLW1509  # No other thread yet.
            )  # fmt: skip
        self._wait(log)

    def _wait(self, log: Path) -> None:
        for _attempt in range(300):
            if self._server is None or self._server.poll() is not None:
                break
            with contextlib.suppress(psycopg.OperationalError):
                self.connect("postgres").close()
                return
            time.sleep(0.1)
        self.stop()
        raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text() if log.exists() else ''}")

    def connect(self, database: str) -> "psycopg.Connection[tuple[object, ...]]":
        return connect(str(self.folder), database)

    def stop(self) -> None:
        """Stop the server and remove everything; stopping twice is not an error."""
        if self._server is not None and self._server.poll() is None:
            self._server.send_signal(signal.SIGINT)
            try:
                self._server.wait(20)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)


def connect(host: str, database: str) -> "psycopg.Connection[tuple[object, ...]]":
    """Connect as the tests' superuser, each statement its own transaction."""
    return psycopg.connect(host=host, port=PORT, user=ROLE, dbname=database, autocommit=True)


def create_database(host: str, name: str) -> None:
    with connect(host, "postgres") as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # The name comes from the worker's number.


def set_durable(host: str, durable: bool) -> None:
    """Make every commit reach the disk before it is acknowledged, as in production; or no longer."""
    with connect(host, "postgres") as connection:
        connection.execute("ALTER SYSTEM SET fsync = on" if durable else "ALTER SYSTEM RESET fsync")
        connection.execute("SELECT pg_reload_conf()")
    # The server reads its configuration again at its own pace: a new session tells when it has.
    expected = "on" if durable else "off"
    for _attempt in range(100):
        with connect(host, "postgres") as connection:
            row = connection.execute("SHOW fsync").fetchone()
            if row is not None and row[0] == expected:
                return
        time.sleep(0.05)
    raise RuntimeError("PostgreSQL did not take its new configuration")


def stop_with_parent(
    final_signal: int, *, user: int | None = None, group: int | None = None, extra_groups: list[int] | None = None
) -> Callable[[], None]:
    """Return what a child runs before its program: change account, then ask Linux to end it when the tests die."""
    libc = ctypes.CDLL(None)

    def prepare() -> None:
        os.setsid()
        if group is not None:
            os.setgroups(extra_groups or [])
            os.setgid(group)
        if user is not None:
            os.setuid(user)
        # Changing account clears this wish: it comes last.
        libc.prctl(_PR_SET_PDEATHSIG, final_signal, 0, 0, 0)

    return prepare


def _programs() -> Path:
    """Return the folder of the server's programs: the newest that Debian installed, else the one of the PATH."""
    installed = sorted(
        (path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")),
        key=lambda path: float(path.parent.name),
    )
    if installed:
        return installed[-1]
    on_path = shutil.which("initdb")
    if on_path is None:
        raise PostgresMissing("PostgreSQL is not installed: run `make test`, or install the package postgresql")
    return Path(on_path).resolve().parent
