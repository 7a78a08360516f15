"""How messages arrive: counts and delays by channel, domain or operator, and country. Numbers of messages, never whose.

All is counted by the database, in a few statements whatever the messages. A group of fewer than five is never shown by
itself: somebody could be the only one with that domain.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

from django.db.models import Count, DurationField, ExpressionWrapper, F, Min, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from .models import Message

SMALLEST_GROUP = 5
# Lines of the table at most: the longest ones are shown, the others are counted together.
MOST_GROUPS = 60
# How long a domain that hardly anybody has is kept beside its messages.
_RARE_FORGOTTEN_AFTER = timedelta(hours=48)
Group = tuple[str, str, str]


@dataclass(frozen=True)
class Delays:
    """Median and 95th percentile (nearest rank) of a delay, None where nothing was measured."""

    median: timedelta | None = None
    slowest: timedelta | None = None


@dataclass(frozen=True)
class DeliveryRow:
    """Messages of one channel, carrier and country. `carrier` is empty on the line of the small groups together."""

    channel: str
    carrier: str
    country: str
    queued: int
    sent: int
    delivered: int
    refused: int
    unknown: int
    leaving: Delays = field(default_factory=Delays)
    arriving: Delays = field(default_factory=Delays)

    @property
    def total(self) -> int:
        """Return how many messages there are: those in the queue, those that left, those refused before they left."""
        return self.queued + self.sent + self.refused

    @property
    def is_too_small(self) -> bool:
        """Tell whether the numbers of this line are withheld."""
        return 0 < self.total < SMALLEST_GROUP


def delivery_table(*, since: datetime) -> list[DeliveryRow]:
    """Return the messages queued from `since` on, by channel, carrier and country; small groups together, last.

    `sent` are those that a relay or a provider took and that did not come back; of these `delivered` have a receipt, and
    `unknown` are text messages without one. `refused` were refused, given up, or came back. Delays: from the queue to the
    provider, and from the provider to the telephone.
    """
    messages = Message.objects.filter(queued_at__gte=since)
    rows = [_row(found) for found in _counts(messages)]
    shown = [row for row in rows if row.total >= SMALLEST_GROUP]
    shown.sort(key=lambda row: (row.channel, -row.total, row.carrier, row.country))
    kept = {row for channel in Message.Channel for row in [r for r in shown if r.channel == channel][:MOST_GROUPS]}
    leaving = _delays(messages.exclude(sent_at=None), "queued_at", "sent_at")
    arriving = _delays(messages.exclude(delivered_at=None).exclude(sent_at=None), "sent_at", "delivered_at")
    table = []
    for channel in Message.Channel:
        table += [
            replace(row, leaving=leaving.get(_group(row), Delays()), arriving=arriving.get(_group(row), Delays()))
            for row in shown
            if row.channel == channel and row in kept
        ]
        others = _together(channel, [row for row in rows if row.channel == channel and row not in kept])
        table += [others] if others.total else []
    return table


def _counts(messages: "QuerySet[Message]") -> Iterable[dict[str, Any]]:
    left = Q(state=Message.State.SENT)
    over = Q(state__in=(Message.State.FAILED, Message.State.BOUNCED))
    rows = (
        messages.order_by()
        .values("channel", "carrier", "country")
        .annotate(
            queued=Count("pk", filter=Q(state=Message.State.QUEUED)),
            sent=Count("pk", filter=left),
            delivered=Count("pk", filter=left & Q(delivered_at__isnull=False)),
            refused=Count("pk", filter=over),
            unknown=Count("pk", filter=left & Q(channel=Message.Channel.SMS, delivered_at=None)),
        )
    )
    return cast("Iterable[dict[str, Any]]", rows)


def _row(found: dict[str, Any]) -> DeliveryRow:
    return DeliveryRow(**found)


def _group(row: DeliveryRow) -> Group:
    return row.channel, row.carrier, row.country


def _together(channel: str, rows: list[DeliveryRow]) -> DeliveryRow:
    names = ("queued", "sent", "delivered", "refused", "unknown")
    sums = {name: sum(getattr(row, name) for row in rows) for name in names}
    return DeliveryRow(channel=channel, carrier="", country="", **sums)


def _delays(messages: "QuerySet[Message]", begins: str, ends: str) -> dict[Group, Delays]:
    """Return the median and the 95th percentile of a delay by group, ranked by the database."""
    groups = ("channel", "carrier", "country")
    partition = [F(name) for name in groups]
    waits = messages.order_by().annotate(
        wait=ExpressionWrapper(F(ends) - F(begins), output_field=DurationField()),
        number=Window(Count("pk"), partition_by=partition),
        rank=Window(RowNumber(), partition_by=partition, order_by=[F(ends) - F(begins), F("pk")]),
    )
    # Nearest rank: the least one that is not below the share. Two rows at most are read of each group.
    ranks = Q()
    for share in (50, 95):
        ranks |= Q(rank__gte=F("number") * share / 100.0) & Q(rank__lt=F("number") * share / 100.0 + 1)
    found: dict[Group, Delays] = {}
    for *names, wait, rank, number in waits.filter(ranks).values_list(*groups, "wait", "rank", "number"):
        group = (names[0], names[1], names[2])
        delays = found.get(group, Delays())
        if rank == -(-number * 50 // 100):
            delays = replace(delays, median=wait)
        if rank == -(-number * 95 // 100):
            delays = replace(delays, slowest=wait)
        found[group] = delays
    return found


@dataclass(frozen=True)
class QueueState:
    """What waits in one channel: messages, those of campaigns among them, and since when the oldest that is no campaign's."""

    channel: str
    waiting: int
    campaigns: int
    oldest: datetime | None


def queues() -> list[QueueState]:
    """Return what waits in each channel."""
    queued = Message.objects.filter(state=Message.State.QUEUED).order_by().values("channel")
    found = {
        row["channel"]: row
        for row in queued.annotate(
            waiting=Count("pk"),
            campaigns=Count("pk", filter=Q(is_bulk=True)),
            oldest=Min("queued_at", filter=Q(is_bulk=False)),
        )
    }
    nothing: dict[str, Any] = {"waiting": 0, "campaigns": 0, "oldest": None}
    return [
        QueueState(**{**nothing, "channel": channel.value, **found.get(channel.value, {})})
        for channel in Message.Channel
    ]


def forget_rare_domains(*, at: datetime) -> int:
    """Empty the domain of old e-mails when fewer than five messages have it; return how many were emptied.

    A domain of one's own is nearly a name, and a measure needs it for a day or two at most.
    """
    mails = Message.objects.filter(channel=Message.Channel.EMAIL).exclude(carrier="")
    rare = mails.order_by().values("carrier").annotate(number=Count("pk")).filter(number__lt=SMALLEST_GROUP)
    old = mails.filter(queued_at__lt=at - _RARE_FORGOTTEN_AFTER).exclude(state=Message.State.QUEUED)
    return old.filter(carrier__in=rare.values("carrier")).update(carrier="")
