"""Tables whose rows are never changed and never deleted, by database triggers (R211-569)."""

from collections.abc import Callable
from typing import Any

from django.db.migrations.operations import RunPython

_SQLITE = """
CREATE TRIGGER {table}_no_{verb} BEFORE {event} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""
_POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION isoloir_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$
"""
_POSTGRES = """
CREATE TRIGGER {table}_no_{verb} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION isoloir_append_only()
"""
APPEND_ONLY_TABLES = (
    "journal_journalentry", "roll_turnout", "ballotbox_ballot", "board_entry",
    "board_sealedrecord", "board_registerline", "texts_textversion", "claims_claimstep",
)  # fmt: skip


def install(connection: Any, table: str) -> None:
    """Add both triggers to `table`; to be run once, by a migration."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRES_FUNCTION)
        statement = _POSTGRES if connection.vendor == "postgresql" else _SQLITE
        for verb in ("update", "delete"):
            cursor.execute(statement.format(table=table, verb=verb, event=verb.upper()))


def remove(connection: Any, table: str) -> None:
    """Take both triggers away (to undo the migration, and between tests on SQLite)."""
    with connection.cursor() as cursor:
        on_table = f" ON {table}" if connection.vendor == "postgresql" else ""
        for verb in ("update", "delete"):
            cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb}{on_table}")


def forbid_changes(table: str) -> RunPython:
    """Return the migration operation that makes `table` append-only."""
    return RunPython(_installing(table), _removing(table))


def allow_changes(table: str) -> RunPython:
    """Return the migration operation that takes the triggers of `table` away, for operations that write it anew."""
    return RunPython(_removing(table), _installing(table))


def _installing(table: str) -> Callable[[Any, Any], None]:
    return lambda _apps, editor: install(editor.connection, table)


def _removing(table: str) -> Callable[[Any, Any], None]:
    return lambda _apps, editor: remove(editor.connection, table)
