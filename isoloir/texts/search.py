"""Search in the questions of the help page: every word, without accents or case, in the title before in the answer.

Words are cut as in `_words`: « l’e-mail » is l, e and mail, and « mot » finds « mots », for a word that is searched may be
the beginning of one that is written.
"""

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from .markdown import Heading, RenderedText

LONGEST_QUERY = 100
# Characters of an extract, about two lines of the page.
_EXTRACT = 180
_HEADING = re.compile(r'<h([2-6]) id="([^"]*)">.*?</h\1>', re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_WORD = re.compile(r"[a-z0-9]+")
# Words that are in every answer, and would only hide the right one when they are missing from it.
_SMALL_WORDS = frozenset(
    [
        "a",
        "an",
        "and",
        "au",
        "aux",
        "ce",
        "ces",
        "comment",
        "d",
        "dans",
        "de",
        "des",
        "do",
        "does",
        "du",
        "en",
        "est",
        "et",
        "how",
        "i",
        "il",
        "is",
        "j",
        "je",
        "l",
        "la",
        "le",
        "les",
        "m",
        "ma",
        "mes",
        "mon",
        "my",
        "n",
        "ne",
        "of",
        "on",
        "ou",
        "pas",
        "que",
        "qu",
        "quel",
        "quelle",
        "qui",
        "s",
        "se",
        "si",
        "the",
        "to",
        "un",
        "une",
        "what",
        "where",
        "which",
        "y",
    ]
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A question that answers a search: its heading, and the part of its answer where the words are."""

    heading: Heading
    extract: str


def search(text: RenderedText, query: str) -> list[Finding]:
    """Return the questions that hold all the words of `query`, best first; none for a query without a word.

    A question is worth more for each word that its own title holds; the order of the page decides between equals.
    """
    wanted = _wanted(query)
    if not wanted:
        return []
    found = []
    for heading, answer in _sections(text):
        title_words, answer_words = _words(heading.words), _words(answer)
        in_title = sum(1 for word in wanted if _holds(title_words, word))
        if all(_holds(title_words, word) or _holds(answer_words, word) for word in wanted) and answer:
            found.append((-in_title, Finding(heading=heading, extract=_extract(answer, wanted))))
    return [finding for _rank, finding in sorted(found, key=lambda each: each[0])]


def _wanted(query: str) -> list[str]:
    words = _words(query[:LONGEST_QUERY])
    return [word for word in dict.fromkeys(words) if word not in _SMALL_WORDS] or list(dict.fromkeys(words))


def _sections(text: RenderedText) -> Iterator[tuple[Heading, str]]:
    """Go through the headings, each with the plain words between it and the next heading."""
    cuts = list(_HEADING.finditer(text.html))
    for position, (heading, cut) in enumerate(zip(text.headings, cuts, strict=True)):
        end = cuts[position + 1].start() if position + 1 < len(cuts) else len(text.html)
        yield heading, " ".join(html.unescape(_TAG.sub(" ", text.html[cut.end() : end])).split())


def _plain(text: str) -> str:
    """Return the text in small letters without accents, at the same length: one letter for one letter."""
    return "".join(_plain_letter(letter) for letter in text)


def _plain_letter(letter: str) -> str:
    plain = unicodedata.normalize("NFKD", letter.lower())[:1]
    return plain or " "


def _words(text: str) -> list[str]:
    # The letters « œ » and « æ » have no decomposition, and what is typed may have its accents apart.
    composed = unicodedata.normalize("NFC", text).replace("œ", "oe").replace("Œ", "oe").replace("æ", "ae")
    return _WORD.findall(_plain(composed))


def _holds(words: list[str], wanted: str) -> bool:
    # A single letter or digit is a word of its own, not the beginning of half of the dictionary.
    return wanted in words if len(wanted) < 3 else any(word.startswith(wanted) for word in words)


def _extract(answer: str, wanted: list[str]) -> str:
    """Return the beginning of the answer, or what surrounds the first word found when it stands further on."""
    places = [
        match.start() for match in _WORD.finditer(_plain(answer)) if any(_holds([match[0]], word) for word in wanted)
    ]
    first = places[0] if places else 0
    start = answer.rfind(" ", 0, first - _EXTRACT // 3) + 1 if first > _EXTRACT // 2 else 0
    cut = answer[start : start + _EXTRACT]
    if start + _EXTRACT < len(answer):
        cut = cut.rsplit(" ", 1)[0] + " …"
    return f"… {cut}" if start else cut
