"""Since when somebody is in a group: decides whether they see what was said before (spec 3.7)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from django.db import connection

from accounts.models import Member
from groups.models import Group, Message

# Each way into the group is as old as its youngest link; somebody is in it for as long as by the oldest way.
_SINCE = """
WITH RECURSIVE
  my_team(id, since) AS (
    SELECT team_id, since FROM accounts_teammembership WHERE member_id = %s
    UNION SELECT t.parent_id, CASE WHEN t.moved_at > my_team.since THEN t.moved_at ELSE my_team.since END
          FROM accounts_team t JOIN my_team ON t.id = my_team.id WHERE t.parent_id IS NOT NULL),
  my_group(id, since) AS (
    SELECT group_id, added_at FROM groups_membership WHERE member_id = %s
    UNION SELECT m.group_id, CASE WHEN m.added_at > my_team.since THEN m.added_at ELSE my_team.since END
          FROM groups_membership m JOIN my_team ON m.team_id = my_team.id
    UNION SELECT m.group_id, CASE WHEN m.added_at > my_group.since THEN m.added_at ELSE my_group.since END
          FROM groups_membership m JOIN my_group ON m.subgroup_id = my_group.id)
SELECT id, min(since) FROM my_group WHERE id IN ({ids}) GROUP BY id
"""


def member_since(member: Member, group: Group) -> datetime | None:
    """Since when the member is effectively in the group without interruption; None if they are not."""
    return since_in(member, [group.pk]).get(group.pk)


def since_in(member: Member, groups: Sequence[int]) -> dict[int, datetime]:
    """The same for several groups, by their ids, in one query; without those that they are not in."""
    if not groups:
        return {}
    ids = ", ".join(["%s"] * len(groups))
    with connection.cursor() as cursor:
        cursor.execute(_SINCE.format(ids=ids), [member.pk, member.pk, *groups])
        return {pk: _moment(since) for pk, since in cursor.fetchall()}


def _moment(found: datetime | str) -> datetime:
    if isinstance(found, datetime):
        return found
    # SQLite keeps times as text, in UTC.
    moment = datetime.fromisoformat(found)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def from_before(member: Member, newest: Mapping[int, int]) -> set[int]:
    """The groups whose newest message the member does not see, being from before their time (spec 3.7).

    `newest` has its id by the group's, of groups that do not share what was said before.
    """
    since = since_in(member, list(newest))
    written = dict(Message.objects.filter(pk__in=newest.values()).values_list("group", "created_at"))
    return {pk for pk in newest if pk in written and (pk not in since or written[pk] < since[pk])}
