"""The journal: who did what, when. Append-only, each line bound to the one before it by its hash."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .kinds import Kind


class JournalEntry(models.Model):
    """One act. `digest` is the SHA-256 (hex) of the line with the digest of the line before it."""

    sequence = models.BigIntegerField(unique=True)
    at = models.DateTimeField()
    kind = models.CharField(max_length=40, choices=Kind)
    actor = models.CharField(max_length=120)
    subject = models.CharField(max_length=120, blank=True)
    facts = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ("sequence",)
        verbose_name = _("ligne du journal")

    def __str__(self) -> str:
        return f"{self.sequence} {self.kind} {self.subject}"
