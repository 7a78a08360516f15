"""What goes once contests are closed: first whose their places were, then, after the last, every key that could tell.

Done by pieces, so that other contests are served meanwhile; begun again from where it stopped after a crash.
"""

import sqlite3
from pathlib import Path

from .files import EVIDENCE_PEPPER, TAG_KEY, destroy_secret
from .store import Store

_PIECE = 20_000


def erase_what_is_closed(store: Store, directory: Path) -> bool:
    """Erase what closed contests leave; return whether all are closed, and the secrets destroyed. Raises Unavailable."""
    with store.reading() as connection:
        left = connection.execute("SELECT number FROM contests WHERE closed = 1 AND erased = 0").fetchall()
    for (number,) in left:
        while _erase_some_tags(store, number):
            pass
        with store.writing() as connection:
            connection.execute("DELETE FROM grant_places WHERE contest = ?", (number,))
            connection.execute("UPDATE contests SET erased = 1 WHERE number = ?", (number,))
    with store.reading() as connection:
        if connection.execute("SELECT 1 FROM contests WHERE erased = 0").fetchone() is not None:
            return False
        # The keys go first: were the machine to stop here, what is left would tell nothing.
        for secret in (TAG_KEY, EVIDENCE_PEPPER):
            destroy_secret(directory, secret)
        _erase_people(connection)
    return True


def _erase_some_tags(store: Store, number: int) -> int:
    """Erase the tags of some places of a contest; return of how many."""
    with store.writing() as connection:
        some = (
            "UPDATE places SET tag = NULL WHERE contest = ? AND slot IN"
            " (SELECT slot FROM places WHERE contest = ? AND tag IS NOT NULL LIMIT ?)"
        )
        return connection.execute(some, (number, number, _PIECE)).rowcount


def _erase_people(connection: sqlite3.Connection) -> None:
    """Empty the tables of persons, and write the database anew without what was deleted."""
    tables = ("people", "failures", "tokens", "grants", "grant_places", "cancelled")
    left = [table for table in tables if connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()]  # noqa: S608
    if not left:
        return
    for table in left:
        connection.execute(f"DELETE FROM {table}")  # noqa: S608
    connection.execute("VACUUM")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
