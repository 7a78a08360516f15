"""Password checks and identification pages per second, each beside Django's own.

`python -m benchmarks.accounts` in a process of its own: its settings are those of production.
"""

import argparse
import http.client
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from isoloir.commands.server import free_port, start_server, stop, wait_until_it_answers
from isoloir.commands.setup import collect_static, migrate, start_django

from .report import line, title

_PROCESSES = 2
_AT_ONCE = 8
_PASSWORD = "Chouette-Effraie-7"


def measure(seconds: float) -> None:
    """Run the measures in a process of their own, each for this time."""
    subprocess.run([sys.executable, "-m", "benchmarks.accounts", "--seconds", str(seconds)], check=True)


# ---- Passwords ----


def _check_passwords(hasher: str, seconds: float) -> int:
    """Check a right password again and again with this hasher; return how many times."""
    start_django()
    from django.utils.module_loading import import_string

    algorithm = import_string(hasher)()
    encoded = algorithm.encode(_PASSWORD, algorithm.salt())
    done, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        if not algorithm.verify(_PASSWORD, encoded):
            raise RuntimeError("a right password was refused")
        done += 1
    return done


def _rate(hasher: str, seconds: float) -> float:
    # Started afresh: a process that has already a database or threads is not forked.
    with ProcessPoolExecutor(_PROCESSES, mp_context=get_context("spawn")) as pool:
        done = pool.map(_check_passwords, [hasher] * _PROCESSES, [seconds] * _PROCESSES)
        return sum(done) / seconds


def _measure_passwords(seconds: float) -> None:
    from django.conf import settings

    title(f"Password checks ({_PROCESSES} processes)")
    ours = _rate("isoloir.identity.hashers.ExplicitArgon2PasswordHasher", seconds)
    peer = _rate("django.contrib.auth.hashers.Argon2PasswordHasher", seconds)
    memory = settings.ARGON2_MEMORY_KIB // 1024
    line(
        f"Argon2id, OWASP's floor: {memory} MiB, t={settings.ARGON2_TIME_COST}, p=1", f"{ours:.0f} /s", "target 20 /s"
    )  # fmt: skip
    line("peer: Django's default parameters: 100 MiB, t=2, p=8", f"{peer:.0f} /s", f"ratio {ours / peer:.1f}")


# ---- Pages ----


def _ask_again(port: int, path: str, seconds: float) -> int:
    """Ask for a page over one connection as new visitors, without a cookie; return how many came."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    done, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        connection.request("GET", path, headers={"X-Forwarded-Proto": "https", "Accept-Language": "fr"})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != http.HTTPStatus.OK or b"csrfmiddlewaretoken" not in body:
            raise RuntimeError(f"{path} answered {answer.status}")
        done += 1
    connection.close()
    return done


def _pages_per_second(port: int, path: str, seconds: float) -> float:
    _ask_again(port, path, 1)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        done = pool.map(lambda _visitor: _ask_again(port, path, seconds), range(_AT_ONCE))
        return sum(done) / seconds


def _measure_pages(seconds: float) -> None:
    from django.db import connection

    title(f"Identification page (granian, {_PROCESSES} workers, {connection.vendor}, settings of production)")
    rates = []
    for application, path in (
        ("config.wsgi:application", "/identification/"), ("benchmarks.peer:application", "/admin/login/"),
    ):  # fmt: skip
        port = free_port()
        server = start_server(port=port, workers=_PROCESSES, application=application)
        try:
            wait_until_it_answers(server, port=port)
            rates.append(_pages_per_second(port, path, seconds))
        finally:
            stop(server)
    ours, peer = rates
    line(f"/identification/, {_AT_ONCE} visitors at once on the same machine", f"{ours:.0f} /s", "target 150 /s")
    line("peer: the sign-in page of Django's admin, default middleware", f"{peer:.0f} /s", f"ratio {ours / peer:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=10)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as directory:
        os.environ |= {
            "ISOLOIR_SECRET_KEY": "bench", "ISOLOIR_HOSTS": "127.0.0.1", "ISOLOIR_PORTAL_URL": "https://vote.example",
            "ISOLOIR_SMTP_HOST": "127.0.0.1", "ISOLOIR_BEHIND_TLS_PROXY": "1",
        }  # fmt: skip
        start_django(directory=Path(directory))
        migrate()
        collect_static()
        from .electorate import make_electorate

        make_electorate(1000)
        _measure_passwords(seconds)
        _measure_pages(seconds)


if __name__ == "__main__":
    main()
