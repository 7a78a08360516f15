"""An opening campaign whose worker is killed at random moments: each voter gets one message, and doubts are few."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from benchmarks.electorate import make_electorate
from isoloir.identity.campaigns import open_campaign
from isoloir.identity.models import Campaign, OneTimeLink
from isoloir.journal.actions import verify_journal
from isoloir.messaging.models import Message
from tests.postgres import stop_with_parent
from tests.smtp_sink import SmtpSink

VOTERS = int(os.environ.get("ISOLOIR_CAMPAIGN_VOTERS", "1500"))
KILLS = 2


class Worker:
    """`isoloir work` with the settings of production, on the database of the calling test, sending to `sink`."""

    def __init__(self, sink: SmtpSink, folder: Path) -> None:
        name = "ISOLOIR_POSTGRES" if connection.vendor == "postgresql" else "ISOLOIR_SQLITE"
        self._environment = {
            **os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.production", "ISOLOIR_SECRET_KEY": "test",
            "ISOLOIR_HOSTS": "127.0.0.1", "ISOLOIR_PORTAL_URL": "https://vote.example", "ISOLOIR_SMTP_TLS": "0",
            "ISOLOIR_SMTP_HOST": "127.0.0.1", "ISOLOIR_SMTP_PORT": str(sink.port),
            name: str(connection.settings_dict["NAME"]), "ISOLOIR_SECRETS": str(settings.SECRETS_DIR),
            "ISOLOIR_SPOOL": str(folder / "spool"),
        }  # fmt: skip
        self._log = folder / "worker.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as stream:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "isoloir.commands", "work"],
                env=self._environment, cwd=settings.BASE_DIR, stdout=stream, stderr=stream,
                preexec_fn=stop_with_parent(signal.SIGKILL),  # noqa: PLW1509  # What it calls takes no lock.
            )  # fmt: skip

    def end(self, number: signal.Signals) -> int:
        """Send the signal and wait; return the exit status."""
        if self._process is None:
            return 0
        process, self._process = self._process, None
        process.send_signal(number)
        return process.wait(60)

    def said(self) -> str:
        return self._log.read_text(errors="replace")


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[SmtpSink]:
    with SmtpSink(tmp_path) as relay:
        yield relay


@pytest.fixture
def worker(transactional_db: None, durable_database: None, sink: SmtpSink, tmp_path: Path) -> Iterator[Worker]:
    made = Worker(sink, tmp_path)
    yield made
    made.end(signal.SIGKILL)


def wait_for(sink: SmtpSink, messages: int, worker: Worker) -> None:
    deadline = time.monotonic() + 240
    while sink.count() < messages:
        assert time.monotonic() < deadline, f"{sink.count()} of {messages} messages\n{worker.said()[-3000:]}"
        time.sleep(0.02)


def wait_until_written() -> None:
    deadline = time.monotonic() + 60
    while Message.objects.exclude(state=Message.State.SENT).exists():
        assert time.monotonic() < deadline, dict(Message.objects.values_list("state").distinct())
        time.sleep(0.1)


@pytest.mark.timeout(600)
@pytest.mark.django_db(transaction=True)
def test_each_voter_gets_one_message_though_the_worker_is_killed_twice(worker: Worker, sink: SmtpSink) -> None:
    election = make_electorate(VOTERS)
    open_campaign(election=election, kind=Campaign.Kind.OPENING, actor="essai", at=timezone.now())
    for kill in range(1, KILLS + 1):
        worker.start()
        wait_for(sink, kill * VOTERS // (KILLS + 2), worker)
        time.sleep(random.uniform(0, 0.3))
        worker.end(signal.SIGKILL)
    worker.start()
    wait_for(sink, VOTERS, worker)
    wait_until_written()
    assert worker.end(signal.SIGTERM) == 0
    times = sink.times_accepted()
    assert len(times) == VOTERS
    # The same message twice is the same, byte for byte, and was in doubt: at most one for each kill (RFC 1047).
    assert len(set(sink.accepted())) == VOTERS
    doubts = Message.objects.aggregate(all=Sum("doubts"))["all"]
    assert times.total() - VOTERS <= doubts <= KILLS
    links = OneTimeLink.objects.filter(campaign__isnull=False)
    assert links.count() == links.values("voter").distinct().count() == VOTERS
    assert Campaign.objects.get().finished_at is not None
    verify_journal()


@pytest.mark.timeout(300)
@pytest.mark.django_db(transaction=True)
def test_worker_that_is_asked_to_stop_loses_nothing_and_doubts_nothing(worker: Worker, sink: SmtpSink) -> None:
    election = make_electorate(300)
    open_campaign(election=election, kind=Campaign.Kind.OPENING, actor="essai", at=timezone.now())
    worker.start()
    wait_for(sink, 20, worker)
    assert worker.end(signal.SIGTERM) == 0
    sent = Message.objects.filter(state=Message.State.SENT).count()
    assert sent == sink.count() < 300
    worker.start()
    wait_for(sink, 300, worker)
    wait_until_written()
    worker.end(signal.SIGTERM)
    assert set(sink.times_accepted().values()) == {1}
    assert not Message.objects.filter(doubts__gt=0).exists()


@pytest.mark.timeout(300)
@pytest.mark.django_db(transaction=True)
def test_two_workers_share_a_campaign_and_send_nothing_twice(worker: Worker, sink: SmtpSink, tmp_path: Path) -> None:
    election = make_electorate(600)
    open_campaign(election=election, kind=Campaign.Kind.OPENING, actor="essai", at=timezone.now())
    (tmp_path / "second").mkdir()
    second = Worker(sink, tmp_path / "second")
    try:
        worker.start()
        second.start()
        wait_for(sink, 600, worker)
        wait_until_written()
    finally:
        second.end(signal.SIGTERM)
    worker.end(signal.SIGTERM)
    assert sink.times_accepted().total() == len(sink.times_accepted()) == 600
