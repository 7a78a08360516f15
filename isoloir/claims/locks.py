"""Holding the roll still: election, then contests, then the claim, always in this order."""

from collections.abc import Iterable

from isoloir.credentials.models import Slot
from isoloir.elections.models import Contest, Election
from isoloir.journal.kinds import Kind
from isoloir.journal.models import JournalEntry

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
    """Refuse contests whose roll does not change any more. Raises RollFixed; two queries."""
    for fixed in refusals_of(contests):
        if fixed is not None:
            raise fixed


def check_some_changeable(contests: Iterable[Contest]) -> None:
    """Refuse contests of which no roll changes any more. Raises RollFixed, of the first of them; two queries."""
    found = refusals_of(contests)
    refusals = [fixed for fixed in found if fixed is not None]
    if refusals and len(refusals) == len(found):
        raise refusals[0]


def refusals_of(contests: Iterable[Contest]) -> list[RollFixed | None]:
    """Return for each contest what fixed its roll, None where it may still change; two queries for one election.

    Codes are asked for, and issued, for the whole election at once: a contest on whose roll nobody is has no slot, and
    takes nobody in any more either.
    """
    contests = list(contests)
    issued = {election: _issued(election) for election in {contest.election_id for contest in contests}}
    codes = [_fixed_by(contest, issued[contest.election_id]) for contest in contests]
    return [RollFixed(code, contest.name) if code else None for contest, code in zip(contests, codes, strict=True)]


def _issued(election: int) -> str:
    """Return how far the codes of an election are: slots once they are received, requested, or nothing.

    A request exported is for the roll as it was then. Importing the roll anew makes another request necessary, and
    until then lets claims change it again.
    """
    if Slot.objects.filter(contest__election=election).exists():
        return "slots"
    acts = JournalEntry.objects.filter(kind__in=(Kind.CREDENTIAL_REQUEST_EXPORTED, Kind.ROLL_IMPORTED))
    of_election = acts.filter(subject__in=Election.objects.filter(pk=election).values("slug"))
    latest = of_election.order_by("-sequence").values_list("kind", flat=True).first()
    return "requested" if latest == Kind.CREDENTIAL_REQUEST_EXPORTED else ""


def _fixed_by(contest: Contest, issued: str) -> str:
    if contest.is_sealed:
        return "sealed"
    return "register" if contest.has_register else issued
