"""Assistance: what people ask when something does not work, and what agents answer (R211-527)."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from isoloir.elections.models import Election
from isoloir.roll.models import Voter
from isoloir.uploads.models import StoredFile


class Ticket(models.Model):
    """A question and its answers. Who asks follows it by a link whose token is kept as a keyed hash only."""

    class Category(models.TextChoices):
        ACCOUNT = "account", _("mon compte ou mon mot de passe")
        MESSAGE = "message", _("un courriel ou un SMS que je ne reçois pas")
        CODE = "code", _("ma notice ou mon code de vote")
        ROLL = "roll", _("les listes électorales")
        VOTE = "vote", _("le vote")
        ACCESSIBILITY = "accessibility", _("l’accessibilité")
        OTHER = "other", _("autre chose")

    class State(models.TextChoices):
        WAITING = "waiting", _("en attente d’un agent")
        ANSWERED = "answered", _("répondu")
        CLOSED = "closed", _("clos")

    election = models.ForeignKey(Election, on_delete=models.CASCADE, related_name="tickets")
    # What people quote: `A-` and eight characters that are not read for others.
    number = models.CharField(max_length=12, unique=True)
    category = models.CharField(max_length=15, choices=Category)
    # Only of who was signed in when asking: nothing that is typed names a voter.
    voter = models.ForeignKey(Voter, null=True, on_delete=models.SET_NULL, related_name="tickets")
    name = models.CharField(max_length=200)
    email = models.EmailField(max_length=254)
    academy = models.CharField(max_length=100, blank=True)
    language = models.CharField(max_length=2, default="fr")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    follow_hash = models.CharField(max_length=64, unique=True)
    assigned_to = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    # Since when somebody waits: the last words were not an agent's.
    waiting_since = models.DateTimeField(null=True)
    first_answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("asked_at", "pk")
        indexes = (models.Index(fields=("election", "state", "academy", "waiting_since"), name="assistance_queue"),)

    def __str__(self) -> str:
        return self.number


class TicketMessage(models.Model):
    """One message of a ticket, from who asks (`agent` empty) or from an agent."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="messages")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    at = models.DateTimeField()
    files = models.ManyToManyField(StoredFile, related_name="+")
    # Said between agents, never shown or sent to who asks.
    is_internal = models.BooleanField(default=False)

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.pk}"


class CannedAnswer(models.Model):
    """An answer that agents give often, in both languages; they may change it before it leaves."""

    election = models.ForeignKey(Election, on_delete=models.CASCADE, related_name="canned_answers")
    title = models.CharField(max_length=100)
    text_fr = models.TextField()
    text_en = models.TextField()

    class Meta:
        ordering = ("title",)
        constraints = (models.UniqueConstraint(fields=("election", "title"), name="assistance_canned_once"),)

    def __str__(self) -> str:
        return self.title
