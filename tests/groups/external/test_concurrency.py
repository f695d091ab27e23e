"""Two companies at once, on PostgreSQL with real threads (rules 2.15, 6.1, 6.2)."""

import pytest
from django.db import connection  # noqa: F401  (for the condition below)

from accounts import audit
from accounts.actions.connections import withdraw_connection
from accounts.actions.contact_requests import deliver_request
from accounts.actions.contacts import TooMany, accept_contact, ask_for_contact, block_contact
from accounts.models import Company, Contact, ContactBlock, ContactRequest, Member
from groupadmin.base.errors import Invalid
from groups.actions import add_external_members, add_masters
from groups.models import Group
from tests.factories import ContactFactory, MemberFactory
from tests.groups import test_concurrency as groups
from tests.groups.test_concurrency import AtOnce
from tests.helpers import actor_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time"),
]
at_once = groups.at_once


@pytest.fixture
def chosen(other_company: Company, guest: Member, stranger: Member, other_administrator: Member) -> Company:
    """The other company, where both may connect by choice."""
    Member.objects.filter(pk__in=[guest.pk, stranger.pk]).update(may_connect=True)
    Company.objects.filter(pk=other_company.pk).update(connecting=Company.Connecting.CHOSEN)
    return other_company


@pytest.mark.parametrize("withdrawn_first", [True, False])
def test_a_permission_withdrawn_while_its_owner_is_added(
    at_once: AtOnce,
    external_group: Group,
    master: Member,
    stranger: Member,
    other_administrator: Member,
    chosen: Company,
    withdrawn_first: bool,
) -> None:
    """Whichever comes first, nobody stays in the group without the permission (rule 2.15)."""
    ContactFactory.create(owner=master, person=stranger)

    def withdraw() -> object:
        return withdraw_connection(chosen, [stranger.pk], actor=actor_of(other_administrator))

    def add() -> object:
        return add_external_members(external_group, frozenset({stranger.pk}), actor=actor_of(master))

    _first, second = at_once(*((withdraw, add) if withdrawn_first else (add, withdraw)))

    assert isinstance(second, Invalid) == withdrawn_first
    assert not external_group.entries.filter(member=stranger).exists()


@pytest.mark.parametrize("withdrawn_first", [True, False])
def test_a_permission_withdrawn_while_its_owner_is_made_a_master(
    at_once: AtOnce,
    external_group: Group,
    master: Member,
    guest: Member,
    other_administrator: Member,
    chosen: Company,
    withdrawn_first: bool,
) -> None:
    """Rules 2.7, 2.15."""

    def withdraw() -> object:
        return withdraw_connection(chosen, [guest.pk], actor=actor_of(other_administrator))

    def name() -> object:
        return add_masters(external_group, frozenset({guest.pk}), actor=actor_of(master))

    _first, second = at_once(*((withdraw, name) if withdrawn_first else (name, withdraw)))

    assert isinstance(second, Invalid) == withdrawn_first
    assert not external_group.masters.filter(member=guest).exists()
    assert not external_group.entries.filter(member=guest).exists()


def test_the_own_permission_withdrawn_while_one_adds(
    at_once: AtOnce,
    external_group: Group,
    master: Member,
    administrator: Member,
    stranger: Member,
    company: Company,
    other_company: Company,
) -> None:
    Company.objects.filter(pk=company.pk).update(connecting=Company.Connecting.CHOSEN)
    Member.objects.filter(pk=master.pk).update(may_connect=True)
    ContactFactory.create(owner=master, person=stranger)
    spare = MemberFactory.create(company=company, may_connect=True)
    add_masters(external_group, frozenset({spare.pk}), actor=actor_of(administrator))
    master.refresh_from_db()

    def withdraw() -> object:
        return withdraw_connection(company, [master.pk], actor=actor_of(administrator))

    def add() -> object:
        try:
            return add_external_members(external_group, frozenset({stranger.pk}), actor=actor_of(master))
        except Exception as refusal:
            return refusal

    _first, second = at_once(withdraw, add)

    assert isinstance(second, Exception)
    assert not external_group.entries.filter(member=stranger).exists()


def test_the_last_of_twenty_is_asked_once(at_once: AtOnce, member: Member, other_company: Company) -> None:
    """The limit counts one request at a time (rule 6.2)."""
    audit.record_each(actor_of(member), "contact.ask", [member] * 19)

    first, second = at_once(
        lambda: ask_for_contact("a@nordlicht.example", actor=actor_of(member)),
        lambda: ask_for_contact("b@nordlicht.example", actor=actor_of(member)),
    )

    assert isinstance(first, ContactRequest)
    assert isinstance(second, TooMany)


def test_accepting_and_blocking_in_two_tabs(at_once: AtOnce, member: Member, guest: Member) -> None:
    """Who is blocked is no contact, whichever came first."""
    for first_accepts in (True, False):
        Contact.objects.all().delete()
        ContactBlock.objects.all().delete()
        ContactRequest.objects.all().delete()
        ContactRequest.objects.create(asker=member, person=guest, address="greta@nordlicht.example")
        tabs = [
            lambda: accept_contact(member, actor=actor_of(guest)),
            lambda: block_contact(member, actor=actor_of(guest)),
        ]
        at_once(*(tabs if first_accepts else tabs[::-1]))
        assert ContactBlock.objects.filter(owner=guest, person=member).exists()
        assert not Contact.objects.exists()


def test_two_who_ask_each_other_at_once(at_once: AtOnce, member: Member, guest: Member) -> None:
    """One worker waits for the other, and finds that each has asked."""
    asked = [
        ContactRequest.objects.create(asker=member, address="greta@nordlicht.example"),
        ContactRequest.objects.create(asker=guest, address="momo@hanbit.example"),
    ]

    at_once(lambda: deliver_request(asked[0].pk), lambda: deliver_request(asked[1].pk))

    assert Contact.objects.count() == 2


def test_one_request_delivered_twice(at_once: AtOnce, member: Member, guest: Member) -> None:
    """A task that ran twice tells once."""
    asked = ContactRequest.objects.create(asker=member, address="greta@nordlicht.example")

    at_once(lambda: deliver_request(asked.pk), lambda: deliver_request(asked.pk))

    assert guest.notifications.count() == 1
