"""The order of lists by a verifiable draw: RFC 3797 with SHA-256 in place of MD5 (docs/specification/draw.md).

Pure: the names as they were announced, in their canonical order, and a seed that was public afterwards give the order.
Anybody who has both finds the same one.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

#: Sources of one seed, numbers of one source, digits of one number: far above any public draw.
MOST_SOURCES, MOST_NUMBERS, MOST_DIGITS = 8, 64, 12
MOST_NAMES = 1000

_NUMBER = re.compile(r"[0-9]+")
_BETWEEN = re.compile(r"[\s,;.+-]*", re.ASCII)
_CANONICAL = re.compile(r"(?:(?:0|[1-9][0-9]*)\.)+/", re.ASCII)
_UUID = re.compile(r"[1-9A-HJ-NP-Za-km-z]{14,64}")


class DrawRefused(ValueError):
    """A seed cannot be read, or a record does not hold; the text says why, in French, for who verifies."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The order of one contest, computed again: its code and the names in the order drawn."""

    code: str
    order: tuple[str, ...]


def canonical_order(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names in the order in which they are announced: alphabetical without case nor accents, then by code point."""
    return tuple(sorted(names, key=lambda name: (_plain(name), name)))


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def canonical_seed(text: str) -> str:
    """Return the seed as it is hashed (RFC 3797 section 4.4): numbers of each source ascending, `.` after each, `/` at its end.

    `text` gives whole numbers as people write them, « 9 18 26 34 41 45 »; a `/` separates sources. Raises DrawRefused.
    """
    sources = text.strip().rstrip("/").split("/")
    if len(sources) > MOST_SOURCES:
        raise DrawRefused("La graine a trop de sources.")
    return "".join(_canonical_source(source) for source in sources)


def _canonical_source(source: str) -> str:
    numbers = _NUMBER.findall(source)
    if not numbers or not _BETWEEN.fullmatch(_NUMBER.sub("", source)):
        raise DrawRefused("La graine s’écrit en nombres entiers séparés par des espaces ; « / » sépare deux sources.")
    if len(numbers) > MOST_NUMBERS or any(len(number) > MOST_DIGITS for number in numbers):
        raise DrawRefused("La graine a trop de nombres ou des nombres trop longs.")
    return "".join(f"{number}." for number in sorted(map(int, numbers))) + "/"


def contest_key(uuid: str, seed: str) -> str:
    """Return the key string of one contest: its identifier is a source of its own, so that one seed serves all contests.

    `seed` is in canonical form. Raises DrawRefused.
    """
    if not _UUID.fullmatch(uuid):
        raise DrawRefused("L’identifiant du scrutin n’est pas en Base58.")
    if not re.fullmatch(f"(?:{_CANONICAL.pattern})+", seed, re.ASCII) or canonical_seed(seed) != seed:
        raise DrawRefused("La graine n’est pas sous sa forme canonique.")
    return f"{uuid}./{seed}"


def select(
    pool: Sequence[str], key: str, *, count: int, digest: Callable[[bytes], Any] = hashlib.sha256
) -> tuple[str, ...]:
    """Return `count` of the pool in the order selected (RFC 3797 section 4.5).

    The k-th, from 0, is the member whose rank among those left is the hash of k ‖ key ‖ k (k on two bytes, the hash a
    big-endian number) modulo their number. Raises DrawRefused.
    """
    left = list(pool)
    if not 0 <= count <= len(left) <= MOST_NAMES or len(set(left)) < len(left):
        raise DrawRefused("Les listes à tirer ne sont pas toutes différentes, ou trop nombreuses.")
    chosen = []
    for index in range(count):
        mark = index.to_bytes(2, "big")
        number = int.from_bytes(digest(mark + key.encode() + mark).digest(), "big")
        chosen.append(left.pop(number % len(left)))
    return tuple(chosen)


def drawn_order(uuid: str, names: Sequence[str], seed: str) -> tuple[str, ...]:
    """Return all the names in the drawn order. `names` in canonical order, `seed` in canonical form. Raises DrawRefused."""
    if canonical_order(names) != tuple(names):
        raise DrawRefused("Les listes annoncées ne sont pas dans l’ordre canonique.")
    return select(names, contest_key(uuid, seed), count=len(names))


def verify_draw(record: bytes) -> tuple[Drawn, ...]:
    """Compute again every order of a record (`tirage.json`, docs/specification/draw.md §4) and return them. Raises DrawRefused."""
    try:
        read = json.loads(record)
        drawn = tuple(_verified(contest, read["seed"]) for contest in read["contests"])
    except DrawRefused:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise DrawRefused("Ce fichier n’est pas un compte rendu de tirage.") from None
    if not drawn:
        raise DrawRefused("Ce compte rendu ne contient aucun tirage.")
    return drawn


def _verified(contest: dict[str, Any], seed: str) -> Drawn:
    order = drawn_order(contest["uuid"], contest["names"], seed)
    if list(order) != contest["order"]:
        code = "".join(filter(str.isprintable, str(contest["code"])))
        raise DrawRefused(f"Scrutin {code} : l’ordre publié n’est pas celui que donne la graine.")
    return Drawn(str(contest["code"]), order)
