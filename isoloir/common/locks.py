"""Row locks that Django's ORM has no word for."""

from django.db import connection, models


def hold_row(row: models.Model) -> None:
    """Hold `row` against change until the end of the transaction, without keeping out others who hold it too.

    PostgreSQL: FOR SHARE. SQLite has one writer at a time, so that a write transaction holds everything already.
    """
    if connection.vendor != "postgresql":
        return
    quoted = connection.ops.quote_name
    table, key = quoted(row._meta.db_table), quoted(str(row._meta.pk.column))
    with connection.cursor() as cursor:
        # Both names come from the model, never from a person.
        cursor.execute(f"SELECT 1 FROM {table} WHERE {key} = %s FOR SHARE", [row.pk])  # noqa: S608
