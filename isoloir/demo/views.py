"""Pages of the demonstration: guide, identities, mailbox, clock. They exist with the demonstration's settings only."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from isoloir.common.clock import current_time, paris_text
from isoloir.elections.models import Election
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind
from isoloir.pollingstation.models import PollingStation
from isoloir.web.access import PortalRequest, audience

from . import store
from .actions import do_clock_work, let_members_act
from .clock import advance_to
from .guide import visit_steps
from .identities import groups_of_people
from .models import DeliveredMessage

_A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Move:
    """A move of the clock that the visitor can ask for: the form field and its value, the button, the hour it would be."""

    name: str
    value: str
    label: str
    at: datetime


def _election() -> Election:
    election = Election.objects.current()
    if election is None:
        raise Http404
    return election


def _station(election: Election) -> PollingStation:
    return PollingStation.objects.select_related("ceremony").get(election=election)


@audience("public")
@require_GET
def guide(request: PortalRequest) -> HttpResponse:
    """What to do next, and where."""
    election = _election()
    context = {
        "section": "guide",
        "steps": visit_steps(election, _station(election), at=request.now),
        "now": request.now,
        "notices": store.notice_files(),
    }
    return render(request, "demo/guide.html", context)


@audience("public")
@require_GET
def identities(request: PortalRequest) -> HttpResponse:
    """Who the visitor can be, with what each would have in hand."""
    election = _election()
    context = {
        "section": "identities",
        "groups": groups_of_people(election, _station(election)),
        "passphrase": store.PASSPHRASE,
    }
    return render(request, "demo/identities.html", context)


@audience("public")
@require_GET
def mailbox(request: PortalRequest) -> HttpResponse:
    """Every message of the demonstration, newest first; `?pour=` keeps one person's."""
    recipient = request.GET.get("pour", "").strip()
    rows = DeliveredMessage.objects.filter(recipient__iexact=recipient) if recipient else DeliveredMessage.objects.all()
    page = Paginator(rows, 20).get_page(request.GET.get("page"))
    return render(request, "demo/mailbox.html", {"section": "mailbox", "page": page, "recipient": recipient})


def _moves(election: Election, at: datetime) -> list[Move]:
    moves = (
        ("portal", _("Avancer à l’ouverture du portail"), election.portal_opens_at + _A_MINUTE),
        ("lists", _("Avancer à l’affichage des listes de candidats"), election.lists_shown_at + _A_MINUTE),
        ("opening", _("Avancer à l’ouverture du vote"), election.voting_opens_at + _A_MINUTE),
        ("closing", _("Clôturer : avancer après le délai de grâce"), election.grace_ends_at + _A_MINUTE),
    )
    return [Move("to", value, label, instant) for value, label, instant in moves if instant > at]


@audience("public")
@require_http_methods(["GET", "POST"])
def clock(request: PortalRequest) -> HttpResponse:
    """Show the clock; move it to the opening or past the end of grace, then do what the worker does at that hour."""
    election = _election()
    moves = _moves(election, request.now)
    if request.method == "POST":
        for move in moves:
            if move.value == request.POST.get("to"):
                advance_to(move.at)
                record(Kind.CLOCK_ADVANCED, actor="démonstration", at=current_time(), subject=move.value)
                do_clock_work(at=current_time())
                messages.success(request, _("Le portail croit maintenant qu’il est : %s.") % paris_text(current_time()))
        return redirect("demo:clock")
    context = {"section": "clock", "now": request.now, "moves": moves, "election": election}
    return render(request, "demo/clock.html", context)


@audience("public")
@require_POST
def play_members(request: PortalRequest) -> HttpResponse:
    """Let the members whom the visitor does not play act: key ceremony, then partial decryptions."""
    done = let_members_act(_election(), at=request.now)
    messages.success(request, _("Actes accomplis par les autres membres du bureau : %d.") % done)
    return redirect("demo:guide")


@audience("public")
@require_GET
def key_file(_request: PortalRequest, owner: int) -> HttpResponseBase:
    """A fictional member's key file, when the demonstration made it."""
    path = store.key_file(owner)
    if path is None:
        raise Http404
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name, content_type="application/json")


@audience("public")
@require_GET
def notices(_request: PortalRequest, name: str) -> HttpResponseBase:
    """The printed notices of one establishment."""
    path = store.notice_file(name)
    if path is None:
        raise Http404
    return FileResponse(path.open("rb"), content_type="application/pdf")
