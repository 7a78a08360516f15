"""Slots and live keys: the right to cast one ballot, without a name."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from isoloir.elections.models import Contest
from isoloir.roll.models import RollEntry


class Slot(models.Model):
    """An opaque place in a contest's roll: as many slots as voters, each with at most one live key."""

    contest = models.ForeignKey(Contest, on_delete=models.CASCADE, related_name="slots")
    name = models.CharField(max_length=22)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("contest", "name"), name="credentials_slot_once"),)

    def __str__(self) -> str:
        return self.name


class SlotKey(models.Model):
    """A public key of a slot; the one of the highest generation is live."""

    slot = models.ForeignKey(Slot, on_delete=models.CASCADE, related_name="keys")
    contest = models.ForeignKey(Contest, on_delete=models.CASCADE, related_name="slot_keys")
    generation = models.PositiveSmallIntegerField(default=0)
    public_key = models.CharField(max_length=64)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("slot", "generation"), name="credentials_generation_once"),
            models.UniqueConstraint(
                fields=("contest", "public_key"),
                name="credentials_key_once",
                violation_error_message=_("Une même clé publique ne sert qu’à une place."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.slot_id}/{self.generation}"


class SlotLink(models.Model):
    """What binds a roll entry to its slot: a box that only the contest's link key opens, until closing destroys that key."""

    entry = models.OneToOneField(RollEntry, on_delete=models.CASCADE, primary_key=True, related_name="slot_link")
    sealed_slot = models.BinaryField()

    def __str__(self) -> str:
        return str(self.entry_id)
