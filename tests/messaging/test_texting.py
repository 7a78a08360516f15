"""Sending text messages: which provider is asked, what a fault means, and what a crash leaves."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from isoloir.demo.models import DeliveredMessage
from isoloir.messaging.actions import deliver_queued, queue_sms, recover_left_batches
from isoloir.messaging.errors import NumberRefused, ProviderAway, ProviderBusy, ProviderUnsure, SmsRefused
from isoloir.messaging.models import Message, Provider
from isoloir.messaging.spool import Outcome
from isoloir.messaging.texting import receipt_key
from tests.factories import DURING
from tests.messaging.provider import FICTIONAL, ScriptedBackend, queue_texts, shown_by
from tests.messaging.relay import Relay, left_behind, queue_one, states

pytestmark = pytest.mark.django_db
Sent = list[Any]


# ---- Queueing ----


@pytest.mark.parametrize(
    ("recipient", "body", "code"),
    [
        ("0639980001", "Bonjour", "number"),
        ("+33 6 39 98 00 01", "Bonjour", "number"),
        ("+999123456789", "Bonjour", "number"),
        ("+336", "Bonjour", "number"),
        (FICTIONAL, "Vous êtes prêt", "alphabet"),
        (FICTIONAL, "l’élection", "alphabet"),
        (FICTIONAL, "a" * (3 * 153 + 1), "too-long"),
    ],
)
def test_what_no_telephone_would_get_is_refused_when_it_is_queued(recipient: str, body: str, code: str) -> None:
    with pytest.raises(SmsRefused) as refusal:
        queue_sms(kind="link", recipient_e164=recipient, body=body, at=DURING)
    assert (refusal.value.code, str(refusal.value)) == (code, code)
    assert not Message.objects.exists()


def test_without_a_provider_nothing_is_queued(settings: LazySettings) -> None:
    settings.SMS_BACKENDS = []
    with pytest.raises(SmsRefused, match="no-provider"):
        queue_texts(1)


def test_message_keeps_country_and_operator_and_seals_the_rest() -> None:
    message = queue_sms(kind="link", recipient_e164="+262692000001", body="Votre lien", at=DURING)
    assert (message.channel, message.country, message.carrier) == ("sms", "RE", "Orange")
    row = Message.objects.filter(pk=message.pk).values().get()
    everything = repr({name: bytes(value) if name == "sealed" else value for name, value in row.items()})
    assert "692000001" not in everything
    assert "Votre lien" not in everything


def test_text_message_arrives_in_the_demonstrations_mailbox() -> None:
    queue_texts(1)
    assert deliver_queued(at=DURING) == 1
    arrived = DeliveredMessage.objects.get()
    assert (arrived.channel, arrived.recipient, arrived.body) == ("sms", "+33639980000", "Lien 0")


# ---- Which provider is asked ----


def test_first_provider_takes_all_that_it_can(providers: type[ScriptedBackend]) -> None:
    queue_texts(3)
    assert deliver_queued(at=DURING) == 3
    assert shown_by() == ["first"] * 3
    rows = Message.objects.values_list("state", "sealed", "claim", "provider", "attempts", "receipt_key").order_by("pk")
    keys = [receipt_key("first", f"first-{number}") for number in (1, 2, 3)]
    assert list(rows) == [("sent", b"", "", "first", 1, key) for key in keys]


def test_message_that_the_first_does_not_take_twice_goes_to_the_second(providers: type[ScriptedBackend]) -> None:
    providers.script = {"first": [ProviderBusy("429"), ProviderBusy("429")]}
    queue_texts(1)
    at = DURING
    for _turn in range(3):
        deliver_queued(at=at)
        at += timedelta(minutes=10)
    assert shown_by() == ["first", "first", "second"]
    assert states() == {"sent": 1}


def test_provider_that_is_away_costs_a_message_neither_an_attempt_nor_a_wait(
    providers: type[ScriptedBackend], caplog: pytest.LogCaptureFixture
) -> None:
    providers.fault = {"first": ProviderAway("unreachable")}
    queue_texts(4)
    assert deliver_queued(at=DURING) == 4
    # Shown one message, then left alone.
    assert shown_by() == ["first", "second", "second", "second", "second"]
    assert set(Message.objects.values_list("attempts", flat=True)) == {1}
    row = Provider.objects.get(name="first")
    assert (row.code, row.away_since is not None, row.away_until > timezone.now()) == ("unreachable", True, True)
    assert "first is left alone for now: unreachable" in caplog.text


def test_all_providers_away_lose_nothing_and_are_asked_again_a_minute_later(providers: type[ScriptedBackend]) -> None:
    providers.fault = {name: ProviderAway("unreachable") for name in ("first", "second")}
    queue_texts(5)
    assert [deliver_queued(at=DURING) for _turn in range(3)] == [0, 0, 0]
    assert shown_by() == ["first", "second"]
    assert set(Message.objects.values_list("state", "attempts", "claim", "next_attempt_at")) == {
        ("queued", 0, "", DURING)
    }
    Provider.objects.update(away_until=timezone.now() - timedelta(seconds=1))
    providers.fault = {}
    assert deliver_queued(at=DURING) == 5
    assert set(Provider.objects.filter(name="first").values_list("failures", "away_since")) == {(0, None)}


def test_three_failures_in_a_row_leave_the_provider_alone(providers: type[ScriptedBackend]) -> None:
    providers.fault = {"first": ProviderBusy("500")}
    queue_texts(5)
    deliver_queued(at=DURING)
    assert shown_by() == ["first"] * 3 + ["second"] * 2


def test_refused_number_has_failed_with_its_reason(providers: type[ScriptedBackend]) -> None:
    providers.script = {"first": [NumberRefused("invalid-receiver"), None]}
    queue_texts(2)
    assert deliver_queued(at=DURING) == 1
    refused = Message.objects.get(state="failed")
    assert (refused.reason, bytes(refused.sealed)) == ("invalid-receiver", b"")


def test_provider_that_refuses_every_number_is_not_believed(providers: type[ScriptedBackend]) -> None:
    providers.fault = {"first": NumberRefused("invalid-receiver")}
    queue_texts(15)
    assert deliver_queued(at=DURING) == 5
    assert shown_by() == ["first"] * 10 + ["second"] * 5
    assert states() == {"queued": 10, "sent": 5}
    assert deliver_queued(at=DURING + timedelta(minutes=5)) == 10


# ---- Doubts ----


def test_doubt_sends_the_message_again_by_the_other_provider_and_thrice_at_most(
    providers: type[ScriptedBackend],
) -> None:
    providers.fault = {name: ProviderUnsure("timeout") for name in ("first", "second")}
    queue_texts(1)
    at = DURING
    for _turn in range(20):
        deliver_queued(at=at)
        at += timedelta(minutes=30)
        Provider.objects.all().delete()
    assert shown_by() == ["first", "second", "first"]
    message = Message.objects.get()
    assert (message.state, message.reason, bytes(message.sealed)) == ("failed", "doubt", b"")


def test_unknown_fault_is_a_doubt_and_is_logged_without_the_number(
    providers: type[ScriptedBackend], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    providers.script = {"first": [ValueError("+33639980000 Lien 0")]}
    queue_texts(1)
    deliver_queued(at=DURING)
    assert Message.objects.get().doubts == 1
    assert "639980000" not in caplog.text


def test_dead_workers_message_leaves_once_more_and_no_other_twice(providers: type[ScriptedBackend]) -> None:
    done, in_doubt, untouched = messages = queue_texts(3)
    Message.objects.filter(pk=done.pk).update(state=Message.State.SENT, sealed=b"")
    left_behind(messages, [(Outcome.ABOUT, done), (Outcome.SENT, done), (Outcome.ABOUT, in_doubt)])
    assert deliver_queued(at=DURING) == 2
    assert [body for _name, _to, body in providers.shown] == ["Lien 1", "Lien 2"]
    assert dict(Message.objects.values_list("pk", "doubts")) == {done.pk: 0, in_doubt.pk: 1, untouched.pk: 0}


def test_worker_killed_after_the_provider_took_it_sends_nothing_again(providers: type[ScriptedBackend]) -> None:
    (message,) = queue_texts(1)
    providers.meanwhile = lambda: None
    deliver_queued(at=DURING)
    # The file of its batch is there again, as if the worker had died before it wrote the last word.
    left_behind([message], [(Outcome.ABOUT, message)])
    assert recover_left_batches(at=DURING) == 1
    assert deliver_queued(at=DURING + timedelta(hours=1)) == 0
    assert shown_by() == ["first"]


def test_receipt_that_comes_while_the_batch_goes_on_finds_its_message(providers: type[ScriptedBackend]) -> None:
    queue_texts(2)
    found = []

    def second_message() -> None:
        key = receipt_key("first", "first-1")
        found.append(list(Message.objects.filter(receipt_key=key).values_list("state", "provider")))

    def first_message() -> None:
        providers.meanwhile = second_message

    providers.meanwhile = first_message
    deliver_queued(at=DURING)
    assert found == [[("sent", "first")]]


# ---- Channels apart ----


def test_channels_are_claimed_apart(
    providers: type[ScriptedBackend], relay: type[Relay], settings: LazySettings
) -> None:
    queue_texts(2)
    queue_one()
    taken = []

    def meanwhile() -> None:
        # A text message is in hand: e-mails leave by another worker, and the other way round.
        taken.append(deliver_queued(at=DURING, channels=("email",)))

    providers.meanwhile = meanwhile
    assert deliver_queued(at=DURING, channels=("sms",)) == 2
    assert taken == [1]
    queue_one()
    (late,) = queue_texts(1)
    relay.meanwhile = lambda: taken.append(deliver_queued(at=DURING, channels=("sms",)))
    assert deliver_queued(at=DURING, channels=("email",)) == 1
    assert taken == [1, 1]
    late.refresh_from_db()
    assert late.state == "sent"


def test_text_message_that_cannot_be_opened_holds_back_no_other(providers: type[ScriptedBackend]) -> None:
    broken, _whole = queue_texts(2)
    Message.objects.filter(pk=broken.pk).update(sealed=b"x" * 60)
    assert deliver_queued(at=DURING) == 1
    broken.refresh_from_db()
    assert (broken.state, broken.attempts) == ("queued", 1)


def test_text_message_is_given_up_after_a_day(providers: type[ScriptedBackend]) -> None:
    providers.fault = {name: ProviderBusy("503") for name in ("first", "second")}
    (message,) = queue_texts(1)
    at = DURING
    while states() == {"queued": 1}:
        assert at < DURING + timedelta(hours=48)
        Provider.objects.all().delete()
        deliver_queued(at=at)
        at += timedelta(minutes=30)
    message.refresh_from_db()
    assert (message.state, message.reason, bytes(message.sealed)) == ("failed", "too-old", b"")
