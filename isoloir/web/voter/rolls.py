"""« Listes électorales de mes scrutins »: those of the voter's own contests alone (R211-529)."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from isoloir.identity.errors import SlowedDown
from isoloir.identity.rollreading import begin_reading
from isoloir.web.access import VoterRequest, audience
from isoloir.web.rollpages import roll_context


@audience("voter")
@require_safe
def rolls(request: VoterRequest) -> HttpResponse:
    """The rolls on which the voter is, or when they will be shown."""
    election = request.voter.election
    context = {
        "entries": request.voter.entries.select_related("contest").order_by("contest__code"),
        "rolls_shown": election.are_rolls_shown(at=request.now),
        "rolls_shown_at": election.rolls_shown_at or election.portal_opens_at,
    }
    return render(request, "voter/rolls.html", context)


@audience("voter")
@require_http_methods(["GET", "HEAD", "POST"])
def roll(request: VoterRequest, uuid: str) -> HttpResponse:
    """The roll of one of the voter's contests: at its top the voter's own entry, then everybody's, at a reader's pace."""
    entry = request.voter.entries.select_related("contest").filter(contest__uuid=uuid).first()
    if entry is None:
        raise Http404
    if not request.voter.election.are_rolls_shown(at=request.now):
        # That page says when they will be.
        return redirect("voter:rolls")
    try:
        begin_reading(voter=request.voter, at=request.now)
    except SlowedDown as slowed:
        context = {"contest": entry.contest, "voter": request.voter, "search": None, "slowed": True}
        answer = render(request, "voter/roll.html", context, status=429)
        answer["Retry-After"] = str(slowed.seconds)
        return answer
    return render(
        request, "voter/roll.html", {"voter": request.voter, "slowed": False, **roll_context(request, entry.contest)}
    )
