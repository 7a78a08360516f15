"""The registrar's database: SQLite, one writer at a time, on the disk before any answer (synchronous=FULL).

`places` keeps what was issued and never changes; `entries` what was signed since. The live key of a place is its entry of
the highest generation, else what was issued. `signed` is the attempt that a grant signed; `cancelled` the attempts that it
never will sign, '' standing for all of them. `tag` alone tells whose a place is, to who has the tag key, until closing.
"""

import contextlib
import queue
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from .errors import StoreRefused, Unavailable
from .files import DATABASE

# A write waits for its turn at most so long; the portal waits a little longer.
_PATIENCE_SECONDS = 8.0

SCHEMA = """
CREATE TABLE contests (
  number INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, closed INTEGER NOT NULL DEFAULT 0, erased INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE places (
  contest INTEGER NOT NULL, slot TEXT NOT NULL, key BLOB NOT NULL, tag BLOB, PRIMARY KEY (contest, slot)
) WITHOUT ROWID;
CREATE TABLE people (
  person BLOB PRIMARY KEY, numen TEXT NOT NULL DEFAULT '', nir TEXT NOT NULL DEFAULT '',
  birth_date TEXT NOT NULL DEFAULT '', identity TEXT NOT NULL DEFAULT '',
  identity_with_place TEXT NOT NULL DEFAULT '', used INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE failures (
  person BLOB PRIMARY KEY, count INTEGER NOT NULL, last_at REAL NOT NULL, next_at REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE tokens (token BLOB PRIMARY KEY, seen_at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE grants (
  request TEXT PRIMARY KEY, person BLOB NOT NULL, asked BLOB NOT NULL, policy TEXT NOT NULL, expires_at REAL NOT NULL,
  signed TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE TABLE cancelled (request TEXT NOT NULL, attempt TEXT NOT NULL, PRIMARY KEY (request, attempt)) WITHOUT ROWID;
CREATE TABLE grant_places (
  request TEXT NOT NULL, contest INTEGER NOT NULL, slot TEXT NOT NULL, position INTEGER, generation INTEGER,
  PRIMARY KEY (request, contest, slot)
) WITHOUT ROWID;
CREATE TABLE entries (
  contest INTEGER NOT NULL, slot TEXT NOT NULL, generation INTEGER NOT NULL, previous BLOB NOT NULL, key BLOB NOT NULL,
  possession TEXT NOT NULL, portal TEXT NOT NULL, signature TEXT NOT NULL, line INTEGER,
  PRIMARY KEY (contest, slot, generation)
) WITHOUT ROWID;
CREATE TABLE lines (
  contest INTEGER NOT NULL, height INTEGER NOT NULL, type TEXT NOT NULL, unsigned TEXT NOT NULL, head TEXT NOT NULL,
  signature TEXT NOT NULL, PRIMARY KEY (contest, height)
) WITHOUT ROWID;
CREATE UNIQUE INDEX entries_key_once ON entries (contest, key);
"""
# Made once the places are in: a million keys are sorted faster than inserted in their random order.
INDEXES = "CREATE UNIQUE INDEX places_key_once ON places (contest, key);"


class Store:
    """Connections to the database of a store, shared by the service's threads."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / DATABASE
        if not self._path.is_file():
            raise StoreRefused(f"{directory} n’est pas un magasin du service d’enregistrement.")
        self._free: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give a connection for the time of a block that writes nothing. Raises Unavailable."""
        connection = self._take()
        try:
            yield connection
        except sqlite3.OperationalError as trouble:
            raise _unavailable(trouble) from None
        finally:
            self._free.put(connection)

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give a connection alone in writing; all that the block writes is on the disk when it ends, or nothing is.

        Raises Unavailable when the turn does not come in time.
        """
        with self.reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            try:
                connection.execute("COMMIT")
            except sqlite3.OperationalError:
                with contextlib.suppress(sqlite3.OperationalError):
                    connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close the connections that nobody uses."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._free.get_nowait().close()

    def _take(self) -> sqlite3.Connection:
        try:
            return self._free.get_nowait()
        except queue.Empty:
            try:
                return connect(self._path)
            except sqlite3.OperationalError as trouble:
                raise _unavailable(trouble) from None


def connect(path: Path) -> sqlite3.Connection:
    """Open the database: what is deleted is overwritten, what is committed is on the disk."""
    connection = sqlite3.connect(path, timeout=_PATIENCE_SECONDS, isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _unavailable(trouble: sqlite3.OperationalError) -> Unavailable:
    # Its own words may hold the path of the file, and nothing else of use: « database is locked », « disk is full ».
    return Unavailable(getattr(trouble, "sqlite_errorname", "SQLITE_ERROR"))
