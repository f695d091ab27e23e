"""Takes, frees and takes back the addresses of a mailing list, its aliases included (rule 4.14)."""

from typing import Any

from django.utils.translation import gettext as _

from accounts.actions.addresses import take_address
from accounts.actions.members import LocalAndDomain
from accounts.models import Address, Domain
from accounts.models.address import is_reserved, own_senders
from groupadmin.base.errors import Invalid
from groups.models import Group, ListAlias, MailingList

from .settings import ListSettings

Kind = Address.Kind


def write_addresses(company_id: int, mailing_list: MailingList, settings: ListSettings) -> None:
    """Makes these the list's only addresses, and saves the list. One that was an alias can become the address
    that it goes by, and the other way round. Raises Invalid."""
    primary = (settings.local_part, settings.domain_id)
    domains = _domains(company_id, settings)
    present = _present(mailing_list)
    gone = present.keys() - settings.aliases
    if mailing_list.pk is not None:
        mailing_list.aliases.filter(address__in=[present[key].pk for key in gone]).delete()
    address = present.get(primary) or take_address(
        settings.local_part, domains[settings.domain_id], Kind.GROUP, field="address"
    )
    _set_kind(address, Kind.GROUP)
    mailing_list.address = address
    mailing_list.save()
    Address.objects.filter(pk__in=[present[key].pk for key in gone - {primary}]).delete()
    there = set(mailing_list.aliases.values_list("address_id", flat=True))
    for local_part, domain_id in sorted(settings.aliases):
        alias = present.get((local_part, domain_id)) or take_address(
            local_part, domains[domain_id], Kind.GROUP_ALIAS, field="aliases"
        )
        _set_kind(alias, Kind.GROUP_ALIAS)
        if alias.pk not in there:
            ListAlias.objects.create(mailing_list=mailing_list, address=alias)


def _present(mailing_list: MailingList) -> dict[LocalAndDomain, Address]:
    rows = [] if mailing_list.address is None else [mailing_list.address]
    if mailing_list.pk is not None:
        rows += Address.objects.filter(list_alias__mailing_list=mailing_list)
    return {(row.local_part, row.domain_id or 0): row for row in rows}


def _domains(company_id: int, settings: ListSettings) -> dict[int, Domain]:
    """The domains of these addresses, all of which are the company's. Raises Invalid."""
    of_aliases = {domain_id for _local_part, domain_id in settings.aliases}
    found = Domain.objects.usable().filter(company=company_id).in_bulk({settings.domain_id, *of_aliases})
    for field, ids in (("address", {settings.domain_id}), ("aliases", of_aliases)):
        if ids - found.keys():
            raise Invalid(field, _("Choose one of your company's domains."))
    return found


def _set_kind(address: Address, kind: Address.Kind) -> None:
    if address.kind != kind:
        address.kind = kind
        address.save(update_fields=["kind"])


def free_addresses(mailing_list: MailingList) -> None:
    """Frees all addresses of a deleted group's list, and remembers them (rule 2.17)."""
    address = mailing_list.address
    if address is None:
        return
    aliases = list(Address.objects.filter(list_alias__mailing_list=mailing_list).order_by("list_alias"))
    mailing_list.kept_address = str(address)
    mailing_list.kept_aliases = "".join(["\n", *(f"{alias}\n" for alias in aliases)]) if aliases else ""
    mailing_list.address = None
    mailing_list.save()
    mailing_list.aliases.all().delete()
    Address.objects.filter(pk__in=[address.pk, *(alias.pk for alias in aliases)]).delete()


def old_address(group: Group) -> tuple[str, Domain | None]:
    """The local part a deleted group had, and its domain, or the primary one if that is gone."""
    if group.mailing_list is None or not group.mailing_list.kept_address:
        return "", None
    local_part, _at, domain_name = group.mailing_list.kept_address.rpartition("@")
    domain = Domain.objects.usable().filter(company=group.company_id, name=domain_name).first()
    return local_part, domain or group.company.domains.usable().first()


def lost_aliases(group: Group) -> list[str]:
    """The aliases that a deleted group had and would not get back: taken, or at a domain that is gone."""
    kept = group.mailing_list.kept_aliases.split() if group.mailing_list else []
    free = {f"{local_part}@{domain.name}" for local_part, domain in _free(group, kept)}
    return [alias for alias in kept if alias not in free]


def _free(group: Group, kept: list[str]) -> list[tuple[str, Domain]]:
    domains = {domain.name: domain for domain in group.company.domains.usable()}
    taken = {*Address.objects.filter(email__in=kept).values_list("email", flat=True), *own_senders()}
    free = []
    for alias in kept:
        local_part, _at, name = alias.rpartition("@")
        if alias not in taken and name in domains and not is_reserved(local_part):
            free.append((local_part, domains[name]))
    return free


def take_addresses_back(group: Group, local_part: str | None) -> dict[str, Any]:
    """Gives a restored list its addresses again, under another one if it is given (rule 2.17).

    Returns them as the audit shows them. Raises Invalid.
    """
    mailing_list = group.mailing_list
    if mailing_list is None or not mailing_list.kept_address:
        return {"address": "", "aliases": []}
    old_local_part, domain = old_address(group)
    if domain is None:
        raise Invalid(
            "address",
            _("Your company has no domain for the group's address. Ask an administrator to add one."),
        )
    mailing_list.address = take_address(local_part or old_local_part, domain, Kind.GROUP, field="address")
    kept, mailing_list.kept_address = mailing_list.kept_aliases.split(), ""
    mailing_list.kept_aliases = ""
    mailing_list.save()
    aliases = [
        ListAlias.objects.create(
            mailing_list=mailing_list,
            address=take_address(local_part, domain, Kind.GROUP_ALIAS, field="aliases"),
        )
        for local_part, domain in _free(group, kept)
    ]
    return {"address": str(mailing_list.address), "aliases": [str(alias) for alias in aliases]}
