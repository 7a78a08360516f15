"""The supervision cell's page: what is wrong now, what waits, who is slowed down, where codes are re-issued."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from isoloir.credentials.reissue.rates import WayCount, busiest_establishments, reissue_counts
from isoloir.elections.models import Election
from isoloir.identity.slowdown import counters
from isoloir.messaging.deliveries import queues
from isoloir.messaging.models import Alert, Message, Provider
from isoloir.messaging.sms import sms_backends
from isoloir.web.access import MemberRequest, audience

from .texts import current_election

# How long an alert stays on the page once its cause is gone.
_SHOWN_FOR = timedelta(hours=24)
# It was still so when the worker last looked.
_STILL = timedelta(minutes=3)
_MOST_ALERTS = 50


@audience("console")
@require_GET
def supervision(request: MemberRequest) -> HttpResponse:
    """Alerts, queues, providers, slow-downs and re-issues: counts, and no name."""
    election = current_election()
    context = {
        "section": "supervision", "tab": "supervision", "now": request.now,
        "alerts": alert_rows(at=request.now), "queues": queue_rows(at=request.now), "providers": _providers(),
        "waiting": sum(counter.waiting for counter in counters(request.now)), "ways": way_rows(election),
        "establishments": busiest_establishments(election),
    }  # fmt: skip
    return render(request, "console/supervision.html", context)


def alert_rows(*, at: datetime) -> list[dict[str, Any]]:
    """Return the alerts of the last day, the latest first, each in words."""
    recent = Alert.objects.filter(seen_at__gte=at - _SHOWN_FOR).order_by("-raised_at", "-pk")[:_MOST_ALERTS]
    return [
        {
            "title": alert.get_code_display(),
            "subject": alert.subject,
            "numbers": _numbers(alert.facts),
            "raised_at": alert.raised_at,
            "is_over": at - alert.seen_at > _STILL,
        }
        for alert in recent
    ]


def _numbers(facts: dict[str, Any]) -> str:
    """Return the counts of an alert in words; a fact without a word here is not shown."""
    words = {
        "messages": _("messages : %s"),
        "delivered": _("remis : %s"),
        "returned": _("refusés ou revenus : %s"),
        "minutes": _("minutes d’attente : %s"),
        "failures": _("échecs de suite : %s"),
        "code": _("réponse : %s"),
        "voters": _("électeurs : %s"),
        "requests": _("demandes : %s"),
        "expected": _("attendus : %s"),
        "roll": _("inscrits : %s"),
    }
    return ", ".join(word % facts[name] for name, word in words.items() if name in facts)


def queue_rows(*, at: datetime) -> list[dict[str, Any]]:
    """Return each channel's queue, with the minutes that its oldest message has waited."""
    return [
        {
            "channel": Message.Channel(queue.channel).label,
            "waiting": queue.waiting,
            "campaigns": queue.campaigns,
            "minutes": max(0, int((at - queue.oldest).total_seconds() // 60)) if queue.oldest else None,
        }
        for queue in queues()
    ]


def _providers() -> list[dict[str, Any]]:
    """Return the providers of text messages in the order in which they are asked."""
    known = {row.name: row for row in Provider.objects.all()}
    rows = []
    for backend in sms_backends():
        row = known.get(backend.name)
        is_away = row is not None and row.away_until is not None and row.away_until > timezone.now()
        rows.append(
            {
                "name": backend.name, "is_away": is_away, "code": row.code if row is not None else "",
                "has_receipts": backend.gives_receipts,
            }
        )  # fmt: skip
    return rows


def way_rows(election: Election) -> list[dict[str, Any]]:
    """Return the re-issues by policy and channel, as everyone who supervises may see them."""
    return [_way(way) for way in reissue_counts(election)]


def _way(way: WayCount) -> dict[str, Any]:
    channel = Message.Channel(way.channel).label if way.channel in Message.Channel.values else way.channel
    return {"policy": way.policy, "channel": channel, "asked": way.asked, "live": way.live}
