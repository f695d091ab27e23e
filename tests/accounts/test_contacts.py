"""What comes of a request: accepting, taking back, blocking, removing (rules 6.1, 6.2)."""

from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from accounts import connecting
from accounts.actions import contacts as actions
from accounts.actions.contact_requests import deliver_request
from accounts.actor import Actor, NotVisible, Refused
from accounts.models import AuditEntry, Company, Contact, ContactBlock, ContactRequest, Member
from groupadmin.base.errors import Invalid
from groups.models import Notice
from groups.permissions import get_person_for
from groups.tasks import tidy_up
from tests.factories import ContactFactory
from tests.helpers import actor_of

from .contacts import GUEST, MEMBER, are_contacts, ask, change, told


def test_accepting_makes_a_pair_and_tells_the_asker(member: Member, guest: Member) -> None:
    """Rules 6.2, 8.1: the audit of each company has what its own people did, without others' addresses."""
    ask(member)

    actions.accept_contact(member, actor=actor_of(guest))
    actions.accept_contact(member, actor=actor_of(guest))

    assert are_contacts(member, guest)
    [notice] = told(member, Notice.Kind.CONTACT_ACCEPTED)
    assert (notice.by, notice.details) == (guest, {"company": "Nordlicht"})
    entry = AuditEntry.objects.get(action="contact.accept")
    assert (entry.company_id, entry.target_name) == (guest.company_id, "Momo Member")
    assert entry.changes == {"company": [None, "Hanbit"]}
    assert MEMBER not in f"{entry.target_name}{entry.changes}"


def test_who_ask_each_other_are_contacts(member: Member, guest: Member) -> None:
    """Each has asked for the other: nothing is left to accept, and both hear of it."""
    ask(member)
    ask(guest, MEMBER)

    assert are_contacts(member, guest)
    assert [notice.by for notice in told(member, Notice.Kind.CONTACT_ACCEPTED)] == [guest]
    assert [notice.by for notice in told(guest, Notice.Kind.CONTACT_ACCEPTED)] == [member]
    assert len(told(guest, Notice.Kind.CONTACT_ASKED)) == 1
    assert not told(member, Notice.Kind.CONTACT_ASKED)


def test_nobody_accepts_what_nobody_asked(member: Member, guest: Member, stranger: Member) -> None:
    ask(member)

    with pytest.raises(Invalid, match="withdrawn"):
        actions.accept_contact(member, actor=actor_of(stranger))
    assert not Contact.objects.exists()


@pytest.mark.parametrize("whose", ["company", "other_company"])
def test_a_permission_withdrawn_meanwhile(
    member: Member, guest: Member, request: pytest.FixtureRequest, whose: str
) -> None:
    """Rule 6.1: both must have it when the second of them says yes."""
    ask(member)
    change(request.getfixturevalue(whose), connecting=Company.Connecting.NOBODY)

    with pytest.raises(Invalid, match=r"cannot be reached|does not connect"):
        actions.accept_contact(member, actor=actor_of(guest))
    assert not Contact.objects.exists()


@pytest.fixture
def permitted(member: Member, guest: Member) -> None:
    """Both may connect since both are permitted to, person by person (rule 1.4)."""
    for person in (member, guest):
        change(person.company, connecting=Company.Connecting.CHOSEN)
        _permit(person, True)


def _permit(person: Member, may: bool) -> None:
    Member.objects.filter(pk=person.pk).update(may_connect=may)


BOTH = pytest.mark.parametrize(
    ("who", "answer"), [("member", "cannot be reached"), ("guest", "You need permission to connect")]
)


@BOTH
def test_a_person_who_loses_the_permission_becomes_no_contact(
    permitted: None, member: Member, guest: Member, request: pytest.FixtureRequest, who: str, answer: str
) -> None:
    """Rule 6.1: it takes the permission of both people, whatever their companies allow; with it, it works."""
    ask(member)
    _permit(request.getfixturevalue(who), False)
    with pytest.raises(Invalid, match=answer):
        actions.accept_contact(member, actor=actor_of(Member.objects.get(pk=guest.pk)))
    assert not Contact.objects.exists()

    _permit(request.getfixturevalue(who), True)
    actions.accept_contact(member, actor=actor_of(Member.objects.get(pk=guest.pk)))
    assert are_contacts(member, guest)


