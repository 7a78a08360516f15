"""What only the demonstration has: an adjustable clock, the mailbox where its messages arrive, and simulated identity providers."""

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


class ProviderGrant(models.Model):
    """What a simulated identity provider has granted: a code that serves once, then a token; their SHA-256 alone."""

    provider = models.CharField(max_length=20)
    code_hash = models.CharField(max_length=64, unique=True)
    token_hash = models.CharField(max_length=64, blank=True)
    person = models.CharField(max_length=40)
    nonce = models.CharField(max_length=512)
    # Of PKCE, where the provider asks for it.
    challenge = models.CharField(max_length=43, blank=True)
    granted_at = models.DateTimeField()
    redeemed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.granted_at:%Y-%m-%d}"
