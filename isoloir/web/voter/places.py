"""« Mes places au registre »: where the voter's keys are in the public registers, and what to do if one moved without them."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from isoloir.credentials.links import Place, has_link_key, places_of
from isoloir.credentials.reissue.requests import used_reissues
from isoloir.elections.models import Contest
from isoloir.web.access import VoterRequest, audience
from isoloir.web.public.register import registers_begun


@dataclass(frozen=True)
class OwnPlace:
    """A contest of the voter. `place` is None when nobody can say it: no code was issued yet, or the link is destroyed."""

    contest: Contest
    place: Place | None
    is_in_register: bool


@audience("voter")
@never_cache
@require_safe
def places(request: VoterRequest) -> HttpResponse:
    """The place of the voter in each of their contests, and the generation in force."""
    entries = list(
        request.voter.entries.select_related("contest").order_by("contest__code").prefetch_related("slot_link")
    )
    joined = [entry for entry in entries if hasattr(entry, "slot_link") and has_link_key(entry.contest)]
    found = places_of(joined)
    begun = registers_begun([entry.contest_id for entry in entries])
    context = {
        "places": [OwnPlace(entry.contest, found.get(entry.pk), entry.contest_id in begun) for entry in entries],
        "reissued": used_reissues(request.voter),
    }
    return render(request, "voter/places.html", context)
