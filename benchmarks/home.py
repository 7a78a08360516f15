"""The home of the voter space, signed in, over HTTP: pages a second of two server processes, and queries of one page.

`python -m benchmarks.home` in a process of its own: its settings are those of production. Visitors are in another
process than the server, on the same machine, each with a session of their own.
"""

import argparse
import http.client
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

from isoloir.commands.server import free_port, start_server, stop, wait_until_it_answers
from isoloir.commands.setup import collect_static, migrate, start_django

from .report import line, title

_PROCESSES = 2
_VISITORS = 8
_CONTESTS = 4
_PATH = "/espace/"
TARGET = 100


def measure(seconds: float) -> None:
    """Run the measure in a process of its own, for this time."""
    subprocess.run([sys.executable, "-m", "benchmarks.home", "--seconds", str(seconds)], check=True)


def _visit(port: int, cookie: str, seconds: float) -> int:
    """Ask for one's home over one connection, again and again; return how many came."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"X-Forwarded-Proto": "https", "Accept-Language": "fr", "Cookie": cookie}
    done, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        connection.request("GET", _PATH, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != http.HTTPStatus.OK or b'id="mes-scrutins"' not in body:
            raise RuntimeError(f"{_PATH} answered {answer.status}")
        done += 1
    connection.close()
    return done


def _visit_all(port: int, cookies: list[str], seconds: float) -> int:
    with ThreadPoolExecutor(len(cookies)) as pool:
        return sum(pool.map(lambda cookie: _visit(port, cookie, seconds), cookies))


def _sessions(number: int) -> list[str]:
    """Sign voters in; return the cookie of each."""
    from datetime import timedelta

    from django.conf import settings
    from django.utils import timezone

    from isoloir.elections.models import Contest, Election
    from isoloir.identity.models import VoterAccount
    from isoloir.identity.sessions import open_session
    from isoloir.roll.models import RollEntry

    at = timezone.now()
    election = Election.objects.get()
    contests = [
        Contest.objects.create(
            election=election, uuid=str(place) * 22, code=f"S{place}", name=f"Scrutin {place}", instance="csa",
            kind="list", seats=10, state=Contest.State.SEALED,
        )
        for place in range(1, _CONTESTS + 1)
    ]  # fmt: skip
    cookies = []
    for voter in election.voters.order_by("pk")[:number]:
        RollEntry.objects.bulk_create(RollEntry(voter=voter, contest=contest) for contest in contests)
        VoterAccount.objects.create(
            voter=voter, password="!", activated_at=at, password_set_at=at - timedelta(minutes=1)
        )
        store = import_module(settings.SESSION_ENGINE).SessionStore()
        open_session(store, voter=voter, at=at)
        store.save()
        cookies.append(f"{settings.SESSION_COOKIE_NAME}={store.session_key}")
    return cookies


def _measure(seconds: float) -> None:
    from django.db import connection

    title(
        f"Home of the voter space, {_CONTESTS} contests (granian, {_PROCESSES} workers, {connection.vendor}, settings of production)"
    )
    cookies = _sessions(_VISITORS)
    port = free_port()
    server = start_server(port=port, workers=_PROCESSES)
    try:
        wait_until_it_answers(server, port=port)
        # Started afresh: a process that has already a database is not forked.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            pool.submit(_visit_all, port, cookies, 2.0).result()
            done = pool.submit(_visit_all, port, cookies, seconds).result()
    finally:
        stop(server)
    line(f"{_PATH}, {_VISITORS} voters at once on the same machine", f"{done / seconds:.0f} /s", f"target {TARGET} /s")


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
        _measure(seconds)


if __name__ == "__main__":
    main()
