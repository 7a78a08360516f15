"""`isoloir portal`: preparing an election on the portal's machine (docs/runbooks/preparing-an-election.md).

What the console does from a browser, and what only a person with a hand on the machine may do: making the election, the
first administrator, and the members' means of signing in.
"""

import argparse
import os
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from .progress import ProgressBar
from .setup import start_django

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from isoloir.elections.models import Election
    from isoloir.identity.models import Account

_ACTOR = "commande"
_PARIS = ZoneInfo("Europe/Paris")
Act = Callable[[argparse.Namespace], None]


class PortalRefused(Exception):
    """The command cannot be done; the sentence says why."""


def add_parser(subparsers: Any) -> None:
    """Add `portal` and its sub-commands to the program's commands."""
    parser = subparsers.add_parser("portal", help="préparer une élection sur la machine du portail")
    commands = parser.add_subparsers(required=True, metavar="ACTION")
    _add_creation(commands)
    _add_import(commands)
    _add_exchange(commands)
    _add_people(commands)


def _command(commands: Any, name: str, act: Act, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(run=lambda options: _guarded(act, options))
    return parser


def _election_command(commands: Any, name: str, act: Act, text: str) -> argparse.ArgumentParser:
    parser = _command(commands, name, act, text)
    parser.add_argument("--election", metavar="SLUG", help="nom court de l’élection (la plus récente)")
    return parser


def _add_creation(commands: Any) -> None:
    parser = _command(commands, "create-election", _create_election, "crée une élection et son calendrier")
    parser.add_argument("--slug", required=True, help="nom court : lettres, chiffres, tirets")
    parser.add_argument("--name", required=True, help="nom de l’élection")
    parser.add_argument("--organiser", required=True, help="autorité organisatrice")
    parser.add_argument("--help-line", required=True, help="assistance, telle que les électeurs la lisent")
    for option, text in (
        ("--portal-opens", "ouverture du portail"), ("--lists-shown", "affichage des listes"),
        ("--voting-opens", "ouverture du vote"), ("--voting-closes", "clôture du vote"),
    ):  # fmt: skip
        parser.add_argument(option, required=True, type=paris_instant, metavar="AAAA-MM-JJTHH:MM", help=f"{text} (heure de Paris)")  # fmt: skip
    parser.add_argument("--grace", type=int, default=30, metavar="MINUTES", help="délai après la clôture (30)")
    parser.add_argument(
        "--password-policy", default="2022", metavar="ANNÉE", help="règles des mots de passe : 2022 (sinon 2018)"
    )
    parser.add_argument("--lists-drawn-on", type=date.fromisoformat, metavar="AAAA-MM-JJ", help="tirage fait ailleurs")


def _add_import(commands: Any) -> None:
    parser = _election_command(commands, "import", _import, "importe les fichiers CSV d’un dossier, tout ou rien")
    parser.add_argument(
        "directory", type=Path, metavar="DIR", help="stations, members, contests, lists, candidates, voters"
    )


def _add_exchange(commands: Any) -> None:
    parser = _election_command(commands, "export-request", _export_request, "écrit la demande pour l’autorité de codes")
    parser.add_argument("directory", type=Path, metavar="DIR", help="dossier à créer")
    parser = _election_command(commands, "import-slots", _import_slots, "reçoit le dossier « portal » de l’autorité")
    parser.add_argument("directory", type=Path, metavar="DIR", help="dossier qui contient manifest.json")


def _add_people(commands: Any) -> None:
    parser = _election_command(
        commands, "invite", _invite, "envoie la campagne d’ouverture aux électeurs pas encore invités"
    )
    parser.add_argument("--remind", action="store_true", help="relance plutôt les électeurs sans compte activé")
    parser = _election_command(
        commands, "invite-members", _invite_members,
        "donne mot de passe et TOTP aux membres qui n’en ont pas, dans un fichier à remettre en main propre",
    )  # fmt: skip
    parser.add_argument("file", type=Path, metavar="FICHIER", help="fichier à créer, lisible par son seul propriétaire")
    parser.add_argument("--again", metavar="COURRIEL", help="ce membre seulement, même s’il en a déjà")
    parser = _election_command(
        commands, "import-agents", _import_agents, "importe les agents des guichets, tout ou rien"
    )
    parser.add_argument("file", type=Path, metavar="FICHIER", help="agents.csv")
    parser = _election_command(
        commands, "invite-agents", _invite_agents,
        "donne mot de passe et TOTP aux agents qui n’en ont pas, dans un fichier à remettre en main propre",
    )  # fmt: skip
    parser.add_argument("file", type=Path, metavar="FICHIER", help="fichier à créer, lisible par son seul propriétaire")
    parser.add_argument("--again", metavar="COURRIEL", help="cet agent seulement, même s’il en a déjà")
    parser = _command(commands, "add-administrator", _add_administrator, "crée un compte d’administration")
    parser.add_argument("--email", required=True)
    parser.add_argument("--last-name", required=True)
    parser.add_argument("--first-names", required=True)
    parser.add_argument("file", type=Path, metavar="FICHIER", help="fichier à créer, lisible par son seul propriétaire")


def paris_instant(text: str) -> datetime:
    """Read a date and hour of Paris. Raises ValueError for an hour that a change of hour repeats or leaves out."""
    local = datetime.fromisoformat(text)
    if local.tzinfo is not None:
        raise ValueError(text)
    first, second = (local.replace(tzinfo=_PARIS, fold=fold).utcoffset() for fold in (0, 1))
    if first != second:
        raise ValueError(text)
    return local.replace(tzinfo=_PARIS)


def _guarded(act: Act, options: argparse.Namespace) -> int:
    """Run one action; tell a refusal in sentences and return 1 (nothing was changed)."""
    start_django()
    from django.core.exceptions import ValidationError
    from django.db import OperationalError, ProgrammingError

    from isoloir.common.errors import ImportRefused
    from isoloir.credentials.errors import RequestRefused
    from isoloir.elections.errors import CalendarRefused, ElectionRefused
    from isoloir.roll.errors import RollRefused

    try:
        act(options)
    except ImportRefused as refusal:
        for fault in refusal.faults:
            print(fault, file=sys.stderr)
        print(f"Rien n’a été importé : {refusal.total} faute(s).", file=sys.stderr)
    except CalendarRefused as refusal:
        print("\n".join(refusal.faults.values()), file=sys.stderr)
    except ValidationError as refusal:
        print("\n".join(refusal.messages), file=sys.stderr)
    except (ElectionRefused, RollRefused, RequestRefused) as refusal:
        print(refusal.sentence, file=sys.stderr)
    except PortalRefused as refusal:
        print(refusal, file=sys.stderr)
    except (OperationalError, ProgrammingError):
        # Unreachable, or not yet made (`manage.py migrate`): its own words may hold the name of a host or an account.
        print(
            "La base de données ne répond pas, ou ses tables ne sont pas faites : lancez « migrate ».", file=sys.stderr
        )
    except OSError as trouble:
        # The system's own sentence names a path, never what is in the file.
        print(
            f"{trouble.strerror or 'ce dossier existe déjà et n’est pas vide'} : {trouble.filename or ''}",
            file=sys.stderr,
        )
    else:
        return 0
    return 1


def _election(options: argparse.Namespace) -> "Election":

    from isoloir.elections.models import Election

    if options.election:
        election = Election.objects.filter(slug=options.election).first()
    else:
        election = Election.objects.current()
    if election is None:
        raise PortalRefused("Cette élection n’existe pas : « isoloir portal create-election » en crée une.")
    return election


def _now() -> datetime:
    from isoloir.common.clock import current_time

    return current_time()


def _create_election(options: argparse.Namespace) -> None:
    from isoloir.elections.actions import Calendar, create_election
    from isoloir.identity.challenge import install_default_questions
    from isoloir.identity.passwords import POLICIES

    if options.password_policy not in POLICIES:
        raise PortalRefused(f"Ces règles de mot de passe n’existent pas ; il y a : {', '.join(POLICIES)}.")
    calendar = Calendar(
        portal_opens_at=options.portal_opens,
        lists_shown_at=options.lists_shown,
        voting_opens_at=options.voting_opens,
        voting_closes_at=options.voting_closes,
        grace=timedelta(minutes=options.grace),
        lists_drawn_on=options.lists_drawn_on,
    )
    election = create_election(
        slug=options.slug, name=options.name, organiser=options.organiser, help_line=options.help_line,
        calendar=calendar, password_policy=options.password_policy, actor=_ACTOR, at=_now(),
    )  # fmt: skip
    install_default_questions(election)
    print(f"Élection créée : {election.slug}")


def _import(options: argparse.Namespace) -> None:
    from isoloir.pollingstation.files import import_files, read_folder

    if not options.directory.is_dir():
        raise PortalRefused(f"Ce dossier n’existe pas : {options.directory}")
    try:
        files = read_folder(options.directory)
    except ValueError:
        raise PortalRefused("Ce dossier a trop de fichiers, ou des fichiers trop gros.") from None
    for sentence in import_files(election=_election(options), files=files, actor=_ACTOR, at=_now()):
        print(sentence)


def _export_request(options: argparse.Namespace) -> None:
    from isoloir.credentials.request import export_credential_request

    digests = export_credential_request(
        election=_election(options), directory=options.directory, actor=_ACTOR, at=_now()
    )
    for name, digest in digests.items():
        print(f"{digest}  {options.directory / name}")


def _import_slots(options: argparse.Namespace) -> None:
    from isoloir.credentials.imports import import_slots

    done = import_slots(election=_election(options), directory=options.directory, actor=_ACTOR, at=_now())
    for code, slots in done.slots_by_contest.items():
        print(f"{code} : {slots} clés publiques")


def _invite(options: argparse.Namespace) -> None:
    from isoloir.identity.campaigns import campaign_progress, finish_campaign, open_campaign
    from isoloir.identity.errors import IdentityRefused
    from isoloir.identity.models import Campaign

    at = _now()
    kind = Campaign.Kind.REMINDER if options.remind else Campaign.Kind.OPENING
    try:
        campaign = open_campaign(election=_election(options), kind=kind, actor=_ACTOR, at=at)
    except IdentityRefused as refusal:
        raise PortalRefused(refusal.message) from None
    total = campaign_progress(campaign).waiting
    with ProgressBar("Courriels mis en file") as bar:
        queued = finish_campaign(campaign, at=at, progress=lambda done: bar.show(done, total))
    print(f"Courriels mis en file : {queued}")


def _invite_members(options: argparse.Namespace) -> None:
    from isoloir.identity.models import Account

    members = Account.objects.filter(memberships__station__election=_election(options)).distinct().order_by("email")
    _write_access(
        options.file, lambda: _without_access(members, options, "Aucun membre de cette élection n’a cette adresse.")
    )


def _import_agents(options: argparse.Namespace) -> None:
    from isoloir.identity.agents import import_agents

    content = options.file.read_bytes()
    done = import_agents(election=_election(options), content=content, actor=_ACTOR, at=_now())
    print(f"Agents : {done.agents}. Comptes créés : {done.accounts}. Rôles donnés : {done.roles}.")


def _invite_agents(options: argparse.Namespace) -> None:
    from isoloir.identity.models import Account

    agents = Account.objects.filter(roles__election=_election(options)).distinct().order_by("email")
    _write_access(
        options.file, lambda: _without_access(agents, options, "Aucun agent de cette élection n’a cette adresse.")
    )


def _without_access(accounts: "QuerySet[Account]", options: argparse.Namespace, absent: str) -> "list[Account]":
    """Return the accounts to give an access to: those without one, or the one that `--again` names."""
    if not options.again:
        return [account for account in accounts if not account.has_usable_password()]
    chosen = list(accounts.filter(email=options.again.strip().lower()))
    if not chosen:
        raise PortalRefused(absent)
    return chosen


def _add_administrator(options: argparse.Namespace) -> None:
    from isoloir.identity.models import Account

    email = options.email.strip().lower()

    def make() -> "list[Account]":
        account = Account(
            email=email, last_name=options.last_name, first_names=options.first_names, is_administrator=True
        )
        account.set_unusable_password()
        account.full_clean()
        account.save()
        return [account]

    _write_access(options.file, make)


def _write_access(path: Path, choose: "Callable[[], list[Account]]") -> None:
    """Issue accesses and write them, or change nothing: the file is on the disk before the passwords are in the database."""
    from django.db import transaction

    from isoloir.identity.staff import access_file, issue_access

    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream, transaction.atomic():
            issued = issue_access(accounts=choose(), actor=_ACTOR, at=_now())
            stream.write(access_file(issued))
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException:
        path.unlink()
        raise
    print(f"Accès écrits : {len(issued)}, dans {path}. À remettre en main propre, puis à détruire.")
