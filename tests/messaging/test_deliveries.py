"""Measuring deliveries, and what the supervision cell is told."""

import time
from datetime import datetime, timedelta

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from isoloir.journal.models import JournalEntry
from isoloir.messaging.actions import deliver_queued, queue_email
from isoloir.messaging.alerts import watch_deliveries
from isoloir.messaging.deliveries import delivery_table, forget_rare_domains, queues
from isoloir.messaging.errors import ProviderAway
from isoloir.messaging.models import Alert, Message
from tests.factories import DURING
from tests.messaging.provider import ScriptedBackend, queue_texts

pytestmark = pytest.mark.django_db


def row(
    carrier: str = "Orange", state: str = "sent", left: float | None = 2, arrived: float | None = None,
    channel: str = "sms", country: str = "FR", at: datetime = DURING, **others: object,
) -> Message:  # fmt: skip
    """Return a message that was queued at `at`, left after `left` seconds and arrived `arrived` seconds later."""
    sent = at + timedelta(seconds=left) if left is not None and state != "queued" else None
    return Message(
        channel=channel, kind="link", sealed=b"", state=state, queued_at=at, next_attempt_at=at, carrier=carrier,
        country=country, sent_at=sent, provider="first" if channel == "sms" else "",
        delivered_at=sent + timedelta(seconds=arrived) if sent and arrived is not None else None, **others,
    )  # fmt: skip


def keep(*messages: Message) -> None:
    Message.objects.bulk_create(messages)


# ---- The table ----


def test_messages_are_counted_by_what_became_of_them() -> None:
    keep(
        *[row(arrived=5) for _ in range(6)], *[row() for _ in range(3)], row(state="bounced"), row(state="queued"),
        row(state="failed", left=None), *[row("SFR", country="RE", arrived=9) for _ in range(5)],
        *[row("essai.example", channel="email", country="") for _ in range(7)],
        *[row(at=DURING - timedelta(days=9)) for _ in range(50)],
    )  # fmt: skip
    table = delivery_table(since=DURING - timedelta(hours=1))
    shown = [
        (line.channel, line.carrier, line.country, line.queued, line.sent, line.delivered, line.refused, line.unknown)
        for line in table
    ]
    assert shown == [
        ("email", "essai.example", "", 0, 7, 0, 0, 0),
        ("sms", "Orange", "FR", 1, 9, 6, 2, 3),
        ("sms", "SFR", "RE", 0, 5, 5, 0, 0),
    ]
    assert [line.total for line in table] == [7, 12, 5]


@pytest.mark.parametrize(
    ("waits", "median", "slowest"),
    [
        ([7] * 5, 7, 7),
        ([1, 2, 3, 4, 5], 3, 5),
        ([1, 2, 3, 4, 5, 6], 3, 6),
        (list(range(1, 101)), 50, 95),
        (list(range(1, 21)), 10, 19),
        (list(range(1, 22)), 11, 20),
    ],
)
def test_delays_are_the_median_and_the_95th_percentile_by_nearest_rank(
    waits: list[int], median: int, slowest: int
) -> None:
    keep(*[row(left=wait, arrived=2 * wait) for wait in reversed(waits)], *[row("SFR", left=900) for _ in range(5)])
    line = next(line for line in delivery_table(since=DURING) if line.carrier == "Orange")
    seconds = [delay and delay.total_seconds() for delay in (line.leaving.median, line.leaving.slowest)]
    assert seconds == [median, slowest]
    assert line.arriving.median == timedelta(seconds=2 * median)
    assert line.arriving.slowest == timedelta(seconds=2 * slowest)


def test_groups_of_fewer_than_five_are_shown_together_and_their_numbers_only_from_five_on() -> None:
    keep(*[row() for _ in range(5)], *[row("Rare") for _ in range(4)])
    assert [(line.carrier, line.is_too_small) for line in delivery_table(since=DURING)] == [
        ("Orange", False),
        ("", True),
    ]
    keep(row("Rarer still"))
    others = delivery_table(since=DURING)[-1]
    assert (others.carrier, others.sent, others.is_too_small, others.leaving.median) == ("", 5, False, None)


def test_hundred_thousand_messages_are_counted_in_a_few_statements() -> None:
    Message.objects.bulk_create(
        (
            row(
                f"domain{number % 300}.example" if number % 2 else f"Operator {number % 8}",
                channel="email" if number % 2 else "sms", country="" if number % 2 else "FR",
                left=number % 90, arrived=None if number % 2 else number % 300,
            )
            for number in range(100_000)
        ),
        batch_size=5_000,
    )  # fmt: skip
    begun = time.monotonic()
    with CaptureQueriesContext(connection) as queries:
        table = delivery_table(since=DURING)
    assert len(queries) == 3
    assert sum(line.total for line in table) == 100_000
    # Seven seconds were measured on a machine with four times the work that it has cores for; it must not be minutes.
    assert time.monotonic() - begun < 60


