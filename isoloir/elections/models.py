"""The election, its calendar, its contests, and what voters choose among."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

_BASE58 = r"^[1-9A-HJ-NP-Za-km-z]+$"


class ElectionQuerySet(models.QuerySet["Election"]):
    def current(self) -> "Election | None":
        """Return the election that the portal serves: the newest one."""
        return self.order_by("-id").first()


class Election(models.Model):
    """The whole event (« opération électorale »), with its calendar in UTC (R211-515)."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    organiser = models.CharField(max_length=200)
    help_line = models.CharField(max_length=200, blank=True)
    portal_opens_at = models.DateTimeField()
    lists_shown_at = models.DateTimeField()
    voting_opens_at = models.DateTimeField()
    voting_closes_at = models.DateTimeField()
    # R211-563: who was authenticated before closing may finish within thirty minutes.
    grace = models.DurationField(default=timedelta(minutes=30))
    lists_drawn_on = models.DateField(null=True)
    # The rules of voters' accounts (R211-515): one of `identity.passwords.POLICIES`, and durations.
    password_policy = models.CharField(max_length=20, default="2022")
    link_hours = models.PositiveSmallIntegerField(default=24)
    idle_minutes = models.PositiveSmallIntegerField(default=15)
    session_minutes = models.PositiveSmallIntegerField(default=60)
    # Re-issue of voting codes: the ways offered, each as `credentials.reissue.policies` writes it; none by default.
    reissue_policies = models.JSONField(default=list, blank=True)
    reissue_limit = models.PositiveSmallIntegerField(default=3)
    # When codes begin to be re-issued; with the vote where nothing is said.
    reissue_opens_at = models.DateTimeField(null=True, blank=True)
    # When voters may read the rolls of their contests; with the portal where nothing is said.
    rolls_shown_at = models.DateTimeField(null=True, blank=True)

    objects = ElectionQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(link_hours__range=(1, 720))
                & models.Q(idle_minutes__range=(5, 120))
                & models.Q(session_minutes__gte=models.F("idle_minutes"), session_minutes__lte=480),
                name="elections_account_durations",
                violation_error_message=_(
                    "Durées admises : lien de 1 à 720 heures, inactivité de 5 à 120 minutes, session d’au plus 480 minutes."
                ),
            ),
            models.CheckConstraint(
                condition=models.Q(reissue_limit__range=(1, 3)),
                name="elections_reissue_limit",
                violation_error_message=_("Un code de vote se réassortit trois fois au plus."),
            ),
            models.CheckConstraint(
                condition=models.Q(reissue_opens_at=None)
                | models.Q(
                    reissue_opens_at__gte=models.F("portal_opens_at"), reissue_opens_at__lt=models.F("voting_closes_at")
                ),
                name="elections_reissue_opens_in_time",
                violation_error_message=_("Le réassort s’ouvre entre l’ouverture du portail et la clôture du vote."),
            ),
            models.CheckConstraint(
                condition=models.Q(rolls_shown_at=None)
                | models.Q(
                    rolls_shown_at__gte=models.F("portal_opens_at"), rolls_shown_at__lt=models.F("voting_opens_at")
                ),
                name="elections_rolls_shown_in_time",
                violation_error_message=_(
                    "Les listes électorales s’affichent entre l’ouverture du portail et celle du vote."
                ),
            ),
            models.CheckConstraint(
                condition=models.Q(portal_opens_at__lte=models.F("voting_opens_at"))
                & models.Q(lists_shown_at__lte=models.F("voting_opens_at"))
                & models.Q(voting_opens_at__lt=models.F("voting_closes_at")),
                name="elections_calendar_in_order",
                violation_error_message=_(
                    "Le calendrier n’est pas dans l’ordre : portail, listes, ouverture, clôture."
                ),
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def grace_ends_at(self) -> datetime:
        return self.voting_closes_at + self.grace

    def is_portal_open(self, *, at: datetime) -> bool:
        return at >= self.portal_opens_at

    def are_rolls_shown(self, *, at: datetime) -> bool:
        return at >= (self.rolls_shown_at or self.portal_opens_at)

    def is_reissue_open(self, *, at: datetime) -> bool:
        """Tell whether the calendar lets a voting code be re-issued: never when no way is offered, nor after closing."""
        opens_at = self.reissue_opens_at or self.voting_opens_at
        return bool(self.reissue_policies) and opens_at <= at < self.voting_closes_at

    def are_lists_shown(self, *, at: datetime) -> bool:
        return at >= self.lists_shown_at


class Organisation(models.Model):
    """A union: files lists, names delegates."""

    election = models.ForeignKey(Election, on_delete=models.CASCADE, related_name="organisations")
    name = models.CharField(max_length=200)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("election", "name"), name="elections_organisation_named_once"),)

    def __str__(self) -> str:
        return self.name


