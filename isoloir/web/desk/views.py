"""The door of the desks."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from isoloir.claims.models import Claim
from isoloir.claims.permissions import claims_of_desk
from isoloir.elections.models import Election
from isoloir.identity.models import StaffRole
from isoloir.identity.roles import Desk, desk_of
from isoloir.web.access import MemberRequest, audience


@audience("desk")
@require_GET
def home(request: MemberRequest) -> HttpResponse:
    """The desks at which the signed-in person works."""
    election = Election.objects.current()
    desks = {role.value: desk_of(request.user, role, election=election) for role in StaffRole.Role}
    context = {
        "section": "home",
        "desks": desks,
        "claims_waiting": _claims_waiting(desks[StaffRole.Role.CLAIMS], election),
    }
    return render(request, "desk/home.html", context)


def _claims_waiting(desk: Desk | None, election: Election | None) -> int:
    """Return how many claims that the desk covers wait for an agent: for a first decision, or for a second one."""
    if desk is None or election is None:
        return 0
    waiting = (Claim.State.RECEIVED, Claim.State.ASSIGNED, Claim.State.PROPOSED)
    return int(claims_of_desk(desk, election).filter(state__in=waiting).count())
