"""Pictures that a text may show: the portal's own screens, photographed by its browser tests, and nothing else.

A text names a screen, `![what is seen](ecran:identification "Title")`. The list is closed: it is the keys of
`tutorials/pictures.json` among the static files. What stands behind a key is null until the browser tests have made the
picture, then for each language (`fr`, `en`) and each width of screen (`1280`, `360`) the picture's own size in pixels:

    {"identification": {"fr": {"1280": {"width": 1280, "height": 900}, "360": {"width": 360, "height": 1410}},
                        "en": {…}, "words": {"fr": "<SHA-256 of the words of the screen>", "en": "…"}}}

The files stand beside it: `identification-fr-1280.webp`, `identification-fr-360.webp`…
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.templatetags.static import static

SCHEME = "ecran:"
# Width of the photographed screens, in CSS pixels; the narrow picture is shown on screens narrower than the last number.
WIDE, NARROW = "1280", "360"
NARROWER_THAN = 600
_FOLDER = "tutorials"


@dataclass(frozen=True, slots=True)
class Source:
    """One picture file: the address where the browser finds it, and its size in pixels."""

    url: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Picture:
    """One screen in one language, as a computer shows it and as a telephone does."""

    wide: Source
    narrow: Source


@cache
def known_pictures() -> Mapping[str, Any]:
    """Return what the browser tests wrote: the closed list of screens, with None for one not photographed yet."""
    path = finders.find(f"{_FOLDER}/pictures.json")
    if path is None:
        return {}
    pictures: Mapping[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    return pictures


def picture_of(name: str, *, language: str) -> Picture | None:
    """Return the picture of a screen in a language; None when it is unknown, or not made yet.

    A screen that is seen once in a vote, as the receipt, was photographed in French alone: that picture serves all.
    """
    known = known_pictures().get(name) or {}
    language = language if language in known else "fr"
    sizes = known.get(language, {})
    if WIDE not in sizes or NARROW not in sizes:
        return None
    return Picture(wide=_source(name, language, WIDE, sizes), narrow=_source(name, language, NARROW, sizes))


def _source(name: str, language: str, screen: str, sizes: Mapping[str, Mapping[str, int]]) -> Source:
    url = static(f"{_FOLDER}/{name}-{language}-{screen}.webp")
    return Source(url=url, width=sizes[screen]["width"], height=sizes[screen]["height"])
