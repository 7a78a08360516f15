"""How many voters were written to, opened their link, activated their account: counts by académie and establishment.

A « link opened » proves nothing about a voter: mail scanners open links too. Nothing here knows who has voted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from django.db.models import Count, Q

from isoloir.elections.models import Election
from isoloir.messaging.models import Message
from isoloir.roll.models import Voter

from .models import OneTimeLink

_LOST = (Message.State.BOUNCED, Message.State.FAILED)


@dataclass(frozen=True, kw_only=True, slots=True)
class ActivationCounts:
    """Numbers of voters; each voter is counted once in each column, however many links they had.

    `without_activation`: entered by « Accès sans activation » and has no account; `undelivered`: a message of theirs
    came back, or was given up.
    """

    voters: int
    invited: int
    opened: int
    activated: int
    without_activation: int
    undelivered: int

    @property
    def activation_rate(self) -> float:
        """Return the share of voters whose account is activated, in per cent."""
        return 100 * self.activated / self.voters if self.voters else 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupCounts:
    """The counts of an académie (`code` and `name` empty) or of an establishment."""

    academy: str
    code: str
    name: str
    counts: ActivationCounts


COLUMNS = tuple(field.name for field in fields(ActivationCounts))


def count_by_academy(election: Election) -> list[GroupCounts]:
    """Return the counts of each académie, in alphabetical order."""
    counted = _count(election, ("academy",), {})
    return [
        GroupCounts(academy=academy, code="", name="", counts=counts)
        for (academy,), counts in sorted(counted.items(), key=lambda item: item[0])
    ]


def count_by_establishment(election: Election, *, academy: str = "", code: str = "") -> list[GroupCounts]:
    """Return the counts of each establishment, by académie and code.

    Of one académie only if `academy` is given; of those whose code begins with `code` (upper or lower case) if it is.
    """
    limits = {"academy": academy} if academy else {}
    if code:
        limits["establishment_code__istartswith"] = code
    counted = _count(election, ("academy", "establishment_code", "establishment"), limits)
    return [
        GroupCounts(academy=group[0], code=group[1], name=group[2], counts=counts)
        for group, counts in sorted(counted.items(), key=lambda item: item[0])
    ]


def total_of(groups: Iterable[GroupCounts]) -> ActivationCounts:
    """Add groups up."""
    totals = dict.fromkeys(COLUMNS, 0)
    for group in groups:
        for name in COLUMNS:
            totals[name] += getattr(group.counts, name)
    return ActivationCounts(**totals)


def _count(
    election: Election, groups: Sequence[str], limits: dict[str, str]
) -> dict[tuple[str, ...], ActivationCounts]:
    """Return the counts of each group, given by the values of `groups`: two queries, one on voters and one on links."""
    voters = Voter.objects.filter(election=election, **limits).order_by().values_list(*groups)
    registered = voters.annotate(Count("pk"), Count("account"))
    through_voter = {f"voter__{name}": value for name, value in limits.items()}
    links = OneTimeLink.objects.filter(voter__election=election, **through_voter).order_by()
    written_to = links.values_list(*(f"voter__{name}" for name in groups)).annotate(
        invited=_voters_with(campaign__isnull=False),
        opened=_voters_with(opened_at__isnull=False),
        without=_voters_with(outcome=OneTimeLink.Outcome.WITHOUT_ACTIVATION, voter__account=None),
        lost=_voters_with(message__state__in=_LOST),
    )
    width = len(groups)
    by_group = {row[:width]: row[width:] for row in written_to}
    counted = {}
    for row in registered:
        invited, opened, without, lost = by_group.get(row[:width], (0, 0, 0, 0))
        counted[row[:width]] = ActivationCounts(
            voters=row[width], activated=row[width + 1], invited=invited, opened=opened, without_activation=without,
            undelivered=lost,
        )  # fmt: skip
    return counted


def _voters_with(**condition: object) -> Count:
    return Count("voter", distinct=True, filter=Q(**condition))
