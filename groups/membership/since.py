"""Since when somebody is in a group: decides whether they see previous messages (rule 3.7)."""

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
    """The same for several groups, by their ids, in one query; without those they are not in."""
    if not groups:
        return {}
    # Each path into a group is as old as its newest link; the oldest path counts.
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
    """The groups whose newest message is hidden from the member as they joined later (rule 3.7).

    `newest` is its id by group id, for groups that do not share previous messages.
    """
    written = Message.objects.filter(pk__in=newest.values()).values_list("group", "created_at")
    return written_before(member, dict(written))


def written_before(member: Member, newest: Mapping[int, datetime | None]) -> set[int]:
    """The same where it is known when the newest message was written, in one query."""
    since = since_in(member, list(newest))
    return {pk for pk, at in newest.items() if at is not None and (pk not in since or at < since[pk])}
