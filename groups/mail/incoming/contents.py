"""Stores the bytes of mails."""

import psycopg
from django.db import connection

from groups.models import MailContent


def keep_content(data: bytes) -> MailContent:
    """The stored bytes. Call it inside a transaction.

    Written into the query as text, as Django sends values to PostgreSQL, they would need ten times their size
    in memory; so they are sent beside it, as they are.
    """
    if connection.vendor != "postgresql":
        return MailContent.objects.create(data=data)
    content = MailContent.objects.create(data=b"")
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute("UPDATE groups_mailcontent SET data = %b WHERE id = %s", [data, content.pk])
    return content
