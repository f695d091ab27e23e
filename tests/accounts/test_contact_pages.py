"""The pages of Contacts (rules 6.2, 6.4)."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry, Company, Contact, ContactBlock, ContactRequest, Member
from tests.factories import ContactFactory, MemberFactory
from tests.helpers import ClientOf

from .pages import text_of
from .portraits import set_photo

CONTACTS = reverse("accounts:contacts")
ADD = reverse("accounts:contact_add")
GUEST = "greta@nordlicht.example"


def url(name: str, pk: int) -> str:
    return reverse(f"accounts:contact_{name}", args=[pk])


@pytest.fixture
def client(client_of: ClientOf, member: Member) -> Client:
    return client_of(member)


def asked(asker: Member, person: Member) -> ContactRequest:
    return ContactRequest.objects.create(asker=asker, person=person, address=person.email)


def test_asking_and_accepting(client: Client, client_of: ClientOf, member: Member, guest: Member) -> None:
    """Rule 6.2, both sides, without JavaScript."""
    answer = client.post(ADD, {"address": GUEST}, follow=True)
    assert f"Request sent to {GUEST}." in text_of(answer)
    assert "Greta" not in text_of(answer)

    other = client_of(guest)
    page = text_of(other.get(CONTACTS))
    assert "Momo Member" in page
    assert "Hanbit" in page
    assert "momo@hanbit.example" not in page
    assert "Momo Member" in text_of(other.post(url("accept", member.pk), follow=True))

    page = text_of(client.get(CONTACTS))
    assert "Greta Guest" in page
    assert "Nordlicht" in page
    assert GUEST not in page
    assert GUEST not in text_of(client.get(CONTACTS, {"show": "asked"}))


def test_the_address_may_be_pasted(client: Client, member: Member) -> None:
    """Rule 1.11."""
    client.post(ADD, {"address": "그레타/영업팀/greta\u200b＠nordlicht.example。"})
    assert ContactRequest.objects.get(asker=member).address == GUEST


def test_what_the_asker_sees_is_the_same_for_every_address(
    client: Client, member: Member, guest: Member
) -> None:
    """Rule 6.2: in the answer and in the list, but for the address."""
    answers, rows = set(), set()
    for address in (GUEST, "nobody@nordlicht.example", "greta@nowhere.example"):
        answer = client.post(ADD, {"address": address}, follow=True)
        text = re.sub(r"csrf[^>]*>", "", text_of(answer)).replace(address, "ADDRESS")
        answers.add(re.search(r"alert-success.*?</div>", text, re.S).group())  # type: ignore[union-attr]
        row = re.search(r"<tbody>\s*(<tr>.*?</tr>)", text, re.S).group(1)  # type: ignore[union-attr]
        rows.add(re.sub(r'asked/\d+/|datetime="[^"]*"', "", row))
    assert len(answers) == len(rows) == 1


@pytest.mark.parametrize(
    "typed", ["", "nonsense", "momo@hanbit.example", "tae@hanbit.example", "\0", "x" * 10_000]
)
def test_what_is_wrong_stands_beside_the_field(client: Client, teammate: Member, typed: str) -> None:
    answer = client.post(ADD, {"address": typed})

    assert answer.status_code == 422
    assert answer.context["form"].errors["address"]
    assert f'value="{typed[:20]}' in text_of(answer) or not typed.isprintable() or not typed
    assert not ContactRequest.objects.exists()


def test_broken_bytes(client: Client) -> None:
    body = b"address=%00%ED%A0%80%FF@x.example"

    answer = client.post(ADD, body, content_type="application/x-www-form-urlencoded")

    assert answer.status_code == 422


def test_too_many_requests(client: Client, member: Member) -> None:
    for n in range(20):
        assert client.post(ADD, {"address": f"n{n}@nordlicht.example"}).status_code == 302

    answer = client.post(ADD, {"address": GUEST})

    assert answer.status_code == 429
    assert "Try again later" in str(answer.context["form"].errors["address"])
    assert f'value="{GUEST}"' in text_of(answer)
    assert AuditEntry.objects.filter(action="contact.ask", result="refused").count() == 1


def test_the_dialog_over_the_page(client_of: ClientOf, member: Member) -> None:
    client = client_of(member, htmx=True)

    dialog = client.get(ADD, headers={"HX-Target": "dialog"}).content.decode()
    assert dialog.lstrip().startswith('<div class="modal')
    answer = client.post(ADD, {"address": "x"}, headers={"HX-Target": "group-form"})
    assert answer.content.decode().lstrip().startswith('<form id="group-form"')
    done = client.post(ADD, {"address": GUEST}, headers={"HX-Target": "group-form"})
    assert done["HX-Redirect"] == f"{CONTACTS}?show=asked"


@pytest.mark.parametrize(
    ("connecting", "why"),
    [
        ("nobody", "Your company does not connect with other companies. Ask an administrator."),
        ("chosen", "You need permission to connect with other companies. Ask an administrator."),
    ],
)
def test_who_may_not_connect_is_told_why(
    client: Client, company: Company, guest: Member, member: Member, connecting: str, why: str
) -> None:
    """Rule 1.4: the page and its lists stay; nobody can be reached or added."""
    ContactFactory.create(owner=member, person=guest)
    Company.objects.filter(pk=company.pk).update(connecting=connecting)

    page = text_of(client.get(CONTACTS))

    assert why in page
    assert "Add contact" not in page
    assert "Greta Guest" in page
    assert "Cannot be reached right now" in page
    assert client.get(ADD).status_code == client.post(ADD, {"address": GUEST}).status_code == 403


def test_a_contact_who_cannot_be_reached_stays_without_page_and_photo(
    client: Client, member: Member, guest: Member
) -> None:
    ContactFactory.create(owner=member, person=guest)
    page, photo = reverse("groups:member", args=[guest.pk]), reverse("accounts:member_photo", args=[guest.pk])
    set_photo(guest)
    assert client.get(page).status_code == client.get(photo).status_code == 200
    Company.objects.filter(pk=guest.company_id or 0).update(connecting=Company.Connecting.NOBODY)

    listed = text_of(client.get(CONTACTS))

    assert "Greta Guest" in listed
    assert "Cannot be reached right now" in listed
    assert page not in listed
    assert photo not in listed
    assert client.get(page).status_code == client.get(photo).status_code == 404


def test_search_finds_by_name_and_company(client: Client, member: Member, guest: Member) -> None:
    """And by nothing else: no address is a way in (rule 6.4)."""
    ContactFactory.create(owner=member, person=guest)
    for typed in ("gret", "GUEST", "nordl"):
        assert "Greta Guest" in text_of(client.get(CONTACTS, {"q": typed}))
    for typed in ("greta@", "nordlicht.example", "zzz"):
        assert "Greta Guest" not in text_of(client.get(CONTACTS, {"q": typed}))
    assert "No one found" in text_of(client.get(CONTACTS, {"q": "zzz"}))


@pytest.mark.parametrize(
    "query", ["?after=x", "?before=W10", "?show=%00", "?q=%00%ED%A0%80", "?show=asked&after=bnVsbA"]
)
def test_odd_queries(client: Client, query: str) -> None:
    assert client.get(f"{CONTACTS}{query}").status_code == 200


def test_requests_stand_on_top_until_they_are_answered(
    client: Client, member: Member, guest: Member, other_company: Company
) -> None:
    for asker in [guest, *MemberFactory.create_batch(3, company=other_company)]:
        asked(asker, member)

    page = text_of(client.get(CONTACTS))
    assert page.count("/accept/") == 3
    assert "Show all requests" in page
    assert text_of(client.get(CONTACTS, {"show": "requests"})).count("/accept/") == 4

    client.post(url("accept", guest.pk))
    assert text_of(client.get(CONTACTS, {"show": "requests"})).count("/accept/") == 3


def test_who_asks_by_two_addresses_stands_there_once(client: Client, member: Member, guest: Member) -> None:
    asked(guest, member)
    ContactRequest.objects.create(asker=guest, person=member, address="alias@hanbit.example")

    assert text_of(client.get(CONTACTS, {"show": "requests"})).count("/accept/") == 1


def test_accepting_twice_and_too_late(
    client: Client, client_of: ClientOf, member: Member, guest: Member
) -> None:
    """Two tabs are no mistake; what was taken back is not there (any more)."""
    request = asked(guest, member)
    assert client.post(url("accept", guest.pk)).status_code == 302
    assert client.post(url("accept", guest.pk)).status_code == 302
    assert Contact.objects.count() == 2
    Contact.objects.all().delete()
    client_of(guest).post(url("take_back", request.pk))
    assert client.post(url("accept", guest.pk)).status_code == 404


def test_accepting_after_the_permission_went(client: Client, member: Member, guest: Member) -> None:
    """Rule 6.1; the request stays."""
    asked(guest, member)
    Company.objects.filter(pk=guest.company_id or 0).update(connecting=Company.Connecting.NOBODY)

    answer = client.post(url("accept", guest.pk), follow=True)

    assert "cannot be reached right now" in text_of(answer)
    assert not Contact.objects.exists()
    assert ContactRequest.objects.exists()


def test_blocking_and_unblocking(client: Client, member: Member, guest: Member) -> None:
    ContactFactory.create(owner=member, person=guest)

    answer = client.post(url("block", guest.pk), follow=True)

    assert "Greta Guest</bdi>" not in text_of(answer)
    blocked = text_of(client.get(CONTACTS, {"show": "blocked"}))
    assert "Greta Guest" in blocked
    assert reverse("groups:member", args=[guest.pk]) not in blocked
    client.post(url("unblock", guest.pk))
    assert not ContactBlock.objects.exists()


def test_removing(client: Client, member: Member, guest: Member) -> None:
    ContactFactory.create(owner=member, person=guest)

    assert "no longer contacts" in text_of(client.post(url("remove", guest.pk), follow=True))

    assert not Contact.objects.exists()


@pytest.mark.parametrize("name", ["accept", "block", "unblock", "remove"])
def test_ids_of_others_contacts_and_requests(
    client: Client, outsider: Member, guest: Member, stranger: Member, name: str
) -> None:
    """404, and nothing changes (rule 6.2)."""
    ContactFactory.create(owner=outsider, person=guest)
    asked(stranger, outsider)
    ContactBlock.objects.create(owner=outsider, person=MemberFactory.create(company=guest.company))
    before = [list(model.objects.values()) for model in (Contact, ContactRequest, ContactBlock)]

    for pk in (*Member.objects.values_list("pk", flat=True), 0, 2**63, 10**30):
        assert client.post(url(name, pk)).status_code == 404
    assert client.post(url("take_back", ContactRequest.objects.get().pk)).status_code == 404

    assert before == [list(model.objects.values()) for model in (Contact, ContactRequest, ContactBlock)]


def test_pages_of_many(client: Client, member: Member, other_company: Company) -> None:
    """Pages by key; the number of queries does not grow with the rows."""
    people = MemberFactory.create_batch(60, company=other_company)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(CONTACTS).status_code == 200
        return len(captured)

    for person in people[:3]:
        ContactFactory.create(owner=member, person=person)
    few = queries()
    for person in people[3:]:
        ContactFactory.create(owner=member, person=person)
    assert queries() == few
    first = client.get(CONTACTS)
    assert len(first.context["page"].rows) == 50
    rest = client.get(CONTACTS + first.context["page"].next)
    assert len(rest.context["page"].rows) == 10


def test_old_requests_say_their_day(client: Client, member: Member) -> None:
    request = ContactRequest.objects.create(asker=member, address="x@nowhere.example")
    ContactRequest.objects.filter(pk=request.pk).update(asked_at=timezone.now() - timedelta(days=3))

    page = text_of(client.get(CONTACTS, {"show": "asked"}))

    assert "x@nowhere.example" in page
    assert "Withdraw" in page
