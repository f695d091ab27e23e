"""What the audit calls what is done to groups, in their rooms and with their lists (rule 8.1)."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.audit.labels import Labels, Words
from groups.models import Feature, MailingList
from groups.models.switches import ADVANCED_SWITCHES

CHANGED = gettext_lazy("changed the group")

ACTIONS: dict[str, Words] = {
    "group.create": Words(gettext_lazy("Add group"), gettext_lazy("added the group")),
    "group.edit": Words(gettext_lazy("Edit group"), CHANGED),
    "group.edit_members": Words(gettext_lazy("Edit members of a group"), gettext_lazy("changed the members")),
    "group.add_external_members": Words(
        gettext_lazy("Add external members"), gettext_lazy("added external members")
    ),
    "group.remove_external_members": Words(
        gettext_lazy("Remove external members"), gettext_lazy("removed external members")
    ),
    "group.set_external_masters": Words(
        gettext_lazy("Change external masters"), gettext_lazy("changed the external masters")
    ),
    "group.leave_by_rule": Words(
        gettext_lazy("Leave external group by rule"), gettext_lazy("took people out by rule")
    ),
    "group.take_out": Words(gettext_lazy("Take own people out of a group"), gettext_lazy("took people out")),
    "group.add_masters": Words(gettext_lazy("Name masters"), gettext_lazy("named masters")),
    "group.remove_master": Words(gettext_lazy("Remove master"), gettext_lazy("removed a master")),
    "group.give_up_master": Words(
        gettext_lazy("Give up the master role"), gettext_lazy("gave up the master role")
    ),
    "group.switch_features": Words(gettext_lazy("Switch features")),
    "group.set_list_rules": Words(gettext_lazy("Set rules of a mailing list")),
    "group.set_grant": Words(gettext_lazy("Grant features to the master")),
    "group.delete_data": Words(gettext_lazy("Delete data of a group"), gettext_lazy("deleted data")),
    "group.delete_file": Words(
        gettext_lazy("Delete somebody's file in a room for good"), gettext_lazy("deleted a file for good")
    ),
    "room.edit_note": Words(gettext_lazy("Change somebody's note in a room"), CHANGED),
    "room.delete_note": Words(
        gettext_lazy("Delete somebody's note in a room"), gettext_lazy("deleted a note")
    ),
    "room.delete_event": Words(
        gettext_lazy("Delete somebody's event in a room"), gettext_lazy("deleted an event")
    ),
    "room.edit_comment": Words(gettext_lazy("Change somebody's comment on a note"), CHANGED),
    "room.delete_comment": Words(
        gettext_lazy("Delete somebody's comment on a note"), gettext_lazy("deleted a comment")
    ),
    "group.delete": Words(gettext_lazy("Delete group"), gettext_lazy("deleted the group")),
    "group.restore": Words(gettext_lazy("Restore group"), gettext_lazy("restored the group")),
    "group.purge": Words(gettext_lazy("Remove group for good"), gettext_lazy("removed the group for good")),
    "group.see": Words(gettext_lazy("See group")),
    "group.history": Words(gettext_lazy("See history of a group")),
    "group.list_deleted": Words(gettext_lazy("See deleted groups")),
    "group.see_elsewhere": Words(gettext_lazy("See own people in other companies' groups")),
    "group.stop_mail": Words(gettext_lazy("Stop mail of a list"), gettext_lazy("stopped the list's mail")),
    "group.get_mail": Words(
        gettext_lazy("Get mail of a list again"), gettext_lazy("gets the list's mail again")
    ),
    "group.contact_left": Words(
        gettext_lazy("Leave list as an external contact"),
        gettext_lazy("took an external contact off the list"),
    ),
    "group.send_as": Words(gettext_lazy("Send as the list"), gettext_lazy("sent mail as the list")),
    "group.use_room": Words(gettext_lazy("Use message room")),
    "group.share_history": Words(
        gettext_lazy("Share previous conversations"),
        gettext_lazy("changed whether previous conversations are shared"),
    ),
    "message.recall": Words(
        gettext_lazy("Take back somebody else's message"), gettext_lazy("took back a message")
    ),
    "message.edit": Words(gettext_lazy("Edit message"), CHANGED),
    "task.delete": Words(gettext_lazy("Delete somebody else's task"), gettext_lazy("deleted a task")),
    "pick": Words(gettext_lazy("Choose people for a group")),
}
FACTS: dict[str, Promise | str] = {
    "group/name": gettext_lazy("Group Name"),
    "photo": gettext_lazy("Representative photo"),
    "masters": gettext_lazy("Master(s)"),
    "members": gettext_lazy("Member(s)"),
    "members_added": gettext_lazy("Member(s)"),
    "members_removed": gettext_lazy("Member(s)"),
    **{switch.name: switch.verbose_name for switch in ADVANCED_SWITCHES},
    "shares_history": gettext_lazy("Share previous conversations"),
    "message_of": gettext_lazy("Message of"),
    "task_of": gettext_lazy("Task of"),
    "note_of": gettext_lazy("Note of"),
    "comment_of": gettext_lazy("Comment of"),
    "event_of": gettext_lazy("Event of"),
    "file_of": gettext_lazy("File of"),
    "blocks_external_domains": gettext_lazy("Block emails of external domains"),
    "who_can_send": gettext_lazy("Who can send to the list"),
    "senders": gettext_lazy("Designated to send to the list"),
    "send_as": gettext_lazy("Designated to send as the list"),
    "contacts": gettext_lazy("External contacts"),
    "contained_in": gettext_lazy("Part of"),
    "groups": gettext_lazy("Groups"),
    "subject": gettext_lazy("Subject"),
    "recipients": gettext_lazy("Recipients"),
    "feature": gettext_lazy("Feature"),
    "files": gettext_lazy("Files"),
    "file": gettext_lazy("File"),
    "bytes": gettext_lazy("Bytes"),
    **{feature.value: feature.label for feature in Feature},
}
LABELS = Labels(
    sections={gettext_lazy("Groups"): ACTIONS},
    kinds={"group": gettext_lazy("Group")},
    facts=FACTS,
    values={"who_can_send": MailingList.Senders, "feature": Feature},
    order=(
        *("name", "description", "photo", "masters", "members", "members_added", "members_removed"),
        *Feature.values,
        *("people", "people_added", "people_removed"),
        *(switch.name for switch in ADVANCED_SWITCHES),
        "shares_history",
        *("message_of", "task_of", "note_of", "comment_of", "event_of", "file_of", "address"),
    ),
)
