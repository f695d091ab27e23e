"""Undo after a group was deleted: it is there again, also in other groups and lists (rules 2.17, 10.13)."""

from django.db.models import F
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actions.locks import lock_company
from accounts.actor import Actor
from accounts.audit.items import group_item
from accounts.models import Undoable
from accounts.undo import State, keep, together
from groupadmin.base.errors import Conflict
from groupadmin.base.kept_rows import Row, plain, put_back
from groupadmin.base.text import isolated
from groups import actions, notices, permissions
from groups.actions.designations import SET_RULES
from groups.actions.put_back import put_people_back
from groups.models import Designation, Group, Membership
from groups.permissions import Act

from .people import group_in

KIND = "group.delete"


def delete_group(group: Group, *, actor: Actor) -> Undoable | None:
    """The action of this name; who may restore the group can undo it. Raises what it raises."""
    with together(), notices.heard() as told:
        lock_company(group.company_id)
        permissions.get_group_for(actor, group.pk, Act.DELETE, lock=True)
        containers = plain(Membership.objects.filter(subgroup=group, group__deleted_at=None).order_by("pk"))
        designated = plain(Designation.objects.filter(group=group).order_by("pk"))
        done = actions.delete_group(group, actor=actor)
        if not permissions.may(actor, Act.RESTORE, done):
            return None
        state = {
            "group": done.pk,
            "version": done.version,
            "containers": containers,
            "designated": designated,
            "notices": list(told),
        }
        return keep(actor, KIND, state)


def undo(state: State, actor: Actor) -> str:
    """Restores it, and puts it back where it was; where that is no longer possible it stays out."""
    group = group_in(state)
    if group.deleted_at is None or group.version != state["version"]:
        raise Conflict(group.version)
    with notices.heard() as again:
        restored = actions.restore_group(group, actor=actor)
        for row in state["containers"]:
            _put_into(row, actor)
        _designate(restored, state["designated"], actor)
    notices.unsay(state["notices"], again)
    return _("%(name)s was restored.") % {"name": isolated(restored.name)}


def _put_into(row: Row, actor: Actor) -> None:
    container = Group.objects.select_related("company").filter(pk=row["group_id"], deleted_at=None).first()
    if container is None or container.entries.filter(subgroup=row["subgroup_id"]).exists():
        return
    if permissions.may(actor, Act.EDIT, container):
        put_people_back(container, container.version, entries=[row], actor=actor)


def _designate(group: Group, rows: list[Row], actor: Actor) -> None:
    """For the lists for which its people were designated, as far as the lists are there."""
    lists = [row["mailing_list_id"] for row in rows]
    found = Group.objects.live().filter(mailing_list__in=lists, company=group.company_id).order_by("pk")
    owners = {owner.mailing_list_id: owner for owner in found.select_for_update(of=("self",))}
    back = [row for row in rows if row["mailing_list_id"] in owners]
    put_back(Designation, back, instead_of=Designation.objects.filter(group=group, mailing_list__in=owners))
    Group.objects.filter(pk__in=[owner.pk for owner in owners.values()]).update(version=F("version") + 1)
    changes: audit.Changes = {"designated_added": [None, [group_item(group)]]}
    audit.record_each(actor, SET_RULES, owners.values(), changes)
