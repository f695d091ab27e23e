"""Since when somebody is in a group: decides whether they see what was said before (spec 3.7)."""

from datetime import UTC, datetime

from django.db import connection
from django.utils.dateparse import parse_datetime

from accounts.models import Member

from .models import Group

# Each way into the group is as old as its youngest link; somebody is in it for as long as by the oldest way.
_SINCE = """
WITH RECURSIVE
  my_team(id, since) AS (
    SELECT team_id, since FROM accounts_teammembership WHERE member_id = %s
    UNION SELECT t.parent_id, my_team.since FROM accounts_team t JOIN my_team ON t.id = my_team.id
          WHERE t.parent_id IS NOT NULL),
  my_group(id, since) AS (
    SELECT group_id, added_at FROM groups_membership WHERE member_id = %s
    UNION SELECT m.group_id, CASE WHEN m.added_at > my_team.since THEN m.added_at ELSE my_team.since END
          FROM groups_membership m JOIN my_team ON m.team_id = my_team.id
    UNION SELECT m.group_id, CASE WHEN m.added_at > my_group.since THEN m.added_at ELSE my_group.since END
          FROM groups_membership m JOIN my_group ON m.subgroup_id = my_group.id)
SELECT min(since) FROM my_group WHERE id = %s
"""


def member_since(member: Member, group: Group) -> datetime | None:
    """Since when the member is effectively in the group without interruption; None if they are not."""
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, [member.pk, member.pk, group.pk])
        found = cursor.fetchone()[0]
    if isinstance(found, str):
        # SQLite keeps times as text, in UTC.
        moment = parse_datetime(found)
        return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
    return found  # type: ignore[no-any-return]
