"""Importing bureaux with their members, and contests with the bureau of each (docs/specification/import-files.md).

A bureau is known by its code. Importing again replaces members as long as nothing is sealed; the key ceremony begins
anew for a bureau whose trustees changed, and goes on for the others.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email, validate_slug
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from isoloir.common.csvfiles import Column, CsvFile, folded
from isoloir.common.errors import Faults
from isoloir.credentials.links import destroy_link_key
from isoloir.elections.actions import lock_unsealed
from isoloir.elections.imports import ContestsImported, ensure_organisations, load_contests
from isoloir.elections.models import Election, Organisation
from isoloir.identity.models import Account, StaffRole
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind
from isoloir.trustees.models import Ceremony, Trustee, TrusteeGroup

from .models import Member, PollingStation, StationContest

STATIONS_FILE = "stations.csv"
MEMBERS_FILE = "members.csv"
# Article R211-573: the president or the secretary, and at least two delegates.
CHAIR_THRESHOLD = 1
DELEGATES_THRESHOLD = 2
MOST_DELEGATES = 30

# Words of the file, not labels of the page: they do not change with the language of who imports.
_KINDS = {
    folded(word): kind.value
    for kind, words in {
        PollingStation.Kind.BVE: ("bve", "bureau de vote électronique"),
        PollingStation.Kind.BVEC: ("bvec", "bureau centralisateur", "bureau de vote électronique centralisateur"),
    }.items()
    for word in words
}
_ROLES = {
    folded(word): role.value
    for role, words in {
        Member.Role.PRESIDENT: ("president", "présidente", "président·e", "président(e)"),
        Member.Role.SECRETARY: ("secretary", "secrétaire"),
        Member.Role.DELEGATE: (
            "delegate", "délégué", "déléguée", "délégué de liste", "déléguée de liste", "délégué·e de liste",
        ),
    }.items()
    for word in words
}  # fmt: skip

STATION_COLUMNS = (
    Column("code", ("bureau", "code bureau", "station"), 40),
    Column("name", ("nom", "libellé", "nom du bureau"), 200),
    Column("kind", ("type", "genre"), 60, choices=_KINDS),
)
MEMBER_COLUMNS = (
    Column("station", ("bureau", "code bureau", "bureau de vote", "polling station"), 40),
    Column("role", ("rôle", "fonction", "qualité"), 40, choices=_ROLES),
    Column("email", ("courriel", "e-mail", "mail", "adresse électronique", "adresse e-mail"), 254),
    Column("last_name", ("nom", "nom de famille", "surname"), 100),
    Column("first_names", ("prénom", "prénoms", "first name"), 100),
    Column("civility", ("civilité", "title"), 10, may_be_empty=True),
    Column("organisation", ("organisation syndicale", "syndicat", "union"), 200, may_be_empty=True),
)


@dataclass(frozen=True, slots=True)
class StationsImported:
    """What an import of bureaux did; `ceremonies_begun` counts those whose trustees are new or changed."""

    stations: int
    members: int
    ceremonies_begun: int


@dataclass(frozen=True, slots=True)
class _ReadMember:
    """A member being imported."""

    line: int
    station: str
    role: str
    email: str
    last_name: str
    first_names: str
    civility: str
    organisation: str


@transaction.atomic
def import_stations(
    *, election: Election, stations: bytes, members: bytes, actor: str, at: datetime
) -> StationsImported:
    """Make the bureaux and their members those of the files. Raises ImportRefused, ElectionSealed.

    Accounts of members are made without a password: nobody signs in before `issue_access`.
    """
    election = lock_unsealed(election)
    faults = Faults()
    stations_file = CsvFile(name=STATIONS_FILE, content=stations, columns=STATION_COLUMNS, faults=faults)
    members_file = CsvFile(name=MEMBERS_FILE, content=members, columns=MEMBER_COLUMNS, faults=faults)
    read = _read_stations(stations_file)
    read_members = _read_members(members_file, read if stations_file.is_complete else None)
    _check_accounts(members_file, election, read_members)
    if stations_file.is_complete and members_file.is_complete:
        _check_bureaux(stations_file, read, read_members)
    _check_orphans(stations_file, election, read)
    faults.refuse_if_any()
    begun = _write(election, [station for _line, station in read.values()], read_members)
    record(
        Kind.STATIONS_IMPORTED, actor=actor, at=at, subject=election.slug,
        facts={
            "stations_sha256": hashlib.sha256(stations).hexdigest(),
            "members_sha256": hashlib.sha256(members).hexdigest(),
            "stations": len(read), "members": len(read_members), "ceremonies_begun": begun,
        },
    )  # fmt: skip
    return StationsImported(len(read), len(read_members), begun)


@transaction.atomic
def import_contests(*, election: Election, content: bytes, actor: str, at: datetime) -> ContestsImported:
    """Import contests, each tied to the bureau that holds its key (R211-546). Raises ImportRefused, ElectionSealed."""
    stations = dict(election.stations.values_list("code", "pk"))
    imported = load_contests(election=election, content=content, stations=stations.keys(), actor=actor, at=at)
    contests = dict(election.contests.values_list("code", "pk"))
    StationContest.objects.filter(contest__election=election).delete()
    StationContest.objects.bulk_create(
        StationContest(station_id=stations[station], contest_id=contests[code])
        for code, station in imported.stations.items()
    )
    for contest in imported.removed:
        # After the commit: a transaction that fails must leave the keys of the contests that stay.
        transaction.on_commit(partial(destroy_link_key, contest))
    return imported


def _read_stations(file: CsvFile) -> dict[str, tuple[int, PollingStation]]:
    """Return the bureaux by code, with the line of each."""
    read: dict[str, tuple[int, PollingStation]] = {}
    for line in file.lines():
        code, name, kind = line.cells
        try:
            validate_slug(code)
        except ValidationError:
            file.fault(
                line.number, "code", _("Un code de bureau a des lettres sans accent, des chiffres, « - » et « _ ».")
            )
        first = next((number for each, (number, _s) in read.items() if each.casefold() == code.casefold()), None)
        if first is not None:
            file.fault(line.number, "code", _("Ce code est déjà à la ligne %(line)d.") % {"line": first})
        else:
            read[code] = (line.number, PollingStation(code=code, name=name, kind=kind))
    return read


def _read_members(file: CsvFile, stations: Mapping[str, object] | None) -> list[_ReadMember]:
    """Return the members; `stations` is None when bureaux are not all known, and then codes are not checked."""
    read: list[_ReadMember] = []
    seats: dict[tuple[str, str], int] = {}
    people: dict[str, _ReadMember] = {}
    for line in file.lines():
        station, role, email, last_name, first_names, civility, organisation = line.cells
        names = (last_name, first_names, civility)
        member = _ReadMember(line.number, station, role, email.lower(), *names, organisation)
        if stations is not None and station not in stations:
            file.fault(line.number, "station", _("Aucun bureau n’a ce code dans %(file)s.") % {"file": STATIONS_FILE})
        try:
            validate_email(email)
        except ValidationError:
            file.fault(line.number, "email", _("Ce n’est pas une adresse de courriel valable."))
        first = seats.setdefault((station, member.email), line.number)
        if first != line.number:
            message = _("Cette personne est déjà membre de ce bureau à la ligne %(line)d.") % {"line": first}
            file.fault(line.number, "email", message)
        same = people.setdefault(member.email, member)
        if (same.last_name, same.first_names, same.civility) != names:
            message = _("La même adresse porte un autre nom à la ligne %(line)d.") % {"line": same.line}
            file.fault(line.number, "email", message)
        if (role == Member.Role.DELEGATE) != bool(organisation):
            message = _("Un délégué représente une organisation ; président et secrétaire, aucune.")
            file.fault(line.number, "organisation", message)
        read.append(member)
    return read


def _check_accounts(file: CsvFile, election: Election, members: list[_ReadMember]) -> None:
    """Fault the members whose account is somebody else's.

    An agent of the desks, of whichever election, is no member, as `identity.agents` refuses the members of any bureau.
    The name of an administrator, or of a member of another election, is not this file's to change: minutes bear it.
    """
    accounts = Account.objects.filter(email__in={member.email for member in members})
    agents = set(accounts.filter(pk__in=StaffRole.objects.values("account")).values_list("email", flat=True))
    elsewhere = Member.objects.exclude(station__election=election).values("account")
    named = accounts.filter(Q(is_administrator=True) | Q(pk__in=elsewhere)).in_bulk(field_name="email")
    for member in members:
        if member.email in agents:
            file.fault(
                member.line, "email",
                _("Cette personne est agent d’un guichet : elle ne peut pas être membre d’un bureau de vote."),
            )  # fmt: skip
        account = named.get(member.email)
        names = (member.last_name, member.first_names, member.civility)
        if account is not None and (account.last_name, account.first_names, account.civility) != names:
            message = _("Cette adresse est celle d’un compte qui porte un autre nom, que ce fichier ne change pas.")
            file.fault(member.line, "email", message)


def _check_bureaux(
    file: CsvFile, stations: Mapping[str, tuple[int, PollingStation]], members: list[_ReadMember]
) -> None:
    """Each bureau has one president, one secretary and enough delegates for its key (R211-537, 545, 573)."""
    for code, (line, _station) in stations.items():
        roles = [member.role for member in members if member.station == code]
        if roles.count(Member.Role.PRESIDENT) != 1:
            file.fault(line, "code", _("Ce bureau doit avoir un président, et un seul."))
        if roles.count(Member.Role.SECRETARY) != 1:
            file.fault(line, "code", _("Ce bureau doit avoir un secrétaire, et un seul."))
        if not DELEGATES_THRESHOLD <= roles.count(Member.Role.DELEGATE) <= MOST_DELEGATES:
            facts = {"least": DELEGATES_THRESHOLD, "most": MOST_DELEGATES}
            file.fault(line, "code", _("Ce bureau doit avoir de %(least)d à %(most)d délégués.") % facts)


def _check_orphans(file: CsvFile, election: Election, stations: Mapping[str, object]) -> None:
    """A bureau that holds a contest cannot go away."""
    links = StationContest.objects.filter(station__election=election).order_by("station__code", "contest__code")
    for code, contest in links.values_list("station__code", "contest__code"):
        if code not in stations:
            facts = {"code": code, "contest": contest}
            file.fault(None, "code", _("Le bureau %(code)s manque alors qu’il a le scrutin %(contest)s.") % facts)


def _write(election: Election, stations: list[PollingStation], members: list[_ReadMember]) -> int:
    """Write bureaux, accounts, members and ceremonies; return how many ceremonies begin."""
    gone = election.stations.exclude(code__in=[station.code for station in stations])
    ceremonies = list(gone.values_list("ceremony_id", flat=True))
    gone.delete()
    Ceremony.objects.filter(pk__in=ceremonies).delete()
    written = _write_stations(election, stations)
    accounts = _write_accounts(members)
    organisations = ensure_organisations(election, (member.organisation for member in members if member.organisation))
    Member.objects.filter(station__election=election).delete()
    Member.objects.bulk_create(
        Member(
            station=written[member.station], account=accounts[member.email], role=member.role,
            organisation=organisations[folded(member.organisation)] if member.organisation else None,
        )
        for member in members
    )  # fmt: skip
    Organisation.objects.filter(election=election, lists=None, member=None).delete()
    return _write_ceremonies(written, members, accounts)


def _write_stations(election: Election, stations: list[PollingStation]) -> dict[str, PollingStation]:
    """Write the bureaux, each with its ceremony; return them by code."""
    codes = [station.code for station in stations]
    Ceremony.objects.bulk_create((Ceremony(election=election, code=code) for code in codes), ignore_conflicts=True)
    ceremonies = {ceremony.code: ceremony for ceremony in Ceremony.objects.filter(election=election)}
    for station in stations:
        station.election, station.ceremony = election, ceremonies[station.code]
    PollingStation.objects.bulk_create(
        stations, update_conflicts=True, unique_fields=("election", "code"), update_fields=("name", "kind")
    )
    return {station.code: station for station in election.stations.select_related("ceremony")}


def _write_accounts(members: list[_ReadMember]) -> dict[str, Account]:
    """Return the account of each member by address; new ones have no password that could be used."""
    named = {member.email: member for member in members}
    known = {account.email: account for account in Account.objects.filter(email__in=named)}
    new = {email: Account(email=email, password=make_password(None)) for email in named if email not in known}
    for email, account in (known | new).items():
        account.civility, account.first_names = named[email].civility, named[email].first_names
        account.last_name = named[email].last_name
    Account.objects.bulk_update(known.values(), ("civility", "first_names", "last_name"))
    Account.objects.bulk_create(new.values())
    return {account.email: account for account in Account.objects.filter(email__in=named)}


def _write_ceremonies(
    stations: Mapping[str, PollingStation], members: list[_ReadMember], accounts: Mapping[str, Account]
) -> int:
    """Make the groups of trustees of each bureau whose trustees changed; return how many."""
    chair_order: dict[str, int] = {Member.Role.PRESIDENT: 0, Member.Role.SECRETARY: 1}
    begun = 0
    for code, station in stations.items():
        own = [member for member in members if member.station == code]
        chair = sorted((each for each in own if each.role in chair_order), key=lambda each: chair_order[each.role])
        delegates = [each for each in own if each.role == Member.Role.DELEGATE]
        wanted: list[tuple[str, int, list[int]]] = [
            (TrusteeGroup.Role.CHAIR, CHAIR_THRESHOLD, [accounts[each.email].pk for each in chair]),
            (TrusteeGroup.Role.DELEGATES, DELEGATES_THRESHOLD, [accounts[each.email].pk for each in delegates]),
        ]
        present = [
            (group.role, group.threshold, [trustee.account_id for trustee in group.trustees.all()])
            for group in station.ceremony.groups.prefetch_related("trustees")
        ]
        if present != wanted:
            _begin_ceremony(station.ceremony, wanted)
            begun += 1
    return begun


def _begin_ceremony(ceremony: Ceremony, groups: list[tuple[str, int, list[int]]]) -> None:
    """Give the ceremony these groups, and forget what its former trustees had done."""
    ceremony.groups.all().delete()
    ceremony.trustees_record, ceremony.completed_at = "", None
    ceremony.save(update_fields=("trustees_record", "completed_at"))
    owner = 0
    for position, (role, threshold, accounts) in enumerate(groups, start=1):
        group = TrusteeGroup.objects.create(ceremony=ceremony, position=position, role=role, threshold=threshold)
        Trustee.objects.bulk_create(
            Trustee(group=group, index=index, owner=owner + index, account_id=account)
            for index, account in enumerate(accounts, start=1)
        )
        owner += len(accounts)
