"""What is shown now: the last version of the académie's own text, else of the election's, else what the portal ships."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path

from isoloir.elections.models import Election

from .models import Kind, TextVersion

LANGUAGES = ("fr", "en")
_DEFAULTS = Path(__file__).resolve().parent / "defaults"


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownText:
    """A text as the portal shows it. `number` is that of its version, 0 when nobody ever changed it.

    With an `academy`, the versions are the académie's own, and `is_default` says that it shows the election's text.
    """

    kind: Kind
    number: int
    fr: str
    en: str
    is_default: bool
    changed_at: datetime | None = None
    actor: str = ""
    academy: str = ""

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


def read_text(election: Election | None, kind: Kind, academy: str = "") -> ShownText:
    """Return what the page shows now to the voters of an académie, by two queries at most, one without an académie.

    An académie without a text of its own shows the election's; an election without one, the text shipped with the
    portal, which is also shown without an election.
    """
    if election is None:
        return default_text(kind)
    version = _last_version(election, kind, academy)
    if version is not None and not (academy and version.is_default):
        return as_shown(version)
    if not academy:
        return default_text(kind)
    common = read_text(election, kind)
    return replace(
        common, academy=academy, is_default=True, number=version.number if version else 0,
        changed_at=version.changed_at if version else None, actor=version.actor if version else "",
    )  # fmt: skip


def _last_version(election: Election, kind: Kind, academy: str) -> TextVersion | None:
    versions = TextVersion.objects.filter(election=election, kind=kind, academy=academy)
    return versions.order_by("-number").first()


def read_texts(election: Election, academy: str = "") -> list[ShownText]:
    """Return what every page of text shows now, in the order of their kinds."""
    return [read_text(election, kind, academy) for kind in Kind]


def academies_with_texts(election: Election) -> list[str]:
    """Return the académies that ever had a text of their own, in alphabetical order."""
    own = TextVersion.objects.filter(election=election).exclude(academy="")
    return list(own.order_by("academy").values_list("academy", flat=True).distinct())


def as_shown(version: TextVersion) -> ShownText:
    """Return what a version of its own says: its words, or today's text of the portal for a return to it."""
    kind = Kind(version.kind)
    words = default_text(kind) if version.is_default and not version.academy else None
    return ShownText(
        kind=kind, number=version.number, is_default=version.is_default, academy=version.academy,
        fr=words.fr if words else version.text_fr, en=words.en if words else version.text_en,
        changed_at=version.changed_at, actor=version.actor,
    )  # fmt: skip
