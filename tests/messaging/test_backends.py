"""Providers on the wire: what they are asked, and what their answers mean. Their secrets show nowhere."""

import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.conf import LazySettings
from django.core.exceptions import ImproperlyConfigured

from config.settings.sms import sms_backends_from
from isoloir.messaging.errors import (
    NumberRefused,
    ProviderAway,
    ProviderBusy,
    ProviderFault,
    ProviderUnsure,
    ReceiptRefused,
)
from isoloir.messaging.sms import Pushed, Receipt, calls, sms_backends
from isoloir.messaging.sms.generic import HttpBackend
from isoloir.messaging.sms.ovh import OvhBackend
from tests.messaging.gateways import FormGateway, JsonGateway, OvhGateway, serving

NUMBER = "+33639980001"
BODY = "Votre lien : https://vote.example/r/aB3 é à ü €"


@pytest.fixture
def gateway() -> Iterator[OvhGateway]:
    server = OvhGateway()
    with serving(server):
        server.address = f"{server.address}"
        yield server


def ovh(gateway: OvhGateway, **changes: Any) -> OvhBackend:
    members = {
        "application_key": gateway.application_key, "application_secret": gateway.application_secret,
        "consumer_key": gateway.consumer_key, "service": gateway.service, "endpoint": f"{gateway.address}/1.0",
    }  # fmt: skip
    return OvhBackend(**{**members, **changes})


# ---- OVHcloud ----


def test_ovh_takes_a_signed_job(gateway: OvhGateway) -> None:
    assert ovh(gateway).send(to=NUMBER, body=BODY) == "1000001"
    (job,) = gateway.jobs
    assert (job["receivers"], job["message"], job["noStopClause"], job["senderForResponse"]) == (
        [NUMBER],
        BODY,
        True,
        True,
    )


def test_ovh_sends_under_a_name_of_ours(gateway: OvhGateway) -> None:
    ovh(gateway, sender="ELECTIONS").send(to=NUMBER, body=BODY)
    assert gateway.jobs[0]["sender"] == "ELECTIONS"


def test_ovhs_clock_counts_and_is_asked_once(gateway: OvhGateway) -> None:
    gateway.ahead = 3600
    backend = ovh(gateway)
    backend.send(to=NUMBER, body=BODY)
    backend.send(to=NUMBER, body=BODY)
    assert gateway.calls.count(("GET", "/1.0/auth/time")) == 1
    gateway.ahead = -3600
    assert backend.send(to=NUMBER, body=BODY) == "1000003"
    assert gateway.calls.count(("GET", "/1.0/auth/time")) == 2


def test_ovh_says_that_a_number_is_wrong(gateway: OvhGateway) -> None:
    with pytest.raises(NumberRefused, match="invalid-receiver"):
        ovh(gateway).send(to="+99912345678", body=BODY)


@pytest.mark.parametrize("member", ["application_key", "application_secret", "consumer_key"])
def test_ovh_with_a_wrong_key_takes_nothing(gateway: OvhGateway, member: str) -> None:
    # A wrong secret makes a wrong signature: 400, of which nobody can tell whose fault it is.
    with pytest.raises((ProviderAway, ProviderBusy)):
        ovh(gateway, **{member: "wrong"}).send(to=NUMBER, body=BODY)
    assert gateway.jobs == []


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"[]", b"{}", b'{"ids":[]}', b'{"ids":[1,2]}', b'{"ids":["../1"]}', b'{"ids":{"0":1}}',
        b'{"ids":[],"invalidReceivers":[]}', b"[" * 50_000, b"x" * (calls.LONGEST_ANSWER + 1),
    ],
    ids=range(10),
)  # fmt: skip
def test_ovhs_answer_that_says_nothing_is_a_doubt(gateway: OvhGateway, answer: bytes) -> None:
    backend = ovh(gateway)
    backend.send(to=NUMBER, body=BODY)
    gateway.instead = (200, answer)
    with pytest.raises(ProviderUnsure):
        backend.send(to=NUMBER, body=BODY)


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (301, ProviderAway), (302, ProviderAway), (400, ProviderBusy), (401, ProviderAway), (402, ProviderAway),
        (403, ProviderAway), (404, ProviderAway), (409, ProviderBusy), (429, ProviderBusy), (500, ProviderBusy),
        (502, ProviderUnsure), (503, ProviderBusy), (504, ProviderUnsure),
    ],
)  # fmt: skip
def test_status_says_whether_the_message_may_have_been_taken(
    gateway: OvhGateway, status: int, fault: type[Exception]
) -> None:
    backend = ovh(gateway)
    backend.send(to=NUMBER, body=BODY)
    gateway.instead = (status, b"{}")
    with pytest.raises(fault) as raised:
        backend.send(to=NUMBER, body=BODY)
    assert type(raised.value) is fault


