"""Since when somebody is in a group: decides whether they see what was said before (rule 3.7)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from accounts.models import Member
from groupadmin.base.sql import Carry, listed, query, sql
from groups.models import Group, Message

from .sql import groups_of_people


def member_since(member: Member, group: Group) -> datetime | None:
    """Since when the member is effectively in the group without interruption; None if they are not."""
    return since_in(member, [group.pk]).get(group.pk)


def since_in(member: Member, groups: Sequence[int]) -> dict[int, datetime]:
    """The same for several groups, by their ids, in one query; without those that they are not in."""
    if not groups:
        return {}
    # Each way into a group is as old as its youngest link; what counts is the oldest way.
    oldest = sql(
        "SELECT id, min(since) FROM group_above WHERE id IN ({groups}) GROUP BY id", groups=listed(groups)
    )
    found = query(oldest, *groups_of_people([member.pk], Carry.SINCE)).rows()
    return {pk: _moment(since) for pk, since in found}


def _moment(found: datetime | str) -> datetime:
    if isinstance(found, datetime):
        return found
    # SQLite keeps times as text, in UTC.
    moment = datetime.fromisoformat(found)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def from_before(member: Member, newest: Mapping[int, int]) -> set[int]:
    """The groups whose newest message the member does not see, being from before their time (rule 3.7).

    `newest` has its id by the group's, of groups that do not share what was said before.
    """
    since = since_in(member, list(newest))
    written = dict(Message.objects.filter(pk__in=newest.values()).values_list("group", "created_at"))
    return {pk for pk in newest if pk in written and (pk not in since or written[pk] < since[pk])}
