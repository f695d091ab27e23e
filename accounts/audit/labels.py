"""The audit's names of tasks, things and facts in words (spec 8.1). Every action that is audited is here."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import Company
from groups.models import Feature, MailingList


class Words(NamedTuple):
    """What a task is called in lists, and how it is told of somebody who did it."""

    label: Promise
    told: Promise | None = None


GROUPS: dict[str, Words] = {
    "group.create": Words(gettext_lazy("Add group"), gettext_lazy("added the group")),
    "group.edit": Words(gettext_lazy("Edit group"), gettext_lazy("changed the group")),
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
    "room.edit_note": Words(gettext_lazy("Change somebody's note in a room")),
    "room.delete_note": Words(
        gettext_lazy("Delete somebody's note in a room"), gettext_lazy("deleted a note")
    ),
    "room.delete_event": Words(
        gettext_lazy("Delete somebody's event in a room"), gettext_lazy("deleted an event")
    ),
    "room.edit_comment": Words(gettext_lazy("Change somebody's comment on a note")),
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
    "message.edit": Words(gettext_lazy("Edit message")),
    "task.delete": Words(gettext_lazy("Delete somebody else's task"), gettext_lazy("deleted a task")),
    "pick": Words(gettext_lazy("Choose people for a group")),
}
MEMBERS: dict[str, Words] = {
    "member.add": Words(gettext_lazy("Add member")),
    "member.update": Words(gettext_lazy("Edit member"), gettext_lazy("changed the person")),
    "member.update_profile": Words(gettext_lazy("Edit own profile")),
    "member.set_photo": Words(gettext_lazy("Set own photo")),
    "member.activate": Words(gettext_lazy("Activate member"), gettext_lazy("activated the person")),
    "member.deactivate": Words(gettext_lazy("Deactivate member"), gettext_lazy("deactivated the person")),
    "member.delete": Words(gettext_lazy("Delete member")),
    "member.set_password": Words(gettext_lazy("Set password of a member")),
    "member.send_sign_in_mail": Words(gettext_lazy("Send sign-in mail")),
    "member.see": Words(gettext_lazy("See members")),
    "sign in": Words(gettext_lazy("Use a page without signing in")),
}
TEAMS: dict[str, Words] = {
    "team.add": Words(gettext_lazy("Add team")),
    "team.update": Words(gettext_lazy("Edit team"), gettext_lazy("changed the team")),
    "team.move": Words(gettext_lazy("Move team"), gettext_lazy("moved the team")),
    "team.set_people": Words(
        gettext_lazy("Edit people of a team"), gettext_lazy("changed the people of the team")
    ),
    "team.delete": Words(gettext_lazy("Delete team")),
    "team.see": Words(gettext_lazy("See teams")),
}
CONNECTIONS: dict[str, Words] = {
    "connection.update": Words(gettext_lazy("Change connection with other companies")),
    "connection.grant": Words(gettext_lazy("Permit members to connect")),
    "connection.withdraw": Words(gettext_lazy("Withdraw permission to connect")),
    "connection.add_company": Words(gettext_lazy("Add company to connect with")),
    "connection.remove_company": Words(gettext_lazy("Remove company to connect with")),
    "connection.see": Words(gettext_lazy("See connection with other companies")),
    "contact.see": Words(gettext_lazy("See contacts")),
    "contact.ask": Words(gettext_lazy("Ask for a contact")),
    "contact.take_back": Words(gettext_lazy("Take back request for a contact")),
    "contact.accept": Words(gettext_lazy("Accept contact")),
    "contact.block": Words(gettext_lazy("Block person of another company")),
    "contact.unblock": Words(gettext_lazy("Unblock person of another company")),
    "contact.remove": Words(gettext_lazy("Remove contact")),
}
COMPANY: dict[str, Words] = {
    "company.create": Words(gettext_lazy("Add company")),
    "company.rename": Words(gettext_lazy("Rename company"), gettext_lazy("renamed the company")),
    "company.update": Words(gettext_lazy("Change company settings"), gettext_lazy("changed the settings")),
    "company.delete": Words(gettext_lazy("Delete company")),
    "domain.add": Words(gettext_lazy("Add domain")),
    "domain.remove": Words(gettext_lazy("Remove domain")),
    "domain.make_primary": Words(gettext_lazy("Make domain the primary one")),
    "superuser.add": Words(gettext_lazy("Add superuser")),
    "superuser.update": Words(gettext_lazy("Edit superuser")),
    "superuser.set": Words(
        gettext_lazy("Make member a superuser, or no longer"), gettext_lazy("changed the person")
    ),
    "job.see": Words(gettext_lazy("See background job")),
}
AUDIT: dict[str, Words] = {
    "audit.see": Words(gettext_lazy("See audit")),
    "audit.export": Words(gettext_lazy("Download audit")),
    "audit.see_mail": Words(gettext_lazy("See audit of mail")),
    "audit.export_mail": Words(gettext_lazy("Download audit of mail")),
    "audit.purge": Words(gettext_lazy("Remove old audit entries")),
}
SECTIONS: dict[Promise, dict[str, Words]] = {
    gettext_lazy("Groups"): GROUPS,
    gettext_lazy("Members"): MEMBERS,
    gettext_lazy("Teams"): TEAMS,
    gettext_lazy("Other companies"): CONNECTIONS,
    gettext_lazy("Company"): COMPANY,
    gettext_lazy("Audit"): AUDIT,
}
ACTIONS: dict[str, Words] = {name: words for section in SECTIONS.values() for name, words in section.items()}

KINDS = {
    "group": gettext_lazy("Group"),
    "member": gettext_lazy("Member"),
    "team": gettext_lazy("Team"),
    "company": gettext_lazy("Company"),
    "domain": gettext_lazy("Domain"),
    "partnerdomain": gettext_lazy("Domain of another company"),
    "contactrequest": gettext_lazy("Request for a contact"),
}

LABELS = {
    "name": gettext_lazy("Name"),
    "description": gettext_lazy("Description"),
    "photo": gettext_lazy("Representative photo"),
    "masters": gettext_lazy("Master(s)"),
    "members": gettext_lazy("Member(s)"),
    "members_added": gettext_lazy("Member(s)"),
    "members_removed": gettext_lazy("Member(s)"),
    "people": gettext_lazy("People"),
    "people_added": gettext_lazy("People"),
    "people_removed": gettext_lazy("People"),
    "is_visible": gettext_lazy("Make visible"),
    "notifies": gettext_lazy("Send group notifications to all members"),
    "grants_features": gettext_lazy("Grant permission for the message room feature to the master"),
    "shares_history": gettext_lazy("Share previous conversations"),
    "message_of": gettext_lazy("Message of"),
    "task_of": gettext_lazy("Task of"),
    "note_of": gettext_lazy("Note of"),
    "comment_of": gettext_lazy("Comment of"),
    "event_of": gettext_lazy("Event of"),
    "file_of": gettext_lazy("File of"),
    "address": gettext_lazy("Address"),
    "blocks_external_domains": gettext_lazy("Block emails of external domains"),
    "who_can_send": gettext_lazy("Who can send to the list"),
    "senders": gettext_lazy("Designated to send to the list"),
    "send_as": gettext_lazy("Designated to send as the list"),
    "contacts": gettext_lazy("External contacts"),
    "contained_in": gettext_lazy("Part of"),
    "parent": gettext_lazy("Team above"),
    "email": gettext_lazy("Email address"),
    "aliases": gettext_lazy("Other addresses"),
    "teams": gettext_lazy("Teams"),
    "is_administrator": gettext_lazy("Administrator"),
    "is_superuser": gettext_lazy("Superuser"),
    "is_active": gettext_lazy("Active"),
    "may_connect": gettext_lazy("Connect with other companies"),
    "language": gettext_lazy("Language"),
    "time_zone": gettext_lazy("Time zone"),
    "notified_by": gettext_lazy("Notifications"),
    "plan": gettext_lazy("Plan"),
    "region": gettext_lazy("Region"),
    "has_core": gettext_lazy("Core"),
    "connecting": gettext_lazy("Connecting with other companies"),
    "partners": gettext_lazy("Companies to connect with"),
    "group_creators": gettext_lazy("Authority to create group"),
    "recall_hours": gettext_lazy("Hours in which masters can take back messages"),
    "domain": gettext_lazy("Domain"),
    "primary_domain": gettext_lazy("Primary domain"),
    "company": gettext_lazy("Company"),
    "groups": gettext_lazy("Groups"),
    "subject": gettext_lazy("Subject"),
    "recipients": gettext_lazy("Recipients"),
    "filters": gettext_lazy("Filters"),
    "feature": gettext_lazy("Feature"),
    "count": pgettext_lazy("audit", "Number"),
    "files": gettext_lazy("Files"),
    "file": gettext_lazy("File"),
    "bytes": gettext_lazy("Bytes"),
    "entries": pgettext_lazy("audit", "Entries removed"),
    "until": pgettext_lazy("audit", "From before"),
}

# The order in which facts are told; a database keeps none.
_ORDER = [
    *("name", "description", "photo", "masters", "members", "members_added", "members_removed"),
    *Feature.values,
    *LABELS,
]
_CHOICES: dict[str, Any] = {
    "who_can_send": MailingList.Senders,
    "plan": Company.Plan,
    "region": Company.Region,
    "connecting": Company.Connecting,
    "partners": Company.Partners,
    "group_creators": Company.Creators,
    "feature": Feature,
}


def task(action: str) -> str:
    """What an action is called; a name of later or of long ago says what it can."""
    words = ACTIONS.get(action)
    return str(words.label) if words else action.replace(".", ": ").replace("_", " ")


def told(action: str) -> str:
    """What somebody did, after their name: "changed the group"."""
    words = ACTIONS.get(action)
    return str(words.told if words and words.told else GROUPS["group.edit"].told)


def kind(name: str) -> str:
    return str(KINDS.get(name, name))


def fact(key: str, kind: str = "") -> str:
    """What a key of the changes to that kind of thing is called."""
    if (kind, key) == ("group", "name"):
        return _("Group Name")
    if key in LABELS:
        return str(LABELS[key])
    return str(Feature(key).label) if key in Feature.values else key.replace("_", " ")


def reason(kept: str) -> str:
    """Why something was done or refused, in the reader's language as far as the words are known."""
    return _(kept) if kept else ""


def value(key: str, raw: Any) -> str:
    """A single value of the changes."""
    if isinstance(raw, bool):
        return _("on") if raw else _("off")
    if key in _CHOICES and raw in _CHOICES[key].values:
        return str(_CHOICES[key](raw).label)
    if key == "photo" and raw:
        return _("a photo")
    return "" if raw is None else str(raw)


def in_order(changes: dict[str, list[Any]]) -> Iterator[tuple[str, list[Any]]]:
    """The changes in the order in which they are told."""
    yield from sorted(changes.items(), key=_place)


def _place(change: tuple[str, list[Any]]) -> int:
    return _ORDER.index(change[0]) if change[0] in _ORDER else len(_ORDER)
