"""Addresses that mail came back from, and whose they are: of own people, and of contacts of own lists."""

from dataclasses import dataclass, field

from django.db.models import Q, QuerySet

from accounts.models import Company, Member
from groups.membership import effective
from groups.models import ExternalContact, FailingAddress, Group

LISTS_NAMED = 3


@dataclass(frozen=True)
class Unreachable:
    """A failing address and whose it is, as far as the company knows."""

    failing: FailingAddress
    member: Member | None = None
    contact_name: str = ""
    groups: list[Group] = field(default_factory=list)
    more_groups: bool = False


def of_company(company: Company) -> QuerySet[FailingAddress]:
    """Those of the company's people and of the contacts of its lists; of nobody else (spec 6.4)."""
    contacts = ExternalContact.objects.filter(mailing_list__group__company=company)
    return FailingAddress.objects.filter(
        Q(address__in=Member.objects.filter(company=company).values("email"))
        | Q(address__in=contacts.values("email"))
    )


def described(company: Company, rows: list[FailingAddress]) -> list[Unreachable]:
    """Whose the addresses of a page are, in two queries."""
    addresses = [row.address for row in rows]
    members = {one.email: one for one in Member.objects.filter(company=company, email__in=addresses)}
    contacts: dict[str, list[ExternalContact]] = {}
    found = ExternalContact.objects.filter(mailing_list__group__company=company, email__in=addresses)
    for contact in found.select_related("mailing_list__group").order_by("pk"):
        contacts.setdefault(contact.email, []).append(contact)
    return [_described(row, members.get(row.address), contacts.get(row.address, [])) for row in rows]


def _described(row: FailingAddress, member: Member | None, contacts: list[ExternalContact]) -> Unreachable:
    groups = [group for contact in contacts if (group := contact.mailing_list.group).deleted_at is None]
    name = next((contact.name for contact in contacts if contact.name), "")
    return Unreachable(row, member, name, groups[:LISTS_NAMED], len(groups) > LISTS_NAMED)


def of_group(group: Group, limit: int) -> list[FailingAddress]:
    """The paused addresses among whom a group's list goes to, the first ones."""
    paused = FailingAddress.objects.filter(paused_at__isnull=False)
    # There are few of them: with none, nobody is looked up.
    if group.mailing_list is None or not paused.exists():
        return []
    contacts = ExternalContact.objects.filter(mailing_list=group.mailing_list)
    return list(
        paused.filter(
            Q(address__in=effective.people_of(group).order_by().values("email"))
            | Q(address__in=contacts.values("email"))
        ).order_by("address")[:limit]
    )
