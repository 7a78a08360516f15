"""The order of distribution, cut into shards: the unit of work that a crash loses at most.

Académies, then establishments, then names: the order in which sheets are printed, packed and handed out.  Files of
notices hold one establishment each, shards hold whole files, so that a file never waits for two shards.

Memory: twenty-four bytes for each voter, and the names of one establishment while they are sorted.
"""

import unicodedata
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from isoloir.credentials.authority.request import CredentialRequest, RequestedVoter, read_voter, read_voter_at

# The typesetter keeps about one mebibyte for each page of the file that it makes; a larger establishment has parts.
PAGES_PER_FILE = 250
VOTERS_PER_SHARD = 4096
# Merging opens one file for each shard: a very large roll has larger shards, not more of them.
_MOST_SHARDS = 384


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """The sheets of one file: its path without suffix, the place of the first (from 1), and how many follow."""

    path: str
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Shard:
    """Consecutive files of the order of distribution, made and recorded together."""

    number: int
    files: tuple[PlannedFile, ...]

    @property
    def first(self) -> int:
        """The place of its first sheet, from 1."""
        return self.files[0].first

    @property
    def count(self) -> int:
        return sum(file.count for file in self.files)


@dataclass(frozen=True, slots=True)
class Plan:
    """`order` gives, for each place, where the voter's line begins in voters.csv."""

    order: "array[int]" = field(repr=False)
    shards: tuple[Shard, ...] = field(repr=False)

    @property
    def sha256(self) -> str:
        """What two plans of the same work have in common."""
        cut = ";".join(f"{file.path},{file.first},{file.count}" for shard in self.shards for file in shard.files)
        return sha256(self.order.tobytes() + cut.encode()).hexdigest()

    def offsets(self, shard: Shard) -> "array[int]":
        return self.order[shard.first - 1 : shard.first - 1 + shard.count]


def plan_distribution(
    request: CredentialRequest, *, voters_per_shard: int | None = None, progress: Callable[[int, int], None]
) -> Plan:
    """Sort the voters into the order of distribution and cut it.  `progress` receives voters sorted and in all."""
    places = _places(request)
    order: array[int] = array("Q")
    files: list[PlannedFile] = []
    with request.voters_path.open("rb") as stream:
        for folder, code in sorted(places):
            people = [(read_voter_at(stream, offset), offset) for offset in places[folder, code]]
            people.sort(key=lambda person: _alphabetical(person[0]))
            files.extend(_cut(f"{folder}/{code}", first=len(order) + 1, count=len(people)))
            order.extend(offset for _voter, offset in people)
            progress(len(order), len(request.offsets))
    size = voters_per_shard or max(VOTERS_PER_SHARD, -(-len(order) // _MOST_SHARDS))
    return Plan(order, tuple(_shards(files, size)))


def _places(request: CredentialRequest) -> dict[tuple[str, str], "array[int]"]:
    """Return, for each establishment, where its voters' lines begin."""
    places: dict[tuple[str, str], array[int]] = {}
    with request.voters_path.open("rb") as stream:
        stream.readline()
        for offset, line in zip(request.offsets, stream, strict=True):
            voter = read_voter(line)
            places.setdefault((voter.academy_folder, voter.establishment_code), array("Q")).append(offset)
    return places


def _cut(path: str, *, first: int, count: int) -> Iterator[PlannedFile]:
    """Give the files of one establishment: one, or parts of at most PAGES_PER_FILE sheets."""
    if count <= PAGES_PER_FILE:
        yield PlannedFile(path, first, count)
        return
    for part, start in enumerate(range(0, count, PAGES_PER_FILE), start=1):
        yield PlannedFile(f"{path}.part-{part:02d}", first + start, min(PAGES_PER_FILE, count - start))


def _shards(files: list[PlannedFile], size: int) -> Iterator[Shard]:
    gathered: list[PlannedFile] = []
    number = 1
    for file in files:
        gathered.append(file)
        if sum(each.count for each in gathered) >= size:
            yield Shard(number, tuple(gathered))
            gathered, number = [], number + 1
    if gathered:
        yield Shard(number, tuple(gathered))


def _alphabetical(voter: RequestedVoter) -> tuple[str, str, str]:
    return _folded(voter.last_name), _folded(voter.first_names), voter.reference


def _folded(text: str) -> str:
    if text.isascii():
        return text.casefold()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in decomposed if not unicodedata.combining(each))
