"""Setting up a fictional election through the real parts: import, authority, link keys, members' sign-in."""

import csv
import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path

from django.contrib.auth.hashers import make_password
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from isoloir.common.clock import PARIS
from isoloir.credentials.authority.codesfiles import open_codes
from isoloir.credentials.authority.issue import issue_codes
from isoloir.credentials.authority.printing import print_notices
from isoloir.credentials.authority.recipients import make_identity, read_identities
from isoloir.credentials.authority.request import Progress, read_request, unseen
from isoloir.credentials.identifiers import IDENTIFIERS_FILE
from isoloir.credentials.imports import import_slots
from isoloir.credentials.reissue.policies import DEFAULT_POLICIES
from isoloir.credentials.reissue.rules import choose_rules, warning_codes, warnings_by_policy
from isoloir.credentials.request import export_credential_request
from isoloir.elections.actions import Calendar, ReissueRules, create_election
from isoloir.elections.draw import announce_draw, make_draw
from isoloir.elections.models import Election
from isoloir.identity.challenge import install_default_questions
from isoloir.identity.models import Account
from isoloir.pollingstation.files import import_files, read_folder

from .claims import receive_claims
from .fiction import write_fiction
from .fiction.civil import civil_identity, identifiers_file
from .registrar import STORE, make_registrar

ACTOR = "démonstration"
PRINTER_KEY = "printer.key"
# A lottery that nobody drew: the demonstration's seed is known to all, and says so.
DRAW_SOURCE = "Loto fictif de la démonstration, numéros inventés"
DRAW_SEED, DRAW_SHAPE = "9 18 26 34 41 / 7", "5 de 1 à 49 / 1 de 1 à 10"
REISSUE_POLICIES = ("challenge", "franceconnect")


def calendar_from(at: datetime) -> Calendar:
    """Return a calendar in which the portal is open, lists are shown, and voting opens in two days at eight for a week."""
    local = timezone.localtime(at, PARIS)
    opens = (local + timedelta(days=2)).replace(hour=8, minute=0, second=0, microsecond=0)
    closes = (opens + timedelta(days=7)).replace(hour=17)
    return Calendar(
        portal_opens_at=at - timedelta(days=1), lists_shown_at=at - timedelta(hours=1),
        voting_opens_at=opens, voting_closes_at=closes,
    )  # fmt: skip


def prepare_election(
    *, directory: Path, voters: int, contests: int, seed: int, at: datetime, progress: Progress = unseen
) -> Election:
    """Invent an election, import it, issue its codes, and import its slots; files are left in `directory`.

    Leaves `fiction/` (what was imported), `request/`, `authority/` (encrypted codes, and slots), `printer.key`, the age
    identity of the fictional printer, and `registrar/`, the store of the fictional registrar, which is still to be served.
    """
    write_fiction(directory / "fiction", voters=voters, contests=contests, seed=seed)
    _write_identifiers(directory / "fiction")
    election = create_election(
        slug="valmorane", name="Élections professionnelles de l’académie de Valmorane",
        organiser="Rectorat de l’académie de Valmorane (fictive)", help_line="01 99 00 12 34 (numéro fictif)",
        calendar=calendar_from(at), actor=ACTOR, at=at,
    )  # fmt: skip
    install_default_questions(election)
    import_files(election=election, files=read_folder(directory / "fiction"), actor=ACTOR, at=at)
    _draw_the_lists(election, at=at)
    _offer_reissue(election, at=at)
    # Before the codes are issued: afterwards no roll changes, and no claim is received.
    receive_claims(election, at=at)
    request = directory / "request"
    shutil.rmtree(request, ignore_errors=True)
    export_credential_request(election=election, directory=request, actor=ACTOR, at=at)
    (directory / PRINTER_KEY).unlink(missing_ok=True)
    printer = make_identity(directory / PRINTER_KEY)
    issue_codes(read_request(request), directory / "authority", recipients=[printer], progress=progress)
    import_slots(election=election, directory=directory / "authority" / "portal", actor=ACTOR, at=at)
    shutil.rmtree(directory / STORE, ignore_errors=True)
    make_registrar(directory)
    return Election.objects.get(pk=election.pk)


def _write_identifiers(fiction: Path) -> None:
    """Write identifiers.csv beside the roll: what each of its voters can prove."""
    with (fiction / "voters.csv").open(encoding="utf-8", newline="") as stream:
        names = ("reference", "civility", "last_name", "first_names")
        people = [
            civil_identity(**{name: row[name] for name in names}) for row in csv.DictReader(stream, delimiter=";")
        ]
    (fiction / IDENTIFIERS_FILE).write_bytes(identifiers_file(people))


def _draw_the_lists(election: Election, *, at: datetime) -> None:
    """Announce the draw of the order of lists, and make it a second later."""
    drawn_at = at + timedelta(seconds=1)
    announcement = announce_draw(
        election=election, source=DRAW_SOURCE, source_at=drawn_at, seed_shape=DRAW_SHAPE, actor=ACTOR, at=at
    )
    make_draw(announcement=announcement, seed=DRAW_SEED, actor=ACTOR, at=drawn_at)


def _offer_reissue(election: Election, *, at: datetime) -> None:
    """Offer the ways of 2022, from the opening of the vote; the fictional organiser has read the warnings."""
    policies = [DEFAULT_POLICIES[code] for code in REISSUE_POLICIES]
    rules = ReissueRules(policies=[policy.as_json() for policy in policies], limit=3)
    acknowledged = warning_codes(warnings_by_policy(policies, election))
    choose_rules(election=election, rules=rules, acknowledged=acknowledged, actor=ACTOR, at=at)


def print_all_notices(directory: Path) -> None:
    """Print the notices of the election prepared in `directory`, one file per establishment, in `notices/`.

    `printing/` is what the printer would be sent: the same files by académie, with the order of distribution.
    """
    printing, notices = directory / "printing", directory / "notices"
    codes = open_codes(directory / "authority" / "private", read_identities(directory / PRINTER_KEY))
    print_notices(codes, printing, on=timezone.localdate(timezone=PARIS))
    notices.mkdir()
    for path in sorted(printing.rglob("*.pdf")):
        os.link(path, notices / path.name)


def give_sign_in(accounts: list[Account], *, password: str) -> None:
    """Give fictional members one password, and a TOTP device each."""
    encoded = make_password(password)
    Account.objects.filter(pk__in=[account.pk for account in accounts]).update(password=encoded)
    TOTPDevice.objects.bulk_create(
        TOTPDevice(user=account, name="démonstration", confirmed=True) for account in accounts
    )
