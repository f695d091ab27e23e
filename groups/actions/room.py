"""What those who run a group set of its message room (spec 3.7)."""

from accounts import audit
from accounts.actions.locks import lock_company
from accounts.actor import Actor
from groups import permissions
from groups.models import Group
from groups.permissions import Act
from groups.room.access import lock_room


@audit.action
def share_history(group: Group, shares: bool, *, actor: Actor) -> Group:
    """Sets whether people who join later see the messages from before (spec 3.7). Raises Refused."""
    lock_company(group.company_id)
    group = permissions.get_group_for(actor, group.pk, Act.EDIT, lock=True)
    room = lock_room(group)
    if room.shares_history != shares:
        changes: audit.Changes = {"shares_history": [room.shares_history, shares]}
        room.shares_history = shares
        room.save(update_fields=["shares_history"])
        audit.record(actor, "group.share_history", group, changes)
    return group
