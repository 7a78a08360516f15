"""The candidate bundle: all lists of a contest in one document with one hash, so that they are shown all or not at all."""

import base64
import hashlib
import json

from django.utils import formats, translation

from .models import Contest


def candidate_bundle(contest: Contest) -> bytes:
    """Return the exact bytes of `candidats.json` (docs/specification/contest-record.md), lists in the drawn order (R211-564)."""
    drawn_on = contest.election.lists_drawn_on
    with translation.override("fr"):
        order = f"Ordre tiré au sort le {formats.date_format(drawn_on, 'j F Y')}" if drawn_on else "Ordre tiré au sort"
    lists = contest.lists.prefetch_related("organisations", "candidates").order_by("position")
    bundle = {
        "version": 1,
        "contest": contest.uuid,
        "order": order,
        "lists": [
            {
                "position": entry.position,
                "kind": contest.kind,
                "name": entry.name,
                "organisations": sorted(organisation.name for organisation in entry.organisations.all()),
                "affiliation": entry.affiliation,
                "logo": "data:image/png;base64," + base64.b64encode(bytes(entry.logo_png)).decode(),
                "logo_alt": entry.logo_text,
                "statement": entry.statement,
                "candidates": [
                    {"rank": candidate.rank, "name": str(candidate)} for candidate in entry.candidates.all()
                ],
            }
            for entry in lists
        ],
    }
    return json.dumps(bundle, ensure_ascii=False, separators=(",", ":")).encode()


def bundle_hash(bundle: bytes) -> str:
    """Return the SHA-256 of the exact bytes, in hexadecimal."""
    return hashlib.sha256(bundle).hexdigest()
