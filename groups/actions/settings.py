"""The two dialogs as plain values: the input of the actions and what the audit compares."""

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from accounts.actions.members import LocalAndDomain
from accounts.actions.names import clean_description, clean_name
from accounts.models.named import NAME_CODE_POINTS, NAME_LENGTH
from groupadmin.base.errors import Invalid
from groupadmin.base.pasted_addresses import clean_address
from groupadmin.base.pictures import Pictures
from groupadmin.base.text import clean_line, isolated, too_long
from groups.entries import Entries, present_designated, present_entries
from groups.models import FEATURES, Designation, Feature, Group, MailingList, PhotoDraft
from groups.models.switches import NEED_MESSAGE, NEED_MESSAGE_TEXT, ON_AT_FIRST, SWITCHES

CONTACTS_LIMIT = 10_000
ALIASES_LIMIT = 20


@dataclass(frozen=True, order=True)
class Contact:
    """An outside recipient of a list (rule 4.8)."""

    email: str
    name: str = ""


@dataclass(frozen=True)
class ListSettings:
    """A mailing list's addresses and rules (rules 4.1, 4.4–4.8, 4.14)."""

    local_part: str
    domain_id: int
    blocks_external_domains: bool = False
    who_can_send: str = MailingList.Senders.EVERYONE
    senders: Entries = field(default_factory=Entries)
    send_as: Entries = field(default_factory=Entries)
    contacts: frozenset[Contact] = frozenset()
    aliases: frozenset[LocalAndDomain] = frozenset()
    """Its further addresses (rule 4.14)."""

    def cleaned(self) -> "ListSettings":
        """The settings with each contact and address once, as stored (rules 4.8, 4.14). Raises Invalid."""
        contacts = {clean_address(contact.email): clean_contact(contact) for contact in sorted(self.contacts)}
        aliases = self.aliases - {(self.local_part, self.domain_id)}
        if len(aliases) > ALIASES_LIMIT:
            raise Invalid(
                "aliases", _("A list can have at most %(limit)d aliases.") % {"limit": ALIASES_LIMIT}
            )
        return replace(self, contacts=frozenset(contacts.values()), aliases=aliases)

    @classmethod
    def of(cls, group: Group) -> "ListSettings | None":
        """The current settings of a group's list, even while it is off."""
        mailing_list = group.mailing_list
        if mailing_list is None or mailing_list.address is None:
            return None
        contacts = mailing_list.external_contacts.values_list("email", "name")
        return cls(
            mailing_list.address.local_part,
            mailing_list.address.domain_id or 0,
            mailing_list.blocks_external_domains,
            mailing_list.who_can_send,
            present_designated(mailing_list, Designation.Purpose.SEND_TO),
            present_designated(mailing_list, Designation.Purpose.SEND_AS),
            frozenset(Contact(email, name) for email, name in contacts),
            frozenset(mailing_list.aliases.values_list("address__local_part", "address__domain_id")),
        )


@dataclass(frozen=True)
class GroupSettings:
    """All values of the dialogs "Add Group" and "Add external group"."""

    name: str
    masters: frozenset[int]
    entries: Entries = field(default_factory=Entries)
    description: str = ""
    switched_on: frozenset[str] = ON_AT_FIRST
    """The names of the switches that are on."""
    mailing_list: ListSettings | None = None
    photo: PhotoDraft | Pictures | None = field(default=None, compare=False)
    """Kept before by a dialog, or just read."""
    removes_photo: bool = field(default=False, compare=False)
    form_key: UUID | None = field(default=None, compare=False)
    keeps_people: bool = field(default=False, compare=False)
    """Whether masters and entries stay as they are, and are not looked at: there may be very many."""

    @classmethod
    def of(cls, group: Group, *, with_people: bool = True) -> "GroupSettings":
        """The current settings of a group."""
        masters = group.masters.values_list("member_id", flat=True) if with_people else ()
        return cls(
            name=group.name,
            masters=frozenset(masters),
            entries=present_entries(group) if with_people else Entries(),
            description=group.description,
            switched_on=group.switched_on,
            mailing_list=ListSettings.of(group),
            keeps_people=not with_people,
        )

    def with_switches(self, **switches: bool) -> "GroupSettings":
        """The same with these switches on or off, such as `notifies=True`."""
        if unknown := switches.keys() - {switch.name for switch in SWITCHES}:
            raise TypeError(f"No switches of a group: {', '.join(sorted(unknown))}")
        on = {name for name, is_on in switches.items() if is_on}
        return replace(self, switched_on=(self.switched_on - switches.keys()) | on)

    def cleaned(self) -> "GroupSettings":
        """The settings with every text as stored (rules 2.4, 2.5). Raises Invalid."""
        return replace(
            self,
            name=clean_name(self.name),
            description=clean_description(self.description),
            mailing_list=self.mailing_list and self.mailing_list.cleaned(),
        )

    def plain(self) -> dict[str, Any]:
        """The settings except people, as the audit shows them."""
        values: dict[str, Any] = {"name": self.name, "description": self.description}
        return values | {switch.name: switch.name in self.switched_on for switch in SWITCHES}


def is_valid(email: str) -> bool:
    """Whether a mail server could deliver to it."""
    try:
        validate_email(email)
    except ValidationError:
        return False
    return True


def clean_contact(raw: Contact) -> Contact:
    """A contact with a valid address, in lower case, and a clean name (rule 4.8). Raises Invalid."""
    email, name = clean_address(raw.email), clean_line(raw.name)
    if not is_valid(email):
        shown = isolated(clean_line(email))
        raise Invalid("contacts", _("Not a valid email address: %(email)s") % {"email": shown})
    if problem := too_long(name, NAME_LENGTH, NAME_CODE_POINTS):
        raise Invalid("contacts", f"{email}: {problem}")
    return Contact(email, name)


def check_features(on: frozenset[str], kind: str) -> None:
    """Raises Invalid for features that this kind cannot have, or without Message (rules 3.1, 3.2)."""
    if any(feature in on for feature in Feature if feature not in FEATURES[kind]):
        raise Invalid(None, _("External groups have no tasks and no mailing list."))
    if any(feature in on for feature in NEED_MESSAGE) and Feature.MESSAGE not in on:
        raise Invalid(Feature.MESSAGE.value, str(NEED_MESSAGE_TEXT))
