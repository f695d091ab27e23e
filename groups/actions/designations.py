"""What mailing lists lose when a team or a group is deleted (rule 2.22)."""

from django.db.models import F

from accounts import audit
from accounts.actor import Actor
from accounts.audit.items import group_item, team_item
from accounts.models import Team
from groups.models import Designation, Group

SET_RULES = "group.set_list_rules"


def drop_designated(thing: Team | Group, actor: Actor) -> None:
    """Before a team or group is deleted: no list has it designated any more; audited for each (rule 2.22)."""
    is_team = isinstance(thing, Team)
    rows = Designation.objects.filter(**{"team" if is_team else "group": thing.pk})
    lists = rows.values("mailing_list")
    groups = list(Group.objects.filter(mailing_list__in=lists).order_by("pk").select_for_update(of=("self",)))
    if not groups:
        return
    Group.objects.filter(pk__in=[group.pk for group in groups]).update(version=F("version") + 1)
    for group in groups:
        group.version += 1
    rows.delete()
    item = team_item(thing) if is_team else group_item(thing)
    changes: audit.Changes = {"designated_removed": [None, [item]]}
    audit.record_each(actor, SET_RULES, groups, changes)
