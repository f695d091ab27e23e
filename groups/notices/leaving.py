"""Tells those who are left in groups that somebody is gone (rule 2.15)."""

from collections import defaultdict
from collections.abc import Collection

from accounts.actor import Actor
from accounts.models import Member
from groups import notices
from groups.models import Group, Master, Notice


def tell_people_left(groups: Collection[Group], member: Member, *, actor: Actor) -> None:
    """Tells that one person left these groups, in bulk: masters always, even where 5.1 is off, and everybody
    where the group sends notifications (rule 2.15). Recently deleted groups are gone already to their people.
    """
    live = [group for group in groups if group.deleted_at is None]
    gone = {member.pk, actor.member.pk if actor.member else 0}
    masters: defaultdict[int, set[int]] = defaultdict(set)
    for group, master in Master.objects.filter(group__in=live).values_list("group_id", "member_id"):
        masters[group].add(master)
    details = {"people": [member.name], "count": 1}
    told = [notices.Told.of(group, details, always=masters[group.pk] - gone) for group in live]
    notices.tell_groups(Notice.Kind.PEOPLE_LEFT, told)
