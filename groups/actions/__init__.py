"""Every change to a group: one function per change, one transaction that checks, writes and audits.

Forms, Django admin, imports and commands all call only these.
"""

from groups.entries import Entries, present_entries
from groups.external.removal import take_out_of_others

from .create import create_group
from .delete import delete_group, purge_deleted_groups, restore_group, restore_obstacles
from .list_addresses import lost_aliases
from .people import (
    add_external_members,
    add_master_as_member,
    add_masters,
    edit_entries,
    edit_masters,
    give_up_master,
    remove_master,
    replace_entries,
    replace_masters,
)
from .photos import keep_photo_draft, purge_photo_drafts
from .settings import Contact, GroupSettings, ListSettings
from .update import change_group, update_group

__all__ = [
    "Contact",
    "Entries",
    "GroupSettings",
    "ListSettings",
    "add_external_members",
    "add_master_as_member",
    "add_masters",
    "change_group",
    "create_group",
    "delete_group",
    "edit_entries",
    "edit_masters",
    "give_up_master",
    "keep_photo_draft",
    "lost_aliases",
    "present_entries",
    "purge_deleted_groups",
    "purge_photo_drafts",
    "remove_master",
    "replace_entries",
    "replace_masters",
    "restore_group",
    "restore_obstacles",
    "take_out_of_others",
    "update_group",
]
