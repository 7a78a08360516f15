"""What a draw of the order of lists publishes: the announcement, then the record (docs/specification/draw.md sections 4 and 5).

The announcement fixes all that the draw depends on, but for the seed. The record holds its exact bytes, so that whoever
kept their hash before the seed was public sees that nothing was changed since.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from isoloir_protocol.draw import (
    DrawRefused,
    canonical_order,
    canonical_seed,
    check_shape,
    contest_key,
    drawn_order,
    parts_of,
)

VERSION = 2
_INSTANT = "%Y-%m-%dT%H:%M:%SZ"
_ANNOUNCEMENT = ["version", "election", "source", "source_at", "seed_shape", "announced_at", "contests"]
_CONTEST = ["uuid", "code", "name", "names"]
_RECORD = ["version", "announcement", "seed", "drawn_at", "contests", "not_drawn"]


@dataclass(frozen=True, slots=True)
class AnnouncedContest:
    """One contest as announced: its identifier (Base58), and the names of its lists in canonical order."""

    uuid: str
    code: str
    name: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Announcement:
    """All that fixes a draw but its seed. Instants are whole seconds in UTC; `sha256` is of the bytes published."""

    election: str
    source: str
    source_at: datetime
    seed_shape: str
    announced_at: datetime
    contests: tuple[AnnouncedContest, ...]
    sha256: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """The order of one contest, computed again: its code and the names in the order drawn."""

    code: str
    order: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VerifiedDraw:
    """A record that holds: what was announced, the seed, the orders computed again, and the codes that were not drawn."""

    announcement: Announcement
    seed: str
    drawn_at: datetime
    drawn: tuple[Drawn, ...]
    not_drawn: tuple[str, ...]


def announcement_bytes(
    *,
    election: str,
    source: str,
    source_at: datetime,
    seed_shape: str,
    announced_at: datetime,
    contests: Sequence[AnnouncedContest],
) -> bytes:
    """Return the bytes of `annonce.json`. Raises DrawRefused when they would not be read back."""
    told = {
        "version": VERSION, "election": election, "source": source, "source_at": _text(source_at),
        "seed_shape": seed_shape, "announced_at": _text(announced_at),
        "contests": [
            {"uuid": each.uuid, "code": each.code, "name": each.name, "names": list(each.names)} for each in contests
        ],
    }  # fmt: skip
    content = _json(told)
    read_announcement(content)
    return content


def record_bytes(
    announcement: bytes, *, seed: str, drawn_at: datetime, orders: dict[str, Sequence[str]], not_drawn: dict[str, str]
) -> bytes:
    """Return the bytes of `tirage.json`. `orders` gives the names drawn by identifier, `not_drawn` the reason by identifier."""
    told = {
        "version": VERSION, "announcement": announcement.decode(), "seed": seed, "drawn_at": _text(drawn_at),
        "contests": [{"uuid": uuid, "order": list(order)} for uuid, order in orders.items()],
        "not_drawn": [{"uuid": uuid, "reason": reason} for uuid, reason in not_drawn.items()],
    }  # fmt: skip
    return _json(told)


def read_announcement(content: bytes) -> Announcement:
    """Read `annonce.json` and check all that can be: form, shape, identifiers, names, and that it came before its source.

    Raises DrawRefused.
    """
    try:
        return _announcement(content)
    except DrawRefused:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise DrawRefused("Ce fichier n’est pas une annonce de tirage.") from None


def _announcement(content: bytes) -> Announcement:
    told = _members(content, _ANNOUNCEMENT)
    contests = tuple(_announced(contest) for contest in told["contests"])
    _strings(told["election"], told["source"])
    parts_of(told["seed_shape"])
    if not contests or len({contest.uuid for contest in contests}) < len(contests):
        raise DrawRefused("L’annonce n’a aucun scrutin, ou deux fois le même.")
    found = Announcement(
        election=told["election"], source=told["source"], source_at=_instant(told["source_at"]),
        seed_shape=told["seed_shape"], announced_at=_instant(told["announced_at"]), contests=contests,
        sha256=hashlib.sha256(content).hexdigest(),
    )  # fmt: skip
    if found.announced_at >= found.source_at:
        raise DrawRefused("L’annonce ne précède pas la source de la graine.")
    return found


def _announced(told: dict[str, Any]) -> AnnouncedContest:
    uuid, code, name, names = (told[member] for member in _CONTEST)
    if list(told) != _CONTEST or not isinstance(names, list):
        raise ValueError
    _strings(code, name, *names)
    if canonical_order(names) != tuple(names) or len(set(names)) < len(names):
        raise DrawRefused("Les listes annoncées ne sont pas dans l’ordre canonique, ou pas toutes différentes.")
    contest_key(uuid, "0./")
    return AnnouncedContest(uuid, code, name, tuple(names))


def _strings(*values: object) -> None:
    if not all(isinstance(value, str) for value in values):
        raise TypeError


def verify_draw(record: bytes) -> VerifiedDraw:
    """Check a record (`tirage.json`), compute again every order it gives, and return them. Raises DrawRefused."""
    try:
        told = _members(record, _RECORD)
        announcement = read_announcement(told["announcement"].encode())
        return _verified(announcement, told)
    except DrawRefused:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise DrawRefused("Ce fichier n’est pas un compte rendu de tirage.") from None


def _verified(announcement: Announcement, told: dict[str, Any]) -> VerifiedDraw:
    seed, drawn_at = told["seed"], _instant(told["drawn_at"])
    if canonical_seed(seed) != seed:
        raise DrawRefused("La graine n’est pas sous sa forme canonique.")
    check_shape(seed, announcement.seed_shape)
    if drawn_at < announcement.source_at:
        raise DrawRefused("Le tirage précède la source de la graine.")
    for name, members in (("contests", ["uuid", "order"]), ("not_drawn", ["uuid", "reason"])):
        if any(list(each) != members for each in told[name]):
            raise ValueError
    contests = {contest.uuid: contest for contest in announcement.contests}
    orders = {each["uuid"]: each["order"] for each in told["contests"]}
    left = [each["uuid"] for each in told["not_drawn"]]
    if sorted([*(each["uuid"] for each in told["contests"]), *left]) != sorted(contests):
        raise DrawRefused("Les scrutins tirés ne sont pas ceux de l’annonce.")
    if not orders:
        raise DrawRefused("Ce compte rendu ne contient aucun tirage.")
    drawn = tuple(_drawn(contests[uuid], order, seed) for uuid, order in orders.items())
    return VerifiedDraw(announcement, seed, drawn_at, drawn, tuple(contests[uuid].code for uuid in left))


def _drawn(contest: AnnouncedContest, published: list[str], seed: str) -> Drawn:
    order = drawn_order(contest.uuid, contest.names, seed)
    if list(order) != published:
        code = "".join(filter(str.isprintable, contest.code))
        raise DrawRefused(f"Scrutin {code} : l’ordre publié n’est pas celui que donne la graine.")
    return Drawn(contest.code, order)


def _members(content: bytes, names: list[str]) -> dict[str, Any]:
    """Read a JSON object that has these members in this order, in compact form: one content has one writing only."""
    told: dict[str, Any] = json.loads(content)
    if list(told) != names or told["version"] != VERSION or _json(told) != content:
        raise ValueError
    return told


def _json(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime(_INSTANT)


def _instant(text: str) -> datetime:
    found = datetime.strptime(text, _INSTANT).replace(tzinfo=UTC)
    if _text(found) != text:
        raise ValueError
    return found
