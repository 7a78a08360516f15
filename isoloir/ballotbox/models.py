"""The ballot box: encrypted ballots, and never a name, a time or an order."""

import secrets

from django.db import models

from isoloir.elections.models import Contest


def random_key() -> int:
    """Return a random positive 63-bit number, so that neither the key nor the place on disk tells the order of voting."""
    return secrets.randbelow(2**63 - 1) + 1


class Ballot(models.Model):
    """One encrypted ballot, exactly as the browser sent it."""

    id = models.BigAutoField(primary_key=True, default=random_key)
    contest = models.ForeignKey(Contest, on_delete=models.PROTECT, related_name="ballots")
    credential = models.CharField(max_length=64)
    tracker = models.CharField(max_length=43)
    text = models.TextField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("contest", "credential"), name="ballotbox_one_ballot_per_credential"),
            models.UniqueConstraint(fields=("contest", "tracker"), name="ballotbox_tracker_once"),
        )

    def __str__(self) -> str:
        return self.tracker
