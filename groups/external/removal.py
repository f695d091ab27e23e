from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.actions.locks import lock_companies
from accounts.actor import Actor, Refused
from accounts.audit.items import Item, people_items
from accounts.models import Member
from accounts.permissions import check_administers
from groupadmin.base.errors import Invalid
from groups import notices
from groups.models import Group, Notice
from groups.notices.leaving import tell_people_left

ACTION = "group.take_out"


@audit.action
def take_out_of_others(group: Group, member: Member, *, actor: Actor) -> Group:
    """Removes an own person, as member and as master, from another company's group (rules 1.4, 2.15).

    Their administrator may, without running the group; even the last master may go, and the group stays.
    Raises Refused or Invalid.
    """
    if member.company_id is None or member.company_id == group.company_id:
        raise Refused(ACTION, gettext_lazy("Only for groups of other companies."), target=group)
    companies = lock_companies([group.company_id, member.company_id])
    check_administers(actor, companies[member.company_id], ACTION)
    groups = Group.objects.live().select_for_update(of=("self",)).filter(pk=group.pk)
    if (locked := groups.first()) is None:
        raise Invalid(None, _("This group was deleted in the meantime."))
    changes = _take_out(locked, member)
    if not changes:
        raise Invalid(None, _("This person is no longer in the group."))
    locked.version += 1
    locked.save(update_fields=["version"])
    _record(locked, member, changes, actor)
    # Even if the group sends no notifications: it was their own company that decided.
    notices.tell(Notice.Kind.REMOVED, [member.pk], actor=actor, group=locked)
    tell_people_left([locked], member, actor=actor)
    return locked


def _take_out(group: Group, member: Member) -> audit.Changes:
    changes: audit.Changes = {}
    if group.entries.filter(member=member).delete()[0]:
        changes["members_removed"] = [None, people_items([member.pk])]
    before = _masters(group)
    if group.masters.filter(member=member).delete()[0]:
        changes["masters"] = [before, _masters(group)]
    return changes


def _masters(group: Group) -> list[Item]:
    return people_items(group.masters.values_list("member_id", flat=True))


def _record(group: Group, member: Member, changes: audit.Changes, actor: Actor) -> None:
    """For both companies; the person's company sees only its own people (rules 1.1, 6.4)."""
    assert member.company_id is not None  # noqa: S101  (asked before)
    own = {
        key: [
            None if side is None else [item for item in side if item["company"] == member.company_id]
            for side in sides
        ]
        for key, sides in changes.items()
    }
    reason = gettext_lazy("Removed by their own company.")
    entries = [
        audit.Entry(group, changes, group.company_id, reason),
        audit.Entry(group, own, member.company_id, reason),
    ]
    audit.record_in_bulk(actor, ACTION, entries)
