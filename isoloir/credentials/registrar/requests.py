"""Reading what the portal sends: JSON of one shape, each member of its form, nothing more."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from .errors import Refused

REQUEST = re.compile(r"[0-9a-f]{32}", re.ASCII)
HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
SIGNATURE = re.compile(r"[0-9a-f]{128}", re.ASCII)
POLICY = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)
# One line of printable signs; the issue of codes has the same references.
REFERENCE = re.compile(r"[^\s|;\x00-\x1f\x7f\ud800-\udfff]{1,64}")


def exchange_text(path: str, *bodies: bytes) -> str:
    """Return what is signed: the path, then the SHA-256 of the request's body and, for an answer, of its own too."""
    return "|".join(("isoloir-registrar", path, *(hashlib.sha256(body).hexdigest() for body in bodies)))


def bad(member: str) -> Refused:
    """Return the refusal of a member that has not its form."""
    return Refused("bad-request", status=400, detail=member)


def read_object(raw: bytes) -> dict[str, Any]:
    """Read a JSON object without repeated members, fractions or infinite numbers. Raises Refused (bad-request)."""
    try:
        value = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_members_once, parse_float=_not_integer, parse_constant=_not_integer
        )
    except (ValueError, RecursionError):
        raise bad("body") from None
    if type(value) is not dict:
        raise bad("body")
    return value


def _members_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError
    return members


def _not_integer(_text: str) -> NoReturn:
    raise ValueError


def exactly(value: Any, name: str, members: tuple[str, ...]) -> dict[str, Any]:
    """Check that a value is an object with these members and no other. Raises Refused."""
    if type(value) is not dict or set(value) != set(members):
        raise bad(name)
    return value


def text(members: Mapping[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    """Return a text of this form. Raises Refused."""
    value = members.get(name)
    if type(value) is not str or pattern.fullmatch(value) is None:
        raise bad(name)
    return value


def integer(members: Mapping[str, Any], name: str, low: int, high: int) -> int:
    """Return a whole number between both bounds. Raises Refused."""
    value = members.get(name)
    if type(value) is not int or not low <= value <= high:
        raise bad(name)
    return value


def listed(members: Mapping[str, Any], name: str, most: int) -> list[Any]:
    """Return a list of 1 to `most` items. Raises Refused."""
    value = members.get(name)
    if type(value) is not list or not 1 <= len(value) <= most:
        raise bad(name)
    return value
