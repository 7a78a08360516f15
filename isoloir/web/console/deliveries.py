"""The table of deliveries: what became of messages, by channel, domain or operator, and country."""

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from isoloir.messaging.deliveries import SMALLEST_GROUP, DeliveryRow, delivery_table
from isoloir.messaging.models import Message
from isoloir.web.access import MemberRequest, audience

from .texts import current_election

_SPANS = {
    "1h": (timedelta(hours=1), gettext_lazy("La dernière heure")),
    "24h": (timedelta(hours=24), gettext_lazy("24 heures")),
    "7j": (timedelta(days=7), gettext_lazy("7 jours")),
}
_USUAL = "24h"


@audience("console")
@require_GET
def deliveries(request: MemberRequest) -> HttpResponse:
    """What became of the messages queued within a span."""
    current_election()
    chosen = request.GET.get("depuis", _USUAL)
    chosen = chosen if chosen in _SPANS else _USUAL
    span, words = _SPANS[chosen]
    context = {
        "section": "supervision", "tab": "deliveries", "now": request.now, "span": words, "smallest": SMALLEST_GROUP,
        "spans": [{"value": value, "label": label, "is_chosen": value == chosen} for value, (_span, label) in _SPANS.items()],
        "rows": [_row(row) for row in delivery_table(since=request.now - span)],
    }  # fmt: skip
    return render(request, "console/deliveries.html", context)


def _row(row: DeliveryRow) -> dict[str, Any]:
    is_sms = row.channel == Message.Channel.SMS
    return {
        "channel": Message.Channel(row.channel).label,
        "carrier": _("autres") if not row.carrier else _("inconnu") if row.carrier == "?" else row.carrier,
        "country": _("inconnu") if row.country == "?" else row.country,
        "is_too_small": row.is_too_small,
        "queued": row.queued,
        "sent": row.sent,
        # A relay says that it took an e-mail, and nothing says that it arrived.
        "delivered": row.delivered if is_sms else None,
        "refused": row.refused,
        "unknown": row.unknown if is_sms else None,
        "leaving": _span(row.leaving.median, row.leaving.slowest),
        "arriving": _span(row.arriving.median, row.arriving.slowest),
    }


def _span(median: timedelta | None, slowest: timedelta | None) -> str:
    """Return « median – 95 % » in words, or nothing."""
    return f"{_words(median)} – {_words(slowest)}" if median is not None and slowest is not None else ""


def _words(delay: timedelta) -> str:
    seconds = max(0, round(delay.total_seconds()))
    if seconds < 120:
        return _("%(count)d s") % {"count": seconds}
    if seconds < 7200:
        return _("%(count)d min") % {"count": round(seconds / 60)}
    return _("%(count)d h") % {"count": round(seconds / 3600)}
