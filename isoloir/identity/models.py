"""Who a person is: staff accounts, voters' accounts, challenge questions, one-time links and campaigns, slow-downs."""

from collections.abc import Callable

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils.translation import gettext_lazy as _

from isoloir.elections.models import Election
from isoloir.messaging.models import Message
from isoloir.roll.models import Voter


class AccountQuerySet(BaseUserManager["Account"]):
    def create_user(self, *, email: str, password: str | None = None, **fields: object) -> "Account":
        account = self.model(email=email.strip().lower(), **fields)
        account.set_password(password)
        account.save()
        return account


class Account(AbstractBaseUser, PermissionsMixin):
    """A member of a bureau or an administrator: own password and TOTP. Voters never have one of these."""

    email = models.EmailField(unique=True)
    civility = models.CharField(max_length=10, blank=True)
    first_names = models.CharField(max_length=100)
    last_name = models.CharField(max_length=100)
    is_administrator = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    # Whether the second factor was given in this session: set by django-otp on the account of a request.
    is_verified: Callable[[], bool]

    USERNAME_FIELD = "email"
    objects = AccountQuerySet()

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return " ".join(part for part in (self.civility, self.first_names, self.last_name) if part)


class StaffRole(models.Model):
    """What an agent of the desks does for one election, in one académie or in all of them (empty)."""

    class Role(models.TextChoices):
        CLAIMS = "claims", _("réclamations")
        ASSISTANCE = "assistance", _("assistance")

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="roles")
    election = models.ForeignKey(Election, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=10, choices=Role)
    academy = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("account", "election", "role", "academy"), name="identity_role_once"),
        )

    def __str__(self) -> str:
        return f"{self.account_id} {self.role}"


class ChallengeQuestion(models.Model):
    """A question offered at activation; one that is no longer offered stays for the accounts that chose it."""

    election = models.ForeignKey(Election, on_delete=models.CASCADE, related_name="challenge_questions")
    position = models.PositiveSmallIntegerField()
    text_fr = models.CharField(max_length=200)
    text_en = models.CharField(max_length=200)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("position", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("election", "text_fr"),
                name="identity_question_once",
                violation_error_message=_("Cette question est déjà dans la liste."),
            ),
        )

    def __str__(self) -> str:
        return self.text_fr


class VoterAccount(models.Model):
    """A voter's account, made by activation: password, challenge question and answer, both as Argon2id hashes."""

    voter = models.OneToOneField(Voter, on_delete=models.CASCADE, related_name="account")
    password = models.CharField(max_length=128)
    question = models.ForeignKey(ChallengeQuestion, on_delete=models.PROTECT, null=True, related_name="accounts")
    answer = models.CharField(max_length=128, blank=True)
    activated_at = models.DateTimeField()
    # Sessions opened before this instant were opened with another password, and are over.
    password_set_at = models.DateTimeField()
    last_signed_in_at = models.DateTimeField(null=True)
    previous_sign_in_at = models.DateTimeField(null=True)
    # The language in which the portal writes to the voter: the last one chosen on a page while signed in.
    language = models.CharField(max_length=2, default="fr", db_default="fr")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(question=None, answer="")
                | (models.Q(question__isnull=False) & ~models.Q(answer="")),
                name="identity_question_with_answer",
                violation_error_message=_("Une question défi va avec sa réponse."),
            ),
        )

    def __str__(self) -> str:
        return str(self.voter_id)


class Suspension(models.Model):
    """An account that nobody enters, for a stated reason, until an administrator lifts it; the roll is not touched."""

    voter = models.OneToOneField(Voter, on_delete=models.CASCADE, related_name="suspension")
    since = models.DateTimeField()
    reason = models.CharField(max_length=200)

    def __str__(self) -> str:
        return str(self.voter_id)


class Campaign(models.Model):
    """A sending of links to many voters, by batches: each voter once, counted, taken up again where it stopped."""

    class Kind(models.TextChoices):
        OPENING = "opening", _("ouverture du portail")
        REMINDER = "reminder", _("relance des comptes non activés")

    election = models.ForeignKey(Election, on_delete=models.CASCADE, related_name="campaigns")
    kind = models.CharField(max_length=10, choices=Kind)
    opened_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    # The administrator's address, or the role that ran the command.
    actor = models.CharField(max_length=254)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("election",),
                condition=models.Q(kind="opening"),
                name="identity_opened_once",
                violation_error_message=_("Une élection n’a qu’une campagne d’ouverture."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.opened_at:%Y-%m-%d}"


class OneTimeLink(models.Model):
    """A link sent by e-mail, bound to one voter and one purpose; only a keyed hash of its token is kept."""

    class Purpose(models.TextChoices):
        ACTIVATION = "activation", _("activer son compte")
        PASSWORD = "password", _("faire un nouveau mot de passe")
        REISSUE = "reissue", _("faire un nouveau code de vote")

    class Outcome(models.TextChoices):
        ACTIVATED = "activated", _("compte activé")
        WITHOUT_ACTIVATION = "without-activation", _("accès sans activation")
        PASSWORD_CHANGED = "password-changed", _("mot de passe changé")
        CODE_REISSUED = "code-reissued", _("code de vote réassorti")
        SUPERSEDED = "superseded", _("rendu inutile par un autre lien, qui a servi")

    voter = models.ForeignKey(Voter, on_delete=models.CASCADE, related_name="links")
    purpose = models.CharField(max_length=20, choices=Purpose)
    token_hash = models.CharField(max_length=64, unique=True)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, null=True, related_name="links")
    message = models.ForeignKey(Message, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    # First shown by GET; mail scanners open links too, so this proves nothing about the voter.
    opened_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20, choices=Outcome, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("campaign", "voter"),
                name="identity_once_in_a_campaign",
                violation_error_message=_("Une campagne n’écrit qu’une fois à chaque électeur."),
            ),
            models.CheckConstraint(
                condition=models.Q(used_at=None, outcome="")
                | (models.Q(used_at__isnull=False) & ~models.Q(outcome="")),
                name="identity_used_with_outcome",
                violation_error_message=_("Un lien qui a servi dit à quoi."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.purpose} {self.created_at:%Y-%m-%d}"


class LinkRequest(models.Model):
    """An address typed by somebody who wants a link, until the worker looks whether it is a voter's.

    The page that takes it reads nothing of the roll: for a voter, an activated voter, a suspended one and nobody it writes
    one row of the same length. `sealed` (address, padded) is encrypted under a key outside the database.
    """

    election = models.ForeignKey(Election, on_delete=models.CASCADE, related_name="+")
    # What was asked: an activation link is sent only to who has no account yet.
    purpose = models.CharField(max_length=20, choices=OneTimeLink.Purpose)
    sealed = models.BinaryField()
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.purpose} {self.asked_at:%Y-%m-%d}"


class Slowdown(models.Model):
    """How often an act failed lately for a subject (a keyed hash), and until when the next try waits. Never a lock-out."""

    action = models.CharField(max_length=20)
    subject = models.CharField(max_length=64)
    failures = models.PositiveIntegerField(default=0)
    waits_until = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("action", "subject"), name="identity_slowdown_once"),)

    def __str__(self) -> str:
        return f"{self.action} {self.failures}"
