"""Canonical JSON (§1) and its strict reader.

The one text form of a value is compact JSON in UTF-8 with minimal escapes and members in a fixed order. To read is
to parse, write again, compare the bytes, then check the shape: what a lenient reader forgives (spaces, other
escapes, leading zeros, another order, an extra member) is refused here, since each of these freedoms is a hidden
channel and a place where two readers may disagree.
"""

import json
import re
from typing import Any, NoReturn

from isoloir_protocol.errors import FormatRefused

#: Largest text read, in bytes: a list of two million credentials fits.
LONGEST_TEXT = 256 * 1024 * 1024
#: Digits of the longest JSON number accepted (small integers only; big ones are decimal strings).
LONGEST_NUMBER = 10

Json = dict[str, "Json"] | list["Json"] | str | int | bool | None


def canonical(value: object) -> str:
    """Write `value` (dicts in insertion order, lists, texts, ints, bools) in its one text form."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def read(raw: bytes, *, limit: int = LONGEST_TEXT) -> Any:
    """Parse canonical JSON bytes, or raise `FormatRefused`.

    The value returned has only dicts, lists, texts, short ints, bools and None; its shape is still to be checked.
    """
    if len(raw) > limit:
        raise FormatRefused("too-long", limit=limit)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise FormatRefused("not-utf8") from None
    try:
        value = _DECODER.decode(text)
        again = canonical(value).encode("utf-8")
    except FormatRefused:
        raise
    except UnicodeEncodeError:
        raise FormatRefused("not-canonical") from None
    except RecursionError:
        raise FormatRefused("too-deep") from None
    except ValueError:
        raise FormatRefused("not-json") from None
    if again != raw:
        _name_fault(text)
    return value


def _name_fault(text: str) -> NoReturn:
    """Parse once more, slowly, to tell a repeated member from another departure from the canonical form."""
    try:
        json.loads(text, object_pairs_hook=_members_once)
    except RecursionError:
        raise FormatRefused("too-deep") from None
    raise FormatRefused("not-canonical")


def _members_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise FormatRefused("duplicate-member")
    return value


def _short_integer(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise FormatRefused("number-not-integer")
    return int(digits)


def _not_integer(_: str) -> NoReturn:
    raise FormatRefused("number-not-integer")


_DECODER = json.JSONDecoder(parse_int=_short_integer, parse_float=_not_integer, parse_constant=_not_integer)


def members(value: Any, name: str, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    """Check that `value` is an object with exactly these members, in this order; `optional` ones come last."""
    if type(value) is not dict:
        raise FormatRefused("wrong-type", member=name)
    keys = tuple(value)
    if keys == required:
        return value
    for key in required:
        if key not in value:
            raise FormatRefused("missing-member", member=key)
    if any(key not in required and key not in optional for key in keys):
        raise FormatRefused("unknown-member", member=name)
    if keys != required + tuple(key for key in optional if key in value):
        raise FormatRefused("wrong-member-order", member=name)
    return value


def items(value: Any, name: str, length: int | None = None) -> list[Any]:
    """Check that `value` is an array, of `length` items when it is given."""
    if type(value) is not list:
        raise FormatRefused("wrong-type", member=name)
    if length is not None and len(value) != length:
        raise FormatRefused("wrong-length", member=name)
    return value


def text(value: Any, name: str, pattern: re.Pattern[str] | None = None) -> str:
    """Check that `value` is a text, wholly matched by `pattern` when it is given."""
    if type(value) is not str:
        raise FormatRefused("wrong-type", member=name)
    if pattern is not None and pattern.fullmatch(value) is None:
        raise FormatRefused("bad-form", member=name)
    return value


def integer(value: Any, name: str, low: int, high: int) -> int:
    """Check that `value` is a JSON integer between `low` and `high`, both allowed."""
    if type(value) is not int:
        raise FormatRefused("wrong-type", member=name)
    if not low <= value <= high:
        raise FormatRefused("out-of-range", member=name)
    return value


def boolean(value: Any, name: str) -> bool:
    """Check that `value` is true or false."""
    if type(value) is not bool:
        raise FormatRefused("wrong-type", member=name)
    return value


#: Above this, a count is written as a decimal text (§1).
LARGEST_NUMBER = 1073741823
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)


def count(value: Any, name: str) -> int:
    """Check a non-negative count: a JSON integer up to 2³⁰−1, a decimal text above (§1)."""
    if type(value) is str:
        number = decimal(value, name)
        if number <= LARGEST_NUMBER:
            raise FormatRefused("bad-form", member=name)
        return number
    return integer(value, name, 0, LARGEST_NUMBER)


def written_count(number: int) -> int | str:
    """Give the JSON value of a count: a number up to 2³⁰−1, a decimal text above (§1)."""
    return number if number <= LARGEST_NUMBER else str(number)


def decimal(value: Any, name: str) -> int:
    """Check a canonical decimal text of at most 18 digits, such as a weight."""
    return int(text(value, name, _DECIMAL))
