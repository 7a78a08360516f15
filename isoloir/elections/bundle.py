"""The candidate bundle: all lists of a contest in one document with one hash, so that they are shown all or not at all."""

import base64
import hashlib
import json
from collections.abc import Sequence
from datetime import date

from django.utils import formats, translation

from isoloir.common.clock import PARIS

from .draw import made_draw
from .models import CandidateList, Contest, StatementFile


def candidate_bundle(contest: Contest) -> bytes:
    """Return the exact bytes of `candidats.json` (docs/specification/contest-record.md), lists in the order shown (R211-564)."""
    lists = list(
        contest.lists.prefetch_related("organisations", "candidates")
        .select_related("statement_file")
        .defer("statement_file__content")
        .order_by("position")
    )
    # A contest without any statement in PDF keeps the first form, which older readers know.
    version = 2 if any(entry.statement_file for entry in lists) else 1
    bundle = {
        "version": version,
        "contest": contest.uuid,
        "order": _order_sentence(contest, lists),
        "lists": [_list(contest, entry, version) for entry in lists],
    }
    return json.dumps(bundle, ensure_ascii=False, separators=(",", ":")).encode()


def _order_sentence(contest: Contest, lists: Sequence[CandidateList]) -> str:
    """Say in French whence the order comes: drawn by lot only where a made draw, which anybody computes again, gives it."""
    draw = made_draw(contest)
    if draw is not None and draw.announcement.drawn_at is not None:
        return f"Ordre tiré au sort le {_day(draw.announcement.drawn_at.astimezone(PARIS).date())}"
    if len(lists) < 2:
        return "Une seule candidature : aucun ordre à tirer"
    declared = contest.election.lists_drawn_on
    if declared is not None:
        return f"Tirage déclaré par l’administration le {_day(declared)}, non vérifiable ici"
    return "Ordre du fichier donné par l’administration, sans tirage vérifiable"


def _day(day: date) -> str:
    with translation.override("fr"):
        return str(formats.date_format(day, "j F Y"))


def _list(contest: Contest, entry: CandidateList, version: int) -> dict[str, object]:
    members: dict[str, object] = {
        "position": entry.position,
        "kind": contest.kind,
        "name": entry.name,
        "organisations": sorted(organisation.name for organisation in entry.organisations.all()),
        "affiliation": entry.affiliation,
        "logo": "data:image/png;base64," + base64.b64encode(bytes(entry.logo_png)).decode(),
        "logo_alt": entry.logo_text,
        "statement": entry.statement,
        "candidates": [{"rank": candidate.rank, "name": str(candidate)} for candidate in entry.candidates.all()],
    }
    if version == 2:
        members["statement_pdf"] = _pdf(entry.statement_file) if entry.statement_file else None
    return members


def _pdf(file: StatementFile) -> dict[str, object]:
    """Return what binds the bytes of a statement to the bundle, and so to the contest's fingerprint."""
    return {"sha256": file.sha256, "size": file.size, "pages": file.pages}


def bundle_hash(bundle: bytes) -> str:
    """Return the SHA-256 of the exact bytes, in hexadecimal."""
    return hashlib.sha256(bundle).hexdigest()
