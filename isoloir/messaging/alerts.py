"""Alerts of the supervision cell: what the setting DELIVERY_ALERTS calls abnormal, told once in each period."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Min, Q

from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind

from .deliveries import forget_rare_domains
from .models import Alert, Message, Provider
from .sms import sms_backends

_ACTOR = "surveillance"
# Tried again already: a few such are a closed mailbox or two, many are a relay's or an operator's trouble.
_LATE_AT_LEAST = 20


def watch_deliveries(at: datetime) -> int:
    """Compare deliveries with the thresholds; return how many alerts are new. Also forgets domains that hardly anybody has."""
    forget_rare_domains(at=at)
    return _watch_undelivered(at) + _watch_returned(at) + _watch_queues(at) + _watch_providers(at)


@transaction.atomic
def raise_alert(
    code: Alert.Code, *, subject: str, facts: dict[str, object], at: datetime,
    kind: Kind = Kind.DELIVERY_ALERTED, journaled: dict[str, object] | None = None, period: timedelta | None = None,
) -> bool:  # fmt: skip
    """Raise an alert, once for each subject in each `period` (for ever without one); tell whether it is new.

    The journal, which the bureau reads, gets `journaled` (by default the facts) without the subject.
    """
    number = int(at.timestamp() // period.total_seconds()) if period else 0
    alert, is_new = Alert.objects.get_or_create(
        code=code, subject=subject[:200], period=number, defaults={"facts": facts, "raised_at": at, "seen_at": at}
    )
    if is_new:
        record(kind, actor=_ACTOR, at=at, subject=code.value, facts=facts if journaled is None else journaled)
    else:
        Alert.objects.filter(pk=alert.pk).update(seen_at=at, facts=facts)
    return is_new


def _limits() -> dict[str, float]:
    return dict(settings.DELIVERY_ALERTS)


def _raise(code: Alert.Code, subject: str, facts: dict[str, object], at: datetime) -> int:
    period = timedelta(hours=_limits()["period_hours"])
    return int(raise_alert(code, subject=subject, facts=facts, at=at, period=period))


def _watch_undelivered(at: datetime) -> int:
    """Look for operators whose telephones do not confirm: of the messages that had time to arrive, too few did."""
    limits = _limits()
    silent = [backend.name for backend in sms_backends() if not backend.gives_receipts]
    settled = Message.objects.filter(
        channel=Message.Channel.SMS, state__in=(Message.State.SENT, Message.State.BOUNCED),
        sent_at__gte=at - timedelta(hours=limits["window_hours"]),
        sent_at__lte=at - timedelta(minutes=limits["settled_minutes"]),
    ).exclude(provider__in=silent)  # fmt: skip
    groups = (
        settled.order_by()
        .values("provider", "carrier", "country")
        .annotate(number=Count("pk"), arrived=Count("pk", filter=Q(delivered_at__isnull=False)))
        .filter(number__gte=int(limits["least"]))
    )
    return sum(
        _raise(
            Alert.Code.UNDELIVERED,
            f"{group['provider']} {group['carrier']} {group['country']}",
            {"messages": group["number"], "delivered": group["arrived"]},
            at,
        )
        for group in groups
        if group["arrived"] < limits["delivered_rate"] * group["number"]
    )


def _watch_returned(at: datetime) -> int:
    """Look for domains that refuse or return e-mails."""
    limits = _limits()
    over = Q(state__in=(Message.State.FAILED, Message.State.BOUNCED))
    groups = (
        Message.objects.filter(
            channel=Message.Channel.EMAIL, queued_at__gte=at - timedelta(hours=limits["window_hours"])
        )
        .exclude(state=Message.State.QUEUED)
        .order_by()
        .values("carrier")
        .annotate(number=Count("pk"), returned=Count("pk", filter=over))
        .filter(number__gte=int(limits["least"]))
    )
    return sum(
        _raise(Alert.Code.RETURNED, group["carrier"], {"messages": group["number"], "returned": group["returned"]}, at)
        for group in groups
        if group["returned"] > limits["returned_rate"] * group["number"]
    )


def _watch_queues(at: datetime) -> int:
    """Look for messages that somebody waits for and that nobody has tried to send yet, or many that do not leave."""
    late = Message.objects.filter(
        state=Message.State.QUEUED, is_bulk=False, queued_at__lt=at - timedelta(minutes=_limits()["queue_minutes"])
    )
    groups = (
        late.order_by()
        .values("channel")
        .annotate(number=Count("pk"), untried=Count("pk", filter=Q(attempts=0)), oldest=Min("queued_at"))
    )
    return sum(
        _raise(
            Alert.Code.QUEUE_LATE,
            group["channel"],
            {"messages": group["number"], "minutes": int((at - group["oldest"]).total_seconds() // 60)},
            at,
        )
        for group in groups
        if group["untried"] or group["number"] >= _LATE_AT_LEAST
    )


def _watch_providers(at: datetime) -> int:
    return sum(
        _raise(Alert.Code.PROVIDER_AWAY, row.name, {"failures": row.failures, "code": row.code}, at)
        for row in Provider.objects.exclude(away_since=None).filter(name__in=[each.name for each in sms_backends()])
    )
