"""Casts per second over HTTP, on the real server: sessions open, ballots made beforehand."""

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import httpx

from isoloir.commands.server import free_port, start_server, stop, wait_until_it_answers
from isoloir.commands.setup import collect_static, migrate, start_django

from .report import line, title

_AT_ONCE = 8


def measure(voters: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        start_django(settings="config.settings.dev", directory=Path(directory))
        migrate()
        collect_static()
        _measure(voters)


def _measure(voters: int) -> None:
    from django.conf import settings
    from django.db import connection
    from django.utils import timezone

    from tests.factories import make_world

    title(f"Casting over HTTP ({connection.vendor}, 2 server processes, {_AT_ONCE} voters at once)")
    world = make_world(voters=voters, lists=12, opens_at=timezone.now() - timedelta(hours=1))
    cookie = settings.SESSION_COOKIE_NAME
    requests = [
        (world.ballot(voter, world.contest), {cookie: _session(voter), settings.CSRF_COOKIE_NAME: "c" * 32})
        for voter in world.voters
    ]
    port = free_port()
    server = start_server(port=port)
    try:
        wait_until_it_answers(server, port=port)
        seconds, durations = _cast_all(f"http://127.0.0.1:{port}", world.contest.uuid, requests)
    finally:
        stop(server)
    ordered = sorted(durations)
    line("casts acknowledged", f"{voters / seconds:.1f} /s")
    line(
        "one cast: median", f"{ordered[voters // 2] * 1000:.0f} ms", f"p95 {ordered[voters * 95 // 100] * 1000:.0f} ms"
    )


def _session(voter: object) -> str:
    from django.conf import settings
    from django.utils import timezone

    from isoloir.identity.models import VoterAccount
    from isoloir.identity.sessions import open_session

    at = timezone.now()
    VoterAccount.objects.create(voter=voter, password="!", activated_at=at, password_set_at=at - timedelta(minutes=1))
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    open_session(store, voter=voter, at=at)
    store["vote_code_proved_by"] = voter.pk
    store.save()
    return str(store.session_key)


def _cast_all(address: str, uuid: str, requests: list[tuple[bytes, dict[str, str]]]) -> tuple[float, list[float]]:
    headers = {"X-CSRFToken": "c" * 32, "Referer": address, "Content-Type": "application/json"}
    url = f"{address}/vote/scrutins/{uuid}/bulletin/"

    def cast(request: tuple[bytes, dict[str, str]]) -> float:
        ballot, cookies = request
        begun = time.perf_counter()
        answer = httpx.post(url, content=ballot, headers=headers, cookies=cookies, timeout=60, trust_env=False)
        answer.raise_for_status()
        return time.perf_counter() - begun

    begun = time.perf_counter()
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        durations = list(pool.map(cast, requests))
    return time.perf_counter() - begun, durations
