"""Reading delivery reports (RFC 3464): which message of ours came back, and whether for good.

Reports come from anybody: they are read within bounds of length, number and depth, and believed only when they name a
message by the mark that we alone make (`identifiers`). Nothing of them is kept.
"""

import email.policy
import re
from dataclasses import dataclass
from email.message import Message as Letter
from email.parser import BytesHeaderParser, BytesParser

from .errors import ReportIgnored, ReportRefused, ReportUnreadable
from .identifiers import verify_message_id

# A report repeats at most our own message, which is a few kilobytes. Of a longer one the head is read: what a relay says
# of a message stands before the message that it returns.
LONGEST_REPORT = 64 * 1024
# The parser's time is the square of the length of these two fields, and the lines times the nested multiparts.
_LONGEST_FIELD = 2 * 1024
_MOST_PARTS = 30
_MOST_MULTIPARTS = 6
# These fields wherever they stand, in a part too, with the lines on which they go on (RFC 5322 §2.2.3).
_FIELD = re.compile(
    rb"(?:\A|(?<=[\r\n]))(content-type|message-id):([^\r\n]*(?:(?:\r\n|\r|\n)[ \t][^\r\n]*)*)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What an authentic report says: the message's primary key, and RFC 3464's action (« failed », « delayed »…)."""

    message: int
    action: str


def verify_report(raw: bytes, *, key: bytes) -> DeliveryReport:
    """Return what the report `raw` says of a message of ours; only its first 64 KiB are read.

    `key` is that of `identifiers.identifier_key`. Raises ReportUnreadable, ReportIgnored (not a report, or of another's
    message) or ReportForged.
    """
    try:
        return _read(raw[:LONGEST_REPORT], key=key)
    except ReportRefused:
        raise
    except Exception as fault:
        # Python's parser raises nearly anything (TypeError, LookupError, RecursionError…) on what is written to harm it,
        # and one such mail that anybody may send must not stop the reading of the others.
        raise ReportUnreadable(type(fault).__name__) from None


def _read(raw: bytes, *, key: bytes) -> DeliveryReport:
    _check_bounds(raw)
    letter = BytesParser(policy=email.policy.compat32).parsebytes(raw)
    if letter.get_content_type() != "multipart/report":
        raise ReportIgnored("not a report")
    payload = letter.get_payload()
    if not isinstance(payload, list):
        raise ReportUnreadable("parts")
    # The parts of the report itself, not those of the message that it returns.
    parts = [part for part in payload if isinstance(part, Letter)]
    return DeliveryReport(message=verify_message_id(_returned_id(parts), key=key), action=_action(parts))


def _check_bounds(raw: bytes) -> None:
    """Check that the parser has little to do. Raises ReportUnreadable."""
    parts = multiparts = 0
    for name, value in _FIELD.findall(raw):
        if len(value) > _LONGEST_FIELD:
            raise ReportUnreadable("field")
        if name.lower() == b"content-type":
            parts += 1
            multiparts += b"multipart" in value.lower()
    if parts > _MOST_PARTS or multiparts > _MOST_MULTIPARTS:
        raise ReportUnreadable("parts")


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
    raw = decoded.lstrip(b"\r\n") if isinstance(decoded, bytes) else b""
    # It may have been hidden in base64 until now.
    _check_bounds(raw)
    return BytesHeaderParser(policy=email.policy.compat32).parsebytes(raw)


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
