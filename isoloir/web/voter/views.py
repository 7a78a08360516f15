"""The portal's door, and the voter space behind it."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from isoloir.claims.windows import Window, widest, windows_of
from isoloir.elections.models import Contest, Election
from isoloir.identity.sessions import limits_of
from isoloir.roll.models import RollEntry
from isoloir.web.access import PortalRequest, VoterRequest, audience

from .forms import BallotReferenceForm

page = require_safe
form_page = require_http_methods(["GET", "HEAD", "POST"])


@audience("public")
@page
def welcome(request: PortalRequest) -> HttpResponse:
    """The portal's door."""
    election = Election.objects.current()
    if election is None:
        return render(request, "voter/no_election.html")
    context = {
        "election": election,
        "phase": _phase(election, at=request.now),
        "results_published": _results_published(election),
    }
    return render(request, "voter/welcome.html", context)


@dataclass(frozen=True)
class OwnContest:
    """A contest as its voter sees it: `state` is to_vote, voted, not_open, closed or suspended."""

    uuid: str
    code: str
    name: str
    seats: int
    kind: str
    instance: str
    state: str
    voted_at: datetime | None


@audience("voter")
@page
def home(request: VoterRequest) -> HttpResponse:
    """The voter space: my contests, the countdown, the door of the vote."""
    election = request.voter.election
    contests = _own_contests(request)
    phase = _phase(election, at=request.now, authenticated_at=request.voter_authenticated_at)
    context = {
        "phase": phase,
        "voter": request.voter,
        "activated": limits_of(request.session, voter=request.voter, at=request.now).activated,
        "contests": contests,
        "voted_count": sum(1 for contest in contests if contest.voted_at),
        "lists_shown": election.are_lists_shown(at=request.now),
        "rolls_shown": election.are_rolls_shown(at=request.now),
        "rolls_shown_at": election.rolls_shown_at or election.portal_opens_at,
        "claims": _claims_window(election, contests),
        "results_published": phase == "closed" and _results_published(election),
    }
    return render(request, "voter/home.html", context)


@audience("voter")
@page
def contests(request: VoterRequest) -> HttpResponse:
    """The contests of which the voter is an elector."""
    context = {
        "contests": _own_contests(request),
        "lists_shown": request.voter.election.are_lists_shown(at=request.now),
    }
    return render(request, "voter/contests.html", context)


@audience("public")
@form_page
def verify(request: PortalRequest) -> HttpResponse:
    """Tell anybody whether a ballot box holds the ballot of this reference."""
    form = BallotReferenceForm(request.POST if request.method == "POST" else None)
    searched, findings = None, []
    if request.method == "POST" and form.is_valid():
        searched = form.cleaned_data["reference"]
        held = Contest.objects.filter(ballots__tracker=searched).order_by("code")
        findings = [{"contest_name": contest.name, "archive_url": _archive_url(contest)} for contest in held]
    return render(request, "voter/verify.html", {"form": form, "searched": searched, "findings": findings})


def _archive_url(contest: Contest) -> str | None:
    """Return where the published ballot box is, once it is."""
    return reverse("public:archive", args=(contest.uuid,)) if contest.state == Contest.State.PUBLISHED else None


def _own_contests(request: VoterRequest) -> list[OwnContest]:
    entries = RollEntry.objects.filter(voter=request.voter).select_related("contest__election").with_turnout()
    return [_own_contest(entry, request) for entry in entries.order_by("contest__code")]


def _own_contest(entry: RollEntry, request: VoterRequest) -> OwnContest:
    contest = entry.contest
    state = contest.voting_state(at=request.now)
    if state == "grace":
        state = "open" if request.voter_authenticated_at < contest.election.voting_closes_at else "closed"
    if entry.voted_at:
        state = "voted"
    return OwnContest(
        uuid=contest.uuid, code=contest.code, name=contest.name, seats=contest.seats, kind=contest.kind,
        instance=contest.instance, state="to_vote" if state == "open" else state, voted_at=entry.voted_at,
    )  # fmt: skip


def _claims_window(election: Election, contests: list[OwnContest]) -> Window | None:
    """Return from when to when claims are received for any of the voter's contests."""
    own = {contest.instance for contest in contests}
    return widest({instance: window for instance, window in windows_of(election).items() if instance in own})


def _phase(election: Election, *, at: datetime, authenticated_at: datetime | None = None) -> str:
    """Return not_open, open, grace (for who was authenticated before closing, R211-563) or closed, by the calendar."""
    if at < election.voting_opens_at:
        return "not_open"
    if at < election.voting_closes_at:
        return "open"
    in_time = authenticated_at is not None and authenticated_at < election.voting_closes_at
    return "grace" if in_time and at < election.grace_ends_at else "closed"


def _results_published(election: Election) -> bool:
    return bool(election.contests.filter(state=Contest.State.PUBLISHED).exists())
