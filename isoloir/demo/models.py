"""What only the demonstration has: an adjustable clock, the mailbox where its messages arrive, an employer's portal."""

from django.db import models


class DemonstrationClock(models.Model):
    """How far ahead of real time the demonstration is. One row."""

    offset = models.DurationField()

    def __str__(self) -> str:
        return str(self.offset)


class DeliveredMessage(models.Model):
    """A message that a fictional person has received."""

    channel = models.CharField(max_length=8, default="email")
    recipient = models.CharField(max_length=254)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    sent_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.subject


class EmployerGrant(models.Model):
    """What the fictional employer's portal has granted: a code that serves once, then a token; their SHA-256 alone."""

    code_hash = models.CharField(max_length=64, unique=True)
    token_hash = models.CharField(max_length=64, blank=True)
    agent = models.CharField(max_length=40)
    nonce = models.CharField(max_length=512)
    challenge = models.CharField(max_length=43)
    granted_at = models.DateTimeField()
    redeemed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.granted_at:%Y-%m-%d}"
