"""The draw of the order of lists, open to all: what was announced, the seed, the orders, and all that computes them again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe
from isoloir_protocol.draw import SeedPart, parts_of

from isoloir.documents.draw import DrawMinutes, DrawnContest, compose_draw_minutes
from isoloir.elections.draw import draw_record, order_of
from isoloir.elections.models import DrawAnnouncement, Election, ListDraw
from isoloir.web.access import PortalRequest, audience

# R211-535: candidacies are not for search engines.
_NOT_INDEXED = {"X-Robots-Tag": "noindex, nofollow, noarchive"}


@dataclass(frozen=True)
class ShownDraw:
    """One contest of an announcement; `order` is empty while it is not drawn, `void` while it holds.

    `void_late`: it became void when the seed was public already, which somebody who disliked the order could have wanted.
    """

    name: str
    announced: tuple[str, ...]
    order: tuple[str, ...]
    void: str
    void_reason: str
    void_at: datetime | None
    void_late: bool


@dataclass(frozen=True)
class DrawGroup:
    """One announcement, and what became of it: `state` is announced, late (the source is public, no draw), made or void."""

    announcement: DrawAnnouncement
    shape: str
    state: str
    is_pending: bool
    contests: list[ShownDraw]

    @property
    def number(self) -> int:
        return self.announcement.pk


def shape_words(shape: str) -> str:
    """Say the shape of a seed (`5:1-49/1:1-10`) in the language in force, « 5 nombres de 1 à 49, puis 1 nombre de 1 à 10 »."""
    return _(", puis ").join(_part_words(part) for part in parts_of(shape))


def _part_words(part: SeedPart) -> str:
    words = ngettext(
        "%(count)d nombre de %(least)d à %(most)d", "%(count)d nombres de %(least)d à %(most)d", part.count
    )  # fmt: skip
    return words % {"count": part.count, "least": part.least, "most": part.most}


def draw_groups(election: Election | None, *, at: datetime) -> list[DrawGroup]:
    """Return what the page of the draw shows, the newest announcement first."""
    announcements = DrawAnnouncement.objects.filter(election=election).prefetch_related("draws")
    return [_group(each, at=at) for each in announcements.order_by("-announced_at", "-pk")]


def _group(announcement: DrawAnnouncement, *, at: datetime) -> DrawGroup:
    draws = list(announcement.draws.all())
    return DrawGroup(
        announcement=announcement,
        shape=shape_words(announcement.seed_shape),
        state=_state(announcement, draws, at=at),
        is_pending=any(draw.void_at is None and not draw.is_drawn for draw in draws),
        contests=[_shown(draw) for draw in draws],
    )


def _state(announcement: DrawAnnouncement, draws: Sequence[ListDraw], *, at: datetime) -> str:
    if all(draw.void_at is not None for draw in draws):
        return "void"
    if announcement.seed:
        return "made"
    return "late" if at >= announcement.source_at else "announced"


def _shown(draw: ListDraw) -> ShownDraw:
    return ShownDraw(
        name=draw.name, announced=tuple(draw.names), order=order_of(draw) if draw.is_drawn else (),
        void=draw.get_void_cause_display() if draw.void_cause else "", void_reason=draw.void_reason,
        void_at=draw.void_at,
        void_late=draw.void_at is not None and draw.void_at >= draw.announcement.source_at,
    )  # fmt: skip


def _announcement(number: int) -> DrawAnnouncement:
    return get_object_or_404(DrawAnnouncement, pk=number, election=Election.objects.current())


def _made(number: int) -> DrawAnnouncement:
    """Return the announcement of this number, which was drawn. Raises Http404."""
    announcement = _announcement(number)
    if not announcement.seed:
        raise Http404
    return announcement


@audience("public")
@require_safe
def draw(request: PortalRequest) -> HttpResponse:
    """What was announced, what was drawn, and what became void."""
    groups = draw_groups(Election.objects.current(), at=request.now)
    answer = render(request, "public/draw.html", {"groups": groups})
    for name, value in _NOT_INDEXED.items():
        answer[name] = value
    return answer


@audience("public")
@require_safe
def draw_announcement(_request: HttpRequest, number: int) -> HttpResponse:
    """The very bytes of the announcement, to be kept before the seed is public."""
    return _json(bytes(_announcement(number).content), "annonce.json")


@audience("public")
@require_safe
def draw_json(_request: HttpRequest, number: int) -> HttpResponse:
    """All that is needed to compute these orders again; the very file attached to the minutes."""
    return _json(draw_record(_made(number)), "tirage.json")


def _json(content: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', **_NOT_INDEXED}
    return HttpResponse(content, content_type="application/json", headers=headers)


@audience("public")
@require_safe
def draw_minutes(_request: HttpRequest, number: int) -> HttpResponse:
    """The minutes of the draw, the same bytes at each reading."""
    announcement = _made(number)
    drawn = [each for each in announcement.draws.all() if each.is_drawn]
    with translation.override("fr"):
        shape = shape_words(announcement.seed_shape)
    minutes = DrawMinutes(
        election=announcement.election.name, organiser=announcement.election.organiser, source=announcement.source,
        source_at=announcement.source_at, shape=shape, announcement_sha256=announcement.sha256,
        seed=announcement.seed, announced_at=announcement.announced_at,
        drawn_at=announcement.drawn_at or announcement.source_at,
        url=settings.PORTAL_URL.rstrip("/") + reverse("public:draw"),
        contests=tuple(DrawnContest(each.code, each.name, tuple(each.names), order_of(each)) for each in drawn),
    )  # fmt: skip
    content = compose_draw_minutes(minutes, record=draw_record(announcement))
    headers = {"Content-Disposition": 'inline; filename="proces-verbal-tirage.pdf"', **_NOT_INDEXED}
    return HttpResponse(content, content_type="application/pdf", headers=headers)
