"""A small election and its people, for tests of the account and of the pages."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from isoloir.captcha.actions import issue_challenge
from isoloir.elections.models import CandidateList, Contest, Election, Organisation
from isoloir.identity.models import Account, VoterAccount
from isoloir.roll.models import RollEntry, Voter, VoterAddress, address_key
from isoloir.roll.names import write_names

OPENS = datetime(2026, 12, 3, 7, 0, tzinfo=UTC)
CLOSES = datetime(2026, 12, 10, 16, 0, tzinfo=UTC)
BEFORE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DURING = datetime(2026, 12, 4, 9, 0, tzinfo=UTC)
PASSWORD = "Chouette-Effraie-7"
STAFF_PASSWORD = "Hibou-Grand-Duc-8"

_instant = BEFORE


def read_clock() -> datetime:
    """The setting CLOCK of these tests."""
    return _instant


def set_clock(instant: datetime) -> datetime:
    global _instant  # noqa: PLW0603  A clock has one state; the fixture puts it back.
    _instant = instant
    return instant


def pass_time(delay: timedelta) -> datetime:
    return set_clock(_instant + delay)


def text(answer: Any) -> str:
    """Return a page as one reads it: no-break spaces are spaces."""
    return answer.content.decode().replace("\u00a0", " ").replace("\u202f", " ")


def make_election(**changes: Any) -> Election:
    values: dict[str, Any] = {
        "slug": "election-2026",
        "name": "Élections professionnelles 2026",
        "organiser": "Académie de Valmont",
        "help_line": "01 99 00 12 34",
        "portal_opens_at": datetime(2026, 10, 13, 7, 0, tzinfo=UTC),
        "lists_shown_at": datetime(2026, 11, 5, 8, 0, tzinfo=UTC),
        "voting_opens_at": OPENS,
        "voting_closes_at": CLOSES,
        "lists_drawn_on": date(2026, 11, 4),
    }
    return Election.objects.create(**values | changes)


def make_contest(election: Election, code: str = "CSA", **changes: Any) -> Contest:
    values: dict[str, Any] = {
        "code": code,
        "uuid": f"{code.replace('-', '')}111111111111111111111111"[:22].replace("0", "1").replace("I", "J"),
        "name": f"Scrutin {code}",
        "instance": "csa",
        "kind": "list",
        "seats": 10,
    }
    contest = Contest.objects.create(election=election, **values | changes)
    for position, name in enumerate(("Union des Écoles", "Agir Ensemble"), start=1):
        organisation, _made = Organisation.objects.get_or_create(election=election, name=name)
        entry = CandidateList.objects.create(
            contest=contest, position=position, name=f"Liste {name}", logo_png=b"\x89PNG", logo_text=f"Logo {name}",
            statement="Premier paragraphe.\n\nSecond paragraphe.", affiliation="Fédération fictive",
        )  # fmt: skip
        entry.organisations.add(organisation)
        entry.candidates.create(rank=1, civility="Mme", first_names="Anne", last_name=f"EXEMPLE-{position}")
    return contest


def make_voter(
    election: Election, *contests: Contest, email: str = "anne.dupont@valmont.example", **changes: Any
) -> Voter:
    values: dict[str, Any] = {
        "reference": f"V-{email}"[:40], "civility": "Mme", "last_name": "Dupont", "first_names": "Anne",
        "email": email, "academy": "Valmont",
        "establishment_code": "0990001A", "establishment": "Collège des Tilleuls",
    }  # fmt: skip
    voter = Voter.objects.create(election=election, **values | changes)
    for address in filter(None, (voter.email, voter.second_email)):
        VoterAddress.objects.create(election=election, voter=voter, key=address_key(address))
    write_names(RollEntry.objects.bulk_create(RollEntry(voter=voter, contest=contest) for contest in contests))
    return voter


def activate(voter: Voter, *, at: datetime = BEFORE, password: str = PASSWORD) -> VoterAccount:
    return VoterAccount.objects.create(
        voter=voter, password=make_password(password), activated_at=at, password_set_at=at
    )


def captcha() -> dict[str, str]:
    """Return the fields of a CAPTCHA answered right: the test back end has one code for all."""
    return {"captcha_0": issue_challenge(at=read_clock()), "captcha_1": "00000"}


def identify(client: Client, email: str) -> Any:
    """Send the identification page; return the answer, which leads to the password page whoever this is."""
    return client.post("/identification/", {"email": email, **captcha()})


def sign_in(client: Client, email: str, password: str = PASSWORD) -> None:
    """Walk the two pages; the client is in the voter space afterwards."""
    identify(client, email)
    answer = client.post("/mot-de-passe/", {"password": password})
    assert answer.status_code == 302, answer.content.decode()
    assert answer.url == "/espace/"


def make_member(email: str, **changes: Any) -> Account:
    account = Account.objects.create_user(
        email=email, password=STAFF_PASSWORD, civility="M.", first_names="Paul", last_name="Durand", **changes
    )
    TOTPDevice.objects.create(user=account, name="téléphone")
    return account


def current_code(account: Account) -> str:
    """What the member's application shows now; django-otp reads the machine's own clock."""
    device = TOTPDevice.objects.get(user=account)
    return f"{TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift).token():06d}"


def sign_in_member(client: Client, account: Account) -> None:
    client.post("/bureau/connexion/", {"email": account.email, "password": STAFF_PASSWORD})
    answer = client.post("/bureau/connexion/code/", {"code": current_code(account)})
    assert answer.status_code == 302, answer.content.decode()
