"""Who a person is: staff accounts, voters' accounts, one-time links, slow-downs."""

from collections.abc import Callable

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils.translation import gettext_lazy as _

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


class VoterAccount(models.Model):
    """A voter's account: made when the voter sets a password."""

    voter = models.OneToOneField(Voter, on_delete=models.CASCADE, related_name="account")
    password = models.CharField(max_length=128)
    activated_at = models.DateTimeField()
    # Sessions opened before this instant were opened with another password, and are over.
    password_set_at = models.DateTimeField()
    last_signed_in_at = models.DateTimeField(null=True)
    previous_sign_in_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.voter_id)


class OneTimeLink(models.Model):
    """A link sent by e-mail; only the SHA-256 of its token is kept."""

    class Purpose(models.TextChoices):
        INVITATION = "invitation", _("activer son compte, à l’ouverture du portail")
        PASSWORD = "password", _("créer ou changer le mot de passe")

    voter = models.ForeignKey(Voter, on_delete=models.CASCADE, related_name="links")
    purpose = models.CharField(max_length=20, choices=Purpose)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("voter",),
                condition=models.Q(purpose="invitation"),
                name="identity_invited_once",
                violation_error_message=_("Un électeur n’est invité qu’une fois."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.purpose} {self.created_at:%Y-%m-%d}"


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