class ContestQuerySet(models.QuerySet["Contest"]):
    def awaiting_closing(self, *, at: datetime) -> Self:
        """Return the sealed contests whose grace has ended."""
        return self.filter(
            state__in=(Contest.State.SEALED, Contest.State.SUSPENDED),
            election__voting_closes_at__lte=at - models.F("election__grace"),
        )


class Contest(models.Model):
    """One vote to one instance (« scrutin »): one ballot box, one signature list, one bureau (R211-509)."""

    class Kind(models.TextChoices):
        LIST = "list", _("scrutin de liste")
        SIGLE = "sigle", _("scrutin sur sigle")

    class Instance(models.TextChoices):
        CSA = "csa", _("comité social d’administration")
        CAP = "cap", _("commission administrative paritaire")
        CCP = "ccp", _("commission consultative paritaire")
        CCM = "ccm", _("commission consultative mixte")

    class State(models.TextChoices):
        PREPARED = "prepared", _("en préparation")
        SEALED = "sealed", _("scellé")
        SUSPENDED = "suspended", _("suspendu")
        CLOSED = "closed", _("clos")
        COUNTING = "counting", _("en dépouillement")
        COUNTED = "counted", _("dépouillé")
        PUBLISHED = "published", _("publié")

    election = models.ForeignKey(Election, on_delete=models.CASCADE, related_name="contests")
    # The Belenios identifier: salt of every voter's key, and part of every ballot.
    uuid = models.CharField(max_length=22, unique=True)
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    academy = models.CharField(max_length=100, blank=True)
    instance = models.CharField(max_length=3, choices=Instance)
    kind = models.CharField(max_length=5, choices=Kind)
    seats = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.PREPARED)
    # Its register of keys has begun, or a voting code was issued again: neither its roll nor its keys are imported anew.
    has_register = models.BooleanField(default=False, db_default=False)

    objects = ContestQuerySet.as_manager()

    class Meta:
        ordering = ("code",)
        constraints = (
            models.UniqueConstraint(fields=("election", "code"), name="elections_contest_code_once"),
            models.CheckConstraint(
                condition=models.Q(seats__gte=1, seats__lte=100),
                name="elections_contest_seats",
                violation_error_message=_("Le nombre de sièges est compris entre 1 et 100."),
            ),
            models.CheckConstraint(
                condition=models.Q(uuid__regex=_BASE58),
                name="elections_contest_uuid_base58",
                violation_error_message=_("L’identifiant du scrutin n’est pas en Base58."),
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_sealed(self) -> bool:
        return self.state != self.State.PREPARED

    def voting_state(self, *, at: datetime) -> str:
        """Return what a voter may do now: `not_open`, `open`, `grace`, `suspended` or `closed`."""
        election = self.election
        if self.state == self.State.PREPARED or at < election.voting_opens_at:
            return "not_open" if at < election.voting_closes_at else "closed"
        if self.state not in (self.State.SEALED, self.State.SUSPENDED) or at >= election.grace_ends_at:
            return "closed"
        if self.state == self.State.SUSPENDED:
            return "suspended"
        return "open" if at < election.voting_closes_at else "grace"


class ClaimWindow(models.Model):
    """When claims about the rolls of one kind of instance are received, where the organiser chose other times than the law's.

    `isoloir.claims.windows` gives the delays of the law (R211-28, R211-171) to an instance without a row.
    """

    election = models.ForeignKey(Election, on_delete=models.CASCADE, related_name="claim_windows")
    instance = models.CharField(max_length=3, choices=Contest.Instance)
    opens_at = models.DateTimeField()
    # Requests of inscription end first; the other claims have some days more.
    inscriptions_close_at = models.DateTimeField()
    closes_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("election", "instance"), name="elections_claim_window_once"),
            models.CheckConstraint(
                condition=models.Q(opens_at__lt=models.F("inscriptions_close_at"))
                & models.Q(inscriptions_close_at__lte=models.F("closes_at")),
                name="elections_claim_window_in_order",
                violation_error_message=_(
                    "Les réclamations s’ouvrent, puis les demandes d’inscription finissent, puis les autres."
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.election_id} {self.instance}"


class StatementFile(models.Model):
    """A statement (« profession de foi ») as its organisation filed it: a PDF that was checked. One row for equal bytes."""

    sha256 = models.CharField(max_length=64, unique=True)
    content = models.BinaryField()
    size = models.PositiveIntegerField()
    pages = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return self.sha256


class DrawAnnouncement(models.Model):
    """All that fixes a drawing of the order of lists (R211-564) but its seed, published before the seed can be known.

    Then the seed is written down, once its source is public, and gives the orders (docs/specification/draw.md). What was
    announced never changes: another announcement is made, and both stay public.
    """

    election = models.ForeignKey(Election, on_delete=models.CASCADE, related_name="draw_announcements")
    # The public source of the seed (« tirage du Loto du … »), when it is drawn, and what it will look like (`5:1-49/1:1-10`).
    source = models.CharField(max_length=300)
    source_at = models.DateTimeField()
    seed_shape = models.CharField(max_length=200)
    announced_at = models.DateTimeField()
    announced_by = models.CharField(max_length=254)
    # The bytes of `annonce.json` as they were published: contests, identifiers, names of lists; and their SHA-256.
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    # The seed as it was published, in its canonical form; empty until the draw.
    seed = models.CharField(max_length=300, blank=True)
    drawn_at = models.DateTimeField(null=True)
    drawn_by = models.CharField(max_length=254, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(announced_at__lt=models.F("source_at")),
                name="elections_draw_announced_before_its_source",
                violation_error_message=_("Le tirage s’annonce avant que la source de la graine soit publique."),
            ),
            models.CheckConstraint(
                condition=models.Q(seed="", drawn_at=None)
                | (~models.Q(seed="") & models.Q(drawn_at__gte=models.F("source_at"))),
                name="elections_draw_after_its_source",
                violation_error_message=_("Le tirage a lieu quand la source de la graine est publique."),
            ),
        )

    def __str__(self) -> str:
        return self.sha256


class ListDraw(models.Model):
    """The drawing of the order of one contest's lists, under its announcement. It is never deleted: it becomes void."""

    class Void(models.TextChoices):
        LISTS_CHANGED = "lists-changed", _("Les listes du scrutin ont changé depuis l’annonce.")
        CONTEST_REMOVED = "contest-removed", _("Le scrutin a été retiré de l’élection.")
        SEALED = "sealed", _("Le scrutin a été scellé avant le tirage.")
        WITHDRAWN = "withdrawn", _("L’organisateur a retiré l’annonce.")

    announcement = models.ForeignKey(DrawAnnouncement, on_delete=models.CASCADE, related_name="draws")
    contest = models.ForeignKey(Contest, null=True, on_delete=models.SET_NULL, related_name="draws")
    # The contest and the names of its lists as they were announced, in canonical order.
    uuid = models.CharField(max_length=22)
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    names = models.JSONField()
    is_drawn = models.BooleanField(default=False)
    void_at = models.DateTimeField(null=True)
    void_cause = models.CharField(max_length=20, choices=Void, blank=True)
    # What the organiser says of it in public, where they withdrew it.
    void_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("code", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("contest",), condition=models.Q(void_at=None), name="elections_draw_once_for_a_contest"
            ),
            models.CheckConstraint(
                condition=models.Q(void_at=None, void_cause="")
                | (models.Q(void_at__isnull=False) & ~models.Q(void_cause="")),
                name="elections_void_draw_says_why",
            ),
        )

    def __str__(self) -> str:
        return self.code


