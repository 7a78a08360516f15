"""Writing the journal: a deliberate act, never a by-product of logging."""

import hashlib
import json
from datetime import datetime

from django.db import connection, transaction

from isoloir.common.clock import utc_text

from .kinds import Kind
from .models import JournalEntry

GENESIS = "0" * 64
# One well-known number: PostgreSQL writers of the journal wait for each other here (SQLite writers already do).
_ADVISORY_LOCK = 0x49534F4C


def line_digest(
    *, previous: str, sequence: int, at: datetime, kind: str, actor: str, subject: str, facts: object
) -> str:
    """Return the SHA-256 (hex) that binds a line to the one before it."""
    line = json.dumps(
        [previous, sequence, utc_text(at), kind, actor, subject, facts],
        ensure_ascii=False, sort_keys=True, separators=(",", ":"),
    )  # fmt: skip
    return hashlib.sha256(line.encode()).hexdigest()


@transaction.atomic
def record(
    kind: Kind, *, actor: str, at: datetime, subject: str = "", facts: dict[str, object] | None = None
) -> JournalEntry:
    """Append one line. `actor` is a role or a staff account, `facts` are counts and fingerprints: never a secret or a vote."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])
    last = JournalEntry.objects.order_by("-sequence").first()
    sequence = last.sequence + 1 if last else 0
    at = at.replace(microsecond=0)
    digest = line_digest(
        previous=last.digest if last else GENESIS,
        sequence=sequence, at=at, kind=kind.value, actor=actor, subject=subject, facts=facts or {},
    )  # fmt: skip
    return JournalEntry.objects.create(
        sequence=sequence, at=at, kind=kind, actor=actor, subject=subject, facts=facts or {}, digest=digest
    )


def verify_journal() -> int:
    """Recompute every digest; return the number of lines. Raises JournalBroken at the first line that does not fit."""
    previous, count = GENESIS, 0
    for entry in JournalEntry.objects.order_by("sequence").iterator():
        expected = line_digest(
            previous=previous, sequence=count, at=entry.at, kind=entry.kind,
            actor=entry.actor, subject=entry.subject, facts=entry.facts,
        )  # fmt: skip
        if entry.sequence != count or entry.digest != expected:
            raise JournalBroken(f"line {count} does not follow the line before it")
        previous, count = entry.digest, count + 1
    return count


class JournalBroken(Exception):
    """A line was changed, removed or inserted."""
