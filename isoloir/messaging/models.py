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
    # What deliveries are measured by: the domain of the address, or the number's first operator; the number's country.
    carrier = models.CharField(max_length=100, blank=True, default="", db_default="")
    country = models.CharField(max_length=2, blank=True, default="", db_default="")
    # Of text messages: who took it, under which name (a keyed hash finds it, the box asks after it until that is known).
    provider = models.CharField(max_length=20, blank=True, default="", db_default="")
    receipt_key = models.CharField(max_length=64, blank=True, default="", db_default="")
    receipt_box = models.BinaryField(null=True)
    polled_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    # Why it was not delivered: a code of ours or of the provider.
    reason = models.CharField(max_length=20, blank=True, default="", db_default="")

    class Meta:
        indexes = (
            models.Index(
                fields=("state", "channel", "is_bulk", "next_attempt_at", "id"), name="messaging_due_by_channel"
            ),
            models.Index(fields=("channel", "queued_at"), name="messaging_measured"),
            models.Index(fields=("receipt_key",), condition=~models.Q(receipt_key=""), name="messaging_receipts"),
            models.Index(
                fields=("polled_at",), condition=models.Q(receipt_box__isnull=False), name="messaging_awaited"
            ),
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


class Provider(models.Model):
    """How a provider of text messages does: how many messages in a row it did not take, and until when it is left alone."""

    name = models.CharField(max_length=20, primary_key=True)
    failures = models.PositiveSmallIntegerField(default=0)
    away_since = models.DateTimeField(null=True)
    # By the machine's clock, which nobody moves.
    away_until = models.DateTimeField(null=True)
    code = models.CharField(max_length=40, blank=True)

    def __str__(self) -> str:
        return self.name


class Alert(models.Model):
    """Something that the supervision cell must look at: one row, and one line of the journal, for each period."""

    class Code(models.TextChoices):
        UNDELIVERED = "undelivered", _("Trop de SMS sans accusé de remise")
        RETURNED = "returned", _("Trop de courriels refusés ou revenus")
        QUEUE_LATE = "queue-late", _("Des messages attendent trop longtemps")
        PROVIDER_AWAY = "provider-away", _("Un fournisseur de SMS ne répond plus")
        REISSUE_ESTABLISHMENT = "reissue-establishment", _("Réassorts improbables dans un établissement")
        REISSUE_NETWORK = "reissue-network", _("Réassorts improbables depuis un même réseau")
        REISSUE_SHARE = "reissue-share", _("Une voie de réassort est soudain très demandée")

    code = models.CharField(max_length=30, choices=Code)
    # What it is about: a channel with its operator and country, a provider, an establishment, the mark of a network.
    subject = models.CharField(max_length=200)
    # The number of the period since 1970; 0 for what is told once and for all.
    period = models.PositiveBigIntegerField(default=0)
    facts = models.JSONField(default=dict)
    raised_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("code", "subject", "period"), name="messaging_alert_once_in_a_period"),
        )
        indexes = (models.Index(fields=("-raised_at",), name="messaging_alerts"),)

    def __str__(self) -> str:
        return f"{self.code} {self.subject}"
