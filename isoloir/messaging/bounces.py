"""Marking the messages that came back, from the reports that relays return."""

from collections import Counter
from collections.abc import Iterable

from .errors import ReportRefused
from .identifiers import identifier_key
from .models import Message
from .reports import verify_report


def record_reports(reports: Iterable[bytes]) -> Counter[str]:
    """Mark as bounced each message that an authentic report says failed for good; return how many reports by what was done.

    The counts are `bounced`, `known` (already marked, or no longer there), `not-failed` (delayed, relayed, delivered),
    and the codes of the refusals of `verify_report`: `ignored`, `forged`, `unreadable`.
    """
    counts: Counter[str] = Counter()
    key = identifier_key()
    for raw in reports:
        try:
            report = verify_report(raw, key=key)
        except ReportRefused as refusal:
            counts[refusal.code] += 1
            continue
        counts[_record(report.message) if report.action == "failed" else "not-failed"] += 1
    return counts


def _record(primary_key: int) -> str:
    # A report may come before the worker has written that the message left: it must not leave again.
    marked = Message.objects.filter(
        pk=primary_key, state__in=(Message.State.SENT, Message.State.QUEUED)
    ).update(state=Message.State.BOUNCED, sealed=b"")  # fmt: skip
    return "bounced" if marked else "known"
