"""What the members of a bureau see of the supervision: counts, and nothing that they could act on or learn a name from."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from isoloir.web.access import audience
from isoloir.web.console.supervision import alert_rows, queue_rows, way_rows

from .requests import MemberRequest
from .seats import seat_of


@audience("bureau")
@require_GET
def supervision(request: MemberRequest, station: str) -> HttpResponse:
    """How many messages wait, how many codes were re-issued, and how many alerts there are."""
    seat = seat_of(request, station)
    # What an alert is about (an establishment, a network) is for the cell alone.
    alerts = [{name: row[name] for name in ("title", "raised_at", "is_over")} for row in alert_rows(at=request.now)]
    context = {
        "station": seat.station, "now": request.now, "alerts": alerts, "queues": queue_rows(at=request.now),
        "ways": way_rows(seat.station.election),
    }  # fmt: skip
    return render(request, "bureau/supervision.html", context)
