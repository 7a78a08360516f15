"""Rows that are never changed and never deleted, on both databases."""

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from isoloir.common import appendonly
from isoloir.journal.models import JournalEntry

pytestmark = pytest.mark.django_db


def triggers_of(table: str) -> set[str]:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = %s::regclass", [table])
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table])
        return {row[0] for row in cursor.fetchall()}


def a_line() -> JournalEntry:
    return JournalEntry.objects.create(
        sequence=0, at=datetime(2026, 12, 3, tzinfo=UTC), kind="x", actor="y", digest="0" * 64
    )


@pytest.mark.parametrize("table", appendonly.APPEND_ONLY_TABLES)
def test_migrations_guard_the_table_against_both_acts(table):
    assert triggers_of(table) == {f"{table}_no_update", f"{table}_no_delete"}


def test_changing_a_line_is_refused():
    line = a_line()
    with pytest.raises(DatabaseError, match="journal_journalentry is append-only"), transaction.atomic():
        JournalEntry.objects.filter(pk=line.pk).update(actor="z")
    assert JournalEntry.objects.get().actor == "y"


def test_deleting_a_line_is_refused():
    line = a_line()
    with pytest.raises(DatabaseError, match="journal_journalentry is append-only"), transaction.atomic():
        JournalEntry.objects.filter(pk=line.pk).delete()
    assert JournalEntry.objects.count() == 1


def test_adding_a_line_is_allowed():
    a_line()
    assert JournalEntry.objects.count() == 1


@pytest.mark.parametrize("table", appendonly.APPEND_ONLY_TABLES)
def test_guards_are_put_back_as_they_were(table):
    before = triggers_of(table)
    appendonly.remove(connection, table)
    assert triggers_of(table) == set()
    appendonly.install(connection, table)
    assert triggers_of(table) == before


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_a_committed_line_is_gone_at_the_next_test_and_its_guards_are_not(turn):
    assert JournalEntry.objects.count() == 0
    a_line()
    assert triggers_of("journal_journalentry") == {"journal_journalentry_no_update", "journal_journalentry_no_delete"}
