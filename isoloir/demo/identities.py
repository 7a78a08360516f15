"""Who a visitor of the demonstration can be, with what each would have in hand."""

from dataclasses import dataclass

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from isoloir.elections.models import Election
from isoloir.identity.models import Account, StaffRole
from isoloir.pollingstation.models import PollingStation
from isoloir.roll.models import Voter
from isoloir.trustees.models import Trustee

from . import store
from .fiction.civil import civil_identity

_VOTERS_SHOWN = 6


@dataclass(frozen=True)
class Person:
    """A fictional person; what a role does not have is empty. `totp` is the code of this half minute."""

    name: str
    role: str
    address: str
    url: str
    password: str = ""
    totp: str = ""
    code: str = ""
    key_url: str = ""
    notice_url: str = ""
    second_address: str = ""
    numen: str = ""
    nir: str = ""
    birth: str = ""


@dataclass(frozen=True)
class Group:
    """People of one role."""

    title: str
    people: list[Person]


def groups_of_people(election: Election, station: PollingStation) -> list[Group]:
    """Return the people whom the visitor may play, by role."""
    staff = _staff(station)
    return [
        Group(_("Électeurs"), _voters(election)),
        Group(_("Bureau de vote"), [person for person, room in staff if room == "bureau"]),
        Group(_("Guichets"), [person for person, room in staff if room == "desk"]),
        Group(_("Administration"), [person for person, room in staff if room == "console"]),
    ]


def _voters(election: Election) -> list[Person]:
    codes = store.codes()
    rows = Voter.objects.filter(election=election).annotate(count=Count("entries")).order_by("-count", "reference")
    printed = set(store.notice_files())
    return [_voter(voter, codes.get(voter.reference, ""), printed) for voter in rows[:_VOTERS_SHOWN]]


def _voter(voter: Voter, code: str, printed: set[str]) -> Person:
    civil = civil_identity(
        reference=voter.reference, civility=voter.civility, last_name=voter.last_name, first_names=voter.first_names
    )
    facts = {"name": f"{civil.first_names} {civil.birth_name}", "date": f"{civil.birth_date:%d/%m/%Y}"}
    return Person(
        name=voter.full_name, role=_contests(voter.entries.count()), address=voter.email,
        url=reverse("voter:identification"), code=code,
        notice_url=_notice_url(f"{voter.establishment_code}.pdf", printed), second_address=voter.second_email,
        numen=civil.numen, nir=civil.nir, birth=_("%(name)s, %(date)s") % facts,
    )  # fmt: skip


def _contests(number: int) -> str:
    return ngettext("%d scrutin", "%d scrutins", number) % number


def _notice_url(name: str, printed: set[str]) -> str:
    return reverse("demo:notices", args=(name,)) if name in printed else ""


def _staff(station: PollingStation) -> list[tuple[Person, str]]:
    """Return everyone who signs in with a second factor, with the room of each: bureau, desk or console."""
    members = {member.account_id: str(member.get_role_display()) for member in station.members.all()}
    agents = {role.account_id: str(role.get_role_display()) for role in StaffRole.objects.all()}
    owners = dict(Trustee.objects.filter(group__ceremony=station.ceremony_id).values_list("account_id", "owner"))
    devices = {device.user_id: device for device in TOTPDevice.objects.all()}
    people = []
    for account in Account.objects.filter(pk__in=devices).order_by("pk"):
        room = "bureau" if account.pk in members else "desk" if account.pk in agents else "console"
        role = members.get(account.pk) or agents.get(account.pk) or _("administration")
        person = Person(
            name=account.full_name, role=role, address=account.email,
            url=reverse("desk:home") if room == "desk" else reverse("bureau:login"), password=store.PASSWORD,
            totp=_current_code(devices[account.pk]), key_url=_key_url(owners.get(account.pk, 0)),
        )  # fmt: skip
        people.append((person, room))
    return people


def _key_url(owner: int) -> str:
    return reverse("demo:key_file", args=(owner,)) if store.key_file(owner) else ""


def _current_code(device: TOTPDevice) -> str:
    """Return the code that the member's telephone would show now (RFC 6238)."""
    code = totp(device.bin_key, step=device.step, t0=device.t0, digits=device.digits)
    return f"{code:0{device.digits}d}"
