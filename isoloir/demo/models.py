"""What only the demonstration has: an adjustable clock, and the mailbox where its messages arrive."""

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
