"""Writing a table again in the order of its random keys, so that its file no longer tells when each row came."""

from django.db import connection, models, transaction


@transaction.atomic
def rewrite_at_random(model: type[models.Model]) -> None:
    """Write all rows of `model`, whose primary key is random, again in the order of that key, in one transaction.

    On PostgreSQL the place on disk and the number of the inserting transaction (xmin) followed the order of writing: after
    this they follow the random keys and are one number. TRUNCATE gives the table a new file, where VACUUM would keep the
    replaced rows as long as any transaction could still see them. No table may refer to this one. On SQLite rows lie in the
    order of their keys from the start, and closing has the whole file written anew.
    """
    if connection.vendor != "postgresql":
        return
    table = connection.ops.quote_name(model._meta.db_table)
    key = connection.ops.quote_name(str(model._meta.pk.column))
    # Both names come from the model, never from a person.
    with connection.cursor() as cursor:
        # A table with constraints still to be checked cannot be truncated.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"CREATE TEMPORARY TABLE rewritten ON COMMIT DROP AS SELECT * FROM {table}")  # noqa: S608
        cursor.execute(f"TRUNCATE {table}")
        cursor.execute(f"INSERT INTO {table} SELECT * FROM rewritten ORDER BY {key}")  # noqa: S608
        cursor.execute("DROP TABLE rewritten")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
