"""From a URL to what a member may see: their own bureau and its contests. What is another's does not exist (404)."""

from django.core.exceptions import PermissionDenied
from django.http import Http404

from isoloir.elections.models import Contest
from isoloir.pollingstation.models import Member, PollingStation

from .requests import MemberRequest

PRESIDING = (Member.Role.PRESIDENT, Member.Role.SECRETARY)


def seat_of(request: MemberRequest, station: str) -> Member:
    """Return the signed-in member's seat in the bureau with this code, of the newest election. Raises Http404."""
    seat = (
        Member.objects.filter(account=request.user.pk, station__code=station)
        .select_related("station__election", "station__ceremony", "organisation")
        .order_by("-station__election_id")
        .first()
    )
    if seat is None:
        raise Http404
    return seat


def presiding_seat(request: MemberRequest, station: str) -> Member:
    """Return the seat of the president or of the secretary (R211-538). Raises Http404, PermissionDenied."""
    seat = seat_of(request, station)
    if not presides(seat):
        raise PermissionDenied
    return seat


def presides(seat: Member) -> bool:
    return seat.role in PRESIDING


def contest_of(station: PollingStation, code: str) -> Contest:
    """Return the contest of this bureau with this code. Raises Http404."""
    contest = station.contests.select_related("election", "seal", "result").filter(code=code).first()
    if contest is None:
        raise Http404
    return contest
