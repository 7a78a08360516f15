"""The limits of the voter's session, for the script that warns before they come."""

from django.http import JsonResponse
from django.views.decorators.http import require_http_methods

from isoloir.common.clock import utc_text
from isoloir.identity.sessions import is_open, limits_of, note_seen
from isoloir.web.access import VoterRequest, audience, signed_out_answer


@audience("voter")
@require_http_methods(["GET", "HEAD", "POST"])
def limits(request: VoterRequest) -> JsonResponse:
    """Return the instants when the session ends. POST says that the voter is there; GET looks without prolonging it.

    The door notes nobody here (`web.middleware`), as it does for every other page.
    `since` is the instant of the sign-in: a page whose session has another was left behind by a new one.
    """
    session = request.session
    if request.method == "POST":
        session = note_seen(session, at=request.now)
        if not is_open(session):
            # Signed out in another tab since this request came.
            return signed_out_answer()
    ends = limits_of(session, voter=request.voter, at=request.now)
    return JsonResponse(
        {
            "now": utc_text(request.now),
            "idle_ends_at": utc_text(ends.idle_ends_at),
            "ends_at": utc_text(ends.ends_at),
            "since": utc_text(request.voter_authenticated_at),
        }
    )
