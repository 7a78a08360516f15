"""`isoloir codes`: the credential authority on the command line (see docs/runbooks/credential-authority.md).

Nothing secret is ever written on the standard output or on the standard error: paths, counts, fingerprints and faults
only.  No secret is taken from the command line either: identities are read from files, recipients are public.
"""

import argparse
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from isoloir.commands.arguments import count_from
from isoloir.commands.progress import ProgressBar
from isoloir.credentials.authority.assembly import manifest_fingerprint
from isoloir.credentials.authority.codesfiles import CodesDirectory, open_codes
from isoloir.credentials.authority.errors import AuthorityError, RequestRefused
from isoloir.credentials.authority.exchange import refuse_used_directory
from isoloir.credentials.authority.issue import issue_codes
from isoloir.credentials.authority.printing import print_notices
from isoloir.credentials.authority.recipients import make_identity, read_identities, read_recipients
from isoloir.credentials.authority.reprints import reprint_notices
from isoloir.credentials.authority.request import CredentialRequest, read_request
from isoloir.credentials.authority.workers import forbid_core_dumps
from isoloir.credentials.authority.workplace import working_directory
from isoloir.documents.errors import DocumentError
from isoloir.documents.notices import Delivery

_DESCRIPTION = """\
Autorité de codes : émet les codes de vote et imprime les notices, loin du portail.
(Credential authority: issues voting codes and prints notices, away from the portal.)
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `codes keygen`, `codes issue`, `codes notices` and `codes reprint` to the program's commands."""
    parser = subparsers.add_parser(
        "codes", help="émettre les codes de vote, imprimer les notices", description=_DESCRIPTION
    )
    commands = parser.add_subparsers(dest="codes_command", required=True, metavar="keygen|issue|notices|reprint")
    keygen = commands.add_parser("keygen", help="créer une identité age, et dire son destinataire, qui est public")
    keygen.add_argument("--out", type=Path, required=True, metavar="FILE", help="fichier d’identité à créer (0600)")
    keygen.set_defaults(run=_guarded(_make_key))
    _add_issue(commands)
    notices = commands.add_parser("notices", help="imprimer les notices, un fichier par établissement")
    _add_printing(notices)
    _add_jobs(notices)
    notices.set_defaults(run=_guarded(_print))
    reprint = commands.add_parser("reprint", help="réimprimer des notices : même code, édition suivante")
    _add_printing(reprint)
    reprint.add_argument(
        "--number", action="append", required=True, metavar="N", help="numéro de la notice (répétable)"
    )
    reprint.add_argument("--reason", required=True, metavar="TEXTE", help="motif, inscrit au journal de l’autorité")
    reprint.add_argument("--log", type=Path, required=True, metavar="FILE", help="journal des réimpressions")
    reprint.set_defaults(run=_guarded(_reprint))


def _add_issue(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    issue = commands.add_parser("issue", help="émettre les codes d’une demande exportée par le portail")
    issue.add_argument("--request", type=Path, required=True, metavar="DIR", help="demande exportée par le portail")
    issue.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="dossier à créer : portal/, registrar/, private/"
    )
    issue.add_argument(
        "--printer", action="append", required=True, metavar="AGE", help="clé publique age de l’imprimeur (répétable)"
    )
    issue.add_argument(
        "--escrow", action="append", default=[], metavar="AGE", help="clé publique age du séquestre (répétable)"
    )
    issue.add_argument(
        "--shard", type=count_from(1), metavar="N", help="électeurs par lot, à peu près (4096) : ce qu’un arrêt perd"
    )
    _add_jobs(issue)
    issue.set_defaults(run=_guarded(_issue))


def _add_printing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--private", type=Path, required=True, metavar="DIR", help="dossier private/ de l’émission")
    parser.add_argument(
        "--identity", type=Path, required=True, metavar="FILE", help="fichier d’identité age de qui imprime"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="dossier à créer")
    parser.add_argument(
        "--recipient",
        action="append",
        default=[],
        metavar="AGE",
        help="chiffrer les fichiers pour cette clé (répétable)",
    )
    parser.add_argument(
        "--template", type=Delivery, choices=list(Delivery), default=Delivery.HAND, metavar="hand|post",
        help="remise en main propre contre signature (hand) ou envoi postal (post)",
    )  # fmt: skip


def _add_jobs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--jobs", type=count_from(1), default=os.cpu_count() or 1, metavar="N", help="processus")


def _guarded(work: Callable[[argparse.Namespace], None]) -> Callable[[argparse.Namespace], int]:
    """Return the command with its exit status: 0, or 1 when something was refused or failed."""

    def run(arguments: argparse.Namespace) -> int:
        forbid_core_dumps()
        try:
            work(arguments)
        except RequestRefused as refusal:
            for fault in refusal.faults:
                print(fault, file=sys.stderr)
            print(refusal, file=sys.stderr)
        except (AuthorityError, DocumentError) as refusal:
            print(refusal, file=sys.stderr)
        except OSError as trouble:
            # The system's own sentence names a path, never what is in the file.
            print(f"{trouble.strerror} : {trouble.filename}", file=sys.stderr)
        else:
            return 0
        return 1

    return run


def _make_key(arguments: argparse.Namespace) -> None:
    print(make_identity(arguments.out))


def _issue(arguments: argparse.Namespace) -> None:
    # Said before a million lines are read for nothing.
    refuse_used_directory(arguments.out)
    recipients = [*arguments.printer, *arguments.escrow]
    read_recipients(recipients)
    request = _read(arguments.request)
    if working_directory(arguments.out).exists():
        print("Émission inachevée : reprise.", file=sys.stderr)
    with ProgressBar("Ordre de distribution") as planning, ProgressBar("Codes") as bar:
        issue_codes(
            request, arguments.out, recipients=recipients, jobs=_jobs(arguments), voters_per_shard=arguments.shard,
            progress=bar.show, planning=planning.show,
        )  # fmt: skip
    print(f"{len(request.offsets)} codes, {len(request.contests)} scrutins : {arguments.out}")
    for name in ("portal", "registrar", "private"):
        print(f"{name}/manifest.json SHA-256 {manifest_fingerprint(arguments.out / name / 'manifest.json')}")


def _read(directory: Path) -> CredentialRequest:
    with ProgressBar("Contrôle de la demande") as bar:
        return read_request(directory, progress=bar.show)


def _jobs(arguments: argparse.Namespace) -> int:
    return min(int(arguments.jobs), os.cpu_count() or 1)


def _open(arguments: argparse.Namespace) -> CodesDirectory:
    refuse_used_directory(arguments.out)
    return open_codes(arguments.private, read_identities(arguments.identity))


def _print(arguments: argparse.Namespace) -> None:
    codes = _open(arguments)
    with ProgressBar("Notices") as bar:
        print_notices(
            codes, arguments.out, on=_now().date(), delivery=arguments.template, recipients=arguments.recipient,
            jobs=_jobs(arguments), progress=bar.show,
        )  # fmt: skip
    print(f"{codes.sheets} notices : {arguments.out}")


def _reprint(arguments: argparse.Namespace) -> None:
    editions = reprint_notices(
        _open(arguments), arguments.number, arguments.out, log=arguments.log, reason=arguments.reason, at=_now(),
        delivery=arguments.template, recipients=arguments.recipient,
    )  # fmt: skip
    for number, edition in editions.items():
        print(f"{number} : édition {edition} ; détruisez l’édition précédente.")
    print(f"{len(editions)} notices : {arguments.out}")


def _now() -> datetime:
    return datetime.now(UTC)
