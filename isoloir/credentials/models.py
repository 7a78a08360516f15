"""Slots and live keys: the right to cast one ballot, without a name."""

import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _

from isoloir.elections.models import Contest, Election
from isoloir.identity.models import OneTimeLink
from isoloir.messaging.models import Message
from isoloir.roll.models import RollEntry, Voter


def random_key() -> int:
    """Return a random positive 63-bit number: a row's number must not tell when it was written."""
    return secrets.randbelow(2**63 - 1) + 1


class Slot(models.Model):
    """An opaque place in a contest's roll: as many slots as voters, each with at most one live key."""

    contest = models.ForeignKey(Contest, on_delete=models.CASCADE, related_name="slots")
    name = models.CharField(max_length=22)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("contest", "name"), name="credentials_slot_once"),)

    def __str__(self) -> str:
        return self.name


class SlotKey(models.Model):
    """A public key of a slot; the one of the highest generation is live.

    Generation 0 was issued by the credential authority; the others were made in a voter's browser, and bear the proof
    of possession and both signatures of docs/specification/reissue.md. Neither a time nor a voter is here.
    """

    id = models.BigAutoField(primary_key=True, default=random_key)
    slot = models.ForeignKey(Slot, on_delete=models.CASCADE, related_name="keys")
    contest = models.ForeignKey(Contest, on_delete=models.CASCADE, related_name="slot_keys")
    generation = models.PositiveSmallIntegerField(default=0)
    public_key = models.CharField(max_length=64)
    possession = models.JSONField(null=True)
    portal_signature = models.CharField(max_length=128, blank=True, default="", db_default="")
    registrar_signature = models.CharField(max_length=128, blank=True, default="", db_default="")
    # The height of the register's line that published it; none while it waits for its batch.
    line = models.PositiveIntegerField(null=True)

    class Meta:
        indexes = (
            # The worker looks at every turn whether re-issued keys wait for their line: they are few among millions.
            models.Index(
                fields=("contest",), condition=models.Q(line=None, generation__gt=0), name="credentials_waiting_keys"
            ),
        )
        constraints = (
            models.UniqueConstraint(fields=("slot", "generation"), name="credentials_generation_once"),
            models.CheckConstraint(
                condition=models.Q(generation=0)
                | (
                    models.Q(possession__isnull=False)
                    & ~models.Q(portal_signature="")
                    & ~models.Q(registrar_signature="")
                ),
                name="credentials_reissued_is_signed_twice",
                violation_error_message=_("Une clé réassortie porte sa preuve et deux signatures."),
            ),
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


class Reissue(models.Model):
    """A voter's request for a new code, from the proof given to the keys being live; it names no slot and no key."""

    class State(models.TextChoices):
        # Proved to the portal and to the registrar; the link is in the outbox.
        LINKED = "linked", _("lien envoyé")
        # New keys are being signed: until that ends, the voter's old code casts no ballot.
        CHANGING = "changing", _("clés en cours de remplacement")
        LIVE = "live", _("nouveau code en vigueur")
        ABANDONED = "abandoned", _("abandonné")

    class Channel(models.TextChoices):
        SMS = "sms", _("SMS")
        EMAIL = "email", _("courriel")

    voter = models.ForeignKey(Voter, on_delete=models.PROTECT, related_name="reissues")
    # The code of one of the election's policies.
    policy = models.CharField(max_length=40)
    channel = models.CharField(max_length=8, choices=Channel)
    state = models.CharField(max_length=10, choices=State, default=State.LINKED)
    # What the registrar calls this request.
    grant = models.CharField(max_length=32, unique=True)
    link = models.OneToOneField(OneTimeLink, on_delete=models.SET_NULL, null=True, related_name="reissue")
    message = models.ForeignKey(Message, on_delete=models.SET_NULL, null=True, related_name="+")
    # Keyed hash of the network that asked (abuse detection); the address itself is nowhere.
    network = models.CharField(max_length=64, blank=True)
    asked_at = models.DateTimeField()
    live_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=("state", "asked_at"), name="credentials_reissues"),)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(state="live", live_at__isnull=False)
                | (~models.Q(state="live") & models.Q(live_at=None)),
                name="credentials_live_since",
            ),
        )

    def __str__(self) -> str:
        return f"{self.voter_id} {self.state}"


class PendingKey(models.Model):
    """A new key sent by the browser, until both signatures are there: sealed to the contest's link key, then gone.

    While it is there, no ballot is cast for this entry: the registrar may have signed already.
    """

    entry = models.OneToOneField(RollEntry, on_delete=models.CASCADE, primary_key=True, related_name="pending_key")
    reissue = models.ForeignKey(Reissue, on_delete=models.CASCADE, related_name="pending_keys")
    sealed = models.BinaryField()
    since = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.entry_id)


class ContactUse(models.Model):
    """A private address or telephone number, as a keyed hash: it served one voter, and serves no other."""

    election = models.ForeignKey(Election, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=64)
    voter = models.ForeignKey(Voter, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("election", "key"),
                name="credentials_contact_once",
                violation_error_message=_("Un numéro ou une adresse ne sert qu’à un électeur."),
            ),
        )

    def __str__(self) -> str:
        return str(self.voter_id)


class NoticeSheet(models.Model):
    """One printed notice, by the number on the sheet; never the code. A reprint is another edition of the number."""

    class State(models.TextChoices):
        PRINTED = "printed", _("imprimée")
        DELIVERED = "delivered", _("livrée à l’établissement ou à la poste")
        SIGNED = "signed", _("remise contre signature")
        RETURNED = "returned", _("revenue")
        DESTROYED = "destroyed", _("détruite")

    election = models.ForeignKey(Election, on_delete=models.CASCADE, related_name="notices")
    voter = models.ForeignKey(Voter, on_delete=models.CASCADE, related_name="notices")
    number = models.CharField(max_length=20)
    edition = models.PositiveSmallIntegerField(default=1)
    is_posted = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.PRINTED)
    since = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("election", "number", "edition"), name="credentials_notice_once"),
        )
        indexes = (models.Index(fields=("election", "state"), name="credentials_notice_states"),)

    def __str__(self) -> str:
        return f"{self.number}/{self.edition} {self.state}"
