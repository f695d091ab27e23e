"""The database's clock, by which workers on several machines agree on what is due."""

from datetime import datetime

from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone


def now() -> Now | datetime:
    """For queries and rows. SQLite is on this machine, and has only milliseconds of its own."""
    return timezone.now() if connection.vendor == "sqlite" else Now()


def read() -> datetime:
    """The same as a value, for which the database is asked."""
    if connection.vendor == "sqlite":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT STATEMENT_TIMESTAMP()")
        found: datetime = cursor.fetchone()[0]
    return found
