"""What the two dialogs say, as plain values: the input of the actions and what the audit compares."""

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from groupadmin.base.errors import Invalid
from groupadmin.base.text import clean_line, clean_text, has_visible, isolated, length
from groups.models import FEATURES, Designation, Feature, Group, MailingList, PhotoDraft

NAME_LENGTH = 100
NAME_CODE_POINTS = 1000
DESCRIPTION_LENGTH = 300
DESCRIPTION_CODE_POINTS = 3000
CONTACTS_LIMIT = 10_000


@dataclass(frozen=True)
class Entries:
    """Ids of the members, teams and groups that a group is made of (spec 2.8)."""

    members: frozenset[int] = frozenset()
    teams: frozenset[int] = frozenset()
    groups: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.members or self.teams or self.groups)

    def __sub__(self, other: "Entries") -> "Entries":
        return Entries(self.members - other.members, self.teams - other.teams, self.groups - other.groups)

    def __or__(self, other: "Entries") -> "Entries":
        return Entries(self.members | other.members, self.teams | other.teams, self.groups | other.groups)

    @classmethod
    def of(cls, group: Group) -> "Entries":
        """The entries that a group has now."""
        members: set[int] = set()
        teams: set[int] = set()
        groups: set[int] = set()
        for member, team, subgroup in group.entries.values_list("member_id", "team_id", "subgroup_id"):
            for ids, value in ((members, member), (teams, team), (groups, subgroup)):
                if value is not None:
                    ids.add(value)
        return cls(frozenset(members), frozenset(teams), frozenset(groups))


@dataclass(frozen=True, order=True)
class Contact:
    """An outside recipient of a list (spec 4.8)."""

    email: str
    name: str = ""


@dataclass(frozen=True)
class ListSettings:
    """A mailing list's address and rules (spec 4.1, 4.4–4.8)."""

    local_part: str
    domain_id: int
    blocks_external_domains: bool = False
    who_can_send: str = MailingList.Senders.EVERYONE
    senders: frozenset[int] = frozenset()
    send_as: frozenset[int] = frozenset()
    contacts: frozenset[Contact] = frozenset()

    def cleaned(self) -> "ListSettings":
        """The settings with each contact once, as it is kept (spec 4.8). Raises Invalid."""
        contacts = {contact.email.lower(): clean_contact(contact) for contact in sorted(self.contacts)}
        return replace(self, contacts=frozenset(contacts.values()))

    @classmethod
    def of(cls, group: Group) -> "ListSettings | None":
        """The settings that a group's list has now, also while it is switched off."""
        mailing_list = group.mailing_list
        if mailing_list is None or mailing_list.address is None:
            return None
        designated: dict[str, set[int]] = {"to": set(), "as": set()}
        for member_id, purpose in mailing_list.designations.values_list("member_id", "purpose"):
            designated[purpose].add(member_id)
        contacts = mailing_list.external_contacts.values_list("email", "name")
        return cls(
            mailing_list.address.local_part,
            mailing_list.address.domain_id,
            mailing_list.blocks_external_domains,
            mailing_list.who_can_send,
            frozenset(designated[Designation.Purpose.SEND_TO]),
            frozenset(designated[Designation.Purpose.SEND_AS]),
            frozenset(Contact(email, name) for email, name in contacts),
        )


@dataclass(frozen=True)
class GroupSettings:
    """Everything that the dialogs "Add Group" and "Add external group" say."""

    name: str
    masters: frozenset[int]
    entries: Entries = Entries()
    description: str = ""
    features: frozenset[Feature] = frozenset()
    is_visible: bool = True
    notifies: bool = False
    grants_features: bool = True
    mailing_list: ListSettings | None = None
    photo: PhotoDraft | None = field(default=None, compare=False)
    removes_photo: bool = field(default=False, compare=False)
    form_key: UUID | None = field(default=None, compare=False)

    @classmethod
    def of(cls, group: Group) -> "GroupSettings":
        """The settings that a group has now."""
        return cls(
            name=group.name,
            masters=frozenset(group.masters.values_list("member_id", flat=True)),
            entries=Entries.of(group),
            description=group.description,
            features=frozenset(feature for feature in Feature if group.has(feature)),
            is_visible=group.is_visible,
            notifies=group.notifies,
            grants_features=group.grants_features,
            mailing_list=ListSettings.of(group),
        )

    def cleaned(self) -> "GroupSettings":
        """The settings with every text as it is kept (spec 2.4, 2.5). Raises Invalid."""
        return replace(
            self,
            name=clean_name(self.name),
            description=clean_description(self.description),
            mailing_list=self.mailing_list and self.mailing_list.cleaned(),
        )

    def plain(self) -> dict[str, Any]:
        """The settings that are no people, as the audit shows them."""
        values: dict[str, Any] = {
            "name": self.name,
            "description": self.description,
            "is_visible": self.is_visible,
            "notifies": self.notifies,
            "grants_features": self.grants_features,
        }
        return values | {feature.value: feature in self.features for feature in Feature}


def too_long(text: str, most: int, code_points: int) -> str:
    """What is wrong with the length of a text (spec 2.4, 2.5); empty if nothing.

    A few characters can be made of any number of code points, such as letters under piles of accents.
    """
    if (now := length(text)) > most:
        return _("Use at most %(most)d characters (now %(now)d).") % {"most": most, "now": now}
    if len(text) > code_points:
        return _("These characters are made of too many parts: at most %(most)s Unicode code points.") % {
            "most": f"{code_points:,}"
        }
    return ""


def clean_name(raw: str) -> str:
    """A group's name, cleaned (spec 2.4). Raises Invalid."""
    name = clean_line(raw)
    if not has_visible(name):
        raise Invalid("name", _("Give the group a name."))
    if problem := too_long(name, NAME_LENGTH, NAME_CODE_POINTS):
        raise Invalid("name", problem)
    return name


def clean_description(raw: str) -> str:
    """A group's description, cleaned (spec 2.5). Raises Invalid."""
    description = clean_text(raw)
    if problem := too_long(description, DESCRIPTION_LENGTH, DESCRIPTION_CODE_POINTS):
        raise Invalid("description", problem)
    return description


def clean_contact(raw: Contact) -> Contact:
    """A contact with a valid address, in lower case, and a clean name (spec 4.8). Raises Invalid."""
    email, name = raw.email.lower(), clean_line(raw.name)
    try:
        validate_email(email)
    except ValidationError:
        shown = isolated(clean_line(email))
        raise Invalid("contacts", _("No valid mail address: %(email)s") % {"email": shown}) from None
    if problem := too_long(name, NAME_LENGTH, NAME_CODE_POINTS):
        raise Invalid("contacts", f"{email}: {problem}")
    return Contact(email, name)


def clean_features(features: frozenset[Feature], kind: str) -> None:
    """Raises Invalid for features that the kind of group cannot have, or that lack Message (3.1, 3.2)."""
    if not features <= set(FEATURES[kind]):
        raise Invalid(None, _("External groups have no tasks and no mailing list."))
    if features - {Feature.MAILING_LIST} and Feature.MESSAGE not in features:
        raise Invalid(Feature.MESSAGE.value, _("Note, Event, Task and Folder need Message."))