class CandidateList(models.Model):
    """What a voter chooses: a list, or an organisation's « sigle ». Blank is always offered beside."""

    contest = models.ForeignKey(Contest, on_delete=models.CASCADE, related_name="lists")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=200)
    organisations = models.ManyToManyField(Organisation, related_name="lists")
    affiliation = models.CharField(max_length=200, blank=True)
    logo_png = models.BinaryField()
    logo_text = models.CharField(max_length=200)
    statement = models.TextField(blank=True)
    statement_file = models.ForeignKey(
        StatementFile, null=True, blank=True, on_delete=models.PROTECT, related_name="lists"
    )

    class Meta:
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=("contest", "position"), name="elections_list_position_once"),
            models.UniqueConstraint(fields=("contest", "name"), name="elections_list_name_once"),
            models.CheckConstraint(condition=models.Q(position__gte=1), name="elections_list_position_from_one"),
        )

    def __str__(self) -> str:
        return self.name


class Candidate(models.Model):
    """A candidate, in the order of the list; whether titular or substitute is not said before the seats are known."""

    candidate_list = models.ForeignKey(CandidateList, on_delete=models.CASCADE, related_name="candidates")
    rank = models.PositiveSmallIntegerField()
    civility = models.CharField(max_length=10)
    last_name = models.CharField(max_length=100)
    first_names = models.CharField(max_length=100)

    class Meta:
        ordering = ("rank",)
        constraints = (
            models.UniqueConstraint(fields=("candidate_list", "rank"), name="elections_candidate_rank_once"),
        )

    def __str__(self) -> str:
        return f"{self.civility} {self.first_names} {self.last_name}"
