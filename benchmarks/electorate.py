"""An election with very many voters, written straight into the tables: what is measured comes after."""

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from isoloir.elections.models import Election

_ACADEMIES = 30
_ESTABLISHMENT_SIZE = 40


def make_electorate(voters: int) -> "Election":
    """Make an election whose portal is open, with `voters` voters in establishments of forty and thirty académies."""
    from django.db import transaction
    from django.utils import timezone

    from isoloir.common.bulkrows import insert_rows
    from isoloir.elections.models import Election
    from isoloir.roll.models import Voter, VoterAddress

    now = timezone.now()
    with transaction.atomic():
        election = Election.objects.create(
            slug="bench", name="Élections professionnelles d’essai", organiser="Académie d’essai",
            help_line="01 99 00 00 00", portal_opens_at=now - timedelta(days=30), lists_shown_at=now,
            voting_opens_at=now + timedelta(days=10), voting_closes_at=now + timedelta(days=17),
        )  # fmt: skip
        fields = (
            "election_id", "reference", "civility", "last_name", "first_names", "email", "second_email", "academy",
            "establishment_code", "establishment", "delivery_lines",
        )  # fmt: skip
        insert_rows(Voter, fields, (_voter(election.pk, number) for number in range(1, voters + 1)))
        rows = list(Voter.objects.filter(election=election).values_list("election_id", "pk", "email"))
        insert_rows(VoterAddress, ("election_id", "voter_id", "key"), rows)
    return election


def _voter(election: int, number: int) -> tuple[object, ...]:
    establishment = number // _ESTABLISHMENT_SIZE
    # Scattered, as after an import in the order of the payroll.
    academy = int(hashlib.sha256(str(establishment).encode()).hexdigest(), 16) % _ACADEMIES
    return (
        election, f"E{number:07d}", "Mme", f"DUPONT{number}", "Fatou", f"voter{number}@essai.example", "",
        f"Académie {academy:02d}", f"{establishment:07d}A", f"Collège n° {establishment}", [],
    )  # fmt: skip
