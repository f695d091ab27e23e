"""Entries of groups become groups, with lists if they have an address (rules 2, 4)."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from groups.directory.records import Kind, Problem, Record
from groups.directory.sources.files.notes import Notes
from groups.directory.sources.files.words import address, description, filled

from .entries import Entry
from .kinds import Is, aliases_of, email_of
from .noting import Known, known, named
from .people import is_private

MEMBERS = ("member", "uniqueMember")
MASTERS = ("owner", "managedBy", "msExchCoManagedByLink")


class Groups:
    """Makes records of entries of groups."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes

    def records(self, entry: Entry) -> Iterator[Record | Problem]:
        """The group, its list, and who is in it."""
        found = known(self.notes, entry.dn)
        if found is None or (is_private(found, self.notes) and not entry.texts("memberUid", *MEMBERS)):
            return
        own = named(self.notes, found)
        yield from self._group(entry, own)
        if email := email_of(entry):
            yield from self._list(entry, own, email)
        yield from self._members(entry, own)
        for dn in dict.fromkeys(entry.texts(*MASTERS)):
            found = known(self.notes, dn)
            if found is not None and found.kind is Is.PERSON and found.email:
                yield self._record(Kind.MASTER, entry, own, member=found.email)
            else:
                reason = _("It is run by %(name)s, who is no person in these files.")
                yield self._problem(entry, own, reason % {"name": dn[:300]})

    def _group(self, entry: Entry, own: dict[str, Any]) -> Iterator[Record | Problem]:
        values: dict[str, Any] = {"kind": "internal", **filled(id=own.get("group_id", ""))}
        if said := entry.first("description"):
            values["description"] = description(said)
        if entry.texts("msExchHideFromAddressLists", "hideDLMembership"):
            values["is_visible"] = not entry.is_on("msExchHideFromAddressLists", "hideDLMembership")
        if email_of(entry):
            values["uses_mailing_list"] = True
        yield Record(Kind.GROUP, {"group": own["group"], **values}, entry.file, entry.row)
        if entry.texts("memberURL"):
            reason = _("Its members are found by a search, which is not done here. Export them as members.")
            yield self._problem(entry, own, reason)

    def _list(self, entry: Entry, own: dict[str, Any], email: str) -> Iterator[Record | Problem]:
        senders = [(dn, "to") for dn in entry.texts("authOrig", "dLMemSubmitPerms")]
        rules: dict[str, Any] = {}
        if senders:
            rules = {"who_can_send": "designated", "blocks_external_domains": False}
        elif entry.texts("msExchRequireAuthToSendTo"):
            is_for_us = entry.is_on("msExchRequireAuthToSendTo")
            rules = {"who_can_send": "everyone", "blocks_external_domains": is_for_us}
        aliases = filled(aliases=aliases_of(entry))
        yield self._record(Kind.LIST, entry, own, address=email, **aliases, **rules)
        senders += [(dn, "as") for dn in entry.texts("publicDelegates")]
        for dn, purpose in senders:
            found = known(self.notes, dn)
            if found is None or not (who := self._who(found)):
                reason = _("%(name)s may send, and is no person or group in these files.")
                yield self._problem(entry, own, reason % {"name": dn[:300]})
            else:
                yield self._record(Kind.SENDER, entry, own, purpose=purpose, **who)

    def _members(self, entry: Entry, own: dict[str, Any]) -> Iterator[Record | Problem]:
        # A group of names has to have a member: some have an empty one, or themselves.
        for dn in dict.fromkeys(entry.texts(*MEMBERS)):
            found = known(self.notes, dn)
            if found is None or (found.dn != entry.dn and found.kind is not Is.SYSTEM):
                yield self._member(dn, found, entry, own)
        for uid in dict.fromkeys(entry.texts("memberUid")):
            email = self.notes.get("uid", uid.lower())
            yield self._member(uid, Known(Is.PERSON, email) if email else None, entry, own)
        for email in entry.texts("rfc822MailMember"):
            if address(email):
                yield self._record(Kind.ENTRY, entry, own, subscriber=address(email))
        for attribute in MEMBERS:
            if (rest := entry.first(f"{attribute};range")) and not rest.endswith("*"):
                reason = _("Only some of its members are in this file (%(rest)s). Ask the directory itself.")
                yield self._problem(entry, own, reason % {"rest": rest})

    def _member(
        self, called: str, found: Known | None, entry: Entry, own: dict[str, Any]
    ) -> Record | Problem:
        if found is not None and found.kind is Is.CONTACT and found.email:
            known_as = filled(name=found.name)
            return self._record(Kind.CONTACT, entry, own, email=found.email, **known_as)
        if found is not None and (who := self._who(found)):
            return self._record(Kind.ENTRY, entry, own, **who)
        reason = _("%(name)s is in it, and is no person or group in these files.")
        return self._problem(entry, own, reason % {"name": called[:300]})

    def _who(self, found: Known) -> dict[str, Any]:
        """A person or a group, as records name them; nothing for others."""
        if found.kind is Is.PERSON and found.email:
            return {"member": found.email}
        if found.kind is Is.GROUP:
            other = named(self.notes, found)
            return {"subgroup": other["group"], **filled(subgroup_id=other.get("group_id", ""))}
        return {}

    def _record(self, kind: Kind, entry: Entry, own: dict[str, Any], **said: Any) -> Record:
        return Record(kind, {**own, **said}, entry.file, entry.row)

    def _problem(self, entry: Entry, own: dict[str, Any], reason: str) -> Problem:
        return Problem(reason, own["group"], entry.file, entry.row)
