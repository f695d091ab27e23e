"""Asking for a contact: who hears of it, what the asker is told, how often (rules 6.1, 6.2)."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import audit
from accounts.actions import contacts as actions
from accounts.actor import Refused
from accounts.models import (
    Address,
    AuditEntry,
    Company,
    Contact,
    ContactBlock,
    ContactRequest,
    Domain,
    Member,
    PartnerDomain,
)
from groupadmin.base.errors import Invalid
from groups.models import Notice, Notification
from tests.factories import ContactFactory, MemberFactory, TeamFactory
from tests.helpers import actor_of

from .contacts import GUEST, are_contacts, ask, change, told


def test_the_person_at_the_address_is_told_who_asks(member: Member, guest: Member) -> None:
    """Rule 6.2; the asker's row is the same as for any address, but for what they never see."""
    request = ask(member, f" {GUEST.upper()} ")

    request.refresh_from_db()
    assert (request.address, request.person) == (GUEST, guest)
    [notice] = told(guest, Notice.Kind.CONTACT_ASKED)
    assert (notice.by, notice.details) == (member, {"company": "Hanbit"})
    assert not are_contacts(member, guest)
    entry = AuditEntry.objects.get(action="contact.ask")
    assert (entry.company_id, entry.actor_id) == (member.company_id, member.pk)
    assert entry.changes == {"address": [None, GUEST]}


def test_an_alias_leads_to_its_person(member: Member, guest: Member) -> None:
    domain = Address.objects.get(member=guest).domain
    Address.objects.create(local_part="gg", domain=domain, kind=Address.Kind.ALIAS, member=guest)

    ask(member, "gg@nordlicht.example")
    ask(member)

    assert ContactRequest.objects.filter(person=guest).count() == 2
    assert len(told(guest, Notice.Kind.CONTACT_ASKED)) == 1


def nobody_there(asker: Member, guest: Member) -> str:
    return "nobody@nordlicht.example"


def no_such_domain(asker: Member, guest: Member) -> str:
    return "greta@nowhere.example"


def a_team(asker: Member, guest: Member) -> str:
    team = TeamFactory.create(company=guest.company)
    domain = Address.objects.get(member=guest).domain
    team.address = Address.objects.create(local_part="sales", domain=domain, kind=Address.Kind.TEAM)
    team.save()
    return "sales@nordlicht.example"


def at_a_lost_domain(asker: Member, guest: Member) -> str:
    """Rule 1.9."""
    Domain.objects.filter(company=guest.company).update(state=Domain.State.LOST, is_primary=False)
    return GUEST


def without_permission(asker: Member, guest: Member) -> str:
    change(guest.company, connecting=Company.Connecting.CHOSEN)
    return GUEST


def company_connects_with_nobody(asker: Member, guest: Member) -> str:
    change(guest.company, connecting=Company.Connecting.NOBODY)
    return GUEST


def company_names_others(asker: Member, guest: Member) -> str:
    theirs = change(guest.company, partners=Company.Partners.NAMED)
    PartnerDomain.objects.create(company=theirs, name="another.example")
    return GUEST


def inactive(asker: Member, guest: Member) -> str:
    Member.objects.filter(pk=guest.pk).update(is_active=False)
    return GUEST


def who_blocked(asker: Member, guest: Member) -> str:
    ContactBlock.objects.create(owner=guest, person=asker)
    return GUEST


def whom_one_blocked(asker: Member, guest: Member) -> str:
    ContactBlock.objects.create(owner=asker, person=guest)
    return GUEST


def a_superuser(asker: Member, guest: Member) -> str:
    return MemberFactory.create(superuser=True, email="root@installation.example").email


@pytest.mark.parametrize(
    "case",
    [
        nobody_there,
        no_such_domain,
        a_team,
        at_a_lost_domain,
        without_permission,
        company_connects_with_nobody,
        company_names_others,
        inactive,
        who_blocked,
        whom_one_blocked,
        a_superuser,
    ],
)
def test_who_cannot_be_asked_is_asked_all_the_same(
    case: Callable[[Member, Member], str], member: Member, guest: Member
) -> None:
    """Rule 6.2: the asker's request stands there, and nobody hears of it."""
    request = ask(member, case(member, guest))

    request.refresh_from_db()
    assert request.person is None
    assert not Notification.objects.exists()
    assert not Contact.objects.exists()


