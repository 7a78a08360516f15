"""Reading delivery reports (RFC 3464): which message of ours came back, and whether for good.

Reports come from anybody: they are read within bounds of size and depth, and believed only when they name a message by
the mark that we alone make (`identifiers`). Nothing of them is kept.
"""

import email
import email.policy
from dataclasses import dataclass
from email.message import Message as Letter

from .errors import ReportIgnored, ReportUnreadable
from .identifiers import verify_message_id

# A report repeats at most our own message, which is a few kilobytes.
LONGEST_REPORT = 512 * 1024
_MOST_PARTS = 50


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What an authentic report says: the message's primary key, and RFC 3464's action (« failed », « delayed »…)."""

    message: int
    action: str


def verify_report(raw: bytes, *, key: bytes) -> DeliveryReport:
    """Return what the report `raw` says of a message of ours.

    `key` is that of `identifiers.identifier_key`. Raises ReportUnreadable, ReportIgnored (not a report, or of another's
    message) or ReportForged.
    """
    if len(raw) > LONGEST_REPORT:
        raise ReportUnreadable("too long")
    try:
        letter = email.message_from_bytes(raw, policy=email.policy.compat32)
        if letter.get_content_type() != "multipart/report":
            raise ReportIgnored("not a report")
        parts = _parts(letter)
    except (RecursionError, UnicodeError, LookupError, ValueError) as fault:
        # Nested without end, or in an encoding that does not exist.
        raise ReportUnreadable(type(fault).__name__) from None
    return DeliveryReport(message=verify_message_id(_returned_id(parts), key=key), action=_action(parts))


def _parts(letter: Letter) -> list[Letter]:
    """Return the parts of the report itself, not those of the message that it returns."""
    payload = letter.get_payload()
    if not isinstance(payload, list) or len(payload) > _MOST_PARTS:
        raise ReportUnreadable("parts")
    return [part for part in payload if isinstance(part, Letter)]


def _returned_id(parts: list[Letter]) -> str:
    """Return the Message-ID in the headers that were returned. Raises ReportIgnored."""
    for part in parts:
        kind, payload = part.get_content_type(), part.get_payload()
        returned: Letter | None = None
        if kind in ("message/rfc822", "message/global") and isinstance(payload, list) and payload:
            returned = payload[0] if isinstance(payload[0], Letter) else None
        elif kind in ("text/rfc822-headers", "message/global-headers"):
            returned = _read_headers(part)
        if returned is not None and returned["Message-ID"] is not None:
            return str(returned["Message-ID"])
    raise ReportIgnored("no message returned")


def _read_headers(part: Letter) -> Letter:
    payload = part.get_payload()
    if isinstance(payload, list):
        # The parser reads message/* as a message of its own.
        return payload[0] if payload and isinstance(payload[0], Letter) else Letter()
    decoded = part.get_payload(decode=True)
    raw = decoded if isinstance(decoded, bytes) else b""
    return email.message_from_bytes(raw.lstrip(b"\r\n"), policy=email.policy.compat32)


def _action(parts: list[Letter]) -> str:
    """Return the gravest action of the per-recipient fields (RFC 3464 §2.3.3). Raises ReportIgnored when there is none."""
    actions = [
        str(block["Action"]).strip().lower()
        for part in parts
        if part.get_content_type() in ("message/delivery-status", "message/global-delivery-status")
        for block in (part.get_payload() if part.is_multipart() else [])
        if isinstance(block, Letter) and block["Action"] is not None
    ]
    if not actions:
        raise ReportIgnored("no action")
    return "failed" if "failed" in actions else actions[0]
