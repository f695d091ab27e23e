"""The one place that answers: who is designated for this mailing list? (rules 4.5, 4.6)

People are designated by name, by a team, which stands for the teams below it too, or by a group. Who is in
those is computed whenever it is asked for, as for entries (rule 2.10). Only active people count.
"""

from collections.abc import Collection

from django.db.models import Q, QuerySet

from accounts.models import Member
from accounts.tree import team_ids_of
from groups.models import Designation, Group, MailingList

from . import effective

BOTH = (Designation.Purpose.SEND_TO, Designation.Purpose.SEND_AS)


def purposes_of(member: Member, mailing_list: MailingList) -> set[str]:
    """What the member is designated for; whoever may send as the list may send to it too."""
    if not member.is_active:
        return set()
    by_group = Q(group__in=effective.belonging_ids(member), group__deleted_at__isnull=True)
    theirs = Q(member=member) | Q(team__in=team_ids_of(member)) | by_group
    return set(mailing_list.designations.filter(theirs).values_list("purpose", flat=True))


def people_of(mailing_list: MailingList, *purposes: str) -> QuerySet[Member]:
    """Everybody who is designated for one of these purposes."""
    rows = list(
        mailing_list.designations.filter(purpose__in=purposes).values_list("member_id", "team_id", "group_id")
    )
    return people_behind(*({row[kind] for row in rows} - {None} for kind in range(3)))


def people_behind(
    members: Collection[int], teams: Collection[int], groups: Collection[int]
) -> QuerySet[Member]:
    """The people for whom these stand: members, teams and groups that are designated, or about to be."""
    live = Group.objects.live().filter(pk__in=groups).values_list("pk", flat=True)
    ids = effective.people_ids_within(members, teams, list(live))
    return Member.objects.active().filter(pk__in=ids)


def is_closed(mailing_list: MailingList) -> bool:
    """Whether nobody at all may send to the list: only designated people may, and there is none."""
    if mailing_list.who_can_send != MailingList.Senders.DESIGNATED:
        return False
    return not people_of(mailing_list, *BOTH).exists()
