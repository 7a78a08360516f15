"""What the status page asks: is the portal alive, where is the election, what is announced."""

from typing import Any

from django.http import JsonResponse
from django.views.decorators.http import require_safe

from isoloir.elections.models import Election
from isoloir.texts.announcements import active_announcements
from isoloir.web.access import PortalRequest, audience


@audience("public")
@require_safe
def health(request: PortalRequest) -> JsonResponse:
    """Answer by two queries at most, and write nothing. `phase` is none, not_open, open, grace or closed.

    The database answers too, or this fails as the pages would. Nothing here is secret: all of it is on public pages.
    """
    election = Election.objects.current()
    answer = {
        "now": request.now.isoformat(timespec="seconds"),
        "election": election.name if election else None,
        "phase": _phase(election, request) if election else "none",
        "announcements": _announcements(election, request) if election else [],
    }
    return JsonResponse(answer, headers={"Cache-Control": "no-store", "X-Robots-Tag": "noindex"})


def _phase(election: Election, request: PortalRequest) -> str:
    if request.now < election.voting_opens_at:
        return "not_open"
    if request.now < election.voting_closes_at:
        return "open"
    return "grace" if request.now < election.grace_ends_at else "closed"


def _announcements(election: Election, request: PortalRequest) -> list[dict[str, Any]]:
    return [
        {
            "level": each.level, "fr": each.text_fr, "en": each.text_en,
            "starts_at": each.starts_at.isoformat(), "ends_at": each.ends_at.isoformat(),
        }
        for each in active_announcements(election, at=request.now)
    ]  # fmt: skip
