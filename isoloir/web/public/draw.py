"""The draw of the order of lists, open to all: what was announced, the seed, the orders, and all that computes them again."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from isoloir.documents.draw import DrawMinutes, DrawnContest, compose_draw_minutes
from isoloir.elections.draw import draw_record, order_of
from isoloir.elections.models import Election, ListDraw
from isoloir.web.access import audience

# R211-535: candidacies are not for search engines.
_NOT_INDEXED = {"X-Robots-Tag": "noindex, nofollow, noarchive"}


@dataclass(frozen=True)
class DrawGroup:
    """The draws announced together, and made together from one seed if they are made; `number` names them."""

    number: int
    source: str
    seed: str
    announced_at: datetime
    drawn_at: datetime | None
    contests: list[DrawnContest]


def _draws(election: Election | None) -> list[list[ListDraw]]:
    """Return the draws of the election by what they share, the newest announcement first."""
    draws = list(ListDraw.objects.filter(contest__election=election).select_related("contest").order_by("pk"))
    draws.sort(key=_shared)
    groups = [list(group) for _key, group in groupby(draws, key=_shared)]
    return sorted(groups, key=lambda group: group[0].announced_at, reverse=True)


def _shared(draw: ListDraw) -> tuple[datetime, str, str, str]:
    return draw.announced_at, draw.source, draw.seed, str(draw.drawn_at)


def _shown(draws: list[ListDraw]) -> DrawGroup:
    first = draws[0]
    contests = [
        DrawnContest(
            draw.contest.code, draw.contest.name, tuple(draw.names), order_of(draw) if draw.seed else ()
        )
        for draw in sorted(draws, key=lambda draw: draw.contest.code)
    ]  # fmt: skip
    return DrawGroup(first.pk, first.source, first.seed, first.announced_at, first.drawn_at, contests)


def draw_groups(election: Election | None) -> list[DrawGroup]:
    """Return what the page of the draw shows."""
    return [_shown(draws) for draws in _draws(election)]


def _made(number: int) -> tuple[Election, list[ListDraw]]:
    """Return the draws made together of which this number is the first. Raises Http404."""
    election = Election.objects.current()
    for draws in _draws(election):
        if election is not None and draws[0].pk == number and draws[0].seed:
            return election, sorted(draws, key=lambda draw: draw.contest.code)
    raise Http404


@audience("public")
@require_safe
def draw(request: HttpRequest) -> HttpResponse:
    """What was announced and what was drawn."""
    answer = render(request, "public/draw.html", {"groups": draw_groups(Election.objects.current())})
    for name, value in _NOT_INDEXED.items():
        answer[name] = value
    return answer


@audience("public")
@require_safe
def draw_json(_request: HttpRequest, number: int) -> HttpResponse:
    """All that is needed to compute these orders again; the very file attached to the minutes."""
    election, draws = _made(number)
    content = draw_record(draws, election=election)
    headers = {"Content-Disposition": 'attachment; filename="tirage.json"', **_NOT_INDEXED}
    return HttpResponse(content, content_type="application/json", headers=headers)


@audience("public")
@require_safe
def draw_minutes(_request: HttpRequest, number: int) -> HttpResponse:
    """The minutes of the draw, the same bytes at each reading."""
    election, draws = _made(number)
    group = _shown(draws)
    minutes = DrawMinutes(
        election=election.name, organiser=election.organiser, source=group.source, seed=group.seed,
        announced_at=group.announced_at, drawn_at=group.drawn_at or group.announced_at,
        url=settings.PORTAL_URL.rstrip("/") + reverse("public:draw"), contests=tuple(group.contests),
    )  # fmt: skip
    content = compose_draw_minutes(minutes, record=draw_record(draws, election=election))
    headers = {"Content-Disposition": 'inline; filename="proces-verbal-tirage.pdf"', **_NOT_INDEXED}
    return HttpResponse(content, content_type="application/pdf", headers=headers)
