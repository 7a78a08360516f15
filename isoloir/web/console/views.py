"""The console: an administrator prepares the election. Each page parses, calls one act, and says what it answered."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from isoloir.claims.actions import OPEN_STATES
from isoloir.common.archives import write_archive
from isoloir.common.errors import ImportRefused
from isoloir.credentials.errors import RequestRefused
from isoloir.credentials.imports import load_slots
from isoloir.credentials.request import build_credential_request
from isoloir.elections.actions import change_calendar
from isoloir.elections.errors import CalendarRefused, ElectionSealed
from isoloir.elections.models import Contest, Election
from isoloir.identity.campaigns import open_campaign
from isoloir.identity.errors import IdentityRefused
from isoloir.identity.models import Campaign
from isoloir.pollingstation.files import import_files
from isoloir.roll.errors import RollRefused
from isoloir.web.access import MemberRequest, audience

from .expected import expected_files
from .forms import CalendarForm, ImportForm, SlotsForm
from .progress import campaign_counts, contest_rows, counts_of, tasks_of


def _election() -> Election:
    election = Election.objects.current()
    if election is None:
        raise Http404
    return election


def _is_sealed(election: Election) -> bool:
    return election.contests.exclude(state=Contest.State.PREPARED).exists()


def _refused(refusal: ImportRefused) -> dict[str, Any]:
    """Return what the list of faults needs."""
    return {"faults": refusal.faults, "total": refusal.total}


@audience("console")
@require_GET
def home(request: MemberRequest) -> HttpResponse:
    """How far the preparation is, and what remains."""
    election = Election.objects.current()
    context: dict[str, Any] = {"section": "home", "counts": [], "tasks": [], "contests": []}
    if election is not None:
        context |= {
            "counts": counts_of(election),
            "tasks": tasks_of(election),
            "contests": contest_rows(election),
        }
    return render(request, "console/home.html", context)


@audience("console")
@require_http_methods(["GET", "POST"])
def import_election(request: MemberRequest) -> HttpResponse:
    """Import files, all or nothing; a refusal lists every fault by line."""
    election = _election()
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    context: dict[str, Any] = {
        "section": "import", "form": form, "files": expected_files(), "faults": (), "total": 0,
        "sealed": _is_sealed(election),
    }  # fmt: skip
    if request.method == "GET":
        return render(request, "console/import.html", context)
    if form.is_valid():
        try:
            sentences = import_files(
                election=election, files=form.files_by_name(), actor=request.user.email, at=request.now
            )
        except ImportRefused as refusal:
            context |= _refused(refusal)
        except (ElectionSealed, RollRefused) as refusal:
            form.add_error(None, str(refusal.sentence))
        else:
            for sentence in sentences:
                messages.success(request, sentence)
            return redirect("console:home")
    return render(request, "console/import.html", context, status=422)


@audience("console")
@require_http_methods(["GET", "POST"])
def calendar(request: MemberRequest) -> HttpResponse:
    """Show the calendar, and change it as long as nothing is sealed."""
    election = _election()
    form = None if _is_sealed(election) else CalendarForm(initial=CalendarForm.initial_of(election), election=election)
    if request.method == "POST":
        form = CalendarForm(request.POST, election=election)
        if form.is_valid():
            answer = _change_calendar(request, election, form)
            if answer is not None:
                return answer
    status = 422 if request.method == "POST" else 200
    return render(request, "console/calendar.html", {"section": "calendar", "form": form}, status=status)


def _change_calendar(request: MemberRequest, election: Election, form: CalendarForm) -> HttpResponseRedirect | None:
    """Change the calendar, or put on the form why it was refused."""
    try:
        change_calendar(election=election, calendar=form.calendar(), actor=request.user.email, at=request.now)
    except CalendarRefused as refusal:
        for field, sentence in refusal.faults.items():
            form.add_error(field, sentence)
    except ElectionSealed as refusal:
        form.add_error(None, str(refusal.sentence))
    else:
        messages.success(request, _("Le calendrier est enregistré."))
        return redirect("console:calendar")
    return None


@audience("console")
@require_http_methods(["GET", "POST"])
def request_codes(request: MemberRequest) -> HttpResponse:
    """Give the request for the credential authority, as an archive."""
    election = _election()
    if request.method == "POST":
        try:
            files = build_credential_request(election=election, actor=request.user.email, at=request.now)
        except (RequestRefused, ElectionSealed) as refusal:
            messages.error(request, str(refusal.sentence))
            return redirect("console:request")
        name = f"demande-codes-{election.slug}.zip"
        return HttpResponse(
            write_archive(files),
            content_type="application/zip",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
    claims = election.claims.filter(state__in=OPEN_STATES).count()
    context = {
        "section": "codes", "sealed": _is_sealed(election), "voters": election.voters.count(), "claims": claims,
    }  # fmt: skip
    return render(request, "console/request.html", context)


@audience("console")
@require_http_methods(["GET", "POST"])
def receive_slots(request: MemberRequest) -> HttpResponse:
    """Receive what the credential authority issued, all or nothing."""
    election = _election()
    form = SlotsForm(request.POST, request.FILES) if request.method == "POST" else SlotsForm()
    context: dict[str, Any] = {
        "section": "codes", "form": form, "faults": (), "total": 0, "sealed": _is_sealed(election)
    }  # fmt: skip
    if request.method == "GET":
        return render(request, "console/slots.html", context)
    if form.is_valid():
        try:
            done = load_slots(election=election, files=form.files_by_name(), actor=request.user.email, at=request.now)
        except ImportRefused as refusal:
            context |= _refused(refusal)
        except ElectionSealed as refusal:
            form.add_error(None, str(refusal.sentence))
        else:
            facts = {"slots": done.slots, "contests": len(done.slots_by_contest)}
            messages.success(request, _("Clés publiques reçues : %(slots)d, dans %(contests)d scrutins.") % facts)
            return redirect("console:home")
    return render(request, "console/slots.html", context, status=422)


@audience("console")
@require_http_methods(["GET", "POST"])
def invite_voters(request: MemberRequest) -> HttpResponse:
    """Send the opening campaign to the voters who were not invited yet, once the portal is open."""
    election = _election()
    if request.method == "POST":
        try:
            open_campaign(election=election, kind=Campaign.Kind.OPENING, actor=request.user.email, at=request.now)
        except IdentityRefused as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, _("La campagne est lancée : les courriels partent dans les prochaines minutes."))
        return redirect("console:invitations")
    context = {
        "section": "campaign", "is_open": election.is_portal_open(at=request.now), **campaign_counts(election)
    }  # fmt: skip
    return render(request, "console/invitations.html", context)
