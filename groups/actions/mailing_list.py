"""Writes a group's mailing list: its addresses and its rules (rule 4)."""

from collections.abc import Collection
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.actor import Actor
from accounts.models import Domain
from groupadmin.base.errors import Invalid
from groupadmin.base.text import balanced, isolated, some_names
from groups import limits
from groups.entries import Entries, present_designated
from groups.mail.contacts.own_addresses import own_addresses
from groups.models import Designation, ExternalContact, Feature, Group, MailingList

from .entries import entry_names
from .list_addresses import write_addresses
from .settings import Contact, ListSettings


def write_list(group: Group, settings: ListSettings | None, actor: Actor) -> None:
    """Creates or changes the list to match the settings; without settings nothing changes.

    The caller saves the group. Raises Invalid.
    """
    if settings is None:
        if group.uses_mailing_list and group.mailing_list is None:
            raise Invalid("address", _("Enter an address."))
        return
    if Feature.MAILING_LIST not in group.features:
        raise Invalid(None, _("External groups have no mailing list."))
    mailing_list = group.mailing_list or MailingList()
    mailing_list.blocks_external_domains = settings.blocks_external_domains
    mailing_list.who_can_send = MailingList.Senders(settings.who_can_send)
    write_addresses(group.company_id, mailing_list, settings)
    group.mailing_list = mailing_list
    _write_designated(group, mailing_list, Designation.Purpose.SEND_TO, settings.senders, actor)
    _write_designated(group, mailing_list, Designation.Purpose.SEND_AS, settings.send_as, actor)
    _write_contacts(group, mailing_list, settings.contacts)


FIELDS = {Designation.Purpose.SEND_TO: "senders", Designation.Purpose.SEND_AS: "send_as"}


def _write_designated(
    group: Group, mailing_list: MailingList, purpose: Designation.Purpose, wanted: Entries, actor: Actor
) -> None:
    """Makes exactly these the designated ones (rules 4.5, 4.6). Raises Invalid."""
    present = present_designated(mailing_list, purpose)
    added, removed = wanted - present, present - wanted
    limits.check_designated(actor, group.company, added, FIELDS[purpose])
    mailing_list.designations.filter(purpose=purpose).filter(
        Q(member__in=removed.members) | Q(team__in=removed.teams) | Q(group__in=removed.groups)
    ).delete()
    about = {"mailing_list": mailing_list, "purpose": purpose}
    Designation.objects.bulk_create(
        [
            *(Designation(member_id=pk, **about) for pk in sorted(added.members)),
            *(Designation(team_id=pk, **about) for pk in sorted(added.teams)),
            *(Designation(group_id=pk, **about) for pk in sorted(added.groups)),
        ],
        batch_size=1000,
    )


def _write_contacts(group: Group, mailing_list: MailingList, contacts: frozenset[Contact]) -> None:
    wanted = {contact.email: contact.name for contact in contacts}
    present = dict(mailing_list.external_contacts.values_list("email", "name"))
    # Who has become a member since, or was one before this rule, does not stop another change.
    _check_are_outside(group, wanted.keys() - present.keys())
    changed = [email for email, name in present.items() if wanted.get(email) != name]
    mailing_list.external_contacts.filter(email__in=changed).delete()
    ExternalContact.objects.bulk_create(
        ExternalContact(mailing_list=mailing_list, email=email, name=name)
        for email, name in sorted(wanted.items())
        if email not in present or email in changed
    )


def _check_are_outside(group: Group, emails: Collection[str]) -> None:
    """Raises Invalid for addresses of the list's own company (rule 4.8)."""
    own = own_addresses(group.company_id, emails)
    if not own:
        return
    if len(own) == 1:
        ((email, why),) = own.items()
        raise Invalid("contacts", f"{isolated(email)}: {why}")
    raise Invalid(
        "contacts",
        _("These addresses are your company's. Add the people, teams or groups as members instead: %(names)s")
        % {"names": some_names(sorted(own))},
    )


def plain(settings: ListSettings | None) -> dict[str, Any]:
    """A list's settings as the audit shows them."""
    if settings is None:
        return {}
    ids = {settings.domain_id, *(domain_id for _local_part, domain_id in settings.aliases)}
    domains = dict(Domain.objects.filter(pk__in=ids).values_list("pk", "name"))
    return {
        "address": f"{settings.local_part}@{domains.get(settings.domain_id, '')}",
        "aliases": sorted(f"{local_part}@{domains.get(pk, '')}" for local_part, pk in settings.aliases),
        "blocks_external_domains": settings.blocks_external_domains,
        "who_can_send": str(settings.who_can_send),
        "senders": entry_names(settings.senders),
        "send_as": entry_names(settings.send_as),
        "contacts": [contact_text(contact) for contact in sorted(settings.contacts)],
    }


def contact_text(contact: Contact | ExternalContact) -> str:
    """A contact as the audit shows it."""
    return f"{balanced(contact.name)} <{contact.email}>"
