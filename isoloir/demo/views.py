"""Pages of the demonstration: guide with identities and clock, mailbox, notices. They exist with the demonstration's settings only."""

from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from isoloir.common.clock import current_time, paris_text
from isoloir.elections.models import Election
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind
from isoloir.pollingstation.models import PollingStation
from isoloir.web.access import audience

from . import store
from .actions import let_members_act, run_clock_work
from .clock import advance_to
from .identities import identities
from .models import DeliveredMessage

_AFTER_OPENING = timedelta(minutes=1)


def _election() -> Election:
    election = Election.objects.current()
    if election is None:
        raise Http404
    return election


@audience("public")
@require_GET
def guide(request: HttpRequest) -> HttpResponse:
    """What to do next, who one can be, what time it is."""
    election = _election()
    station = PollingStation.objects.select_related("ceremony").get(election=election)
    context = {
        "election": election,
        "station": station,
        "steps": store.steps(election, station, at=request.now),
        "identities": identities(election, station),
        "now_text": paris_text(request.now),
        "opens_at": election.voting_opens_at,
        "opens_at_text": paris_text(election.voting_opens_at),
        "closes_at_text": paris_text(election.voting_closes_at),
        "is_before_opening": request.now < election.voting_opens_at,
        "is_before_freeze": request.now < election.grace_ends_at,
        "notices": store.notice_files(),
    }
    return render(request, "demo/guide.html", context)


@audience("public")
@require_GET
def mailbox(request: HttpRequest) -> HttpResponse:
    """Every message of the demonstration, newest first; `?pour=` keeps one person's."""
    rows = DeliveredMessage.objects.all()
    recipient = request.GET.get("pour", "").strip()
    if recipient:
        rows = rows.filter(recipient__iexact=recipient)
    page = Paginator(rows, 20).get_page(request.GET.get("page"))
    return render(request, "demo/mailbox.html", {"page": page, "recipient": recipient})


@audience("public")
@require_GET
def message(request: HttpRequest, pk: int) -> HttpResponse:
    """One message, with its links to follow."""
    row = get_object_or_404(DeliveredMessage, pk=pk)
    return render(request, "demo/message.html", {"message": row, "lines": store.lines_with_links(row.body)})


@audience("public")
@require_POST
def advance_clock(request: HttpRequest) -> HttpResponse:
    """Move the clock to the opening, or past the end of grace; then do what the worker does at that hour."""
    election = _election()
    target = request.POST.get("to")
    if target == "opening":
        instant = election.voting_opens_at + _AFTER_OPENING
    elif target == "closing":
        instant = election.grace_ends_at + _AFTER_OPENING
    else:
        raise Http404
    if instant <= request.now:
        messages.info(request, _("L’horloge est déjà au-delà de cet instant."))
        return redirect("demo:guide")
    advance_to(instant)
    record(Kind.CLOCK_ADVANCED, actor="démonstration", at=current_time(), subject=target)
    run_clock_work(at=current_time())
    messages.success(request, _("L’horloge de la démonstration est avancée : %(now)s.") % {"now": paris_text(current_time())})
    return redirect("demo:guide")


@audience("public")
@require_POST
def play_members(request: HttpRequest) -> HttpResponse:
    """Let the members that the visitor does not play act: key ceremony, then partial decryptions."""
    done = let_members_act(_election(), at=request.now)
    messages.success(request, _("Actes accomplis par les autres membres du bureau : %(count)d.") % {"count": done})
    return redirect("demo:guide")


@audience("public")
@require_GET
def key_file(request: HttpRequest, owner: int) -> HttpResponse:
    """A fictional member's key file, when the demonstration made it."""
    path = store.key_file(owner)
    if path is None:
        raise Http404
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name, content_type="application/json")


@audience("public")
@require_GET
def notices(request: HttpRequest, name: str) -> HttpResponse:
    """The printed notices of one establishment."""
    path = store.notice_file(name)
    if path is None:
        raise Http404
    return FileResponse(path.open("rb"), content_type="application/pdf")