def test_silent_provider_is_a_doubt_and_one_that_is_not_there_is_not(
    gateway: OvhGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = ovh(gateway)
    backend.send(to=NUMBER, body=BODY)
    monkeypatch.setattr(calls, "WAIT_SECONDS", 0.2)
    gateway.delay = 0.6
    with pytest.raises(ProviderUnsure, match="timeout"):
        backend.send(to=NUMBER, body=BODY)
    gateway.delay = 0
    with pytest.raises(ProviderAway, match="unreachable"):
        ovh(gateway, endpoint="http://127.0.0.1:9/1.0").send(to=NUMBER, body=BODY)


def test_ovh_is_asked_what_became_of_messages(gateway: OvhGateway) -> None:
    gateway.outgoing = {
        "1": {"id": 1, "deliveryReceipt": 1, "ptt": 4},
        "2": {"id": 2, "deliveryReceipt": 2, "ptt": 23},
        "3": {"id": 3, "deliveryReceipt": 0, "ptt": 3},
        "5": {"id": 6, "deliveryReceipt": 1, "ptt": 4},
    }
    assert ovh(gateway).poll(["1", "2", "3", "4", "5", "../me"]) == [
        Receipt("1", is_delivered=True), Receipt("2", is_delivered=False, reason="ptt-23"), Receipt("3", is_delivered=None),
    ]  # fmt: skip
    assert not any("me" in path.split("/") for _method, path in gateway.calls)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"id": "1", "ptt": "4", "dlr": "1"}, Receipt("1", is_delivered=True)),
        ({"id": "1", "ptt": "4", "date": "20261123", "description": "1", "descriptionDlr": "Success"}, Receipt("1", is_delivered=True)),
        ({"id": "1", "ptt": "24", "dlr": "2"}, Receipt("1", is_delivered=False, reason="ptt-24")),
        ({"id": "1", "ptt": "0639980001", "dlr": "16"}, Receipt("1", is_delivered=False, reason="ptt-unknown")),
        ({"id": "1", "ptt": "1", "dlr": "8"}, Receipt("1", is_delivered=None)),
    ],
)  # fmt: skip
def test_ovhs_callback_is_read_by_get_and_by_post(
    gateway: OvhGateway, query: dict[str, str], expected: Receipt
) -> None:
    backend = ovh(gateway)
    assert backend.read_receipt(Pushed(query, "", b"")) == [expected]
    form = "&".join(f"{name}={value}" for name, value in query.items()).encode()
    assert backend.read_receipt(Pushed({}, "application/x-www-form-urlencoded", form)) == [expected]


@pytest.mark.parametrize(
    "query", [{}, {"id": "1"}, {"id": "x", "dlr": "1"}, {"id": "1", "dlr": "delivered"}, {"id": "1" * 101, "dlr": "1"}]
)
def test_what_is_no_receipt_of_ovh_is_refused(gateway: OvhGateway, query: dict[str, str]) -> None:
    with pytest.raises(ReceiptRefused):
        ovh(gateway).read_receipt(Pushed(query, "", b""))


# ---- A provider described by settings ----


