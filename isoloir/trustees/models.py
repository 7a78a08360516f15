"""The key ceremony and the trustees' partial decryptions."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from isoloir.elections.models import Contest, Election


class Ceremony(models.Model):
    """One key for all contests of one bureau (R211-543): Pedersen groups that are all needed."""

    election = models.ForeignKey(Election, on_delete=models.CASCADE, related_name="ceremonies")
    code = models.CharField(max_length=40)
    # The record of all trustees (belenios-protocol §6), once every group has finished.
    trustees_record = models.TextField(blank=True)
    completed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("election", "code"), name="trustees_ceremony_once"),)

    def __str__(self) -> str:
        return self.code


class TrusteeGroup(models.Model):
    """A Pedersen group: « president or secretary » is 1 of 2, « at least two delegates » is 2 of n (R211-545, 573)."""

    class Role(models.TextChoices):
        CHAIR = "chair", _("président·e ou secrétaire")
        DELEGATES = "delegates", _("délégués de liste")

    ceremony = models.ForeignKey(Ceremony, on_delete=models.CASCADE, related_name="groups")
    position = models.PositiveSmallIntegerField()
    role = models.CharField(max_length=10, choices=Role)
    threshold = models.PositiveSmallIntegerField()
    parameters = models.TextField(blank=True)

    class Meta:
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=("ceremony", "position"), name="trustees_group_position_once"),
            models.CheckConstraint(condition=models.Q(threshold__gte=1), name="trustees_threshold_from_one"),
        )

    def __str__(self) -> str:
        return self.role


class Trustee(models.Model):
    """A member who holds a share of the key, with the public messages of the ceremony (belenios-protocol §7.2)."""

    group = models.ForeignKey(TrusteeGroup, on_delete=models.CASCADE, related_name="trustees")
    index = models.PositiveSmallIntegerField()
    # Number through the whole record, 1, 2, …: the « owner » of a partial decryption.
    owner = models.PositiveSmallIntegerField()
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="trusteeships")
    certificate = models.TextField(blank=True)
    polynomial = models.TextField(blank=True)
    share = models.TextField(blank=True)

    class Meta:
        ordering = ("owner",)
        constraints = (
            models.UniqueConstraint(fields=("group", "index"), name="trustees_index_once"),
            models.UniqueConstraint(fields=("group", "account"), name="trustees_holder_once"),
        )

    def __str__(self) -> str:
        return f"{self.group_id}/{self.index}"


class PartialDecryption(models.Model):
    """A verified partial decryption of one contest by one trustee."""

    contest = models.ForeignKey(Contest, on_delete=models.CASCADE, related_name="partial_decryptions")
    trustee = models.ForeignKey(Trustee, on_delete=models.PROTECT, related_name="partial_decryptions")
    text = models.TextField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("contest", "trustee"), name="trustees_decryption_once"),)

    def __str__(self) -> str:
        return f"{self.contest_id}/{self.trustee_id}"