def test_domain_that_hardly_anybody_has_is_forgotten_after_two_days() -> None:
    before = DURING - timedelta(hours=49)
    keep(
        *[row("dupont.example", channel="email", at=before) for _ in range(4)],
        *[row("mail.example", channel="email", at=before) for _ in range(4)], row("mail.example", channel="email"),
        row("martin.example", channel="email"), row("Rare operator", at=before),
        row("late.example", "queued", channel="email", at=before),
    )  # fmt: skip
    assert forget_rare_domains(at=DURING) == 4
    kept = set(Message.objects.exclude(carrier="").values_list("carrier", flat=True))
    assert kept == {"mail.example", "martin.example", "Rare operator", "late.example"}


def test_domain_is_kept_of_an_email_and_not_the_address() -> None:
    message = queue_email(kind="link", recipient="Prenom.Nom@AC-Essai.Example.", subject="s", body="b", at=DURING)
    assert message.carrier == "ac-essai.example"


def test_queues_say_how_many_wait_and_since_when() -> None:
    earlier = DURING - timedelta(minutes=7)
    keep(
        row(state="queued"), row(state="queued", at=earlier), row(), row(state="queued", channel="email", is_bulk=True)
    )
    shown = [(queue.channel, queue.waiting, queue.campaigns, queue.oldest) for queue in queues()]
    assert shown == [("email", 1, 1, None), ("sms", 2, 0, earlier)]


# ---- Alerts ----

AGO = DURING - timedelta(minutes=30)


def alerts() -> list[tuple[str, str, dict[str, object]]]:
    return list(Alert.objects.order_by("pk").values_list("code", "subject", "facts"))


def test_operator_that_does_not_deliver_raises_an_alert_once_in_a_period(providers: type[ScriptedBackend]) -> None:
    keep(*[row(at=AGO, arrived=5) for _ in range(17)], *[row(at=AGO) for _ in range(3)])
    assert [watch_deliveries(DURING + timedelta(minutes=minutes)) for minutes in (0, 1, 2)] == [1, 0, 0]
    assert alerts() == [("undelivered", "first Orange FR", {"messages": 20, "delivered": 17})]
    (line,) = JournalEntry.objects.filter(kind="delivery.alerted")
    assert (line.subject, line.facts) == ("undelivered", {"messages": 20, "delivered": 17})
    later = DURING + timedelta(hours=7)
    keep(*[row(at=later - timedelta(minutes=30)) for _ in range(20)])
    assert watch_deliveries(later) == 1


@pytest.mark.parametrize("case", ["few", "enough", "too early", "long ago", "no receipts"])
def test_what_is_within_the_thresholds_raises_none(
    providers: type[ScriptedBackend], settings: LazySettings, case: str
) -> None:
    at = {"too early": DURING - timedelta(minutes=9), "long ago": DURING - timedelta(hours=3)}.get(case, AGO)
    delivered = 18 if case == "enough" else 0
    number = 19 if case == "few" else 20
    if case == "no receipts":
        path = "tests.messaging.provider.ScriptedBackend"
        settings.SMS_BACKENDS = [{"backend": path, "name": "first", "gives_receipts": False}]
    keep(*[row(at=at, arrived=5 if index < delivered else None) for index in range(number)])
    assert (watch_deliveries(DURING), alerts()) == (0, [])


def test_thresholds_are_settings(providers: type[ScriptedBackend], settings: LazySettings) -> None:
    settings.DELIVERY_ALERTS = {**settings.DELIVERY_ALERTS, "delivered_rate": 0.99, "least": 5}
    keep(*[row(at=AGO, arrived=5) for _ in range(9)], row(at=AGO, state="bounced"))
    assert watch_deliveries(DURING) == 1


def test_domain_that_returns_emails_raises_an_alert() -> None:
    keep(
        *[row("a.example", channel="email", at=AGO) for _ in range(17)],
        *[row("a.example", "bounced", channel="email", at=AGO) for _ in range(3)],
        *[row("b.example", channel="email", at=AGO) for _ in range(18)],
        *[row("b.example", "failed", channel="email", at=AGO) for _ in range(2)],
    )
    assert watch_deliveries(DURING) == 1
    assert alerts() == [("returned", "a.example", {"messages": 20, "returned": 3})]


def test_message_that_nobody_has_tried_for_five_minutes_raises_an_alert() -> None:
    keep(row(state="queued", at=DURING - timedelta(minutes=4)))
    keep(*[row(state="queued", at=AGO, channel="email", attempts=3) for _ in range(19)])
    keep(row(state="queued", at=AGO, channel="email", is_bulk=True))
    assert watch_deliveries(DURING) == 0
    keep(
        row(state="queued", at=DURING - timedelta(minutes=6)), row(state="queued", at=AGO, channel="email", attempts=3)
    )
    assert watch_deliveries(DURING) == 2
    assert sorted(alerts()) == [
        ("queue-late", "email", {"messages": 20, "minutes": 30}), ("queue-late", "sms", {"messages": 1, "minutes": 6}),
    ]  # fmt: skip


def test_provider_that_does_not_answer_raises_an_alert(providers: type[ScriptedBackend]) -> None:
    providers.fault = {"first": ProviderAway("status-402")}
    queue_texts(1)
    deliver_queued(at=DURING)
    assert watch_deliveries(DURING) == 1
    assert alerts() == [("provider-away", "first", {"failures": 1, "code": "status-402"})]
