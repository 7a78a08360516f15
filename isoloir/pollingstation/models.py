"""The bureau, its members, and the seals."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from isoloir.elections.models import Contest, Election, Organisation
from isoloir.trustees.models import Ceremony


class PollingStation(models.Model):
    """A bureau (R211-536), of one contest (BVE) or centralising several (BVEC)."""

    class Kind(models.TextChoices):
        BVE = "bve", _("bureau de vote électronique")
        BVEC = "bvec", _("bureau de vote électronique centralisateur")

    election = models.ForeignKey(Election, on_delete=models.CASCADE, related_name="stations")
    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=4, choices=Kind)
    ceremony = models.OneToOneField(Ceremony, on_delete=models.PROTECT, related_name="station")
    contests = models.ManyToManyField(Contest, through="StationContest", related_name="stations")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("election", "code"), name="pollingstation_code_once"),)

    def __str__(self) -> str:
        return self.name


class StationContest(models.Model):
    """Which bureau has which contest: each contest has exactly one that holds its key (R211-546)."""

    station = models.ForeignKey(PollingStation, on_delete=models.CASCADE)
    contest = models.OneToOneField(Contest, on_delete=models.CASCADE, related_name="station_link")

    def __str__(self) -> str:
        return f"{self.station_id}/{self.contest_id}"


class Member(models.Model):
    """A person's seat in a bureau (R211-537)."""

    class Role(models.TextChoices):
        PRESIDENT = "president", _("président·e")
        SECRETARY = "secretary", _("secrétaire")
        DELEGATE = "delegate", _("délégué·e de liste")

    station = models.ForeignKey(PollingStation, on_delete=models.CASCADE, related_name="members")
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)
    organisation = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("station", "account"), name="pollingstation_member_once"),
            models.UniqueConstraint(
                fields=("station", "role"),
                condition=models.Q(role__in=("president", "secretary")),
                name="pollingstation_one_president_one_secretary",
                violation_error_message=_("Un bureau a un seul président et un seul secrétaire."),
            ),
            models.CheckConstraint(
                condition=models.Q(role="delegate", organisation__isnull=False)
                | models.Q(role__in=("president", "secretary"), organisation__isnull=True),
                name="pollingstation_delegates_have_an_organisation",
                violation_error_message=_("Un délégué représente une organisation ; président et secrétaire, aucune."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.station_id} {self.role}"


class Seal(models.Model):
    """What was sealed for a contest (R211-541, 550): the digest of each part, and of all together."""

    contest = models.OneToOneField(Contest, on_delete=models.PROTECT, related_name="seal")
    sealed_at = models.DateTimeField()
    sealed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    parts = models.JSONField()
    digest = models.CharField(max_length=64)
    # The exact candidate bundle that the election record binds by its hash, and that voters are served.
    bundle = models.BinaryField()

    def __str__(self) -> str:
        return self.digest
