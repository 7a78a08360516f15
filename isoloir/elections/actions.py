"""Acts on the election as a whole: making it, changing its calendar, the rules of voters' accounts, those of re-issue."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from isoloir.common.clock import utc_text
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind

from .errors import AccountRulesRefused, CalendarRefused, ElectionSealed, RegisterBegun, ReissueRulesRefused, SlugTaken
from .models import Contest, Election

# The delay left to voters who were authenticated before closing is at most thirty minutes.
LONGEST_GRACE = timedelta(minutes=30)


@dataclass(frozen=True, kw_only=True, slots=True)
class Calendar:
    """The dates of an election (R211-515): aware instants, kept in UTC. `rolls_shown_at` None: with the portal."""

    portal_opens_at: datetime
    lists_shown_at: datetime
    voting_opens_at: datetime
    voting_closes_at: datetime
    grace: timedelta = LONGEST_GRACE
    lists_drawn_on: date | None = None
    rolls_shown_at: datetime | None = None

    def check(self) -> None:
        """Raise CalendarRefused, with the sentence of each date that is not in order."""
        faults: dict[str, str] = {}
        if self.portal_opens_at > self.voting_opens_at:
            faults["portal_opens_at"] = _("Le portail ouvre au plus tard à l’ouverture du vote.")
        if self.lists_shown_at > self.voting_opens_at:
            faults["lists_shown_at"] = _("Les listes de candidats sont montrées au plus tard à l’ouverture du vote.")
        if self.rolls_shown_at is not None and not (self.portal_opens_at <= self.rolls_shown_at < self.voting_opens_at):
            faults["rolls_shown_at"] = _(
                "Les listes électorales s’affichent entre l’ouverture du portail et celle du vote."
            )
        if self.voting_closes_at <= self.voting_opens_at:
            faults["voting_closes_at"] = _("Le vote ferme après son ouverture.")
        if not timedelta(0) <= self.grace <= LONGEST_GRACE:
            faults["grace"] = _("Le délai laissé après la clôture est compris entre 0 et 30 minutes.")
        if faults:
            raise CalendarRefused(faults)

    def as_facts(self) -> dict[str, object]:
        """Return the dates as the journal keeps them."""
        return {
            name: utc_text(value) if isinstance(value, datetime) else str(value)
            for name, value in asdict(self).items()
            if value is not None
        }


# The bounds that the database keeps too (`elections_account_durations`), each with its unit.
LINK_HOURS = range(1, 721)
IDLE_MINUTES = range(5, 121)
LONGEST_SESSION_MINUTES = 480


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountRules:
    """The rules of voters' accounts (R211-515): a policy of passwords by its name, and durations."""

    password_policy: str
    link_hours: int
    idle_minutes: int
    session_minutes: int

    def check(self) -> None:
        """Raise AccountRulesRefused, with the sentence of each duration out of bounds."""
        faults: dict[str, str] = {}
        if self.link_hours not in LINK_HOURS:
            faults["link_hours"] = _("Un lien vaut de 1 à 720 heures.")
        if self.idle_minutes not in IDLE_MINUTES:
            faults["idle_minutes"] = _("La durée d’inactivité est comprise entre 5 et 120 minutes.")
        if not self.idle_minutes <= self.session_minutes <= LONGEST_SESSION_MINUTES:
            faults["session_minutes"] = _("Une session dure au moins autant que l’inactivité, et au plus 480 minutes.")
        if faults:
            raise AccountRulesRefused(faults)


# A voter's code is re-issued three times at most, as in 2018; the database keeps this bound too.
REISSUE_LIMIT = range(1, 4)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReissueRules:
    """How voting codes are re-issued: the ways, each as the room of credentials writes it, how often, and from when.

    `opens_at` None: with the vote. Without any way nothing is ever re-issued.
    """

    policies: Sequence[Mapping[str, Any]]
    limit: int
    opens_at: datetime | None = None

    def check(self, election: Election) -> None:
        """Raise ReissueRulesRefused, with the sentence of each field out of bounds."""
        faults: dict[str, str] = {}
        if self.limit not in REISSUE_LIMIT:
            faults["limit"] = _("Un code de vote se réassortit d’une à trois fois.")
        if self.opens_at is not None and not election.portal_opens_at <= self.opens_at < election.voting_closes_at:
            faults["opens_at"] = _("Le réassort s’ouvre entre l’ouverture du portail et la clôture du vote.")
        if faults:
            raise ReissueRulesRefused(faults)


def reissue_rules_of(election: Election) -> ReissueRules:
    """Return the rules of re-issue that the election has now."""
    return ReissueRules(
        policies=tuple(election.reissue_policies), limit=election.reissue_limit, opens_at=election.reissue_opens_at
    )


def account_rules_of(election: Election) -> AccountRules:
    """Return the rules that the election has now."""
    return AccountRules(**{name: getattr(election, name) for name in AccountRules.__dataclass_fields__})


def calendar_of(election: Election) -> Calendar:
    """Return the calendar that the election has now."""
    return Calendar(**{name: getattr(election, name) for name in Calendar.__dataclass_fields__})


