"""Sent twice, going on to add, a list that nobody could write to: "Add Group" (rules 2.13, 4.5, 5.8)."""

import uuid

import pytest
from django.test import Client

from accounts.models import AuditEntry, Company, Member
from groups.models import Group
from tests.helpers import ClientOf

from .dialogs import ADD, filled, look, send, the_group, with_list


@pytest.fixture
def client(client_of: ClientOf, administrator: Member) -> Client:
    return client_of(administrator)


def test_a_form_sent_twice_adds_one_group(
    client: Client, company: Company, master: Member, member: Member
) -> None:
    data = filled(master, member) | with_list(company)
    first, second = send(client, ADD, data), send(client, ADD, data, target="group-form")
    assert first.location == second.location == f"/groups/?new={the_group().pk}"
    assert AuditEntry.objects.filter(action="group.create").count() == 1


def test_another_group_from_the_page_that_one_has_gone_back_to(
    client: Client, master: Member, member: Member
) -> None:
    """Rule 5.8: its key is the first one's, and nothing that was typed is lost."""
    key = str(uuid.uuid4())
    for name in ("One", "Two"):
        assert send(client, ADD, filled(master, member, name=name, form_key=key)).status == 302
    assert sorted(group.name for group in Group.objects.all()) == ["One", "Two"]


def test_the_key_of_another_person_gives_nothing_away(
    client: Client, client_of: ClientOf, company: Company, master: Member, member: Member
) -> None:
    key = str(uuid.uuid4())
    send(client, ADD, filled(master, member, name="Not for you", form_key=key))
    Company.objects.filter(pk=company.pk).update(group_creators="everybody")
    answer = send(client_of(master), ADD, filled(master, member, name="Mine", form_key=key))
    assert answer.status == 422
    assert "was already sent" in answer.alert
    assert "Not for you" not in answer.text


def test_continue_to_add(client: Client, master: Member, member: Member) -> None:
    """Rule 2.13: empty again, saying what was added and how many so far."""
    for number, name in ((1, "One"), (2, "Two")):
        data = filled(master, member, name=name, continues="on", so_far=str(number - 1), message="on")
        answer = send(client, ADD, data, target="group-form")
        assert answer.status == 200
        assert f"“\u2068{name}\u2069” was added." in answer.text
        assert f"{number} group{'s' if number > 1 else ''} added so far" in answer.text
        assert answer.value("so_far") == str(number)
        assert answer.value("name") == ""
        assert answer.text_of("masters") == ""
        assert answer.is_on("continues")
        assert not answer.is_on("message")
        assert answer.value("form_key") != data["form_key"]
    assert Group.objects.count() == 2


def test_continue_to_add_without_htmx(client: Client, master: Member, member: Member) -> None:
    answer = send(client, ADD, filled(master, member, continues="on", so_far="1"))
    assert answer.location == f"{ADD}?so_far=2"
    page = look(client, answer.location)
    assert "“⁨Launch⁩” was added." in page.text
    assert "2 groups added so far" in page.text
    assert page.is_on("continues")
    assert page.value("so_far") == "2"


class TestClosing:
    """ "Designate members" with nobody chosen closes a list to everybody: asked before (rule 4.5)."""

    def test_one_more_click_closes_it(
        self, client: Client, company: Company, administrator: Member, member: Member
    ) -> None:
        form = filled(administrator, member) | with_list(company, who_can_send="designated")
        asked = send(client, ADD, form)
        assert asked.status == 422
        assert "every email to it would be refused" in asked.alert
        assert "Add anyway" in asked.text
        assert not Group.objects.exists()
        assert send(client, ADD, form | {"list-closes": asked.value("list-closes")}).status == 302
        mailing_list = Group.objects.get().mailing_list
        assert mailing_list is not None
        assert mailing_list.who_can_send == "designated"

    @pytest.mark.parametrize("role", ["senders", "send_as"])
    def test_nobody_asks_where_somebody_may_send(
        self, client: Client, company: Company, administrator: Member, member: Member, role: str
    ) -> None:
        """Whoever may send as the list may send to it (rule 4.6)."""
        rules = with_list(company, who_can_send="designated", **{role: f"member:{member.pk}"})
        assert send(client, ADD, filled(administrator, member) | rules).status == 302

    def test_mistakes_come_first(
        self, client: Client, company: Company, administrator: Member, member: Member
    ) -> None:
        form = filled(administrator, member, name="") | with_list(company, who_can_send="designated")
        answer = send(client, ADD, form)
        assert answer.error_of("name")
        assert "list-closes" not in answer.raw
