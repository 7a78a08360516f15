"""The outbox: messages written in the transaction of the act that causes them, sent afterwards by the worker."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Message(models.Model):
    """One message. `sealed` (recipient, subject, body) is encrypted under a key outside the database, emptied once sent or given up."""

    class Channel(models.TextChoices):
        EMAIL = "email", _("courriel")
        SMS = "sms", _("SMS")

    class State(models.TextChoices):
        QUEUED = "queued", _("en file")
        SENT = "sent", _("envoyé")
        FAILED = "failed", _("échec")

    channel = models.CharField(max_length=8, choices=Channel)
    kind = models.CharField(max_length=40)
    sealed = models.BinaryField()
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=("state", "next_attempt_at")),)
        constraints = (
            models.CheckConstraint(
                condition=~models.Q(state="sent") | models.Q(sealed=b""),
                name="messaging_sent_is_emptied",
                violation_error_message=_("Un message envoyé ne garde pas son contenu."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"
