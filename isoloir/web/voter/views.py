"""The voter's way: welcome, identification, password, one-time link; then the voter space."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from isoloir.elections.bundle import candidate_bundle
from isoloir.elections.models import Contest, Election
from isoloir.identity.actions import authenticate_voter, open_session, request_link, set_password
from isoloir.identity.actions import sign_out as end_session
from isoloir.identity.errors import LinkRefused, PasswordRefused, PortalClosed, SignInRefused, SlowedDown
from isoloir.identity.links import read_link
from isoloir.identity.mails import spoken_name
from isoloir.identity.sessions import session_has_ended
from isoloir.pollingstation.models import Seal
from isoloir.roll.models import RollEntry
from isoloir.web.access import PortalRequest, VoterRequest, audience

from .forms import BallotReferenceForm, IdentificationForm, NewPasswordForm, PasswordForm

# The address typed at identification, for the pages that follow it; goes with the voter's visit.
_ADDRESS = "vote_identification"
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


@audience("public")
@never_cache
@form_page
def identification(request: PortalRequest) -> HttpResponse:
    """Ask for the address; whatever it is, the answer is the password page, and a voter without account gets a link."""
    if request.voter is not None:
        return redirect("voter:home")
    if session_has_ended(request.session):
        messages.info(request, _("Votre session a pris fin, pour votre sécurité. Identifiez-vous de nouveau."))
    form = IdentificationForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        address = form.cleaned_data["email"]
        try:
            _send_link(request, address, only_if_not_activated=True)
        except PortalClosed as closed:
            form.add_error(None, closed.message)
        except SlowedDown:
            # A link was sent a moment ago, to whoever gets one; saying so would tell nothing new, and stop somebody.
            return _go_to_password(request, address)
        else:
            return _go_to_password(request, address)
    return render(request, "voter/identification.html", {"form": form})


def _go_to_password(request: PortalRequest, address: str) -> HttpResponse:
    request.session[_ADDRESS] = address
    return redirect("voter:password")


def _send_link(request: PortalRequest, address: str, *, only_if_not_activated: bool = False) -> None:
    request_link(
        election=Election.objects.current(),
        address=address,
        at=request.now,
        only_if_not_activated=only_if_not_activated,
    )


@audience("public")
@never_cache
@sensitive_post_parameters("password")
@form_page
def password(request: PortalRequest) -> HttpResponse:
    """Ask for the password, on a page that is the same for an activated, a not yet activated and an unknown address."""
    address = request.session.get(_ADDRESS)
    if address is None:
        return redirect("voter:identification")
    form = PasswordForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            proved = authenticate_voter(
                election=Election.objects.current(),
                address=address,
                password=form.cleaned_data["password"],
                network=request.META["REMOTE_ADDR"],
                at=request.now,
            )
        except (PortalClosed, SignInRefused, SlowedDown) as refused:
            form.add_error("password", refused.message)
        else:
            open_session(request.session, proved)
            return redirect("voter:home")
    return render(request, "voter/password_or_mail.html", {"form": form, "address": address})


@audience("public")
@never_cache
@form_page
def lost_password(request: PortalRequest) -> HttpResponse:
    """Send a link to make a new password, to the address given at identification."""
    address = request.session.get(_ADDRESS)
    if address is None:
        return redirect("voter:identification")
    if request.method != "POST":
        return redirect("voter:password")
    try:
        _send_link(request, address)
    except (PortalClosed, SlowedDown) as refused:
        messages.error(request, refused.message)
        return redirect("voter:password")
    return redirect("voter:mail_sent")


@audience("public")
@never_cache
@page
def mail_sent(request: PortalRequest) -> HttpResponse:
    """Say where to look for the link, in the same words whether one was sent or not."""
    address = request.session.get(_ADDRESS)
    if address is None:
        return redirect("voter:identification")
    return render(request, "voter/mail_sent.html", {"address": address, "link_hours": _link_hours()})


def _link_hours() -> int | None:
    election = Election.objects.current()
    return election.link_hours if election else None


def _keep_address_from_referrer(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let the page say only its origin to what it loads and leads to, for its address is a secret.

    Not « no-referrer »: the browser would then send a form without its origin, which the protection of forms refuses.
    """

    @wraps(view)
    def keep(request: PortalRequest, *arguments: Any, **keywords: Any) -> HttpResponse:
        response = view(request, *arguments, **keywords)
        response["Referrer-Policy"] = "strict-origin"
        return response

    return keep


@audience("public")
@never_cache
@_keep_address_from_referrer
@sensitive_post_parameters("password", "confirmation")
@form_page
def link(request: PortalRequest, token: str) -> HttpResponse:
    """Open a one-time link. GET and HEAD consume nothing, for mail scanners open links; setting the password does."""
    try:
        voter = read_link(token, at=request.now).voter
        form = NewPasswordForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                proved = set_password(token=token, password=form.cleaned_data["password"], at=request.now)
            except PasswordRefused as refused:
                form.add_error("password", refused.sentences)
            else:
                open_session(request.session, proved)
                messages.success(request, _("Votre mot de passe est enregistré et votre compte est activé."))
                return redirect("voter:home")
    except LinkRefused as refused:
        context = {"reason": refused.code, "link_hours": _link_hours()}
        return render(request, "voter/link_invalid.html", context, status=404 if refused.code == "unknown" else 410)
    except PortalClosed as closed:
        messages.info(request, closed.message)
        return redirect("voter:welcome")
    return render(request, "voter/link_password.html", {"form": form, "voter_name": spoken_name(voter)})


@audience("public")
@require_POST
def sign_out(request: PortalRequest) -> HttpResponse:
    """End the voter's session; doing it twice is no fault."""
    end_session(request.session)
    messages.success(request, _("Vous êtes déconnecté."))
    return redirect("voter:welcome")


@dataclass(frozen=True)
class OwnContest:
    """A contest as its voter sees it: `state` is to_vote, voted, not_open, closed or suspended."""

    uuid: str
    code: str
    name: str
    seats: int
    kind: str
    state: str
    voted_at: datetime | None


@audience("voter")
@page
def home(request: VoterRequest) -> HttpResponse:
    """The voter space: my contests, the countdown, the door of the vote."""
    election = request.voter.election
    contests = _own_contests(request)
    context = {
        "phase": _phase(election, at=request.now, authenticated_at=request.voter_authenticated_at),
        "voter": request.voter,
        "contests": contests,
        "voted_count": sum(1 for contest in contests if contest.voted_at),
        "lists_shown": election.are_lists_shown(at=request.now),
        "results_published": _results_published(election),
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


@audience("voter")
@page
def contest_lists(request: VoterRequest, uuid: str) -> HttpResponse:
    """The lists of one of the voter's own contests, in the drawn order, from the bundle that the vote is bound to."""
    contest = Contest.objects.select_related("election").filter(roll__voter=request.voter, uuid=uuid).first()
    if contest is None:
        raise Http404
    if not contest.election.are_lists_shown(at=request.now):
        # That page says when they will be shown.
        return redirect("voter:contests")
    seal = Seal.objects.filter(contest=contest).first()
    bundle: dict[str, Any] = json.loads(bytes(seal.bundle) if seal else candidate_bundle(contest))
    lists = [{**entry, "logo_url": entry["logo"]} for entry in bundle["lists"]]
    context = {"contest": contest, "order": bundle["order"], "lists": lists}
    return render(request, "voter/contest_lists.html", context)


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
        state="to_vote" if state == "open" else state, voted_at=entry.voted_at,
    )  # fmt: skip


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