@BOTH
def test_a_contact_of_who_loses_the_permission_is_out_of_reach(
    permitted: None, member: Member, guest: Member, request: pytest.FixtureRequest, who: str, answer: str
) -> None:
    """Rule 6.1: neither sees the other's page any more, nor connects with them; the pair is kept."""
    ContactFactory.create(owner=member, person=guest)
    _permit(request.getfixturevalue(who), False)
    one, other = (Member.objects.select_related("company").get(pk=person.pk) for person in (member, guest))
    for viewer, person in ((one, other), (other, one)):
        assert not connecting.may_meet(viewer, person)
        with pytest.raises(NotVisible):
            get_person_for(viewer, person.pk)
    assert are_contacts(member, guest)

    _permit(request.getfixturevalue(who), True)
    one, other = (Member.objects.select_related("company").get(pk=person.pk) for person in (member, guest))
    assert get_person_for(one, other.pk) == other
    assert get_person_for(other, one.pk) == one


def test_what_was_asked_with_the_permission_is_not_delivered_without(
    permitted: None, member: Member, guest: Member
) -> None:
    """Rule 6.1: the worker looks at who may connect when it delivers."""
    with override_settings(TASKS={"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}):
        request = ask(member)
    _permit(member, False)
    deliver_request(request.pk)
    request.refresh_from_db()
    assert request.person is None
    assert not told(guest, Notice.Kind.CONTACT_ASKED)

    _permit(member, True)
    deliver_request(request.pk)
    request.refresh_from_db()
    assert request.person == guest


def test_taking_back(member: Member, guest: Member) -> None:
    request = ask(member)

    actions.take_back_request(request, actor=actor_of(member))
    actions.take_back_request(request, actor=actor_of(member))

    assert not ContactRequest.objects.exists()
    with pytest.raises(Invalid, match="withdrawn"):
        actions.accept_contact(member, actor=actor_of(guest))
    assert AuditEntry.objects.filter(action="contact.take_back").count() == 1


def test_only_ones_own_request(member: Member, guest: Member) -> None:
    request = ask(member)

    actions.take_back_request(request, actor=actor_of(guest))

    assert ContactRequest.objects.exists()


def test_blocking_who_asks_tells_them_nothing(member: Member, guest: Member) -> None:
    """Rule 6.2: what they have asked stays in their list, and asking again reaches nobody."""
    request = ask(member)

    actions.block_contact(member, actor=actor_of(guest))
    actions.block_contact(member, actor=actor_of(guest))

    request.refresh_from_db()
    assert request.person is None
    assert not told(member, Notice.Kind.CONTACT_ACCEPTED)
    assert AuditEntry.objects.filter(action="contact.block", company_id=guest.company_id).count() == 1
    actions.take_back_request(request, actor=actor_of(member))
    ask(member)
    assert len(told(guest, Notice.Kind.CONTACT_ASKED)) == 1


def test_blocking_a_contact_takes_the_pair_away(member: Member, guest: Member) -> None:
    ask(member)
    actions.accept_contact(member, actor=actor_of(guest))

    actions.block_contact(member, actor=actor_of(guest))

    assert not Contact.objects.exists()
    assert ask(member).person is None


def test_unblocked_one_can_ask_again(member: Member, guest: Member) -> None:
    ContactBlock.objects.create(owner=guest, person=member)

    actions.unblock_contact(member, actor=actor_of(guest))
    actions.unblock_contact(member, actor=actor_of(guest))
    ask(member)

    assert ContactRequest.objects.get().person == guest
    assert AuditEntry.objects.filter(action="contact.unblock").count() == 1


def test_removing_is_for_both_and_can_be_asked_again(member: Member, guest: Member) -> None:
    ask(member)
    actions.accept_contact(member, actor=actor_of(guest))

    actions.remove_contact(guest, actor=actor_of(member))
    actions.remove_contact(guest, actor=actor_of(member))

    assert not Contact.objects.exists()
    assert AuditEntry.objects.filter(action="contact.remove", company_id=member.company_id).count() == 1
    assert ask(member)


def test_what_came_to_nothing_goes_after_a_month(member: Member, guest: Member, stranger: Member) -> None:
    """What was accepted stays: whom an address led to, the asker knows."""
    ask(member)
    ask(member, "sten@nordlicht.example")
    ask(member, "nobody@nordlicht.example")
    actions.accept_contact(member, actor=actor_of(guest))
    recent = ask(member, "recent@nordlicht.example")
    ContactRequest.objects.exclude(pk=recent.pk).update(asked_at=timezone.now() - timedelta(days=31))

    tidy_up.call()

    left = ContactRequest.objects.values_list("address", flat=True)
    assert sorted(left) == [GUEST, "recent@nordlicht.example"]


def test_the_system_has_no_contacts(guest: Member) -> None:
    with pytest.raises(Refused):
        actions.block_contact(guest, actor=Actor.system())
