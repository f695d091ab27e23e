"""Audit labels for actions on groups, in their rooms and on their lists (rule 8.1)."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.audit.labels import ActionLabel, Labels
from groups.models import Feature, MailingList
from groups.models.switches import ADVANCED_SWITCHES

CHANGED = gettext_lazy("edited the group")

ACTIONS: dict[str, ActionLabel] = {
    "group.create": ActionLabel(gettext_lazy("Add group"), gettext_lazy("added the group")),
    "group.edit": ActionLabel(gettext_lazy("Edit group"), CHANGED),
    "group.edit_members": ActionLabel(gettext_lazy("Edit group members"), gettext_lazy("edited the members")),
    "group.add_external_members": ActionLabel(
        gettext_lazy("Add external members"), gettext_lazy("added external members")
    ),
    "group.remove_external_members": ActionLabel(
        gettext_lazy("Remove external members"), gettext_lazy("removed external members")
    ),
    "group.set_external_masters": ActionLabel(
        gettext_lazy("Edit external masters"), gettext_lazy("edited the external masters")
    ),
    "group.leave_by_rule": ActionLabel(
        gettext_lazy("Leave external group automatically"), gettext_lazy("removed people automatically")
    ),
    "group.take_out": ActionLabel(
        gettext_lazy("Remove own people from another company's group"),
        gettext_lazy("removed their own people"),
    ),
    "group.give_back": ActionLabel(
        gettext_lazy("Give a place in a group back"), gettext_lazy("gave somebody their place back")
    ),
    "member.forget_places": ActionLabel(gettext_lazy("Give no places in groups back")),
    "group.add_masters": ActionLabel(gettext_lazy("Add masters"), gettext_lazy("added masters")),
    "group.remove_master": ActionLabel(gettext_lazy("Remove master"), gettext_lazy("removed a master")),
    "group.set_masters": ActionLabel(gettext_lazy("Edit masters"), gettext_lazy("edited the masters")),
    "group.give_up_master": ActionLabel(
        gettext_lazy("Give up the master role"), gettext_lazy("gave up the master role")
    ),
    "group.switch_features": ActionLabel(gettext_lazy("Switch features")),
    "group.set_list_rules": ActionLabel(gettext_lazy("Edit mailing list rules")),
    "group.set_grant": ActionLabel(gettext_lazy("Grant message room feature permission to the master")),
    "group.delete_data": ActionLabel(gettext_lazy("Delete group data"), gettext_lazy("deleted data")),
    "group.delete_file": ActionLabel(
        gettext_lazy("Permanently delete someone's file in a room"),
        gettext_lazy("permanently deleted a file"),
    ),
    "room.edit_note": ActionLabel(gettext_lazy("Edit someone's note in a room"), CHANGED),
    "room.delete_note": ActionLabel(
        gettext_lazy("Delete someone's note in a room"), gettext_lazy("deleted a note")
    ),
    "room.delete_event": ActionLabel(
        gettext_lazy("Delete someone's event in a room"), gettext_lazy("deleted an event")
    ),
    "room.edit_comment": ActionLabel(gettext_lazy("Edit someone's comment on a note"), CHANGED),
    "room.delete_comment": ActionLabel(
        gettext_lazy("Delete someone's comment on a note"), gettext_lazy("deleted a comment")
    ),
    "group.download_list": ActionLabel(gettext_lazy("Download list of groups")),
    "group.download_people": ActionLabel(
        gettext_lazy("Download a group's people"), gettext_lazy("downloaded the people")
    ),
    "group.download_contacts": ActionLabel(
        gettext_lazy("Download a list's external contacts"), gettext_lazy("downloaded the external contacts")
    ),
    "group.delete": ActionLabel(gettext_lazy("Delete group"), gettext_lazy("deleted the group")),
    "group.set_origin": ActionLabel(gettext_lazy("Edit where a group comes from")),
    "group.restore": ActionLabel(gettext_lazy("Restore group"), gettext_lazy("restored the group")),
    "group.remove_masters": ActionLabel(gettext_lazy("Remove masters")),
    "group.make_visible": ActionLabel(gettext_lazy("Make group visible")),
    "group.make_private": ActionLabel(gettext_lazy("Make group private")),
    "group.switch": ActionLabel(gettext_lazy("Switch features")),
    "group.purge": ActionLabel(
        gettext_lazy("Permanently delete group"), gettext_lazy("permanently deleted the group")
    ),
    "directory.export": ActionLabel(gettext_lazy("Export the directory")),
    "company.export": ActionLabel(gettext_lazy("Export everything")),
    "company.download_export": ActionLabel(gettext_lazy("Download an export")),
    "company.delete_export": ActionLabel(gettext_lazy("Delete an export")),
    "group.see": ActionLabel(gettext_lazy("View group")),
    "group.history": ActionLabel(gettext_lazy("View group history")),
    "group.list_deleted": ActionLabel(gettext_lazy("View deleted groups")),
    "group.see_elsewhere": ActionLabel(gettext_lazy("View own people in other companies' groups")),
    "group.stop_mail": ActionLabel(
        gettext_lazy("Unsubscribe from a list"), gettext_lazy("unsubscribed from the list")
    ),
    "group.get_mail": ActionLabel(
        gettext_lazy("Resubscribe to a list"), gettext_lazy("resubscribed to the list")
    ),
    "group.contact_left": ActionLabel(
        gettext_lazy("Unsubscribe as an external contact"),
        gettext_lazy("removed an external contact from the list"),
    ),
    "group.send_as": ActionLabel(gettext_lazy("Send as the list"), gettext_lazy("sent an email as the list")),
    "group.use_room": ActionLabel(gettext_lazy("Use the message room")),
    "group.share_history": ActionLabel(
        gettext_lazy("Share previous conversations"),
        gettext_lazy("changed the sharing of previous conversations"),
    ),
    "message.recall": ActionLabel(
        gettext_lazy("Take back someone else's message"), gettext_lazy("took back a message")
    ),
    "message.edit": ActionLabel(gettext_lazy("Edit message"), CHANGED),
    "task.delete": ActionLabel(gettext_lazy("Delete someone else's task"), gettext_lazy("deleted a task")),
    "pick": ActionLabel(gettext_lazy("Choose people for a group")),
}
DIRECTORY: dict[str, ActionLabel] = {
    "directory.import": ActionLabel(gettext_lazy("Import a directory")),
    "directory.cancel": ActionLabel(gettext_lazy("Cancel an import")),
    "directory.undo": ActionLabel(gettext_lazy("Undo an import")),
}
MAIL: dict[str, ActionLabel] = {
    "mail.see_failing": ActionLabel(gettext_lazy("View failing addresses")),
    "mail.pause_address": ActionLabel(gettext_lazy("Pause a failing address")),
    "mail.let_in_again": ActionLabel(gettext_lazy("Resume a failing address")),
    "mail.resume_own": ActionLabel(gettext_lazy("Resume emails to oneself")),
    "mail.flush": ActionLabel(gettext_lazy("Try waiting emails now")),
    "mail.hold": ActionLabel(gettext_lazy("Hold waiting emails")),
    "mail.release": ActionLabel(gettext_lazy("Release held emails")),
    "mail.drop": ActionLabel(gettext_lazy("Remove waiting emails")),
    "mail.see_keys": ActionLabel(gettext_lazy("View signing keys")),
    "mail.make_key": ActionLabel(gettext_lazy("Make a signing key")),
    "mail.check_key": ActionLabel(gettext_lazy("Check a signing key")),
    "mail.use_key": ActionLabel(gettext_lazy("Sign mail with a key")),
    "mail.stop_key": ActionLabel(gettext_lazy("Stop signing with a key")),
    "mail.send_again": ActionLabel(gettext_lazy("Send a failed email again")),
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
    "message_of": gettext_lazy("Message by"),
    "task_of": gettext_lazy("Task by"),
    "note_of": gettext_lazy("Note by"),
    "comment_of": gettext_lazy("Comment by"),
    "event_of": gettext_lazy("Event by"),
    "file_of": gettext_lazy("File by"),
    "blocks_external_domains": gettext_lazy("Block emails of external domains"),
    "who_can_send": gettext_lazy("Who can send to the list"),
    "former_places": gettext_lazy("Places before deactivation"),
    "designated_added": gettext_lazy("Designated members"),
    "designated_removed": gettext_lazy("Designated members"),
    "senders": gettext_lazy("Designated members for sending to the list"),
    "send_as": gettext_lazy("Designated members for sending as the list"),
    "contacts": gettext_lazy("External contacts"),
    "signing_key": gettext_lazy("Signing key"),
    "unsubscribed": gettext_lazy("Unsubscribed"),
    "contained_in": gettext_lazy("Part of"),
    "groups": gettext_lazy("Groups"),
    "rows": gettext_lazy("Rows"),
    "subject": gettext_lazy("Subject"),
    "recipients": gettext_lazy("Recipients"),
    "failing": gettext_lazy("Failing address"),
    "list": gettext_lazy("Mailing list"),
    "emails": gettext_lazy("Emails"),
    "feature": gettext_lazy("Feature"),
    "files": gettext_lazy("Files"),
    "file": gettext_lazy("File"),
    "bytes": gettext_lazy("Bytes"),
    **{feature.value: feature.label for feature in Feature},
}
LABELS = Labels(
    sections={
        gettext_lazy("Groups"): ACTIONS,
        gettext_lazy("Mailing lists"): MAIL,
        gettext_lazy("Import"): DIRECTORY,
    },
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
