"""The order of lists by a verifiable draw: RFC 3797 with SHA-256 in place of MD5 (docs/specification/draw.md).

Pure: the names as they were announced, in their canonical order, and a seed that was public afterwards give the order.
Anybody who has both finds the same one.
"""

import hashlib
import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

#: Sources of one seed, numbers of one source, digits of one number: far above any public draw.
MOST_SOURCES, MOST_NUMBERS, MOST_DIGITS = 8, 64, 12
MOST_NAMES = 1000
#: A shape that leaves fewer seeds than this lets the order be foreseen; the smallest public lotteries leave far more.
FEWEST_SEEDS = 10_000

_NUMBER = re.compile(r"[0-9]+")
_BETWEEN = re.compile(r"[\s,;.+-]*", re.ASCII)
_CANONICAL = re.compile(r"(?:(?:0|[1-9][0-9]*)\.)+/", re.ASCII)
_UUID = re.compile(r"[1-9A-HJ-NP-Za-km-z]{14,64}")
_PART = re.compile(
    r"\s*([0-9]{1,2})\s*(?::|(?:nombres?|numéros?)?\s*de\s)\s*([0-9]{1,12})\s*(?:-|à)\s*([0-9]{1,12})\s*"
)


class DrawRefused(ValueError):
    """A seed cannot be read, or a record does not hold; the text says why, in French, for who verifies."""


@dataclass(frozen=True, slots=True)
class SeedPart:
    """What one source of a seed must be: `count` different numbers, from `least` to `most`, both included."""

    count: int
    least: int
    most: int


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


def canonical_shape(text: str) -> str:
    """Return the shape that a seed must have, `5:1-49/1:1-10`: for each source, how many numbers, and their bounds.

    `text` is that, or as people write it: « 5 de 1 à 49 / 1 de 1 à 10 ». Raises DrawRefused, also when the shape leaves
    fewer than FEWEST_SEEDS seeds.
    """
    found = [_PART.fullmatch(part) for part in text.split("/")]
    if not 1 <= len(found) <= MOST_SOURCES or None in found:
        raise DrawRefused("La forme de la graine s’écrit « 5 de 1 à 49 / 1 de 1 à 10 ».")
    parts = [SeedPart(*map(int, match.groups())) for match in found if match is not None]
    if any(not (1 <= part.count <= MOST_NUMBERS and part.least <= part.most) for part in parts):
        raise DrawRefused("La forme de la graine a un nombre ou une borne qui ne va pas.")
    if math.prod(math.comb(part.most - part.least + 1, part.count) for part in parts) < FEWEST_SEEDS:
        raise DrawRefused("La forme de la graine laisse trop peu de graines possibles.")
    return "/".join(f"{part.count}:{part.least}-{part.most}" for part in parts)


def parts_of(shape: str) -> tuple[SeedPart, ...]:
    """Return the parts of a shape in canonical form. Raises DrawRefused."""
    if canonical_shape(shape) != shape:
        raise DrawRefused("La forme de la graine n’est pas sous sa forme canonique.")
    found = (part.replace(":", "-").split("-") for part in shape.split("/"))
    return tuple(SeedPart(*map(int, numbers)) for numbers in found)


def check_shape(seed: str, shape: str) -> None:
    """Refuse a seed, in canonical form, that has not the shape announced. Raises DrawRefused, which says where."""
    sources = [[int(number) for number in source.split(".")[:-1]] for source in seed.split("/")[:-1]]
    parts = parts_of(shape)
    if len(sources) != len(parts):
        raise DrawRefused(f"La graine a {len(sources)} sources, l’annonce en voulait {len(parts)}.")
    for rank, (numbers, part) in enumerate(zip(sources, parts, strict=True), start=1):
        fits = len(numbers) == len(set(numbers)) == part.count
        if not fits or any(not part.least <= number <= part.most for number in numbers):
            raise DrawRefused(
                f"Source {rank} de la graine : l’annonce voulait {part.count} nombres différents "
                f"de {part.least} à {part.most}."
            )


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
