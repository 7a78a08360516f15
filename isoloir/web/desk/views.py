"""The door of the desks."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from isoloir.elections.models import Election
from isoloir.identity.models import StaffRole
from isoloir.identity.roles import desk_of
from isoloir.web.access import MemberRequest, audience


@audience("desk")
@require_GET
def home(request: MemberRequest) -> HttpResponse:
    """The desks at which the signed-in person works."""
    election = Election.objects.current()
    desks = {role.value: desk_of(request.user, role, election=election) for role in StaffRole.Role}
    return render(request, "desk/home.html", {"section": "home", "desks": desks})
