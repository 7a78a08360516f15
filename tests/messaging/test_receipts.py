"""What became of text messages: pushed receipts, receipts that are asked for, and what they may not tell."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from isoloir.messaging.actions import deliver_queued
from isoloir.messaging.errors import ProviderAway
from isoloir.messaging.models import Message
from isoloir.messaging.receipts import poll_receipts, receipt_secret, record_receipts
from isoloir.messaging.sms import Receipt, sms_backends
from tests.factories import DURING
from tests.messaging.provider import ScriptedBackend, queue_texts

pytestmark = pytest.mark.django_db
SOON = DURING + timedelta(minutes=5)


def fates() -> list[tuple[str, bool, str]]:
    rows = Message.objects.order_by("pk").values_list("state", "delivered_at", "reason")
    return [(state, delivered is not None, reason) for state, delivered, reason in rows]


def send(count: int) -> None:
    queue_texts(count)
    assert deliver_queued(at=DURING) == count


# ---- Recording ----


def test_receipts_mark_what_was_delivered_and_what_was_not(providers: type[ScriptedBackend]) -> None:
    send(3)
    receipts = [
        Receipt("first-1", is_delivered=True), Receipt("first-2", is_delivered=False, reason="ptt-23"),
        Receipt("first-3", is_delivered=None), Receipt("first-4", is_delivered=True), Receipt("", is_delivered=True),
    ]  # fmt: skip
    assert record_receipts("first", receipts, at=SOON) == 2
    assert fates() == [("sent", True, ""), ("bounced", False, "ptt-23"), ("sent", False, "")]
    assert Message.objects.filter(receipt_box__isnull=False).count() == 1
    # Said again, or of the same identifiers by another provider, nothing changes.
    assert record_receipts("first", receipts, at=SOON + timedelta(hours=1)) == 0
    assert record_receipts("second", receipts, at=SOON) == 0
    assert Message.objects.order_by("pk").first().delivered_at == SOON


def test_delivered_after_all_is_believed_and_never_the_other_way_round(providers: type[ScriptedBackend]) -> None:
    send(1)
    lost, found = Receipt("first-1", is_delivered=False, reason="x"), Receipt("first-1", is_delivered=True)
    assert [record_receipts("first", [each], at=SOON) for each in (lost, found, lost, found)] == [1, 1, 0, 0]
    assert fates() == [("sent", True, "")]


def test_identifier_is_neither_readable_in_the_database_nor_kept_once_it_is_over(
    providers: type[ScriptedBackend],
) -> None:
    send(1)
    row = Message.objects.values().get()
    kept = b"".join(bytes(row[name]) for name in ("sealed", "receipt_box"))
    assert b"first-1" not in kept
    assert "first-1" not in repr({name: value for name, value in row.items() if name not in ("sealed", "receipt_box")})
    record_receipts("first", [Receipt("first-1", is_delivered=True)], at=SOON)
    assert Message.objects.get().receipt_box is None


# ---- Asked for ----


def test_what_was_not_said_is_asked_for_then_left_unknown(providers: type[ScriptedBackend]) -> None:
    send(2)
    providers.receipts = [Receipt("first-2", is_delivered=True)]
    assert poll_receipts(DURING + timedelta(minutes=1)) == 0
    assert providers.asked == []
    assert poll_receipts(DURING + timedelta(minutes=3)) == 1
    assert sorted(providers.asked) == ["first-1", "first-2"]
    assert [poll_receipts(DURING + timedelta(minutes=minutes)) for minutes in (4, 10, 17)] == [0, 0, 0]
    assert providers.asked.count("first-1") == 1
    poll_receipts(DURING + timedelta(minutes=20))
    assert providers.asked.count("first-1") == 2
    poll_receipts(DURING + timedelta(hours=73))
    assert providers.asked.count("first-1") == 2
    assert fates() == [("sent", False, ""), ("sent", True, "")]
    assert not Message.objects.filter(receipt_box__isnull=False).exists()


def test_turn_asks_after_few_and_each_in_its_turn(providers: type[ScriptedBackend]) -> None:
    send(45)
    for _turn in range(3):
        poll_receipts(SOON)
    assert len(providers.asked) == len(set(providers.asked)) == 45


def test_provider_that_does_not_answer_ends_the_turn_after_one_question(providers: type[ScriptedBackend]) -> None:
    send(3)
    providers.fault = {"first": ProviderAway("unreachable")}
    assert poll_receipts(SOON) == 0
    assert len(providers.asked) == 1


def test_provider_without_receipts_is_never_asked(providers: type[ScriptedBackend], settings: LazySettings) -> None:
    path = "tests.messaging.provider.ScriptedBackend"
    settings.SMS_BACKENDS = [{"backend": path, "name": "first", "gives_receipts": False}]
    send(1)
    poll_receipts(SOON)
    assert providers.asked == []


# ---- Pushed ----


@pytest.fixture
def ovh(settings: LazySettings) -> str:
    settings.SMS_BACKENDS = [
        {
            "backend": "ovh", "name": "ovh", "application_key": "a", "application_secret": "b", "consumer_key": "c",
            "service": "sms-ab12345-1", "endpoint": "https://sms.example/1.0",
        }
    ]  # fmt: skip
    return address("ovh")


def address(provider: str, secret: str | None = None) -> str:
    return reverse("public:sms_receipts", args=[provider, secret or receipt_secret(provider)])


def as_if_sent(identifier: str) -> Message:
    from isoloir.messaging.texting import receipt_key

    (message,) = queue_texts(1)
    Message.objects.filter(pk=message.pk).update(
        state="sent", sealed=b"", sent_at=DURING, provider="ovh", receipt_key=receipt_key("ovh", identifier)
    )
    return message


def call_back(client: Client, method: str, ovh: str, members: dict[str, str]) -> Any:
    if method == "get":
        return client.get(ovh, members)
    return client.post(ovh, urlencode(members), content_type="application/x-www-form-urlencoded")


@pytest.mark.parametrize("method", ["get", "post"])
def test_callback_marks_its_message_and_answers_the_same_for_all(ovh: str, method: str, client: Client) -> None:
    as_if_sent("1001")
    told: list[Any] = [
        call_back(client, method, ovh, {"id": identifier, "dlr": "1", "ptt": "4"})
        for identifier in ("1001", "1001", "9999", "no number")
    ]
    assert {(answer.status_code, answer.content, tuple(answer.cookies)) for answer in told} == {(204, b"", ())}
    assert len({tuple(sorted(answer.headers.items())) for answer in told}) == 1
    assert fates() == [("sent", True, "")]


def test_callback_needs_no_form_mark_of_ours(ovh: str) -> None:
    as_if_sent("1001")
    strict = Client(enforce_csrf_checks=True)
    assert call_back(strict, "post", ovh, {"id": "1001", "dlr": "2", "ptt": "24"}).status_code == 204
    assert fates() == [("bounced", False, "ptt-24")]


@pytest.mark.parametrize("provider", ["ovh", "pigeon"])
def test_address_that_was_not_given_is_no_address(ovh: str, provider: str, client: Client) -> None:
    as_if_sent("1001")
    members = {"id": "1001", "dlr": "1", "ptt": "4"}
    secrets = ["a" * 32, receipt_secret("first"), receipt_secret("ovh")[:-1], "é"]
    if provider == "pigeon":
        secrets.append(receipt_secret("pigeon"))
    for secret in secrets:
        assert client.get(address(provider, secret), members).status_code == 404
    assert fates() == [("sent", False, "")]


def test_long_body_is_not_read(ovh: str, client: Client) -> None:
    assert (
        client.post(ovh, "id=1&dlr=1&x=" + "x" * 17_000, content_type="application/x-www-form-urlencoded").status_code
        == 413
    )


def test_addresses_differ_by_provider_and_by_portal(settings: LazySettings, tmp_path: Any) -> None:
    first = {receipt_secret("ovh"), receipt_secret("http")}
    settings.SECRETS_DIR = tmp_path / "another"
    assert len(first | {receipt_secret("ovh"), receipt_secret("http")}) == 4
    assert all(len(secret) == 32 and secret.isalnum() for secret in first)


def test_demonstrations_mailbox_delivers() -> None:
    assert [backend.name for backend in sms_backends()] == ["mailbox"]
    send(1)
    assert poll_receipts(SOON) == 1
