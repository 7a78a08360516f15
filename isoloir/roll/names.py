"""The names by which a roll is sorted and searched: small letters and digits, without accents (Unicode NFKD)."""

import re
import unicodedata
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from django.db import connection

from isoloir.common.bulkrows import insert_rows

from .models import NameWord, RollEntry

LONGEST_WORD = 40
LONGEST_NAME = 220
WORD_FIELDS = ("contest", "entry", "word", "sort_name")
_BATCH = 500
_WORD = re.compile(r"[a-z0-9]+")
# Letters of European names that Unicode does not take apart; `casefold` makes « ss » of « ß ».
_LETTERS = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h", "ŋ": "n"}
)
# NFKD makes these of « ligatures » too, but an accent written apart must not cut a word in two.
_MARKS = re.compile("[\u0300-\u036f]")


def plain_words(text: str) -> list[str]:
    """Return the words of a text in their order, each of [a-z0-9] and of at most 40 characters."""
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS))
    return [word[:LONGEST_WORD] for word in _WORD.findall(plain)]


def sort_name(last_name: str, first_names: str) -> str:
    """Return the name as it is sorted: « DUPONT », « Marie-Claire » give « dupont marie claire »; 220 characters at most."""
    return " ".join([*plain_words(last_name), *plain_words(first_names)])[:LONGEST_NAME].rstrip()


def words_of(name: str) -> set[str]:
    """Return the words by which an entry of this `sort_name` is found."""
    return set(name.split())


def word_rows(contest: int, entries: Sequence[tuple[int, str]]) -> Iterator[tuple[int, int, str, str]]:
    """Give the rows of `NameWord` (contest, entry, word, name) of a contest's entries, pairs of key and `sort_name`.

    They come in the order of the index that they are searched by, which is then filled from one end to the other: a
    roll of 500,000 entries has some 1.5 million words. The entries must come sorted by name, then by key.
    """
    places: dict[str, array[int]] = {}
    for place, (_entry, name) in enumerate(entries):
        for word in words_of(name):
            places.setdefault(word, array("I")).append(place)
    for word in sorted(places):
        for place in places[word]:
            entry, name = entries[place]
            yield contest, entry, word, name


def write_contest_words(contest: int) -> None:
    """Write the words of every entry of a contest that has none, from their `sort_name`, inside the caller's transaction."""
    entries = RollEntry.objects.filter(contest=contest).order_by("sort_name", "pk").values_list("pk", "sort_name")
    insert_rows(NameWord, WORD_FIELDS, word_rows(contest, list(entries)))


def write_sort_names(names: Iterable[tuple[int, str]]) -> None:
    """Write the `sort_name` of entries, given by their keys; their words are the caller's affair."""
    quote = connection.ops.quote_name
    table = quote(RollEntry._meta.db_table)
    with connection.cursor() as cursor:
        # Names of the table and its columns come from the model.
        statement = f"UPDATE {table} SET {quote('sort_name')} = %s WHERE {quote('id')} = %s"  # noqa: S608
        cursor.executemany(statement, [(name, key) for key, name in names])


def write_names(entries: Iterable[RollEntry]) -> None:
    """Make `sort_name` and the words of these entries those of their voters' names, inside the caller's transaction.

    Give them with `select_related("voter")`; the objects are brought up to date too.
    """
    remaining = iter(entries)
    while batch := list(islice(remaining, _BATCH)):
        for entry in batch:
            entry.sort_name = sort_name(entry.voter.last_name, entry.voter.first_names)
        write_sort_names((entry.pk, entry.sort_name) for entry in batch)
        NameWord.objects.filter(entry__in=[entry.pk for entry in batch]).delete()
        rows = (
            (entry.contest_id, entry.pk, word, entry.sort_name)
            for entry in batch
            for word in sorted(words_of(entry.sort_name))
        )
        insert_rows(NameWord, WORD_FIELDS, rows)
