"""Short ways for tests of contacts."""

from accounts.actions import contacts as actions
from accounts.models import Company, Contact, ContactRequest, Member
from groups.models import Notice, Notification
from tests.helpers import actor_of

GUEST = "greta@nordlicht.example"
MEMBER = "momo@hanbit.example"


def ask(asker: Member, address: str = GUEST) -> ContactRequest:
    return actions.ask_for_contact(address, actor=actor_of(asker))


def told(person: Member, kind: Notice.Kind) -> list[Notice]:
    return [one.notice for one in Notification.objects.filter(member=person, notice__kind=kind)]


def are_contacts(one: Member, other: Member) -> bool:
    rows = set(Contact.objects.values_list("owner_id", "person_id"))
    pair = {(one.pk, other.pk), (other.pk, one.pk)}
    assert rows & pair in (set(), pair)
    return pair <= rows


def change(company: Company | None, **values: str) -> Company:
    assert company is not None
    Company.objects.filter(pk=company.pk).update(**values)
    return company
