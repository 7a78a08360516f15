"""The outbox: messages written in the transaction of the act that causes them, sent afterwards by the worker."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Message(models.Model):
    """One message. `sealed` (recipient, subject, body) is encrypted under a key outside the database, emptied once it is over."""

    class Channel(models.TextChoices):
        EMAIL = "email", _("courriel")
        SMS = "sms", _("SMS")

    class State(models.TextChoices):
        QUEUED = "queued", _("en file")
        SENT = "sent", _("envoyé")
        FAILED = "failed", _("échec")
        BOUNCED = "bounced", _("revenu sans être remis")

    channel = models.CharField(max_length=8, choices=Channel)
    kind = models.CharField(max_length=40)
    sealed = models.BinaryField()
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    # One of very many that nobody is waiting for: it leaves after the others.
    is_bulk = models.BooleanField(default=False, db_default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    # How often a sending was cut before the relay's answer was read, so that the relay may have it twice (RFC 1047).
    doubts = models.PositiveSmallIntegerField(default=0, db_default=0)
    queued_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    # The batch in which a worker is sending it, and until when no other may (by the machine's clock, which nobody moves).
    claim = models.CharField(max_length=32, blank=True, default="", db_default="")
    claimed_until = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=("state", "is_bulk", "next_attempt_at", "id"), name="messaging_due"),
            models.Index(fields=("claim",), condition=~models.Q(claim=""), name="messaging_claimed"),
        )
        constraints = (
            models.CheckConstraint(
                condition=models.Q(state="queued") | models.Q(sealed=b""),
                name="messaging_over_is_emptied",
                violation_error_message=_("Un message qui n’est plus en file ne garde pas son contenu."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"
