"""Claims (« réclamations »): a voter asks that the roll be corrected, two agents decide, everything is written down."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from isoloir.elections.models import Contest, Election
from isoloir.roll.models import Voter
from isoloir.uploads.models import StoredFile


class Claim(models.Model):
    """What somebody asks about the roll of a contest (R211-28, R211-171), and where the request stands.

    `proposal` is what the first agent would change, `{}` for nothing; a second one confirms it, and the roll changes in
    the same transaction. A person who is on no roll has no voter: an agent writes the claim, with `person`.
    """

    class Kind(models.TextChoices):
        INSCRIPTION = "inscription", _("je ne suis pas sur une liste où je devrais être")
        REMOVAL = "removal", _("quelqu’un est sur la liste et ne devrait pas y être")
        WRONG_CONTEST = "wrong-contest", _("je ne suis pas dans le bon scrutin")
        PERSONAL_DATA = "personal-data", _("mes informations personnelles sont inexactes")

    class State(models.TextChoices):
        RECEIVED = "received", _("reçue")
        ASSIGNED = "assigned", _("en cours d’examen")
        QUESTION = "question", _("en attente de votre réponse")
        PROPOSED = "proposed", _("en attente d’une seconde décision")
        GRANTED = "granted", _("acceptée")
        REFUSED = "refused", _("refusée")
        WITHDRAWN = "withdrawn", _("retirée")

    election = models.ForeignKey(Election, on_delete=models.PROTECT, related_name="claims")
    # What people quote: `R-` and eight characters that are not read for others.
    number = models.CharField(max_length=12, unique=True)
    kind = models.CharField(max_length=15, choices=Kind)
    voter = models.ForeignKey(Voter, null=True, on_delete=models.SET_NULL, related_name="claims")
    person = models.JSONField(default=dict, blank=True)
    contest = models.ForeignKey(Contest, null=True, on_delete=models.SET_NULL, related_name="+")
    # The académie whose agents see it.
    academy = models.CharField(max_length=100, blank=True)
    text = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED)
    assigned_to = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    proposal = models.JSONField(default=dict, blank=True)
    reason = models.TextField(blank=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("received_at", "pk")
        indexes = (models.Index(fields=("election", "state", "academy", "received_at"), name="claims_queue"),)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(confirmed_by=None) | ~models.Q(confirmed_by=models.F("proposed_by")),
                name="claims_two_persons",
                violation_error_message=_("La seconde décision est celle d’une autre personne."),
            ),
            models.CheckConstraint(
                condition=~models.Q(state="granted") | models.Q(confirmed_by__isnull=False, decided_at__isnull=False),
                name="claims_granted_by_two",
                violation_error_message=_("Une réclamation acceptée l’est par deux personnes."),
            ),
        )

    def __str__(self) -> str:
        return self.number


class ClaimStep(models.Model):
    """One line of the trace of a claim: who did what, when, with what words. Append-only."""

    class Act(models.TextChoices):
        RECEIVED = "received", _("réclamation reçue")
        ASSIGNED = "assigned", _("prise en charge")
        ASKED = "asked", _("question posée")
        ANSWERED = "answered", _("réponse reçue")
        PROPOSED = "proposed", _("décision proposée")
        SENT_BACK = "sent-back", _("proposition renvoyée")
        GRANTED = "granted", _("réclamation acceptée, liste modifiée")
        REFUSED = "refused", _("réclamation refusée")
        WITHDRAWN = "withdrawn", _("réclamation retirée")

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="steps")
    act = models.CharField(max_length=10, choices=Act)
    at = models.DateTimeField()
    # The agent's address; empty for the person who claims.
    actor = models.CharField(max_length=254, blank=True)
    text = models.TextField(blank=True)
    files = models.ManyToManyField(StoredFile, related_name="+")

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.claim_id} {self.act}"
