"""The rolls that a member of a bureau reads (R211-529): a delegate's, of the contests where their organisation has a list."""

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_safe

from isoloir.elections.models import CandidateList, Contest, Election
from isoloir.identity.models import Account
from isoloir.pollingstation.models import Member
from isoloir.web.access import audience
from isoloir.web.rollpages import roll_context

from .requests import MemberRequest
from .seats import PRESIDING


@audience("bureau")
@require_safe
def rolls(request: MemberRequest) -> HttpResponse:
    """The contests whose roll this person may read."""
    election = Election.objects.current()
    contests = readable_contests(request.user, election) if election else Contest.objects.none()
    context = {"contests": contests, **_hours(election, request)}
    return render(request, "bureau/rolls.html", context)


@audience("bureau")
@require_http_methods(["GET", "HEAD", "POST"])
def roll(request: MemberRequest, uuid: str) -> HttpResponse:
    """The roll of one of these contests, from the hour when voters read it; any other does not exist (404)."""
    election = Election.objects.current()
    readable = readable_contests(request.user, election) if election else Contest.objects.none()
    contest = get_object_or_404(readable, uuid=uuid)
    hours = _hours(election, request)
    context = {
        **hours,
        **(roll_context(request, contest) if hours["rolls_shown"] else {"contest": contest, "search": None}),
    }
    return render(request, "bureau/roll.html", context)


def readable_contests(account: Account, election: Election) -> QuerySet[Contest]:
    """Return the contests of presidents' and secretaries' own bureaux, and those where a delegate's organisation has a list."""
    seats = Member.objects.filter(account=account.pk, station__election=election)
    presided = seats.filter(role__in=PRESIDING)
    lists = CandidateList.objects.filter(
        contest__election=election,
        organisations__in=seats.filter(role=Member.Role.DELEGATE).values("organisation"),
    )
    return Contest.objects.filter(
        Q(station_link__station__in=presided.values("station")) | Q(pk__in=lists.values("contest")), election=election
    )


def _hours(election: Election | None, request: MemberRequest) -> dict[str, object]:
    shown_at = (election.rolls_shown_at or election.portal_opens_at) if election else None
    return {"rolls_shown": bool(election and election.are_rolls_shown(at=request.now)), "rolls_shown_at": shown_at}
