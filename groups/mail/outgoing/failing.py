"""Counts what fails by address, and pauses the ones that keep failing.

An address is paused after five mails in a row came back for good. Since a hand-over to the smart host is no
proof that the mail arrived, nothing but time makes good for a failure: after thirty days without one, the
count begins anew.
"""

from collections.abc import Mapping
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from groups.models import FailingAddress

FAILURES_AT_MOST = 5
FORGOTTEN_DAYS = 30

# One statement, so that workers that count one address at once miss nothing.
_COUNT = """
INSERT INTO {table} AS known (address, failures, last_failed_at, last_error, paused_at)
VALUES (%s, 1, %s, %s, NULL)
ON CONFLICT (address) DO UPDATE SET
  failures = CASE WHEN known.last_failed_at < %s THEN 1 ELSE known.failures + 1 END,
  last_failed_at = excluded.last_failed_at,
  last_error = excluded.last_error,
  paused_at = CASE WHEN known.paused_at IS NULL AND known.last_failed_at >= %s AND known.failures + 1 >= %s
              THEN excluded.last_failed_at ELSE known.paused_at END
"""


def count(failures: Mapping[str, str]) -> None:
    """Adds a failure to each of the addresses; the caller sees to it that one mail counts once.

    Addresses are written in their order, so that two transactions never wait for each other.
    """
    now = timezone.now()
    forgotten = now - timedelta(days=FORGOTTEN_DAYS)
    times = [connection.ops.adapt_datetimefield_value(time) for time in (now, forgotten)]
    with connection.cursor() as cursor:
        for address, error in sorted((address.lower(), error) for address, error in failures.items()):
            cursor.execute(
                _COUNT.format(table=FailingAddress._meta.db_table),
                [address[:320], times[0], error[:1000], times[1], times[1], FAILURES_AT_MOST],
            )
