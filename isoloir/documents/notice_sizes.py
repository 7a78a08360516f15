"""The size of each piece of a notice: the largest at which it holds in its place.

Pieces that many sheets share (instructions, establishment) are measured once and remembered.  Addresses are each a
voter's own: those that plainly hold, nearly all, get their full size without being typeset twice.
"""

from functools import cache
from typing import Any

from PIL import ImageFont

from isoloir.documents.glyphs import printable
from isoloir.documents.typesetting import FONTS, measure

_POINTS_IN_MILLIMETRE = 72 / 25.4
_ADDRESS_SIZE = 11.0
_ADDRESS_WIDTH = 86 * _POINTS_IN_MILLIMETRE
_ADDRESS_LINES = 5
_STUB_SIZE = 9.0
_STUB_WIDTH = 170 * _POINTS_IN_MILLIMETRE
# More would not be met twice: an establishment prints its sheets together.
_MOST_REMEMBERED = 4096
# Fonts are measured ten times larger than life, so that rounding to pixels counts for nothing.
_SCALE = 10

_remembered: dict[str, dict[Any, float]] = {}


@cache
def _font() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONTS / "AtkinsonHyperlegibleNext-Bold.ttf"), _SCALE)


def _width(text: str, size: float) -> float:
    """Return the width in points of one line in the bold face, the wider one."""
    return _font().getlength(printable(text)) / _SCALE * size


def fitted(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values of `notice.typ` with `title_size`, and `sizes` in each notice, in points.

    Raises DocumentNotComposed.
    """
    scope = repr((values["election"], values["delivery"]))
    if scope not in _remembered or len(_remembered[scope]) > _MOST_REMEMBERED:
        _remembered.clear()
        _remembered[scope] = {}
    known = _remembered[scope]
    _measure_missing(values, known)
    sized = [
        {
            **notice,
            "sizes": {
                "sender": known["sender", notice["establishment"], notice["academy"]],
                "instructions": known["instructions", tuple(notice["contests"])],
                "address": _ADDRESS_SIZE if _address_holds(notice) else known[_address_key(notice)],
                "stub": _STUB_SIZE if _stub_holds(notice) else known[_stub_key(notice)],
            },
        }
        for notice in values["notices"]
    ]
    return {**values, "title_size": known["title"], "notices": sized}


def _measure_missing(values: dict[str, Any], known: dict[Any, float]) -> None:
    """Measure what these notices need and nobody measured yet."""
    senders, contests, addresses, stubs = {}, {}, {}, {}
    for notice in values["notices"]:
        senders["sender", notice["establishment"], notice["academy"]] = notice
        contests["instructions", tuple(notice["contests"])] = notice["contests"]
        if not _address_holds(notice):
            addresses[_address_key(notice)] = notice
        if not _stub_holds(notice):
            stubs[_stub_key(notice)] = notice
    pieces = [
        {key: each for key, each in piece.items() if key not in known}
        for piece in (senders, contests, addresses, stubs)
    ]
    if "title" in known and not any(pieces):
        return
    names = ("senders", "contests", "addresses", "stubs")
    asked = {name: list(piece.values()) for name, piece in zip(names, pieces, strict=True)}
    sizes = measure("notice-sizes", {**values, "notices": [], **asked}, label="sizes")
    known["title"] = sizes["title"]
    for name, piece in zip(("senders", "instructions", "addresses", "stubs"), pieces, strict=True):
        known.update(zip(piece, sizes[name], strict=True))


def _address_holds(notice: dict[str, Any]) -> bool:
    lines = [notice["recipient"], *notice["delivery_lines"]]
    return len(lines) <= _ADDRESS_LINES and all(_width(line, _ADDRESS_SIZE) <= _ADDRESS_WIDTH for line in lines)


def _address_key(notice: dict[str, Any]) -> tuple[Any, ...]:
    return ("address", notice["recipient"], *notice["delivery_lines"])


def _stub_holds(notice: dict[str, Any]) -> bool:
    return all(_width(notice[name], _STUB_SIZE) <= _STUB_WIDTH for name in ("recipient", "establishment"))


def _stub_key(notice: dict[str, Any]) -> tuple[Any, ...]:
    return ("stub", notice["recipient"], notice["establishment"])
