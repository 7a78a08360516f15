"""Texts of the portal that an administrator may rewrite: every version is kept, the last one is shown."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from isoloir.elections.models import Election


class Kind(models.TextChoices):
    """The pages of text; the word is the title of the page."""

    EDITO = "edito", _("Édito")
    FAQ = "faq", _("Aide et questions")
    LEGAL = "legal", _("Mentions légales et données personnelles")
    ACCOUNT_TOUR = "account", _("Tutoriel « Parcours électeur »")
    VOTE_TOUR = "vote", _("Tutoriel « Parcours de vote »")
    REISSUE_TOUR = "reissue", _("Tutoriel « Réassorts »")


class TextVersion(models.Model):
    """What a page of text became by one act, in both languages. Append-only: to go back is one more version.

    `is_default` says that the page went back to the text shipped with the portal; `text_fr` and `text_en` then keep what
    that text was on that day.
    """

    election = models.ForeignKey(Election, on_delete=models.PROTECT, related_name="texts")
    kind = models.CharField(max_length=10, choices=Kind)
    # Empty for the text of the whole election; an académie may have its own, shown to its voters instead.
    academy = models.CharField(max_length=100, blank=True, default="", db_default="")
    # 1 for the first change; 0 stands for the text shipped with the portal, which has no row.
    number = models.PositiveIntegerField()
    text_fr = models.TextField()
    text_en = models.TextField()
    is_default = models.BooleanField(default=False)
    changed_at = models.DateTimeField()
    # The administrator's address.
    actor = models.CharField(max_length=254)

    class Meta:
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(fields=("election", "kind", "academy", "number"), name="texts_version_once"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="texts_version_from_one"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class Announcement(models.Model):
    """A banner above every page of the portal, for a time: maintenance to come, an incident, its end."""

    class Level(models.TextChoices):
        INFO = "info", _("information")
        WARNING = "warning", _("perturbation")

    election = models.ForeignKey(Election, on_delete=models.CASCADE, related_name="announcements")
    level = models.CharField(max_length=8, choices=Level, default=Level.INFO)
    text_fr = models.CharField(max_length=300)
    text_en = models.CharField(max_length=300)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    # The administrator's address.
    actor = models.CharField(max_length=254)

    class Meta:
        ordering = ("starts_at", "pk")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(starts_at__lt=models.F("ends_at")),
                name="texts_announcement_in_order",
                violation_error_message=_("Une annonce finit après son début."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.level} {self.starts_at:%Y-%m-%d}"
