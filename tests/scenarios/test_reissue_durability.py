"""Portal and registrar are killed at random moments of many re-issues: one live key for each place, the same for both."""

import os
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings as django_settings
from django.db.models import Max
from django.utils import timezone

from isoloir.commands.server import free_port
from isoloir.credentials.links import live_key, places_of
from isoloir.credentials.models import PendingKey, Reissue, SlotKey
from isoloir.credentials.registrar.files import DATABASE
from isoloir.credentials.reissue.keys import settle_pending
from isoloir.identity.models import VoterAccount
from isoloir.identity.sessions import open_session
from isoloir.messaging.models import Message
from isoloir.pollingstation.casting import cast_vote, check_ballot
from isoloir.roll.models import RollEntry, Voter
from tests.portal_server import PortalServer
from tests.registrar_process import RegistrarProcess
from tests.reissue_world import ReissueWorld, make_reissue_world, new_keys

# A hundred take three quarters of a minute more: they are asked for by the environment, not in every run.
VOTERS = int(os.environ.get("ISOLOIR_REISSUE_VOTERS", "40"))
KILLS = 8
_OPENED = "vote_reissue"


@pytest.fixture
def world(
    transactional_db: None, durable_database: None, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> ReissueWorld:
    made = make_reissue_world(tmp_path, voters=VOTERS, contests=2, opens_at=timezone.now() - timedelta(hours=1))
    port = free_port()
    settings.REGISTRAR_URL, settings.REGISTRAR_KEY = f"http://127.0.0.1:{port}", made.key
    monkeypatch.setenv("ISOLOIR_REGISTRAR_URL", settings.REGISTRAR_URL)
    monkeypatch.setenv("ISOLOIR_REGISTRAR_KEY", settings.REGISTRAR_KEY)
    return made


@pytest.fixture
def registrar_process(world: ReissueWorld, settings: Any, tmp_path: Path) -> Iterator[RegistrarProcess]:
    port = int(settings.REGISTRAR_URL.rpartition(":")[2])
    process = RegistrarProcess(store=world.store, port=port, log=tmp_path / "registrar.log")
    process.start()
    yield process
    process.kill()


def sign_in(voter: Voter, reissue: Reissue) -> str:
    """Return the key of a session in which the voter is identified and has opened the link."""
    at = timezone.now()
    VoterAccount.objects.create(voter=voter, password="!", activated_at=at, password_set_at=at - timedelta(minutes=1))
    store = import_module(django_settings.SESSION_ENGINE).SessionStore()
    open_session(store, voter=voter, at=at)
    store[_OPENED] = reissue.pk
    store.save()
    return str(store.session_key)


def send_until_told(server: PortalServer, session: str, keys: list[dict[str, Any]], deadline: float) -> str:
    """Send the same keys until the portal says how it ended, as the page does; return « ok » or the code of the refusal."""
    cookies = {django_settings.SESSION_COOKIE_NAME: session, django_settings.CSRF_COOKIE_NAME: "c" * 32}
    headers = {"X-CSRFToken": "c" * 32, "Referer": server.url}
    address = f"{server.url}/vote/code/nouveau/cles/"
    while time.monotonic() < deadline:
        try:
            answer = httpx.post(
                address, json={"keys": keys}, headers=headers, cookies=cookies, timeout=30, trust_env=False
            )
        except httpx.TransportError:
            time.sleep(0.05)
            continue
        if answer.status_code == httpx.codes.OK:
            return "ok"
        told = answer.json()["error"] if answer.status_code != httpx.codes.INTERNAL_SERVER_ERROR else "fault"
        if told not in ("registrar_away", "fault"):
            return str(told)
        time.sleep(0.1)
    raise AssertionError("no answer before the deadline")


def registrar_live_keys(store: Path, uuid: str) -> dict[str, str]:
    """Return the live key of each slot of a contest, as the registrar's own database says."""
    connection = sqlite3.connect(store / DATABASE)
    rows = connection.execute(
        "SELECT slot, lower(hex(key)), 0 FROM places JOIN contests ON number = contest WHERE uuid = :uuid"
        " UNION ALL SELECT slot, lower(hex(key)), generation FROM entries JOIN contests ON number = contest"
        " WHERE uuid = :uuid ORDER BY 3",
        {"uuid": uuid},
    ).fetchall()
    connection.close()
    return {slot: key for slot, key, _generation in rows}


def require_same_live_keys(world: ReissueWorld) -> None:
    """Compare what the portal and the registrar each hold to be the live key of every place."""
    for contest in world.contests:
        entries = list(RollEntry.objects.filter(contest=contest).select_related("contest"))
        portal_keys = {place.name: place.live_key for place in places_of(entries).values()}
        assert portal_keys == registrar_live_keys(world.store, contest.uuid)


@pytest.mark.timeout(600)
@pytest.mark.django_db(transaction=True)
def test_one_key_lives_for_each_place_after_both_were_killed(
    world: ReissueWorld, registrar_process: RegistrarProcess, portal_server: PortalServer
) -> None:
    at = timezone.now()
    work = []
    for voter in map(world.voter, range(VOTERS)):
        reissue = world.granted(voter, at=at)
        code, keys = new_keys(voter, at=at)
        work.append((voter, reissue, code, keys, sign_in(voter, reissue)))
    portal_server.stop()
    portal_server.start()
    deadline = time.monotonic() + 300
    finished = threading.Event()

    def kill_now_and_then() -> int:
        for kill in range(KILLS):
            if finished.wait(random.uniform(0.2, 1.2)):
                return kill
            victim = registrar_process if kill % 3 == 2 else portal_server
            victim.kill()
            victim.start()
        return KILLS

    with ThreadPoolExecutor(max_workers=1) as killer, ThreadPoolExecutor(max_workers=6) as pool:
        killing = killer.submit(kill_now_and_then)
        told = list(pool.map(lambda one: send_until_told(portal_server, one[4], one[3], deadline), work))
        finished.set()
        assert killing.result() >= 2, "the re-issues were over before anybody was killed"
    portal_server.stop()
    settle_pending(at=timezone.now() + timedelta(minutes=2))
    assert set(told) == {"ok"}
    assert not PendingKey.objects.exists()
    assert set(Reissue.objects.values_list("state", flat=True)) == {Reissue.State.LIVE}
    assert Message.objects.filter(kind="code-replaced").count() == VOTERS
    assert SlotKey.objects.filter(generation__gt=0).count() == 2 * VOTERS
    require_same_live_keys(world)
    for voter, _reissue, code, _keys, _session in work[:5]:
        ballot = check_ballot(contest=world.contests[0], text=world.world.ballot(voter, world.contests[0], code=code))
        cast_vote(voter=voter, contest=world.contests[0], ballot=ballot, authenticated_at=at, at=timezone.now())


@pytest.mark.timeout(300)
@pytest.mark.django_db(transaction=True)
def test_pages_that_nobody_sends_again_are_settled_by_what_the_registrar_says(
    world: ReissueWorld, registrar_process: RegistrarProcess, portal_server: PortalServer
) -> None:
    at = timezone.now()
    voters = [world.voter(number) for number in range(min(VOTERS, 40))]
    before = {entry.pk: live_key(entry) for entry in RollEntry.objects.select_related("contest")}
    portal_server.stop()
    portal_server.start()
    sent = []
    for voter in voters:
        reissue = world.granted(voter, at=at)
        _code, keys = new_keys(voter, at=at)
        sent.append((voter, {item["contest"]: item["key"] for item in keys}, keys, sign_in(voter, reissue)))

    def send_once(one: tuple[Any, ...]) -> None:
        try:
            send_until_told(portal_server, one[3], one[2], time.monotonic() + 0.01)
        except AssertionError:
            return

    with ThreadPoolExecutor(max_workers=6) as pool:
        tasks = [pool.submit(send_once, one) for one in sent]
        while sum(task.done() for task in tasks) < len(tasks) // 3:
            time.sleep(0.01)
        portal_server.kill()
        registrar_process.kill()
    registrar_process.start()
    settle_pending(at=timezone.now() + timedelta(minutes=2))
    assert not PendingKey.objects.exists()
    states = set(Reissue.objects.values_list("state", flat=True))
    assert Reissue.State.LIVE in states
    assert states <= {Reissue.State.LIVE, Reissue.State.LINKED}
    signed = {contest.uuid: registrar_live_keys(world.store, contest.uuid) for contest in world.contests}
    for voter, keys, _sent, _session in sent:
        entries = list(voter.entries.select_related("contest"))
        places = places_of(entries)
        alive = {entry.contest.uuid: places[entry.pk].live_key for entry in entries}
        assert alive in (keys, {entry.contest.uuid: before[entry.pk] for entry in entries}), "all its keys, or none"
        assert all(signed[entry.contest.uuid][places[entry.pk].name] == places[entry.pk].live_key for entry in entries)
    assert SlotKey.objects.aggregate(Max("generation"))["generation__max"] == 1
