"""What the frame of every page needs."""

from typing import Any

from django.http import HttpRequest

from isoloir.common.clock import current_time
from isoloir.elections.models import Election
from isoloir.identity.permissions import is_verified
from isoloir.identity.sessions import is_open, limits_of
from isoloir.identity.voters import account_of
from isoloir.texts.announcements import active_announcements

_STAFF_ROOMS = {"bureau", "desk", "console"}
_NOBODY: dict[str, Any] = {"signed_in_as": None, "last_sign_in": None, "signed_in_since": None, "session_limits": None}


def election(request: HttpRequest) -> dict[str, Any]:
    """Return the election, the portal's clock, what is announced, and who is signed in in the room that the page
    belongs to.

    For a voter `signed_in_since` and `session_limits` (identity.sessions.SessionLimits) too; None in the other rooms.
    """
    voter = getattr(request, "voter", None)
    current = voter.election if voter else Election.objects.current()
    now = getattr(request, "now", None) or current_time()
    return {
        "election": current,
        "now": now,
        "announcements": active_announcements(current, at=now) if current else [],
        **_presence(request, voter),
    }


def _presence(request: Any, voter: Any) -> dict[str, Any]:
    room = request.resolver_match.namespace if request.resolver_match else ""
    if room in _STAFF_ROOMS:
        user = getattr(request, "user", None)
        name = user.full_name if user is not None and is_verified(user) else None
        return {**_NOBODY, "signed_in_as": name}
    # A view may have signed the voter out, or somebody else in, since the request came.
    if voter is None or not is_open(request.session):
        return _NOBODY
    account = account_of(voter)
    return {
        "signed_in_as": voter.full_name,
        "last_sign_in": account.previous_sign_in_at if account else None,
        "session_limits": limits_of(request.session, voter=voter, at=request.now),
        "signed_in_since": request.voter_authenticated_at,
    }
