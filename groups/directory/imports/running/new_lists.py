"""Lists and contacts of new groups, in bulk (rules 4.1, 4.8)."""

from collections.abc import Collection, Mapping

from django.utils.translation import gettext as _

from accounts import audit
from accounts.actions.addresses import taken_reason
from accounts.models import Address, Company, Domain
from accounts.models.address import own_senders
from groups.actions.mailing_list import contact_text
from groups.actions.settings import CONTACTS_LIMIT, Contact
from groups.directory.records import Kind
from groups.mail.contacts.own_addresses import own_addresses
from groups.models import ExternalContact, Group, ListAlias, MailingList

from ..rows import Row
from .batch import Run, done, skip


def _emails(row: Row) -> list[str]:
    """The address that the list goes by, and its aliases (rule 4.14)."""
    return [row.after["address"], *row.after.get("aliases", ())]


def _address(email: str, domains: Mapping[str, Domain]) -> Address:
    local_part, _at, name = email.rpartition("@")
    return Address(email=email, local_part=local_part, domain=domains[name], kind=Address.Kind.GROUP)


def _problem(
    row: Row, owners: Mapping[str, str], domains: Mapping[str, Domain], senders: Collection[str]
) -> str:
    for email in _emails(row):
        if problem := taken_reason(email, owners.get(email), senders):
            return problem
        if (name := email.rpartition("@")[2]) not in domains:
            return _("%(domain)s is not a domain of your company.") % {"domain": name}
    return ""


class NewLists:
    """The lists of one batch of groups."""

    def __init__(self, run: Run, company: Company, batch: list[Row]) -> None:
        self.run, self.company = run, company
        self.rows = {row.subject: row for row in batch if row.kind == Kind.LIST}
        self.contacts = [row for row in batch if row.kind == Kind.CONTACT]
        self.lists: dict[str, MailingList] = {}
        self.written: dict[str, list[str]] = {}

    def make(self, groups: Mapping[str, Group]) -> None:
        """Gives the groups, not saved yet, their lists."""
        wanted = {key: row for key, row in self.rows.items() if key in groups and not row.state}
        if not wanted:
            return
        emails = {email for row in wanted.values() for email in _emails(row)}
        owners = dict(Address.objects.filter(email__in=emails).values_list("email", "kind"))
        domains = {domain.name: domain for domain in Domain.objects.usable().filter(company=self.company)}
        senders, addresses = own_senders(), dict[str, list[Address]]()
        for key, row in wanted.items():
            if problem := _problem(row, owners, domains, senders):
                skip(row, problem)
            else:
                addresses[key] = [_address(email, domains) for email in _emails(row)]
                for alias in addresses[key][1:]:
                    alias.kind = Address.Kind.GROUP_ALIAS
                owners |= dict.fromkeys(_emails(row), Address.Kind.GROUP)
        Address.objects.bulk_create(address for own in addresses.values() for address in own)
        for key, own in addresses.items():
            after = wanted[key].after
            self.lists[key] = MailingList(
                address=own[0],
                blocks_external_domains=after.get("blocks_external_domains", False),
                who_can_send=after.get("who_can_send", MailingList.Senders.EVERYONE),
            )
        MailingList.objects.bulk_create(self.lists.values())
        ListAlias.objects.bulk_create(
            ListAlias(mailing_list=mailing_list, address=address)
            for key, mailing_list in self.lists.items()
            for address in addresses[key][1:]
        )
        for key, mailing_list in self.lists.items():
            groups[key].mailing_list = mailing_list
            done(wanted[key], mailing_list.pk)

    def write_contacts(self) -> None:
        """Adds the contacts of the lists that were made."""
        mine = [row for row in self.contacts if row.subject in self.lists and not row.state]
        own = own_addresses(self.company.pk, {row.after["email"] for row in mine})
        made: list[tuple[Row, ExternalContact]] = []
        for row in mine:
            shown = self.written.setdefault(row.subject, [])
            if why := own.get(row.after["email"]):
                skip(row, why)
            elif len(shown) >= CONTACTS_LIMIT:
                skip(row, _("A list has at most %(limit)s contacts.") % {"limit": f"{CONTACTS_LIMIT:,}"})
            else:
                contact = Contact(row.after["email"], row.after["name"])
                shown.append(contact_text(contact))
                made.append(
                    (
                        row,
                        ExternalContact(
                            mailing_list=self.lists[row.subject], email=contact.email, name=contact.name
                        ),
                    )
                )
        ExternalContact.objects.bulk_create([contact for _row, contact in made])
        for row, written in made:
            done(row, written.pk)

    def told(self, subject: str) -> audit.Changes:
        """What the audit says of a new group's list."""
        mailing_list = self.lists.get(subject)
        if mailing_list is None:
            return {}
        shown = {
            "address": str(mailing_list.address),
            "aliases": sorted(self.rows[subject].after.get("aliases", ())),
            "blocks_external_domains": mailing_list.blocks_external_domains,
            "who_can_send": str(mailing_list.who_can_send),
            "contacts": sorted(self.written.get(subject, ())),
        }
        return {name: [None, value] for name, value in shown.items()}
