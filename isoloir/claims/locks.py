"""Holding the roll still: election, then contests, then the claim, always in this order."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef

from isoloir.credentials.models import Slot
from isoloir.elections.models import Contest, Election

from .errors import RollFixed
from .models import Claim


def lock_election(election: Election) -> Election:
    """Hold the election: imports, and other changes of its roll, wait until this transaction ends."""
    return Election.objects.select_for_update(of=("self",)).get(pk=election.pk)


def lock_contests(election: Election, keys: Iterable[int]) -> list[Contest]:
    """Hold contests of a held election, by their codes as sealing does, and check that their rolls may change.

    Sealing holds the same rows: it comes wholly before, and this raises RollFixed, or wholly after.
    """
    rows = Contest.objects.select_for_update(of=("self",)).filter(election=election, pk__in=list(keys))
    contests = list(rows.order_by("code"))
    check_changeable(contests)
    return contests


def lock_claim(claim: Claim) -> Claim:
    """Hold the claim, as it is now."""
    return Claim.objects.select_for_update(of=("self",)).get(pk=claim.pk)


def check_changeable(contests: Iterable[Contest]) -> None:
    """Refuse contests whose roll does not change any more. Raises RollFixed; one query."""
    for fixed in refusals_of(contests):
        if fixed is not None:
            raise fixed


def check_some_changeable(contests: Iterable[Contest]) -> None:
    """Refuse contests of which no roll changes any more. Raises RollFixed, of the first of them; one query."""
    found = refusals_of(contests)
    refusals = [fixed for fixed in found if fixed is not None]
    if refusals and len(refusals) == len(found):
        raise refusals[0]


def refusals_of(contests: Iterable[Contest]) -> list[RollFixed | None]:
    """Return for each contest what fixed its roll, None where it may still change."""
    contests = list(contests)
    issued = Contest.objects.filter(Exists(Slot.objects.filter(contest=OuterRef("pk"))))
    with_slots = set(issued.filter(pk__in=[contest.pk for contest in contests]).values_list("pk", flat=True))
    codes = [_fixed_by(contest, with_slots) for contest in contests]
    return [RollFixed(code, contest.name) if code else None for contest, code in zip(contests, codes, strict=True)]


def _fixed_by(contest: Contest, with_slots: set[int]) -> str:
    if contest.is_sealed:
        return "sealed"
    if contest.has_register:
        return "register"
    return "slots" if contest.pk in with_slots else ""
