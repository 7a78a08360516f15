"""What the person who runs the registrar may look at: counts, and the last line of each register. No name, no tag."""

from dataclasses import dataclass
from pathlib import Path

from nacl.signing import SigningKey

from .erasure import erase_what_is_closed
from .errors import StoreRefused
from .files import SIGNING_KEY, read_secret
from .store import Store

_PROVABLE = "numen <> '' OR nir <> '' OR birth_date <> '' OR identity <> ''"


@dataclass(frozen=True)
class ContestStatus:
    """A contest's register as the registrar knows it; `height` is -1 before the opening."""

    uuid: str
    is_closed: bool
    places: int
    entries: int
    waiting: int
    height: int
    head: str


@dataclass(frozen=True)
class Status:
    """Counts of the whole store; people and grants are 0 once all was erased."""

    key: str
    people: int
    provable: int
    used: int
    grants: int
    slowed: int
    contests: tuple[ContestStatus, ...]


def read_status(directory: Path) -> Status:
    """Return the state of a store, whether it is being served or not. Raises StoreRefused, Unavailable."""
    store = Store(directory)
    key = SigningKey(read_secret(directory, SIGNING_KEY)).verify_key.encode().hex()
    with store.reading() as connection:
        people, provable, used = connection.execute(
            f"SELECT COUNT(*), COALESCE(SUM({_PROVABLE}), 0), COALESCE(SUM(used), 0) FROM people"  # noqa: S608
        ).fetchone()
        (grants,) = connection.execute("SELECT COUNT(*) FROM grants WHERE signed = ''").fetchone()
        (slowed,) = connection.execute("SELECT COUNT(*) FROM failures WHERE next_at > last_at").fetchone()
        rows = connection.execute(
            "SELECT uuid, closed, (SELECT COUNT(*) FROM places WHERE contest = number),"
            " (SELECT COUNT(*) FROM entries WHERE contest = number),"
            " (SELECT COUNT(*) FROM entries WHERE contest = number AND line IS NULL),"
            " COALESCE((SELECT MAX(height) FROM lines WHERE contest = number), -1),"
            " COALESCE((SELECT head FROM lines WHERE contest = number ORDER BY height DESC LIMIT 1), '')"
            " FROM contests ORDER BY number"
        ).fetchall()
    store.close()
    contests = tuple(ContestStatus(row[0], bool(row[1]), *row[2:]) for row in rows)
    return Status(key, people, provable, used, grants, slowed, contests)


def erase_for_good(directory: Path) -> None:
    """Erase all that joins places and persons, now. Raises StoreRefused while a contest is open, Unavailable."""
    store = Store(directory)
    with store.reading() as connection:
        (still_open,) = connection.execute("SELECT COUNT(*) FROM contests WHERE closed = 0").fetchone()
    if still_open:
        raise StoreRefused(f"{still_open} scrutin(s) ne sont pas clos : rien n’a été effacé.")
    erase_what_is_closed(store, directory)
    store.close()