def json_provider(gateway: JsonGateway, **changes: Any) -> HttpBackend:
    members: dict[str, Any] = {
        "url": f"{gateway.address}/messages",
        "headers": {"Authorization": "Bearer very-secret"},
        "body": {"from": "ELECTIONS", "messages": [{"to": "{to}", "number": "{to_digits}", "text": "{body}", "flash": False}]},
        "id_path": "messages.0.id", "status_path": "messages.0.status", "taken": ["ACCEPTED"], "refused": ["BAD_NUMBER"],
        "poll_url": f"{gateway.address}/messages/{{id}}",
        "receipts_path": "results", "receipt_id_path": "messageId", "receipt_status_path": "state",
        "receipt_reason_path": "error.name", "delivered": ["DELIVERED"], "undelivered": ["REJECTED", "EXPIRED"],
    }  # fmt: skip
    return HttpBackend(**{**members, **changes})


def test_settings_say_what_a_provider_is_sent_and_where_its_identifier_is() -> None:
    gateway = JsonGateway()
    with serving(gateway):
        assert json_provider(gateway).send(to=NUMBER, body=BODY) == "id-1"
    assert gateway.sent == [{"to": NUMBER, "number": NUMBER[1:], "text": BODY, "flash": False}]


def test_text_of_a_message_changes_no_template() -> None:
    gateway = JsonGateway()
    body = 'x", "to": "{to}", \\ {body} {to_digits}'
    with serving(gateway):
        json_provider(gateway).send(to=NUMBER, body=body)
    assert gateway.sent[0]["text"] == body


@pytest.mark.parametrize(
    ("status", "fault"), [("BAD_NUMBER", NumberRefused), ("THROTTLED", ProviderBusy), (None, ProviderUnsure)]
)
def test_status_within_the_answer_decides(status: Any, fault: type[Exception]) -> None:
    gateway = JsonGateway()
    gateway.status = status
    with serving(gateway), pytest.raises(fault):
        json_provider(gateway).send(to=NUMBER, body=BODY)


def test_http_status_may_refuse_the_number() -> None:
    gateway = JsonGateway()
    gateway.instead = (422, b"{}")
    with serving(gateway), pytest.raises(NumberRefused):
        json_provider(gateway, refused_statuses=[422]).send(to=NUMBER, body=BODY)


def test_provider_asked_by_form_or_by_address_gets_each_character() -> None:
    gateway = FormGateway()
    with serving(gateway):
        form = {"url": f"{gateway.address}/send", "format": "form", "body": {"to": "{to}", "text": "{body}"}}
        assert HttpBackend(**form).send(to=NUMBER, body="a&b=c+d%20é") == ""
        assert parse_qs(gateway.bodies[0]) == {"to": [NUMBER], "text": ["a&b=c+d%20é"]}
        gateway.instead = (200, b"")
        HttpBackend(**{**form, "format": "query", "method": "GET"}).send(to=NUMBER, body="a&b")
    assert gateway.calls[-1] == ("GET", "/send?to=%2B33639980001&text=a%26b")


def test_described_provider_is_asked_what_became_of_messages() -> None:
    gateway = JsonGateway()
    with serving(gateway):
        assert json_provider(gateway).poll(["id/1"]) == [Receipt("id/1", is_delivered=True)]
    assert gateway.calls == [("GET", "/messages/id%2F1")]


def test_described_providers_receipts_are_read() -> None:
    backend = json_provider(JsonGateway(), url="https://sms.example/messages", poll_url="")
    body = (
        b'{"results":[{"messageId":"id-1","state":"DELIVERED"},{"messageId":2,"state":"REJECTED","error":{"name":"EC_ABSENT"}},'
        b'{"messageId":"id-3","state":"EXPIRED","error":{"name":"no route to +33639980001"}},{"messageId":"4","state":"SEEN"}]}'
    )
    assert backend.read_receipt(Pushed({}, "application/json", body)) == [
        Receipt("id-1", is_delivered=True), Receipt("2", is_delivered=False, reason="EC_ABSENT"),
        Receipt("id-3", is_delivered=False, reason="unreadable"), Receipt("4", is_delivered=None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"[]", b'{"results":1}', b'{"results":[1]}', b'{"results":[{"messageId":"1"}]}', b"[" * 15_000,
             b'{"results":[' + b",".join([b'{"messageId":"1","state":"x"}'] * 101) + b"]}"], ids=range(8),
)  # fmt: skip
def test_what_is_no_receipt_is_refused(body: bytes) -> None:
    backend = json_provider(JsonGateway(), url="https://sms.example/messages", poll_url="")
    with pytest.raises(ReceiptRefused):
        backend.read_receipt(Pushed({}, "application/json", body))


