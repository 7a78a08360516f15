"""`isoloir codes`: the credential authority on the command line (see docs/runbooks/credential-authority.md).

Nothing secret is ever written on the standard output or on the standard error: paths, counts and faults only.
"""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from isoloir.commands.progress import ProgressBar
from isoloir.credentials.authority.errors import AuthorityError, RequestRefused
from isoloir.credentials.authority.exchange import refuse_used_directory
from isoloir.credentials.authority.issue import issue_codes
from isoloir.credentials.authority.printing import check_codes, print_notices
from isoloir.credentials.authority.request import CredentialRequest, read_request
from isoloir.documents.errors import DocumentError

_DESCRIPTION = """\
Autorité de codes : émet les codes de vote et imprime les notices, loin du portail.
(Credential authority: issues voting codes and prints notices, away from the portal.)
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `codes issue` and `codes notices` to the program's commands."""
    parser = subparsers.add_parser(
        "codes", help="émettre les codes de vote, imprimer les notices", description=_DESCRIPTION
    )
    commands = parser.add_subparsers(dest="codes_command", required=True, metavar="issue|notices")
    issue = commands.add_parser("issue", help="émettre les codes d’une demande exportée par le portail")
    issue.add_argument("--request", type=Path, required=True, metavar="DIR", help="demande exportée par le portail")
    issue.add_argument("--out", type=Path, required=True, metavar="DIR", help="dossier à créer : portal/, private/")
    issue.add_argument("--notices", action="store_true", help="imprimer aussi les notices, dans notices/")
    _add_jobs(issue)
    issue.set_defaults(run=run_issue)
    printing = commands.add_parser("notices", help="imprimer les notices, un fichier par établissement")
    printing.add_argument("--request", type=Path, required=True, metavar="DIR", help="demande exportée par le portail")
    printing.add_argument("--private", type=Path, required=True, metavar="DIR", help="dossier private/ de l’émission")
    printing.add_argument("--out", type=Path, required=True, metavar="DIR", help="dossier à créer")
    _add_jobs(printing)
    printing.set_defaults(run=run_notices)


def _add_jobs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="nombre de processus qui composent les notices (1)"
    )


def run_issue(arguments: argparse.Namespace) -> int:
    """Issue the codes; return the exit status: 0, or 1 when something was refused and nothing was written."""
    return _guarded(_issue, arguments)


def run_notices(arguments: argparse.Namespace) -> int:
    """Print the notices; return the exit status."""
    return _guarded(_print, arguments)


def _guarded(work: Callable[[argparse.Namespace], None], arguments: argparse.Namespace) -> int:
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


def _issue(arguments: argparse.Namespace) -> None:
    # Said before a million lines are read for nothing.
    refuse_used_directory(arguments.out)
    request = _read(arguments.request)
    with ProgressBar("Codes") as bar:
        issue_codes(request, arguments.out, progress=bar.show)
    print(f"{len(request.offsets)} codes, {len(request.contests)} scrutins : {arguments.out}")
    if arguments.notices:
        _print_notices(request, arguments.out / "private", arguments.out / "notices", arguments.jobs)


def _print(arguments: argparse.Namespace) -> None:
    refuse_used_directory(arguments.out)
    request = _read(arguments.request)
    check_codes(request, arguments.private)
    _print_notices(request, arguments.private, arguments.out, arguments.jobs)


def _read(directory: Path) -> CredentialRequest:
    with ProgressBar("Contrôle de la demande") as bar:
        return read_request(directory, progress=bar.show)


def _print_notices(request: CredentialRequest, private: Path, out: Path, jobs: int) -> None:
    with ProgressBar("Notices") as bar:
        print_notices(request, private, out, jobs=max(1, min(jobs, os.cpu_count() or 1)), progress=bar.show)
    print(f"{len(request.offsets)} notices : {out}")
