"""The Message-ID of each message: the same when it is sent again, and one that nobody can invent.

RFC 5322 §3.6.4 wants one identifier per message, unique for ever. Ours holds the row's key and an HMAC of it, so that a
message sent again after a crash is recognisable as the same, and a delivery report that names it was written by someone
who had it.
"""

import hashlib
import hmac
import re
from email.utils import parseaddr

from django.conf import settings

from isoloir.common.secretfiles import ensure_secret

from .errors import ReportForged, ReportIgnored

_KEY = "message-identifier-key"
_FORM = re.compile(r"<isoloir\.([1-9][0-9]{0,17})\.([0-9a-f]{32})@[^<>@\s]{1,255}>", re.ASCII)


def identifier_key() -> bytes:
    """Return the key under which identifiers are made (a file outside the database)."""
    return ensure_secret(_KEY)


def message_id(primary_key: int, *, key: bytes) -> str:
    """Return the Message-ID of the message kept under `primary_key`, angle brackets included."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<isoloir.{primary_key}.{_mark(primary_key, key)}@{domain}>"


def verify_message_id(text: str, *, key: bytes) -> int:
    """Return the primary key that a Message-ID names. Raises ReportIgnored (not of our form), ReportForged (bad HMAC)."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ReportIgnored("not ours")
    primary_key = int(found[1])
    if not hmac.compare_digest(found[2], _mark(primary_key, key)):
        raise ReportForged("bad mark")
    return primary_key


def _mark(primary_key: int, key: bytes) -> str:
    return hmac.new(key, f"message {primary_key}".encode(), hashlib.sha256).hexdigest()[:32]
