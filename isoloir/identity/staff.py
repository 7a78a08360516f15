"""Access of members and administrators: a password and a TOTP device, made here and handed over in person."""

import csv
import io
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django_otp.plugins.otp_totp.models import TOTPDevice

from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind

from .models import Account

# No character that is read for another; 20 of them are 99 bits.
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP_LENGTH = 4, 5


@dataclass(frozen=True, slots=True)
class IssuedAccess:
    """What one member is handed: the secrets exist nowhere else in the clear. `repr` never shows them."""

    name: str
    email: str
    password: str = field(repr=False)
    device_url: str = field(repr=False)


@transaction.atomic
def issue_access(*, accounts: Iterable[Account], actor: str, at: datetime) -> list[IssuedAccess]:
    """Give each account a new random password and a new TOTP device; former ones die at once."""
    issued = []
    for account in accounts:
        password = "-".join(
            "".join(secrets.choice(_ALPHABET) for _character in range(_GROUP_LENGTH)) for _group in range(_GROUPS)
        )
        account.set_password(password)
        account.save(update_fields=("password",))
        TOTPDevice.objects.filter(user=account).delete()
        device = TOTPDevice.objects.create(user=account, name="application", confirmed=True)
        issued.append(IssuedAccess(account.full_name, account.email, password, device.config_url))
    record(Kind.MEMBERS_INVITED, actor=actor, at=at, facts={"accounts": len(issued)})
    return issued


def access_file(issued: Iterable[IssuedAccess]) -> bytes:
    """Return the accesses as a CSV file (UTF-8, `;`): name, address, password, address of the TOTP device."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";", lineterminator="\n")
    writer.writerow(("name", "email", "password", "totp"))
    writer.writerows((each.name, each.email, each.password, each.device_url) for each in issued)
    return stream.getvalue().encode()
