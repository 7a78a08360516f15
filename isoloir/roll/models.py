"""The electoral roll and the signature list. Nothing here knows a ballot."""

from datetime import datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from isoloir.elections.models import Contest, Election


def address_key(address: str) -> str:
    """Return the form under which an e-mail address is looked up: without surrounding spaces, in lower case."""
    return address.strip().casefold()


class Voter(models.Model):
    """A person on at least one roll of the election."""

    election = models.ForeignKey(Election, on_delete=models.CASCADE, related_name="voters")
    reference = models.CharField(max_length=40)
    civility = models.CharField(max_length=10, blank=True)
    last_name = models.CharField(max_length=100)
    first_names = models.CharField(max_length=100)
    email = models.EmailField(max_length=254)
    # Professional too: after a change of name, for instance. Either identifies.
    second_email = models.EmailField(max_length=254, blank=True)
    academy = models.CharField(max_length=100)
    establishment_code = models.CharField(max_length=20)
    establishment = models.CharField(max_length=200)
    delivery_lines = models.JSONField(default=list)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("election", "reference"), name="roll_voter_reference_once"),)

    def __str__(self) -> str:
        return self.reference

    @property
    def full_name(self) -> str:
        return " ".join(part for part in (self.civility, self.first_names, self.last_name) if part)


class VoterAddress(models.Model):
    """An address that identifies one voter of the election, in the form in which it is looked up."""

    election = models.ForeignKey(Election, on_delete=models.CASCADE, related_name="+")
    voter = models.ForeignKey(Voter, on_delete=models.CASCADE, related_name="addresses")
    key = models.CharField(max_length=254)

    class Meta:
        verbose_name_plural = "voter addresses"
        constraints = (
            models.UniqueConstraint(
                fields=("election", "key"),
                name="roll_address_once",
                violation_error_message=_("Une adresse n’identifie qu’un électeur."),
            ),
        )

    def __str__(self) -> str:
        return str(self.voter_id)


class RollEntryQuerySet(models.QuerySet["RollEntry"]):
    def with_turnout(self) -> Self:
        return self.select_related("turnout")


class RollEntry(models.Model):
    """A voter's entry in the roll of one contest."""

    voter = models.ForeignKey(Voter, on_delete=models.CASCADE, related_name="entries")
    contest = models.ForeignKey(Contest, on_delete=models.CASCADE, related_name="roll")
    # The name under which the entry is sorted and found: `roll.names.sort_name`.
    sort_name = models.CharField(max_length=220, default="", db_default="")

    objects = RollEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "roll entries"
        constraints = (models.UniqueConstraint(fields=("voter", "contest"), name="roll_entry_once"),)
        indexes = (models.Index(fields=("contest", "sort_name", "id"), name="roll_entries_by_name"),)

    def __str__(self) -> str:
        return f"{self.voter_id}/{self.contest_id}"

    @property
    def voted_at(self) -> datetime | None:
        turnout = getattr(self, "turnout", None)
        return turnout.voted_at if turnout else None


class NameWord(models.Model):
    """One word of the name of an entry, by which the roll of a contest is searched: small letters and digits alone."""

    contest = models.ForeignKey(Contest, on_delete=models.CASCADE, related_name="+", db_index=False)
    entry = models.ForeignKey(RollEntry, on_delete=models.CASCADE, related_name="words")
    word = models.CharField(max_length=40)
    # That of the entry, so that what is found comes sorted out of the index.
    sort_name = models.CharField(max_length=220)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("contest", "word", "sort_name", "entry"), name="roll_name_word_once"),
        )

    def __str__(self) -> str:
        return str(self.entry_id)


class Turnout(models.Model):
    """A line of the signature list: this voter has voted in this contest, at this time (R211-568). Append-only."""

    entry = models.OneToOneField(RollEntry, on_delete=models.PROTECT, primary_key=True, related_name="turnout")
    voted_at = models.DateTimeField()

    class Meta:
        verbose_name = _("ligne d’émargement")

    def __str__(self) -> str:
        return str(self.entry_id)


class VoterIdentifiers(models.Model):
    """What a voter may be asked to prove who she is, as keyed hashes (HMAC-SHA256, hex): never the values.

    The key is a file outside the database. `identity` is of birth name, first given name and birth date; the other
    one has the place of birth too. Empty where the file said nothing.
    """

    voter = models.OneToOneField(Voter, on_delete=models.CASCADE, primary_key=True, related_name="identifiers")
    numen = models.CharField(max_length=64, blank=True)
    # The first ten digits of the social-security number (NIR).
    nir = models.CharField(max_length=64, blank=True)
    birth_date = models.CharField(max_length=64, blank=True)
    identity = models.CharField(max_length=64, blank=True)
    identity_with_place = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name_plural = "voter identifiers"

    def __str__(self) -> str:
        return str(self.voter_id)
