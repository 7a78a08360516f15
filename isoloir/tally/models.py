"""Results, seats and the signatures under the minutes."""

from django.conf import settings
from django.db import models

from isoloir.elections.models import Contest


class ContestResult(models.Model):
    """The count of one contest, computed from the verified shares, with its seats."""

    contest = models.OneToOneField(Contest, on_delete=models.PROTECT, related_name="result")
    registered = models.PositiveIntegerField()
    voters = models.PositiveIntegerField()
    blank = models.PositiveIntegerField()
    # Votes per list, in the drawn order.
    votes = models.JSONField()
    # The attribution as `tally.seats.Attribution.as_json()` gives it; empty while a draw is awaited.
    seats = models.JSONField()
    computed_at = models.DateTimeField()
    # The results minutes (PDF), kept from the first reading on: every member signs these bytes; empty until then.
    minutes = models.BinaryField(default=b"")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(voters__lte=models.F("registered")) & models.Q(blank__lte=models.F("voters")),
                name="tally_counts_fit",
            ),
        )

    def __str__(self) -> str:
        return str(self.contest_id)

    @property
    def expressed(self) -> int:
        return self.voters - self.blank


class MinutesSignature(models.Model):
    """A member's signature under the results minutes: bound to the exact bytes of the PDF by their SHA-256 (R211-576)."""

    contest = models.ForeignKey(Contest, on_delete=models.PROTECT, related_name="minutes_signatures")
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    role = models.CharField(max_length=10)
    minutes_sha256 = models.CharField(max_length=64)
    signed_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("contest", "account"), name="tally_signature_once"),)

    def __str__(self) -> str:
        return f"{self.contest_id} {self.role}"
