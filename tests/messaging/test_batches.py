"""Several workers, slow relays, and what a dead worker leaves behind."""

import smtplib
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from isoloir.messaging import actions, batches
from isoloir.messaging.actions import deliver_queued, recover_left_batches
from isoloir.messaging.models import Message
from isoloir.messaging.spool import Outcome, Spool
from tests.factories import DURING
from tests.messaging.relay import Relay, left_behind, queue_many, queue_one, states

pytestmark = pytest.mark.django_db
Sent = list[Any]


def test_what_one_worker_has_claimed_no_other_sends(mailoutbox: Sent, monkeypatch: pytest.MonkeyPatch) -> None:
    queue_many(3)
    taken: list[int] = []
    really_compose = actions.compose

    def meanwhile(message: Message, **options: Any) -> Any:
        monkeypatch.setattr(actions, "compose", really_compose)
        taken.append(deliver_queued(at=DURING))
        return really_compose(message, **options)

    monkeypatch.setattr(actions, "compose", meanwhile)
    assert deliver_queued(at=DURING) == 3
    assert taken == [0]
    assert len(mailoutbox) == 3


def test_claim_that_ran_out_is_anybodys(mailoutbox: Sent) -> None:
    message = queue_one()
    Message.objects.filter(pk=message.pk).update(claim="elsewhere", claimed_until=timezone.now() - timedelta(seconds=1))
    assert deliver_queued(at=DURING) == 1


def test_batch_of_a_living_worker_of_this_machine_is_its_own_however_long_it_takes(relay: type[Relay]) -> None:
    queue_many(3)
    taken = []

    def elsewhere() -> None:
        Message.objects.exclude(claim="").update(claimed_until=timezone.now() - timedelta(hours=1))
        taken.append(deliver_queued(at=DURING))

    relay.meanwhile = elsewhere
    assert deliver_queued(at=DURING) == 3
    assert (relay.shown, taken) == (3, [0, 0, 0])


