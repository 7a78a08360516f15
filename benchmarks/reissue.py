"""Voting codes issued again at a given pace: asked for, link in the outbox, new keys sent over HTTP, live and confirmed.

The registrar is a process of its own, the portal a real server; arrivals are on time whatever the answers take, and each
delay counts from the instant when the voter arrived.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx

from isoloir.commands.server import free_port, start_server, stop, wait_until_it_answers
from isoloir.commands.setup import collect_static, migrate, start_django

from .report import line, title

PER_SECOND = 10
_AT_ONCE = 16


def measure(seconds: float) -> None:
    with tempfile.TemporaryDirectory() as directory:
        start_django(settings="config.settings.dev", directory=Path(directory))
        migrate()
        collect_static()
        _measure(int(PER_SECOND * seconds), Path(directory))


def _measure(number: int, directory: Path) -> None:
    from django.db import connection
    from django.utils import timezone

    from isoloir.credentials.reissue.requests import ask_reissue
    from tests.reissue_world import BIRTH_DATE, new_keys, numen_of

    title(f"Re-issue, {PER_SECOND} voters a second during {number / PER_SECOND:.0f} s ({connection.vendor})")
    world = _world(number, directory)
    voters = [world.voter(place) for place in range(number)]
    processes = [_start_registrar(world, directory)]
    try:
        port = free_port()
        server = start_server(port=port, log=directory / "portal.log")
        processes.append(server)
        wait_until_it_answers(server, port=port)

        def ask(voter: Any) -> int:
            answers = {"numen": numen_of(voter), "birth_date": BIRTH_DATE}
            contact = f"06{10_000_000 + voter.pk:08d}"
            options = {"policy": "2018", "channel": "sms", "contact": contact, "network": "", "at": timezone.now()}
            try:
                return int(ask_reissue(voter=voter, answers=answers, **options).pk)
            finally:
                connection.close()

        asked = _at_pace("request to link in the outbox", ask, voters)
        # What browsers do, done before: it takes none of the portal's time.
        prepared = [
            (_session(voter, reissue), new_keys(voter, at=timezone.now())[1])
            for voter, reissue in zip(voters, asked, strict=True)
        ]
        address = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=address, timeout=60, trust_env=False) as client:
            _at_pace("new keys to e-mail in the outbox (live)", lambda one: _send(client, *one), prepared)
    finally:
        for process in processes:
            stop(process)
    _check(number)


def _world(number: int, directory: Path) -> Any:
    from django.utils import timezone

    from isoloir.credentials.reissue.identifiers import import_identifiers
    from tests.reissue_world import make_reissue_world, serve_in_process

    at = timezone.now()
    world = make_reissue_world(directory, voters=number, sealed=False, opens_at=at - timedelta(hours=1))
    content = (directory / "identifiers.csv").read_bytes()
    import_identifiers(election=world.world.election, content=content, actor="mesure", at=at)
    with serve_in_process(world):
        world.seal(at=at - timedelta(days=1))
    world.service.close()
    return world


def _start_registrar(world: Any, directory: Path) -> "subprocess.Popen[bytes]":
    """Start `isoloir registrar serve`, and tell the portal, here and in the processes to come, where it is."""
    from django.conf import settings

    port = free_port()
    settings.REGISTRAR_URL = os.environ["ISOLOIR_REGISTRAR_URL"] = f"http://127.0.0.1:{port}"
    settings.REGISTRAR_KEY = os.environ["ISOLOIR_REGISTRAR_KEY"] = world.key
    command = [sys.executable, "-m", "isoloir.commands", "registrar", "serve", "--store", str(world.store)]
    with (directory / "registrar.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, "--listen", f"127.0.0.1:{port}"], stdout=log, stderr=log, start_new_session=True
        )
    wait_until_it_answers(process, port=port)
    return process


def _session(voter: Any, reissue: int) -> str:
    """Return the key of a session in which the voter is identified and has opened the link."""
    from django.conf import settings
    from django.utils import timezone

    from isoloir.identity.models import VoterAccount
    from isoloir.identity.sessions import open_session

    at = timezone.now()
    VoterAccount.objects.create(voter=voter, password="!", activated_at=at, password_set_at=at - timedelta(minutes=1))
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    open_session(store, voter=voter, at=at)
    store["vote_reissue"] = reissue
    store.save()
    return str(store.session_key)


def _send(client: httpx.Client, session: str, keys: list[dict[str, Any]]) -> None:
    from django.conf import settings

    # In a header of the request, for the client keeps cookies of its own for all voters.
    cookies = f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={'c' * 32}"
    headers = {"X-CSRFToken": "c" * 32, "Referer": str(client.base_url), "Cookie": cookies}
    answer = client.post("/vote/code/nouveau/cles/", json={"keys": keys}, headers=headers)
    client.cookies.clear()
    answer.raise_for_status()


def _at_pace(name: str, act: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    """Do `act` for each item, PER_SECOND of them a second; print the delays, and return what the acts returned."""
    begun = time.perf_counter() + 0.1
    durations = []

    def arrive(arrival: tuple[int, Any]) -> Any:
        place, item = arrival
        due = begun + place / PER_SECOND
        time.sleep(max(0.0, due - time.perf_counter()))
        done = act(item)
        durations.append(time.perf_counter() - due)
        return done

    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        results = list(pool.map(arrive, enumerate(items)))
    took = time.perf_counter() - begun
    ordered = sorted(durations)
    median, late = ordered[len(ordered) // 2], ordered[len(ordered) * 95 // 100]
    line(f"{name}: median", f"{median * 1000:.0f} ms", f"p95 {late * 1000:.0f} ms, {len(items) / took:.1f} /s")
    return results


def _check(number: int) -> None:
    """Refuse to have measured something else than re-issues that went live."""
    from isoloir.credentials.models import Reissue
    from isoloir.messaging.models import Message

    live = Reissue.objects.filter(state=Reissue.State.LIVE).count()
    told = Message.objects.filter(kind="code-replaced").count()
    if (live, told) != (number, number):
        raise SystemExit(f"{live} codes live and {told} confirmations for {number} voters")
