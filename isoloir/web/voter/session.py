"""The limits of the voter's session, for the script that warns before they come."""

from django.http import JsonResponse
from django.views.decorators.http import require_http_methods

from isoloir.common.clock import utc_text
from isoloir.identity.sessions import limits_of
from isoloir.web.access import VoterRequest, audience


@audience("voter")
@require_http_methods(["GET", "HEAD", "POST"])
def limits(request: VoterRequest) -> JsonResponse:
    """Return the instants when the session ends. POST says that the voter is there; GET looks without prolonging it.

    The door itself tells the two apart (`web.middleware`), for it is the door that notes who was seen.
    `since` is the instant of the sign-in: a page whose session has another was left behind by a new one.
    """
    session = limits_of(request.session, voter=request.voter, at=request.now)
    return JsonResponse(
        {
            "now": utc_text(request.now),
            "idle_ends_at": utc_text(session.idle_ends_at),
            "ends_at": utc_text(session.ends_at),
            "since": utc_text(request.voter_authenticated_at),
        }
    )
