"""Challenges that were answered: the only thing that a CAPTCHA ever writes."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class UsedChallenge(models.Model):
    """One challenge that was answered, rightly or wrongly; its row goes away once the challenge has expired anyway.

    `nonce_hash` is SHA-256 in hexadecimal: the row leads to no picture, no page and nobody.
    """

    nonce_hash = models.CharField(max_length=64)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("nonce_hash",),
                name="captcha_answered_once",
                violation_error_message=_("Ce code a déjà servi."),
            ),
        )

    def __str__(self) -> str:
        return self.nonce_hash[:12]