class Clocks:
    """The machine's two clocks, moved by hand: the one that people read, and the one that stops while it sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._begun, self._wall, self._steady = timezone.now(), timedelta(), timedelta()
        for module in (actions, batches):
            monkeypatch.setattr(module, "timezone", SimpleNamespace(now=lambda: self._begun + self._wall))
        monkeypatch.setattr(actions, "time", SimpleNamespace(monotonic=self._seconds))

    def _seconds(self) -> float:
        return self._steady.total_seconds()

    def work(self, span: timedelta) -> None:
        self._wall += span
        self._steady += span

    def sleep(self, span: timedelta) -> None:
        self._wall += span


def deliver_on_another_machine(settings: LazySettings) -> int:
    here = settings.SPOOL_DIR
    settings.SPOOL_DIR = here.with_name("another-machine")
    try:
        return deliver_queued(at=DURING)
    finally:
        settings.SPOOL_DIR = here


def test_relay_that_answers_as_slowly_as_it_may_gets_each_message_once(
    relay: type[Relay], settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    clocks = Clocks(monkeypatch)
    queue_many(6)

    def elsewhere() -> None:
        # Connection, greeting, TLS, sign-in and message: sixteen answers, each just before the relay would be left.
        clocks.work(timedelta(seconds=16 * settings.EMAIL_TIMEOUT))
        assert deliver_on_another_machine(settings) == 0

    relay.meanwhile = elsewhere
    assert [deliver_queued(at=DURING) for _turn in range(7)] == [1, 1, 1, 1, 1, 1, 0]
    assert relay.shown == 6


def test_batch_lasts_a_minute_and_one_message_and_the_rest_is_given_back(
    relay: type[Relay], settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    clocks = Clocks(monkeypatch)
    queue_many(10)
    relay.meanwhile = lambda: clocks.work(timedelta(seconds=25))
    assert deliver_queued(at=DURING) == 3
    relay.meanwhile = None
    assert deliver_on_another_machine(settings) == 7
    assert relay.shown == 10


def test_worker_whose_machine_slept_sends_nothing_of_what_another_has_taken(
    relay: type[Relay], settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    clocks = Clocks(monkeypatch)
    queue_many(4)

    def elsewhere() -> None:
        clocks.sleep(timedelta(hours=1))
        deliver_on_another_machine(settings)

    relay.meanwhile = elsewhere
    deliver_queued(at=DURING)
    # The message that was in hand went to sleep with it, and is in doubt; no other left twice.
    assert (relay.shown, states()) == (5, {"sent": 4})


def test_worker_told_to_stop_sends_no_other_message_and_gives_the_rest_back(mailoutbox: Sent) -> None:
    queue_many(5)
    assert deliver_queued(at=DURING, stopped=lambda: len(mailoutbox) >= 2) == 2
    waiting = Message.objects.filter(state=Message.State.QUEUED)
    assert set(waiting.values_list("claim", "claimed_until", "attempts")) == {("", None, 0)}
    assert deliver_queued(at=DURING) == 3
    assert len(mailoutbox) == 5


def test_dead_workers_batch_is_taken_up_and_only_what_is_in_doubt_leaves_again(mailoutbox: Sent, spool: Path) -> None:
    done, in_doubt, untouched = messages = queue_many(3)
    left_behind(messages, [(Outcome.ABOUT, done), (Outcome.SENT, done), (Outcome.ABOUT, in_doubt)])
    assert deliver_queued(at=DURING) == 2
    assert [letter.body for letter in mailoutbox] == ["body 1", "body 2"]
    assert dict(Message.objects.values_list("pk", "doubts")) == {done.pk: 0, in_doubt.pk: 1, untouched.pk: 0}
    assert set(Message.objects.values_list("state", flat=True)) == {Message.State.SENT}
    assert list(spool.iterdir()) == []


def test_batch_of_a_living_worker_is_left_alone(spool: Path) -> None:
    message = queue_one()
    with Spool("d" * 32) as batch:
        batch.note(Outcome.ABOUT, message.pk)
        assert recover_left_batches(at=DURING) == 0
        assert len(list(spool.iterdir())) == 1
    assert recover_left_batches(at=DURING) == 1


def test_line_cut_by_a_power_failure_is_not_believed(spool: Path) -> None:
    messages = queue_many(2)
    left_behind(messages, [(Outcome.SENT, messages[0])])
    with (spool / f"{'c' * 32}.spool").open("ab") as stream:
        stream.write(f"sent {messages[1].pk}".encode())
    recover_left_batches(at=DURING)
    states = dict(Message.objects.values_list("pk", "state"))
    assert states == {messages[0].pk: Message.State.SENT, messages[1].pk: Message.State.QUEUED}


def test_old_spool_says_nothing_of_a_batch_that_another_worker_has_taken(spool: Path) -> None:
    message = queue_one()
    left_behind([message], [(Outcome.SENT, message)])
    Message.objects.update(claim="e" * 32)
    recover_left_batches(at=DURING)
    assert Message.objects.get().state == Message.State.QUEUED


def test_message_that_kills_its_worker_each_time_is_given_up(relay: type[Relay]) -> None:
    message = queue_one()
    for number in range(8):
        left_behind([message], [(Outcome.ABOUT, message)], claim=f"{number}" * 32)
        recover_left_batches(at=DURING)
    message.refresh_from_db()
    assert (message.state, message.doubts) == (Message.State.FAILED, 8)


def test_connection_lost_in_the_middle_is_a_doubt_and_is_tried_later(relay: type[Relay]) -> None:
    relay.fault = smtplib.SMTPServerDisconnected("gone")
    queue_one()
    assert deliver_queued(at=DURING) == 0
    message = Message.objects.get()
    assert (message.state, message.doubts, message.next_attempt_at > DURING) == (Message.State.QUEUED, 1, True)