# ---- Settings ----


@pytest.mark.parametrize(
    "address", ["http://sms.example/1.0", "ftp://127.0.0.1/", "https://user:word@sms.example/", "https:///x"]
)
def test_provider_is_reached_over_tls_alone(gateway: OvhGateway, address: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        ovh(gateway, endpoint=address)
    with pytest.raises(ImproperlyConfigured):
        HttpBackend(url=address)


OVH_ENVIRONMENT = {
    "ISOLOIR_SMS": "ovh, http-secours",
    "ISOLOIR_SMS_OVH_APPLICATION_KEY": "ak", "ISOLOIR_SMS_OVH_APPLICATION_SECRET": "secret-one",
    "ISOLOIR_SMS_OVH_CONSUMER_KEY": "secret-two", "ISOLOIR_SMS_OVH_SERVICE": "sms-ab12345-1",
    "ISOLOIR_SMS_HTTP_SECOURS": '{"url":"https://sms.example/","headers":{"X-Key":"secret-three"},"body":{"k":"secret-four"}}',
}  # fmt: skip


def test_environment_sets_providers_up_in_order_and_their_secrets_show_nowhere(settings: LazySettings) -> None:
    settings.SMS_BACKENDS = sms_backends_from(OVH_ENVIRONMENT)
    assert [(backend.name, backend.gives_receipts) for backend in sms_backends()] == [
        ("ovh", True),
        ("http-secours", False),
    ]
    shown = "".join(f"{backend!r} {backend}" for backend in sms_backends())
    assert "secret" not in shown
    assert sms_backends_from({}) == []


@pytest.mark.parametrize(
    "change",
    [
        {"ISOLOIR_SMS": "pigeon"}, {"ISOLOIR_SMS_OVH_CONSUMER_KEY": ""}, {"ISOLOIR_SMS_HTTP_SECOURS": "{secret-five"},
        {"ISOLOIR_SMS_HTTP_SECOURS": "[]"}, {"ISOLOIR_SMS_HTTP_SECOURS": '{"url":"https://x.example/","secret-six":1}'},
        {"ISOLOIR_SMS_OVH_SERVICE": "../me"}, {"ISOLOIR_SMS": "ovh,ovh"},
    ],
)  # fmt: skip
def test_settings_that_do_not_fit_stop_the_portal_and_quote_no_secret(
    settings: LazySettings, change: dict[str, str]
) -> None:
    def set_up() -> None:
        settings.SMS_BACKENDS = sms_backends_from({**OVH_ENVIRONMENT, **change})
        sms_backends()

    with pytest.raises(ImproperlyConfigured) as refusal:
        set_up()
    assert "secret-" not in str(refusal.value)
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


def test_faults_and_logs_hold_neither_number_nor_text_nor_secret(
    gateway: OvhGateway, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, "isoloir")
    attempts: list[tuple[Any, Any]] = [(ovh(gateway), (500, NUMBER.encode())), (ovh(gateway), (200, b"{}"))]
    attempts.append((ovh(gateway, consumer_key="wrong-secret"), None))
    query = {"url": f"{gateway.address}/send", "format": "query", "body": {"to": "{to}", "text": "{body}"}}
    attempts.append((HttpBackend(**query, headers={"X-Key": "very-secret"}), (500, b"")))
    for backend, instead in attempts:
        gateway.instead = None
        gateway.calls.clear()
        if instead is not None and isinstance(backend, OvhBackend):
            backend.send(to=NUMBER, body=BODY)
        gateway.instead = instead
        with pytest.raises(ProviderFault) as raised:
            backend.send(to=NUMBER, body=BODY)
        assert NUMBER not in repr(raised.value)
        assert raised.value.__suppress_context__ or raised.value.__context__ is None
    logged = "".join(record.getMessage() for record in caplog.records)
    assert not any(word in logged for word in (NUMBER, NUMBER[1:], "Votre", "secret"))
