"""What the portal asks of the credential authority: contests with their link keys, and the roll without addresses of e-mail."""

import csv
import hashlib
import io
import json
import os
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from isoloir.common.clock import paris_text, utc_text
from isoloir.documents import notices
from isoloir.documents.errors import DocumentRefused
from isoloir.elections.actions import lock_unsealed
from isoloir.elections.models import Election
from isoloir.journal.actions import record
from isoloir.journal.kinds import Kind
from isoloir.roll.models import RollEntry

from .errors import RequestRefused
from .links import ensure_link_key

REQUEST_FILE = "request.json"
VOTERS_FILE = "voters.csv"
_VOTER_COLUMNS = (
    "reference", "civility", "last_name", "first_names", "academy", "establishment_code", "establishment",
)  # fmt: skip


def export_credential_request(*, election: Election, directory: Path, actor: str, at: datetime) -> dict[str, str]:
    """Write request.json and voters.csv into `directory` (made, or empty); return the SHA-256 of each file.

    Directory 0700, files 0600: they hold names and postal addresses. Raises ElectionSealed, RequestRefused,
    FileExistsError when the directory holds something already.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise FileExistsError(directory)
    files = build_credential_request(election=election, actor=actor, at=at)
    for name, content in files.items():
        descriptor = os.open(directory / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


@transaction.atomic
def build_credential_request(*, election: Election, actor: str, at: datetime) -> dict[str, bytes]:
    """Return the files of the request by name, and journal that it was made. Raises ElectionSealed, RequestRefused.

    Each contest's link key is made at the first request and stays the same for the next ones.
    """
    election = lock_unsealed(election)
    _check_ready(election)
    files = {REQUEST_FILE: _request_record(election), VOTERS_FILE: _voters_file(election)}
    record(
        Kind.CREDENTIAL_REQUEST_EXPORTED, actor=actor, at=at, subject=election.slug,
        facts={name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    )  # fmt: skip
    return files


def _check_ready(election: Election) -> None:
    """Ask nothing that the authority would refuse. Raises RequestRefused."""
    if not RollEntry.objects.filter(contest__election=election).exists():
        raise RequestRefused(_("La liste électorale n’est pas encore importée."))
    if election.voters.filter(entries=None).exists():
        raise RequestRefused(_("Des électeurs n’ont plus aucun scrutin : importez de nouveau la liste électorale."))
    try:
        notices.check_notice_election(
            notices.NoticeElection(
                name=election.name, portal_url=settings.PORTAL_URL, help_line=election.help_line, calendar=(),
                voting_opens_at=election.voting_opens_at, voting_closes_at=election.voting_closes_at,
            )
        )  # fmt: skip
    except DocumentRefused:
        message = _("Les notices ont besoin du nom de l’élection, de l’adresse du portail et de la ligne d’assistance.")
        raise RequestRefused(message) from None


def _request_record(election: Election) -> bytes:
    # Notices are in French whatever the language of who exports the request.
    with translation.override("fr"):
        calendar = [
            {"label": _("Ouverture du portail"), "text": paris_text(election.portal_opens_at)},
            {"label": _("Affichage des listes de candidats"), "text": paris_text(election.lists_shown_at)},
            {"label": _("Ouverture du vote"), "text": paris_text(election.voting_opens_at)},
            {"label": _("Clôture du vote"), "text": paris_text(election.voting_closes_at)},
        ]
    request = {
        "format": "isoloir-credential-request",
        "version": 1,
        "election": {
            "name": election.name,
            "portal_url": settings.PORTAL_URL,
            "help_line": election.help_line,
            "voting_opens_at": utc_text(election.voting_opens_at),
            "voting_closes_at": utc_text(election.voting_closes_at),
            "calendar": calendar,
        },
        "contests": [
            {"uuid": contest.uuid, "code": contest.code, "name": contest.name, "link_key": ensure_link_key(contest)}
            for contest in election.contests.order_by("code")
        ],
    }
    return json.dumps(request, ensure_ascii=False, indent=1).encode() + b"\n"


def _voters_file(election: Election) -> bytes:
    """Return the roll in the order of distribution: academy, establishment, name."""
    codes: dict[int, list[str]] = {}
    entries = RollEntry.objects.filter(contest__election=election).order_by("contest__code")
    for voter, code in entries.values_list("voter_id", "contest__code").iterator(chunk_size=10_000):
        codes.setdefault(voter, []).append(code)
    voters = election.voters.order_by("academy", "establishment_code", "last_name", "first_names", "reference")
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";", lineterminator="\n")
    writer.writerow((*_VOTER_COLUMNS, "delivery_lines", "contests"))
    for key, delivery_lines, *cells in voters.values_list("pk", "delivery_lines", *_VOTER_COLUMNS).iterator(
        chunk_size=10_000
    ):
        writer.writerow((*cells, "|".join(delivery_lines), "|".join(codes[key])))
    return stream.getvalue().encode()
