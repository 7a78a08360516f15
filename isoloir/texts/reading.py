"""What is shown now: the last version of the election's own text, or the text shipped with the portal."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from isoloir.elections.models import Election

from .models import Kind, TextVersion

LANGUAGES = ("fr", "en")
_DEFAULTS = Path(__file__).resolve().parent / "defaults"


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownText:
    """A text as the portal shows it. `number` is that of its version, 0 when nobody ever changed it."""

    kind: Kind
    number: int
    fr: str
    en: str
    is_default: bool
    changed_at: datetime | None = None
    actor: str = ""

    def in_language(self, language: str) -> str:
        """Return the Markdown of the text; French for a language in which it is not written."""
        return self.en if language == "en" else self.fr

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 (hex) of each language, as the journal keeps them."""
        return {language: hashlib.sha256(self.in_language(language).encode()).hexdigest() for language in LANGUAGES}


@cache
def default_text(kind: Kind) -> ShownText:
    """Return the text shipped with the portal."""
    fr, en = ((_DEFAULTS / language / f"{kind.value}.md").read_text(encoding="utf-8") for language in LANGUAGES)
    return ShownText(kind=kind, number=0, fr=fr, en=en, is_default=True)


def read_text(election: Election | None, kind: Kind) -> ShownText:
    """Return what the page shows now, by one query; without an election, the text shipped with the portal."""
    version = None
    if election is not None:
        version = TextVersion.objects.filter(election=election, kind=kind).order_by("-number").first()
    return as_shown(version) if version else default_text(kind)


def read_texts(election: Election) -> list[ShownText]:
    """Return what every page of text shows now, in the order of their kinds."""
    return [read_text(election, kind) for kind in Kind]


def as_shown(version: TextVersion) -> ShownText:
    """Return what a version shows: its own words, or today's text of the portal for a return to it."""
    kind = Kind(version.kind)
    words = default_text(kind) if version.is_default else None
    return ShownText(
        kind=kind, number=version.number, is_default=version.is_default,
        fr=words.fr if words else version.text_fr, en=words.en if words else version.text_en,
        changed_at=version.changed_at, actor=version.actor,
    )  # fmt: skip
