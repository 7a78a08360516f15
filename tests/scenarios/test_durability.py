"""What was acknowledged survives: the server is killed at random moments of a thousand casts, and started again."""

import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from importlib import import_module

import httpx
import pytest
from django.conf import settings
from django.utils import timezone
from isoloir_protocol.ballots import tracker_of

from isoloir.ballotbox.models import Ballot
from isoloir.identity.models import VoterAccount
from isoloir.identity.sessions import open_session
from isoloir.messaging.models import Message
from isoloir.roll.models import Turnout, Voter
from tests.factories import World, make_world
from tests.portal_server import PortalServer

VOTERS = int(os.environ.get("ISOLOIR_DURABILITY_VOTERS", "1000"))
KILLS = 8


def sign_in(voter: Voter, at: datetime) -> str:
    """Return the key of a session in which the voter is identified and has proved the code."""
    VoterAccount.objects.create(voter=voter, password="!", activated_at=at, password_set_at=at - timedelta(minutes=1))
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    open_session(store, voter=voter, at=at)
    store["vote_code_proved_by"] = voter.pk
    store.save()
    return str(store.session_key)


def cast_until_acknowledged(
    browser: httpx.Client, server: PortalServer, world: World, session: str, ballot: bytes, deadline: float
) -> str:
    """Send the same bytes until an answer comes, as the booth does; return the receipt's text."""
    headers = {
        "X-CSRFToken": "c" * 32, "Referer": server.url, "Content-Type": "application/json",
        "Cookie": f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={'c' * 32}",
    }  # fmt: skip
    address = f"{server.url}/vote/scrutins/{world.contest.uuid}/bulletin/"
    while time.monotonic() < deadline:
        try:
            answer = browser.post(address, content=ballot, headers=headers)
        except httpx.TransportError:
            time.sleep(0.05)
            continue
        if answer.status_code == httpx.codes.OK:
            return str(answer.json()["receipt"]["text"])
        assert answer.status_code >= 500, answer.text
    raise AssertionError("no acknowledgement before the deadline")


@pytest.mark.timeout(600)
@pytest.mark.django_db(transaction=True)
def test_ballots_lines_and_receipts_agree_after_the_server_was_killed(
    durable_database: None, portal_server: PortalServer
) -> None:
    now = timezone.now()
    world = make_world(voters=VOTERS, opens_at=now - timedelta(hours=1))
    ballots = {voter.pk: world.ballot(voter, world.contest) for voter in world.voters}
    sessions = {voter.pk: sign_in(voter, timezone.now()) for voter in world.voters}
    deadline = time.monotonic() + 420
    finished = threading.Event()

    def kill_now_and_then() -> None:
        for _ in range(KILLS):
            if finished.wait(random.uniform(0.5, 3.0)):
                return
            portal_server.kill()
            portal_server.start()

    # One client for all: reading the certificates of the world for each would cost more than the vote itself. It keeps
    # no connection, since every voter comes from elsewhere.
    browser = httpx.Client(timeout=20, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))
    with browser, ThreadPoolExecutor(max_workers=1) as killer, ThreadPoolExecutor(max_workers=6) as pool:
        killing = killer.submit(kill_now_and_then)
        texts = list(
            pool.map(
                lambda voter: cast_until_acknowledged(
                    browser, portal_server, world, sessions[voter.pk], ballots[voter.pk], deadline
                ),
                world.voters,
            )
        )
        finished.set()
        killing.result()
    expected = {tracker_of(ballot) for ballot in ballots.values()}
    assert len(texts) == VOTERS
    assert set(Ballot.objects.values_list("tracker", flat=True)) == expected
    assert Turnout.objects.count() == VOTERS
    assert Message.objects.filter(kind="receipt").count() == VOTERS
    assert {text.split('"tracker":"')[1][:43] for text in texts} == expected
