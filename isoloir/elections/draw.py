"""The draw of the order of lists (R211-564): announced first, made once its seed is public (docs/specification/draw.md)."""

import json
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F
from isoloir_protocol.draw import DrawRefused as SeedRefused
from isoloir_protocol.draw import canonical_order, canonical_seed, drawn_order

from isoloir.common.clock import PARIS, utc_text
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind

from .errors import DrawRefused
from .models import CandidateList, Contest, Election, ListDraw

# Positions are first moved above those that exist, then written: no two lists of a contest ever share one.
_ASIDE = 10_000
LONGEST_SOURCE = 300


@transaction.atomic
def announce_draw(*, election: Election, source: str, actor: str, at: datetime) -> list[ListDraw]:
    """Announce the draw of every contest that is not sealed and has lists not drawn yet: its lists, and whence the seed.

    An announcement whose lists changed since is replaced. Raises DrawRefused.
    """
    election, contests = _lock(election)
    names = _names_by_contest(contests)
    known = {draw.contest_id: draw for draw in ListDraw.objects.filter(contest__in=names)}
    due = [pk for pk, announced in names.items() if pk not in known or known[pk].names != announced]
    if not due:
        raise DrawRefused("already_announced" if names else "nothing_to_draw")
    source = " ".join(source.split())
    if not source or len(source) > LONGEST_SOURCE or not source.isprintable():
        raise DrawRefused("source_unreadable")
    ListDraw.objects.filter(contest__in=due).delete()
    draws = ListDraw.objects.bulk_create(
        [
            ListDraw(contest_id=pk, names=names[pk], source=source, announced_at=at, announced_by=actor)
            for pk in due
        ]
    )  # fmt: skip
    record(
        Kind.LIST_DRAW_ANNOUNCED, actor=actor, at=at, subject=election.slug,
        facts={"contests": len(draws), "lists": sum(len(draw.names) for draw in draws)},
    )  # fmt: skip
    return draws


@transaction.atomic
def make_draw(*, election: Election, seed: str, actor: str, at: datetime) -> list[ListDraw]:
    """Give their drawn order to the lists of every contest whose draw is announced and not made. Raises DrawRefused.

    `seed` is as its source published it. All contests or none: a contest whose lists changed since stops all.
    """
    try:
        canonical = canonical_seed(seed)
    except SeedRefused:
        raise DrawRefused("seed_unreadable") from None
    if len(canonical) > LONGEST_SOURCE:
        raise DrawRefused("seed_unreadable")
    election, contests = _lock(election)
    draws = list(ListDraw.objects.filter(contest__in=contests, seed="").select_related("contest"))
    if not draws:
        raise DrawRefused("not_announced")
    names = _names_by_contest([draw.contest for draw in draws])
    if any(names.get(draw.contest_id) != draw.names for draw in draws):
        raise DrawRefused("lists_changed")
    if any(draw.announced_at >= at for draw in draws):
        raise DrawRefused("too_early")
    for draw in draws:
        draw.seed, draw.drawn_at, draw.drawn_by = canonical, at, actor
    ListDraw.objects.bulk_update(draws, ("seed", "drawn_at", "drawn_by"))
    apply_draws(draws)
    election.lists_drawn_on = at.astimezone(PARIS).date()
    election.save(update_fields=("lists_drawn_on",))
    record(
        Kind.LIST_DRAW_MADE, actor=actor, at=at, subject=election.slug,
        facts={"contests": len(draws), "seed": canonical},
    )  # fmt: skip
    return draws


def order_of(draw: ListDraw) -> tuple[str, ...]:
    """Return the names in the order drawn; computed each time, so that what is shown is what the seed gives."""
    return drawn_order(draw.contest.uuid, draw.names, draw.seed)


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


def keep_draws_true(election: Election) -> int:
    """After lists were imported anew: give the drawn order again where the lists are the same, forget the other draws.

    Returns how many draws, announced or made, were forgotten. To be called by the import, which holds the contests.
    """
    draws = list(ListDraw.objects.filter(contest__election=election).select_related("contest"))
    names = _names_by_contest([draw.contest for draw in draws])
    stale = [draw.pk for draw in draws if names.get(draw.contest_id) != draw.names]
    apply_draws([draw for draw in draws if draw.seed and draw.pk not in stale])
    ListDraw.objects.filter(pk__in=stale).delete()
    if any(draw.seed for draw in draws if draw.pk in stale):
        Election.objects.filter(pk=election.pk).update(lists_drawn_on=None)
        election.lists_drawn_on = None
    return len(stale)


def draw_record(draws: Sequence[ListDraw], *, election: Election) -> bytes:
    """Return `tirage.json` (docs/specification/draw.md §4): all that is needed to compute the orders of these draws again.

    `draws` share one seed and were made; their contests are loaded.
    """
    first = draws[0]
    contests = [
        {"uuid": draw.contest.uuid, "code": draw.contest.code, "name": draw.contest.name, "names": draw.names,
         "order": list(order_of(draw))}
        for draw in draws
    ]  # fmt: skip
    told = {
        "version": 1, "election": election.name, "source": first.source, "seed": first.seed,
        "announced_at": utc_text(first.announced_at), "drawn_at": utc_text(first.drawn_at or first.announced_at),
        "contests": contests,
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


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
