"""How many voters were written to, opened their link, activated their account: counts by académie and establishment.

A « link opened » proves nothing about a voter: mail scanners open links too. Nothing here knows who has voted.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from isoloir.elections.models import Election
from isoloir.messaging.models import Message
from isoloir.roll.models import Voter

from .models import OneTimeLink, VoterAccount

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
    """Return the counts of each académie, in alphabetical order, in one query."""
    rows = _counted(election.voters.all(), "academy").order_by("academy")
    return [GroupCounts(academy=row["academy"], code="", name="", counts=_counts(row)) for row in rows]


def count_by_establishment(election: Election, *, academy: str = "", code: str = "") -> list[GroupCounts]:
    """Return the counts of each establishment, by académie and code, in one query.

    Of one académie only if `academy` is given; of those whose code begins with `code` (upper or lower case) if it is.
    """
    voters = election.voters.all()
    if academy:
        voters = voters.filter(academy=academy)
    if code:
        voters = voters.filter(establishment_code__istartswith=code)
    rows = _counted(voters, "academy", "establishment_code", "establishment")
    return [
        GroupCounts(
            academy=row["academy"], code=row["establishment_code"], name=row["establishment"], counts=_counts(row)
        )
        for row in rows.order_by("academy", "establishment_code", "establishment")
    ]


def total_of(groups: Iterable[GroupCounts]) -> ActivationCounts:
    """Add groups up."""
    totals = dict.fromkeys(COLUMNS, 0)
    for group in groups:
        for name in COLUMNS:
            totals[name] += getattr(group.counts, name)
    return ActivationCounts(**totals)


def _counts(row: dict[str, int]) -> ActivationCounts:
    return ActivationCounts(**{name: row[name] for name in COLUMNS})


def _counted(voters: "QuerySet[Voter]", *groups: str) -> "QuerySet[Voter, dict[str, int]]":
    links = OneTimeLink.objects.filter(voter=OuterRef("pk"))
    facts = {
        "is_invited": Exists(links.filter(campaign__isnull=False)),
        "has_opened": Exists(links.filter(opened_at__isnull=False)),
        "is_activated": Exists(VoterAccount.objects.filter(voter=OuterRef("pk"))),
        "has_entered": Exists(links.filter(outcome=OneTimeLink.Outcome.WITHOUT_ACTIVATION)),
        "is_lost": Exists(links.filter(message__state__in=_LOST)),
    }
    return (
        voters.annotate(**facts)
        .values(*groups)
        .annotate(
            voters=Count("pk"),
            invited=Count("pk", filter=Q(is_invited=True)),
            opened=Count("pk", filter=Q(has_opened=True)),
            activated=Count("pk", filter=Q(is_activated=True)),
            without_activation=Count("pk", filter=Q(has_entered=True, is_activated=False)),
            undelivered=Count("pk", filter=Q(is_lost=True)),
        )
    )
