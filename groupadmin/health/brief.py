"""Asks the database something within seconds, though it be busy or silent."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What is asked inside ends in so many seconds, by an answer or an error of the database."""
    connection.ensure_connection()
    if connection.vendor != "postgresql":
        # SQLite: nobody who reads waits for others.
        yield
        return
    raw = connection.connection
    usual, raw.silent_seconds = raw.silent_seconds, seconds + 1
    try:
        with transaction.atomic():
            _limit(f"{int(seconds * 1000)}ms")
            yield
            # A transaction around ours goes on as before.
            _limit("DEFAULT")
    finally:
        raw.silent_seconds = usual


def _limit(limit: str) -> None:
    value = limit if limit == "DEFAULT" else f"'{limit}'"
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {value}")
