"""How tests with transactions of their own leave the database: as empty as they found it.

Django empties every table of it at once, which PostgreSQL takes longer for than most of these tests need, and
then writes all permissions anew. Here only what is there is deleted.
"""

import time
from typing import Any

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper

from accounts.models import AuditEntry

# They come with the tables, and say the same before each test.
KEPT = {ContentType._meta.db_table, Permission._meta.db_table}
AUDIT = AuditEntry._meta.db_table


# In seconds, for what a live server has begun and nobody waits for any more.
PATIENCE = 20


def empty_again(*_test_case: Any) -> None:
    """Waits until nobody writes, holding nothing meanwhile: neither side can stop the other for good."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                _empty(cursor)
            return
        except OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def _empty(cursor: CursorWrapper) -> None:
    """Deletes in any order: foreign keys are looked at in the end only."""
    tables = sorted(set(connection.introspection.django_table_names(only_existing=True)) - KEPT)
    names = {table: connection.ops.quote_name(table) for table in tables}
    if connection.vendor == "postgresql":
        cursor.execute(f"LOCK TABLE {', '.join(names.values())} IN EXCLUSIVE MODE NOWAIT")
    cursor.execute(
        " UNION ALL ".join(
            f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {name})" for table, name in names.items()
        )
    )
    filled = {table for (table,) in cursor.fetchall()}
    if AUDIT in filled and connection.vendor == "postgresql":
        # Single entries cannot be deleted; all at once they can, see tests.conftest.
        cursor.execute(f"TRUNCATE {names[AUDIT]}")
        filled.remove(AUDIT)
    for table in sorted(filled):
        cursor.execute(f"DELETE FROM {names[table]}")
