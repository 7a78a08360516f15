"""The public board: append-only entries of each contest, in the order of the archive."""

from django.db import models

from isoloir.elections.models import Contest


class Entry(models.Model):
    """One event of the archive (belenios-protocol §14) with the records that it brings; it bears no time."""

    contest = models.ForeignKey(Contest, on_delete=models.PROTECT, related_name="board")
    height = models.PositiveIntegerField()
    type = models.CharField(max_length=20)
    # The exact texts of the data records, the payload last; empty for events without payload.
    records = models.JSONField(default=list)

    class Meta:
        ordering = ("contest", "height")
        constraints = (models.UniqueConstraint(fields=("contest", "height"), name="board_height_once"),)
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return f"{self.contest_id}/{self.height} {self.type}"


class SealedRecord(models.Model):
    """The texts that sealing fixes for a contest, before any credential list is final. Append-only.

    The archive's Setup names them beside the list of live keys, which re-issues change until closing
    (docs/specification/reissue.md).
    """

    contest = models.OneToOneField(Contest, on_delete=models.PROTECT, primary_key=True, related_name="sealed_record")
    election = models.TextField()
    trustees = models.TextField()

    def __str__(self) -> str:
        return str(self.contest_id)


class RegisterLine(models.Model):
    """One line of a contest's register of keys (docs/specification/reissue.md), exactly as published. Append-only."""

    contest = models.ForeignKey(Contest, on_delete=models.PROTECT, related_name="register")
    height = models.PositiveIntegerField()
    type = models.CharField(max_length=10)
    text = models.TextField()

    class Meta:
        ordering = ("contest", "height")
        constraints = (models.UniqueConstraint(fields=("contest", "height"), name="board_register_height_once"),)

    def __str__(self) -> str:
        return f"{self.contest_id}/{self.height} {self.type}"
