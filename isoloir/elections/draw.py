"""The draw of the order of lists (R211-564): announced first, made once its seed is public (docs/specification/draw.md)."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F
from isoloir_protocol.draw import DrawRefused as SeedRefused
from isoloir_protocol.draw import canonical_order, canonical_seed, canonical_shape, check_shape, drawn_order
from isoloir_protocol.draw_record import AnnouncedContest, announcement_bytes, read_announcement, record_bytes

from isoloir.common.clock import utc_text
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind

from .errors import DrawRefused
from .models import CandidateList, Contest, DrawAnnouncement, Election, ListDraw

# Positions are first moved above those that exist, then written: no two lists of a contest ever share one.
_ASIDE = 10_000
LONGEST_SOURCE = 300
LONGEST_SHAPE = 200


@transaction.atomic
def announce_draw(
    *, election: Election, source: str, source_at: datetime, seed_shape: str, actor: str, at: datetime
) -> DrawAnnouncement:
    """Announce the draw of every contest that is not sealed and has lists not drawn yet: all that fixes it but the seed.

    `source_at` is when the source gives its numbers, `seed_shape` what they look like (« 5 de 1 à 49 / 1 de 1 à 10 »). A
    draw whose lists changed since its announcement becomes void. Raises DrawRefused.
    """
    election, contests = _lock(election)
    names = _names_by_contest(contests)
    live = {draw.contest_id: draw for draw in _live_draws(contests)}
    due = [contest for contest in contests if _is_due(names.get(contest.pk), live.get(contest.pk))]
    if not due:
        raise DrawRefused("already_announced" if names else "nothing_to_draw")
    source, at, source_at = _line(source, "source_unreadable"), _second(at), _second(source_at)
    if source_at <= at:
        raise DrawRefused("source_past")
    shape = _shape(seed_shape)
    stale = [live[contest.pk] for contest in due if contest.pk in live]
    _void(stale, ListDraw.Void.LISTS_CHANGED, election=election, actor=actor, at=at)
    told = [AnnouncedContest(each.uuid, each.code, each.name, tuple(names[each.pk])) for each in due]
    content = announcement_bytes(
        election=election.name, source=source, source_at=source_at, seed_shape=shape, announced_at=at, contests=told
    )
    announcement = DrawAnnouncement.objects.create(
        election=election, source=source, source_at=source_at, seed_shape=shape, announced_at=at, announced_by=actor,
        content=content, sha256=read_announcement(content).sha256,
    )  # fmt: skip
    ListDraw.objects.bulk_create(
        ListDraw(announcement=announcement, contest=each, uuid=each.uuid, code=each.code, name=each.name, names=names[each.pk])
        for each in due
    )  # fmt: skip
    _record_announcement(announcement, contests=len(told), lists=sum(len(each.names) for each in told))
    return announcement


def _record_announcement(announcement: DrawAnnouncement, *, contests: int, lists: int) -> None:
    """Journal what fixes the draw; the fingerprint binds the identifiers and the names, which are public."""
    record(
        Kind.LIST_DRAW_ANNOUNCED, actor=announcement.announced_by, at=announcement.announced_at,
        subject=announcement.election.slug,
        facts={
            "contests": contests, "lists": lists, "source": announcement.source,
            "source_at": utc_text(announcement.source_at), "seed_shape": announcement.seed_shape,
            "announcement_sha256": announcement.sha256,
        },
    )  # fmt: skip


@transaction.atomic
def make_draw(*, announcement: DrawAnnouncement, seed: str, actor: str, at: datetime) -> list[ListDraw]:
    """Give their drawn order to the lists of every contest of one announcement. Raises DrawRefused.

    `seed` is as the announced source published it, once it has. All contests or none: a contest whose lists changed
    since stops all; one that was sealed since is left out, which is said in public.
    """
    canonical = _seed(seed)
    election, contests = _lock(announcement.election)
    announcement = DrawAnnouncement.objects.select_for_update(of=("self",)).get(pk=announcement.pk)
    at = _second(at)
    pending = list(_pending_draws(announcement))
    prepared = {contest.pk for contest in contests}
    draws = [draw for draw in pending if draw.contest_id in prepared]
    if not draws:
        raise DrawRefused("not_announced")
    if at < announcement.source_at:
        raise DrawRefused("too_early")
    try:
        check_shape(canonical, announcement.seed_shape)
    except SeedRefused:
        raise DrawRefused("other_shape") from None
    names = _names_by_contest(contests)
    if any(_is_stale(draw, names) for draw in draws):
        raise DrawRefused("lists_changed")
    sealed = [draw for draw in pending if draw.contest_id not in prepared]
    _void(sealed, ListDraw.Void.SEALED, election=election, actor=actor, at=at)
    announcement.seed, announcement.drawn_at, announcement.drawn_by = canonical, at, actor
    announcement.save(update_fields=("seed", "drawn_at", "drawn_by"))
    for draw in draws:
        draw.announcement, draw.is_drawn = announcement, True
    ListDraw.objects.bulk_update(draws, ("is_drawn",))
    apply_draws(draws)
    facts: dict[str, object] = {
        "contests": len(draws), "seed": canonical, "announcement_sha256": announcement.sha256
    }  # fmt: skip
    record(Kind.LIST_DRAW_MADE, actor=actor, at=at, subject=election.slug, facts=facts)
    return draws


@transaction.atomic
def withdraw_draw(*, announcement: DrawAnnouncement, reason: str, actor: str, at: datetime) -> int:
    """Withdraw an announcement that was not drawn: it stays public, with this reason. Returns how many draws are void.

    Without it a source that never comes, or a shape written wrong, would stop the draw for ever. Raises DrawRefused.
    """
    election, _contests = _lock(announcement.election)
    pending = list(_pending_draws(announcement))
    if not pending:
        raise DrawRefused("not_announced")
    reason = _line(reason, "reason_unreadable")
    return _void(
        pending, ListDraw.Void.WITHDRAWN, election=election, actor=actor, at=_second(at), reason=reason
    )  # fmt: skip


def order_of(draw: ListDraw) -> tuple[str, ...]:
    """Return the names in the order drawn; computed each time, so that what is shown is what the seed gives."""
    return drawn_order(draw.uuid, draw.names, draw.announcement.seed)


def apply_draws(draws: Sequence[ListDraw]) -> None:
    """Write the positions that these draws give. The contests are locked, and their lists are those announced."""
    ranks = {
        (draw.contest_id, name): rank for draw in draws for rank, name in enumerate(order_of(draw), start=1)
    }  # fmt: skip
    lists = CandidateList.objects.filter(contest__in=[draw.contest_id for draw in draws])
    lists.update(position=F("position") + _ASIDE)
    moved = list(lists.only("contest_id", "name", "position"))
    for entry in moved:
        entry.position = ranks[entry.contest_id, entry.name]
    CandidateList.objects.bulk_update(moved, ("position",), batch_size=500)


def keep_draws_true(election: Election, *, actor: str, at: datetime) -> int:
    """After an import: give the drawn order again where the lists are the same; the other draws become void.

    Returns how many draws, announced or made, became void. To be called by the imports, which hold the contests.
    """
    live = ListDraw.objects.filter(announcement__election=election, void_at=None)
    draws = list(live.select_related("announcement", "contest"))
    names = _names_by_contest([draw.contest for draw in draws if draw.contest])
    gone = [draw for draw in draws if draw.contest is None]
    stale = [draw for draw in draws if draw.contest and _is_stale(draw, names)]
    apply_draws([draw for draw in draws if draw.is_drawn and draw.contest and not _is_stale(draw, names)])
    _void(gone, ListDraw.Void.CONTEST_REMOVED, election=election, actor=actor, at=_second(at))
    _void(stale, ListDraw.Void.LISTS_CHANGED, election=election, actor=actor, at=_second(at))
    return len(gone) + len(stale)


def draw_record(announcement: DrawAnnouncement) -> bytes:
    """Return `tirage.json` (docs/specification/draw.md §5): all that is needed to compute the orders of this draw again.

    The announcement was drawn. A draw that became void afterwards stays in it: it tells what was done that day.
    """
    draws = list(announcement.draws.all())
    return record_bytes(
        bytes(announcement.content), seed=announcement.seed,
        drawn_at=announcement.drawn_at or announcement.source_at,
        orders={draw.uuid: order_of(draw) for draw in draws if draw.is_drawn},
        not_drawn={draw.uuid: draw.void_cause for draw in draws if not draw.is_drawn},
    )  # fmt: skip


def made_draw(contest: Contest) -> ListDraw | None:
    """Return the draw that anybody can compute again and that gives the order the lists have, or None."""
    draw = contest.draws.filter(void_at=None, is_drawn=True).select_related("announcement").first()
    if draw is None:
        return None
    shown = list(contest.lists.order_by("position").values_list("name", flat=True))
    return draw if list(order_of(draw)) == shown else None


def undrawn_contests(contests: Sequence[Contest]) -> list[Contest]:
    """Return those of these contests that have several lists, in an order that no made draw gives."""
    orders = {draw.contest_id: list(order_of(draw)) for draw in _live_draws(contests) if draw.is_drawn}
    shown: dict[int, list[str]] = {}
    rows = CandidateList.objects.filter(contest__in=contests).order_by("position")
    for contest, name in rows.values_list("contest_id", "name"):
        shown.setdefault(contest, []).append(name)
    return [each for each in contests if len(shown.get(each.pk, ())) > 1 and orders.get(each.pk) != shown[each.pk]]


def is_draw_due(election: Election) -> bool:
    """Tell whether a contest that is not sealed has lists whose draw is neither announced nor made."""
    contests = [contest for contest in election.contests.all() if not contest.is_sealed]
    names = _names_by_contest(contests)
    live = {draw.contest_id: draw for draw in _live_draws(contests)}
    return any(_is_due(names.get(contest.pk), live.get(contest.pk)) for contest in contests)


def _is_stale(draw: ListDraw, names: dict[int, list[str]]) -> bool:
    return draw.contest_id is None or names.get(draw.contest_id) != draw.names


def _is_due(names: list[str] | None, draw: ListDraw | None) -> bool:
    return names is not None and (draw is None or draw.names != names)


def _live_draws(contests: Sequence[Contest]) -> list[ListDraw]:
    return list(ListDraw.objects.filter(contest__in=contests, void_at=None).select_related("announcement"))


def _pending_draws(announcement: DrawAnnouncement) -> Sequence[ListDraw]:
    return list(ListDraw.objects.filter(announcement=announcement, void_at=None, is_drawn=False))


def _void(
    draws: Sequence[ListDraw], cause: ListDraw.Void, *, election: Election, actor: str, at: datetime, reason: str = ""
) -> int:
    """Make these draws void, and journal it; they stay public with the reason."""
    if not draws:
        return 0
    ListDraw.objects.filter(pk__in=[draw.pk for draw in draws]).update(
        void_at=at, void_cause=cause, void_reason=reason
    )  # fmt: skip
    announcements = DrawAnnouncement.objects.filter(draws__in=draws).distinct().order_by("pk")
    record(
        Kind.LIST_DRAW_VOIDED, actor=actor, at=at, subject=election.slug,
        facts={
            "contests": len(draws), "drawn": sum(draw.is_drawn for draw in draws), "cause": str(cause),
            "announcements": list(announcements.values_list("sha256", flat=True)),
        },
    )  # fmt: skip
    return len(draws)


def _seed(text: str) -> str:
    try:
        canonical = canonical_seed(text)
    except SeedRefused:
        raise DrawRefused("seed_unreadable") from None
    if len(canonical) > LONGEST_SOURCE:
        raise DrawRefused("seed_unreadable")
    return canonical


def _shape(text: str) -> str:
    try:
        canonical = canonical_shape(text)
    except SeedRefused:
        raise DrawRefused("shape_unreadable") from None
    if len(canonical) > LONGEST_SHAPE:
        raise DrawRefused("shape_unreadable")
    return canonical


def _line(text: str, refusal: str) -> str:
    line = " ".join(text.split())
    if not line or len(line) > LONGEST_SOURCE or not line.isprintable():
        raise DrawRefused(refusal)
    return line


def _second(at: datetime) -> datetime:
    """Return the instant to the second, as the files that are published give it."""
    return at.replace(microsecond=0)


def _lock(election: Election) -> tuple[Election, list[Contest]]:
    """Hold the election and return its contests that are not sealed, held too: sealing locks the same ones."""
    locked = Election.objects.select_for_update(of=("self",)).get(pk=election.pk)
    contests = list(Contest.objects.select_for_update(of=("self",)).filter(election=locked).order_by("code"))
    prepared = [contest for contest in contests if not contest.is_sealed]
    if contests and not prepared:
        raise DrawRefused("sealed")
    return locked, prepared


def _names_by_contest(contests: Sequence[Contest]) -> dict[int, list[str]]:
    """Return the names of the lists of each contest that has some, in canonical order."""
    found: dict[int, list[str]] = {}
    rows = CandidateList.objects.filter(contest__in=contests).values_list("contest_id", "name")
    for contest, name in rows:
        found.setdefault(contest, []).append(name)
    return {contest: list(canonical_order(names)) for contest, names in sorted(found.items())}