@transaction.atomic
def create_election(
    *, slug: str, name: str, organiser: str, calendar: Calendar, actor: str, at: datetime, help_line: str = "",
    password_policy: str = "2022",  # noqa: S107  The name of rules.
) -> Election:  # fmt: skip
    """Make an election without contests. Raises CalendarRefused, SlugTaken, ValidationError (a field too long or empty)."""
    calendar.check()
    if Election.objects.filter(slug=slug).exists():
        raise SlugTaken(slug)
    election = Election(
        slug=slug, name=name, organiser=organiser, help_line=help_line, password_policy=password_policy,
        **asdict(calendar),
    )  # fmt: skip
    election.full_clean(exclude=("lists_drawn_on",))
    election.save()
    record(Kind.ELECTION_CREATED, actor=actor, at=at, subject=slug, facts=calendar.as_facts())
    return election


@transaction.atomic
def change_calendar(*, election: Election, calendar: Calendar, actor: str, at: datetime) -> Election:
    """Replace the calendar, as long as nothing is sealed. Raises ElectionSealed, CalendarRefused."""
    election = lock_unsealed(election)
    calendar.check()
    _check_reissue_within(election, calendar)
    for name, value in asdict(calendar).items():
        setattr(election, name, value)
    election.save(update_fields=tuple(asdict(calendar)))
    record(Kind.CALENDAR_CHANGED, actor=actor, at=at, subject=election.slug, facts=calendar.as_facts())
    return election


def _check_reissue_within(election: Election, calendar: Calendar) -> None:
    """Refuse a calendar that leaves the opening of re-issue outside: it was chosen apart, and is changed apart."""
    opens_at = election.reissue_opens_at
    if opens_at is None:
        return
    if opens_at < calendar.portal_opens_at:
        raise CalendarRefused(
            {"portal_opens_at": _("Le réassort s’ouvrirait avant le portail : changez d’abord ses règles.")}
        )
    if opens_at >= calendar.voting_closes_at:
        raise CalendarRefused(
            {"voting_closes_at": _("Le réassort s’ouvrirait après la clôture : changez d’abord ses règles.")}
        )


@transaction.atomic
def change_reissue_rules(
    *, election: Election, rules: ReissueRules, warnings: Sequence[str], actor: str, at: datetime
) -> Election:
    """Replace the rules of re-issue, until the register of keys begins: its first line has the limit.

    `rules.policies` were read by the room of credentials, and `warnings` are the codes of what it warned of and the
    organiser acknowledged: both go into the journal. Raises ElectionSealed, RegisterBegun,
    ReissueRulesRefused.
    """
    election = lock_before_register(election)
    rules.check(election)
    election.reissue_policies = [dict(policy) for policy in rules.policies]
    election.reissue_limit = rules.limit
    election.reissue_opens_at = rules.opens_at
    election.save(update_fields=("reissue_policies", "reissue_limit", "reissue_opens_at"))
    record(
        Kind.REISSUE_RULES_CHANGED, actor=actor, at=at, subject=election.slug,
        facts={
            "policies": election.reissue_policies, "limit": rules.limit,
            "opens_at": utc_text(rules.opens_at) if rules.opens_at else None, "warnings": list(warnings),
        },
    )  # fmt: skip
    return election


@transaction.atomic
def change_account_rules(*, election: Election, rules: AccountRules, actor: str, at: datetime) -> Election:
    """Replace the rules of voters' accounts, as long as voting has not opened: all voters vote under the same.

    Accounts made before keep their passwords. `rules.password_policy` was chosen among those of the room of identity.
    Raises AccountRulesRefused, with the sentence of each fault, or without any once voting has opened.
    """
    election = Election.objects.select_for_update(of=("self",), no_key=True).get(pk=election.pk)
    if at >= election.voting_opens_at:
        raise AccountRulesRefused({})
    rules.check()
    for name, value in asdict(rules).items():
        setattr(election, name, value)
    election.save(update_fields=tuple(asdict(rules)))
    record(Kind.ACCOUNT_RULES_CHANGED, actor=actor, at=at, subject=election.slug, facts=asdict(rules))
    return election


def lock_unsealed(election: Election) -> Election:
    """Hold the election and its contests against change until the transaction ends. Raises ElectionSealed.

    Every import begins here: sealing locks the same contests, so that it comes wholly before or wholly after. All lock
    them in the order of their codes, so that none waits for another that waits for it.
    """
    locked = Election.objects.select_for_update(of=("self",)).get(pk=election.pk)
    contests = Contest.objects.select_for_update(of=("self",)).filter(election=locked).order_by("code")
    if any(contest.is_sealed for contest in contests):
        raise ElectionSealed(locked.slug)
    return locked


def lock_before_register(election: Election) -> Election:
    """Hold the election as `lock_unsealed` does, for what changes contests, roll or keys. Raises ElectionSealed, and
    RegisterBegun among it.
    """
    locked = lock_unsealed(election)
    if locked.contests.filter(has_register=True).exists():
        raise RegisterBegun(locked.slug)
    return locked
