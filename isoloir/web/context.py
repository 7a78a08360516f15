"""What the frame of every page needs."""

from typing import Any

from django.http import HttpRequest

from isoloir.common.clock import current_time
from isoloir.elections.models import Election
from isoloir.identity.permissions import is_verified

_STAFF_ROOMS = {"bureau", "console"}


def election(request: HttpRequest) -> dict[str, Any]:
    """Return the election, the portal's clock, and who is signed in in the room that the page belongs to."""
    voter = getattr(request, "voter", None)
    return {
        "election": voter.election if voter else Election.objects.current(),
        "now": getattr(request, "now", None) or current_time(),
        **_presence(request, voter),
    }


def _presence(request: HttpRequest, voter: Any) -> dict[str, Any]:
    room = request.resolver_match.namespace if request.resolver_match else ""
    if room in _STAFF_ROOMS:
        user = getattr(request, "user", None)
        name = user.full_name if user is not None and is_verified(user) else None
        return {"signed_in_as": name, "last_sign_in": None}
    if voter is None:
        return {"signed_in_as": None, "last_sign_in": None}
    return {"signed_in_as": voter.full_name, "last_sign_in": voter.account.previous_sign_in_at}
