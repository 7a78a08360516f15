"""Reading the roll of a contest a page at a time, and finding a person in it by name (R211-529).

Both follow an index from where they begin and stop after a page, so that a roll of 500,000 entries costs what one of
5,000 does (`python -m benchmarks rolls`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Q, QuerySet

from isoloir.elections.models import Contest

from .errors import NoSuchPlace, SearchTooShort
from .models import NameWord, RollEntry
from .names import LONGEST_WORD, plain_words

PAGE = 50
MOST_WORDS = 6
# Above so many entries a word is common; which of two common words is the more so does not matter.
_COMMON = 2_000
# An entry has a row for each of its words that begin as the one sought: rarely two, hardly ever three.
_ROWS = 3 * (PAGE + 1)
_COUNT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class RollPage:
    """A page of a roll, with voters; `before` and `after` are keys of entries for its neighbours, None at an end."""

    entries: Sequence[RollEntry]
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class Found:
    """Entries that have all the words sought, with voters; when not `is_complete`, there are others."""

    entries: Sequence[RollEntry]
    is_complete: bool


def count_entries(contest: Contest) -> int:
    """Return how many voters the roll of a contest has, at most a minute ago: counting 500,000 rows takes some 50 ms."""
    key = f"roll-count-{contest.pk}-{contest.uuid}"
    return int(cache.get_or_set(key, RollEntry.objects.filter(contest=contest).count, _COUNT_SECONDS) or 0)


def read_page(contest: Contest, *, letter: str = "", after: int | None = None, before: int | None = None) -> RollPage:
    """Return a page of the roll in the order of names: that after or before an entry, or from a letter (a to z) on.

    Raises NoSuchPlace for an entry of another roll, or one that is no more.
    """
    roll = RollEntry.objects.filter(contest=contest).select_related("voter")
    if before is not None:
        name = _name_at(contest, before)
        # The same condition twice: the first bounds the index, which the second, with its « or », would not.
        earlier = roll.filter(sort_name__lte=name).filter(Q(sort_name__lt=name) | Q(pk__lt=before))
        rows = list(earlier.order_by("-sort_name", "-pk")[: PAGE + 1])
        entries = rows[:PAGE][::-1]
        return RollPage(entries, _first(entries) if len(rows) > PAGE else None, _last(entries))
    if after is not None:
        name = _name_at(contest, after)
        roll = roll.filter(sort_name__gte=name).filter(Q(sort_name__gt=name) | Q(pk__gt=after))
    elif letter:
        roll = roll.filter(sort_name__gte=letter)
    rows = list(roll.order_by("sort_name", "pk")[: PAGE + 1])
    entries = rows[:PAGE]
    begins_inside = after is not None or bool(letter)
    return RollPage(entries, _first(entries) if begins_inside else None, _last(entries) if len(rows) > PAGE else None)


def find_entries(contest: Contest, text: str) -> Found:
    """Return the entries of a contest whose name has, for each word of `text`, a word that begins so.

    Accents and case do not matter, nor the order of the words. Raises SearchTooShort when no word has two letters.
    """
    words = search_words(text)
    rarest = min(words, key=lambda word: (_bounded_count(contest, word), -len(word))) if len(words) > 1 else words[0]
    rows = _rows_of(contest, rarest)
    for word in words:
        if word != rarest:
            rows = rows.filter(Q(sort_name__startswith=word) | Q(sort_name__contains=f" {word}"))
    keys = list(rows.order_by("word", "sort_name", "entry_id").values_list("entry_id", flat=True)[:_ROWS])
    distinct = list(dict.fromkeys(keys))
    by_key = RollEntry.objects.select_related("voter").in_bulk(distinct[:PAGE])
    # The voter's name is read anew: an entry may have been removed in between.
    entries = sorted(by_key.values(), key=lambda entry: (entry.sort_name, entry.pk))
    return Found(entries, len(keys) < _ROWS and len(distinct) <= PAGE)


def search_words(text: str) -> list[str]:
    """Return the words to seek, each once, six at most. Raises SearchTooShort when none has two letters."""
    words = list(dict.fromkeys(plain_words(text)))[:MOST_WORDS]
    if not any(len(word) > 1 for word in words):
        raise SearchTooShort
    return words


def _rows_of(contest: Contest, word: str) -> QuerySet[NameWord]:
    """Return the words that begin so: a range of the index, under any collation that has digits and letters in order."""
    return NameWord.objects.filter(contest=contest, word__gte=word, word__lte=word.ljust(LONGEST_WORD, "z"))


def _bounded_count(contest: Contest, word: str) -> int:
    return _rows_of(contest, word)[:_COMMON].count()


def _name_at(contest: Contest, entry: int) -> str:
    name = RollEntry.objects.filter(contest=contest, pk=entry).values_list("sort_name", flat=True).first()
    if name is None:
        raise NoSuchPlace
    return name


def _first(entries: Sequence[RollEntry]) -> int | None:
    return entries[0].pk if entries else None


def _last(entries: Sequence[RollEntry]) -> int | None:
    return entries[-1].pk if entries else None