def test_asking_never_looks_for_the_person(
    member: Member, guest: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 6.2: the same statements for every address; the rest is the worker's."""
    monkeypatch.setattr("django_tasks.base.Task.enqueue", lambda *args, **kwargs: None)

    def statements(address: str) -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            ask(member, address)
        return [re.sub(r"'[^']*'|\d+|\"s\w+\"", "?", query["sql"]) for query in captured]

    known = statements(GUEST)
    assert known == statements("nobody@nordlicht.example") == statements("x@nowhere.example")
    assert ContactRequest.objects.filter(person=None).count() == 3


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("momo@hanbit.example", "your own address"),
        ("MOMO@Hanbit.Example", "your own address"),
        ("tae@hanbit.example", "colleague"),
        ("nobody@hanbit.example", "colleague"),
        ("", "Enter a valid"),
        ("nonsense", "Enter a valid"),
        ("a@b", "Enter a valid"),
        ("a b@nordlicht.example", "Enter a valid"),
        ("a@nordlicht.example, b@nordlicht.example", "Enter a valid"),
        ("Greta greta@nordlicht.example", "Enter a valid"),
        ("grëta@nordlicht.example", "Enter a valid"),
        ("\0@nordlicht.example", "Enter a valid"),
        ("\ud800@nordlicht.example", "Enter a valid"),
        ("greta@" + "x" * 10_000 + ".example", "Enter a valid"),
        ("x" * 10_000, "Enter a valid"),
        ("greta@.example", "Enter a valid"),
        ("greta@\ud800.example", "Enter a valid"),
    ],
)
def test_what_depends_on_the_asker_alone_is_said(
    member: Member, teammate: Member, guest: Member, address: str, message: str
) -> None:
    with pytest.raises(Invalid, match=message) as raised:
        ask(member, address)

    assert raised.value.field == "address"
    assert not ContactRequest.objects.exists()


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ('"greta.g"@nordlicht.example', '"greta.g"@nordlicht.example'),
        ("o'neill+x@nordlicht.example", "o'neill+x@nordlicht.example"),
        ("greta@nördlicht.example", "greta@xn--nrdlicht-n4a.example"),
        ("greta@nordlicht.example.", GUEST),
    ],
)
def test_odd_addresses_that_there_are(member: Member, guest: Member, address: str, kept: str) -> None:
    assert ask(member, address).address == kept


def test_twice_is_said_with_the_day(member: Member, guest: Member) -> None:
    ask(member)

    with pytest.raises(Invalid, match=r"already sent a request to this address on .*20\d\d"):
        ask(member)
    assert ContactRequest.objects.count() == 1


def test_an_accepted_address_is_known_to_be_a_contact(member: Member, guest: Member) -> None:
    """What the asker knows by then, they are told."""
    ask(member)
    actions.accept_contact(member, actor=actor_of(guest))

    with pytest.raises(Invalid, match=r"Greta Guest.*is already in your Contacts"):
        ask(member)


def test_another_address_of_a_contact_tells_nothing(member: Member, guest: Member) -> None:
    """Who asked the asker has not told them any address (rule 6.4)."""
    ContactFactory.create(owner=member, person=guest)

    request = ask(member)

    request.refresh_from_db()
    assert request.person is None
    assert not Notification.objects.exists()


@pytest.mark.parametrize("connecting", [Company.Connecting.NOBODY, Company.Connecting.CHOSEN])
def test_who_may_not_connect_is_told_why(
    member: Member, company: Company, guest: Member, connecting: str
) -> None:
    """Rules 1.4, 8.1."""
    company.connecting = connecting
    company.save()

    with pytest.raises(Refused, match="other companies"):
        ask(member)
    assert AuditEntry.objects.get(action="contact.ask").result == AuditEntry.Result.REFUSED
    assert not ContactRequest.objects.exists()


def test_a_superuser_has_no_contacts(superuser: Member, guest: Member) -> None:
    with pytest.raises(Refused):
        ask(superuser)


AskedBefore = Callable[[Member, int, timedelta], None]


@pytest.fixture
def asked_before(monkeypatch: pytest.MonkeyPatch) -> AskedBefore:
    """Makes somebody have asked so often, so long ago."""

    def ask_then(asker: Member, count: int, ago: timedelta) -> None:
        audit.record_each(actor_of(asker), "contact.ask", [asker] * count)
        # The audit can only be added to, so it is the clock that goes on.
        later = timezone.now() + ago
        monkeypatch.setattr("accounts.actions.contacts.timezone.now", lambda: later)

    return ask_then


def test_twenty_an_hour(member: Member, other_company: Company) -> None:
    """Taking back and asking again counts: it is the audit that is counted."""
    for n in range(20):
        request = ask(member, f"n{n % 3}@nordlicht.example")
        actions.take_back_request(request, actor=actor_of(member))

    with pytest.raises(actions.TooMany, match="Try again later"):
        ask(member, "one.more@nordlicht.example")

    refused = AuditEntry.objects.get(action="contact.ask", result=AuditEntry.Result.REFUSED)
    assert refused.actor_id == member.pk


def test_the_hour_ends(asked_before: AskedBefore, member: Member, other_company: Company) -> None:
    asked_before(member, 20, timedelta(minutes=61))

    assert ask(member)


def test_a_hundred_a_day(
    asked_before: AskedBefore, member: Member, teammate: Member, other_company: Company
) -> None:
    asked_before(member, 100, timedelta(hours=23))

    with pytest.raises(actions.TooMany):
        ask(member)
    assert ask(teammate)


def test_an_address_as_it_is_pasted() -> None:
    """Rule 1.11; a space may be the mistake, so nobody is guessed."""
    assert (
        actions.clean_contact_address("그레타(greta\u200b＠Nördlicht.example)")
        == "greta@xn--nrdlicht-n4a.example"
    )
    with pytest.raises(Invalid):
        actions.clean_contact_address("gre ta@nordlicht.example")
