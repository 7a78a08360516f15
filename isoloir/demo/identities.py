"""Who a visitor of the demonstration can be, with what each would have in hand."""

from dataclasses import dataclass

from django.db.models import Count
from django.utils.translation import gettext as _
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from isoloir.elections.models import Election
from isoloir.identity.models import Account
from isoloir.pollingstation.models import PollingStation
from isoloir.roll.models import Voter
from isoloir.trustees.models import Trustee

from . import store

_VOTERS_SHOWN = 6


@dataclass(frozen=True)
class VoterIdentity:
    """A voter: address of the mailbox, voting code of the notice."""

    name: str
    email: str
    code: str
    contests: int
    notice: str


@dataclass(frozen=True)
class StaffIdentity:
    """A member of the bureau or an administrator: password, the TOTP code of this half minute, and the key if one was made."""

    name: str
    role: str
    email: str
    password: str
    totp: str
    owner: int | None
    has_key_file: bool


@dataclass(frozen=True)
class Identities:
    voters: list[VoterIdentity]
    staff: list[StaffIdentity]
    passphrase: str


def identities(election: Election, station: PollingStation) -> Identities:
    """Return the people whom the visitor may play."""
    return Identities(voters=_voters(election), staff=_staff(station), passphrase=store.PASSPHRASE)


def _voters(election: Election) -> list[VoterIdentity]:
    codes = store.codes()
    rows = Voter.objects.filter(election=election).annotate(count=Count("entries")).order_by("-count", "reference")
    return [
        VoterIdentity(
            name=voter.full_name, email=voter.email, code=codes.get(voter.reference, ""),
            contests=voter.count, notice=f"{voter.establishment_code}.pdf",
        )
        for voter in rows[:_VOTERS_SHOWN]
    ]  # fmt: skip


def _staff(station: PollingStation) -> list[StaffIdentity]:
    roles = {member.account_id: str(member.get_role_display()) for member in station.members.all()}
    owners = dict(Trustee.objects.filter(group__ceremony=station.ceremony_id).values_list("account_id", "owner"))
    devices = {device.user_id: device for device in TOTPDevice.objects.all()}
    return [
        StaffIdentity(
            name=account.full_name, role=roles.get(account.pk, _("administration")), email=account.email,
            password=store.PASSWORD, totp=_current_code(devices[account.pk]), owner=owners.get(account.pk),
            has_key_file=store.key_file(owners.get(account.pk, 0)) is not None,
        )
        for account in Account.objects.filter(pk__in=devices).order_by("-is_administrator", "pk")
    ]  # fmt: skip


def _current_code(device: TOTPDevice) -> str:
    """Return the code that the member's telephone would show now (RFC 6238)."""
    code = totp(device.bin_key, step=device.step, t0=device.t0, digits=device.digits)
    return f"{code:0{device.digits}d}"
