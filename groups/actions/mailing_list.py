"""Writes a group's mailing list: its address and its rules (rule 4)."""

from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext as _

from accounts.actions.addresses import take_address
from accounts.models import Address, Domain, Member
from groupadmin.base.errors import Invalid
from groupadmin.base.text import balanced, isolated, some_names
from groups.entries import Entries
from groups.mail.contacts.own_addresses import own_addresses
from groups.models import Designation, ExternalContact, Feature, Group, MailingList

from .entries import entry_names
from .settings import Contact, ListSettings


def write_list(group: Group, settings: ListSettings | None) -> None:
    """Creates or changes the list to match the settings; without settings nothing changes.

    The caller saves the group. Raises Invalid.
    """
    if settings is None:
        if group.uses_mailing_list and group.mailing_list is None:
            raise Invalid("address", _("Enter an address."))
        return
    if Feature.MAILING_LIST not in group.features:
        raise Invalid(None, _("External groups have no mailing list."))
    domain = _domain(group, settings)
    mailing_list = group.mailing_list or MailingList()
    mailing_list.blocks_external_domains = settings.blocks_external_domains
    mailing_list.who_can_send = MailingList.Senders(settings.who_can_send)
    old = mailing_list.address
    if old is None or (old.local_part, old.domain_id) != (settings.local_part, settings.domain_id):
        mailing_list.address = take_address(settings.local_part, domain, Address.Kind.GROUP, field="address")
    mailing_list.save()
    if old is not None and old != mailing_list.address:
        old.delete()
    group.mailing_list = mailing_list
    _write_designations(group, mailing_list, settings)
    _write_contacts(group, mailing_list, settings.contacts)


def _domain(group: Group, settings: ListSettings) -> Domain:
    domain = Domain.objects.usable().filter(company=group.company_id, pk=settings.domain_id).first()
    if domain is None:
        raise Invalid("address", _("Choose one of your company's domains."))
    return domain


def _write_designations(group: Group, mailing_list: MailingList, settings: ListSettings) -> None:
    wanted = {(pk, Designation.Purpose.SEND_TO) for pk in settings.senders}
    wanted |= {(pk, Designation.Purpose.SEND_AS) for pk in settings.send_as}
    present = {
        (designation.member_id, Designation.Purpose(designation.purpose)): designation.pk
        for designation in mailing_list.designations.all()
    }
    new = wanted - present.keys()
    ids = {pk for pk, _purpose in new}
    allowed = Member.objects.active().filter(company=group.company_id, pk__in=ids)
    missing = ids - set(allowed.values_list("pk", flat=True))
    if refused := sorted(purpose for pk, purpose in new if pk in missing):
        field = "senders" if Designation.Purpose.SEND_TO in refused else "send_as"
        raise Invalid(field, _("Only active people in your company can be designated for the list."))
    gone = [pk for key, pk in present.items() if key not in wanted]
    mailing_list.designations.filter(pk__in=gone).delete()
    Designation.objects.bulk_create(
        Designation(mailing_list=mailing_list, member_id=pk, purpose=purpose) for pk, purpose in sorted(new)
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
    domain = Domain.objects.filter(pk=settings.domain_id).first()
    return {
        "address": f"{settings.local_part}@{domain or ''}",
        "blocks_external_domains": settings.blocks_external_domains,
        "who_can_send": str(settings.who_can_send),
        "senders": entry_names(Entries(members=settings.senders)),
        "send_as": entry_names(Entries(members=settings.send_as)),
        "contacts": [contact_text(contact) for contact in sorted(settings.contacts)],
    }


def contact_text(contact: Contact | ExternalContact) -> str:
    """A contact as the audit shows it."""
    return f"{balanced(contact.name)} <{contact.email}>"
