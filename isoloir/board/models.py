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


class RegisterProgress(models.Model):
    """What changes about a contest's register: how far it is, and the line that waits for the registrar's signature.

    The registrar signs one line at each height and never another: `draft` (the line without signatures) is committed
    before it is asked, so that whoever takes over asks for the same.
    """

    contest = models.OneToOneField(
        Contest, on_delete=models.PROTECT, primary_key=True, related_name="register_progress"
    )
    draft = models.TextField(blank=True)
    is_sealed = models.BooleanField(default=False)
    is_closed = models.BooleanField(default=False)
    # When its last line was published; lines themselves bear no time.
    extended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "register progress"

    def __str__(self) -> str:
        return str(self.contest_id)
