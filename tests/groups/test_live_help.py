"""What the dialogs ask while somebody types (rules 2.4, 3.2, 4.1, 4.2, 5.2)."""

from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Address, Company, Member, Team
from groups.models import Group
from tests.factories import AddressFactory, DomainFactory, GroupFactory
from tests.helpers import ClientOf

from .dialogs import ADD, Answer, filled, look, send, with_list


@pytest.fixture
def client(client_of: ClientOf, administrator: Member) -> Client:
    return client_of(administrator)


def ask(client: Client, check: str, about: dict[str, Any]) -> Answer:
    """What the dialog asks: a name in the body, as it may be longer than an address."""
    url = reverse(f"groups:{check}")
    if check == "check_name":
        group = {"group": about["group"]} if "group" in about else {}
        return Answer(client.post(f"{url}?{urlencode(group)}", about))
    return Answer(client.get(url, about))


def said(client: Client, check: str, **query: str) -> str:
    answer = ask(client, f"check_{check}", query)
    assert answer.status == 200
    return answer.text.replace("\u2068", "").replace("\u2069", "")


def address(client: Client, local_part: str, **query: str) -> str:
    return said(client, "address", **{"list-local_part": local_part} | query)


ADDRESSES = [
    ("", ""),
    ("a", "2 to 40 characters"),
    ("ab", "is available"),
    ("a" * 40, "is available"),
    ("a" * 41, "2 to 40 characters"),
    ("Launch", "lower-case"),
    ("ÄB", "lower-case"),
    ("laun ch", "Use only a–z"),
    ("läunch", "Use only a–z"),
    ("a+b", "Use only a–z"),
    ("a\x00b", "Use only a–z"),
    (".ab", "Dots"),
    ("ab.", "Dots"),
    ("a..b", "Dots"),
    ("a.b-c_d!e#9", "is available"),
    ("postmaster", "is reserved"),
    ("momo", "is taken by a member"),
    ("momo.alias", "is taken by a member"),
    ("the-team", "is taken by a team"),
    ("platform", "is taken by a group"),
]


@pytest.fixture
def taken(company: Company, member: Member, team: Team, group: Group, other_company: Company) -> None:
    AddressFactory.create(company=company, local_part="momo.alias", kind=Address.Kind.ALIAS, member=member)
    team.address = AddressFactory.create(company=company, local_part="the-team", kind=Address.Kind.TEAM)
    team.save()
    AddressFactory.create(company=other_company, local_part="ab")


@pytest.mark.usefixtures("taken")
@pytest.mark.parametrize(("local_part", "answer"), ADDRESSES)
def test_an_address_is_checked_while_typed_and_when_saved(
    client: Client, company: Company, master: Member, member: Member, local_part: str, answer: str
) -> None:
    """Rules 4.1, 4.2: the kind of the owner, and nothing else of it."""
    live = address(client, local_part)
    assert answer in live
    for secret in ("Momo", "Platform"):
        assert secret not in live
    saved = send(client, ADD, filled(master, member) | with_list(company, local_part))
    if answer == "is available":
        assert saved.status == 302
        assert Group.objects.get(name="Launch").address == f"{local_part}@hanbit.example"
    else:
        assert saved.status == 422
        assert saved.error_of("list-local_part")
        assert saved.value("list-local_part") == local_part
        assert answer in saved.text or "\x00" in local_part
        assert not Group.objects.filter(name="Launch").exists()


def test_addresses_are_free_by_domain(client: Client, company: Company, group: Group) -> None:
    second = DomainFactory.create(company=company, name="second.example")
    foreign = DomainFactory.create(name="foreign.example")
    assert "platform@second.example is available" in address(
        client, "platform", **{"list-domain": str(second.pk)}
    )
    assert "is taken by a group. Choose another one." in address(
        client, "platform", **{"list-domain": str(company.primary_domain.pk)}
    )
    for domain in (str(foreign.pk), str(2**62), "9" * 18):
        assert address(client, "platform", **{"list-domain": domain}).strip() == ""


def test_the_own_address_is_fine(client: Client, group: Group) -> None:
    assert "This is the group's address" in address(client, "platform", group=str(group.pk))


def test_a_private_groups_address_is_taken_by_a_group(
    client_of: ClientOf, company: Company, outsider: Member
) -> None:
    """Rules 4.2, 5.3."""
    Company.objects.filter(pk=company.pk).update(group_creators="everybody")
    GroupFactory.create(
        company=company,
        name="Hush",
        private=True,
        listed=True,
        mailing_list__address__local_part="hush",
    )
    answer = address(client_of(outsider), "hush")
    assert "taken by a group" in answer
    assert "Hush" not in answer


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("", ""),
        ("   ", ""),
        ("New", ""),
        ("platform GUILD", "already has a group with this name"),
        (" Ｐlatform   guild\u200b", "already has a group with this name"),
        ("Old things", ""),
        ("\u200b", "Enter a name."),
        ("한" * 101, "at most 100 characters (now 101)"),
        ("\ufdfa" * 1000, "(now 1,000)"),
    ],
)
def test_a_name_is_checked_while_typed(
    client: Client, group: Group, deleted_group: Group, name: str, answer: str
) -> None:
    """Rule 2.4; a deleted group's name is free (2.17)."""
    assert answer in said(client, "name", name=name)
    if not answer:
        assert said(client, "name", name=name).strip() == ""


def test_the_own_name_is_fine_and_another_companys_too(
    client: Client, group: Group, other_company: Company
) -> None:
    GroupFactory.create(company=other_company, name="Theirs")
    assert said(client, "name", name="PLATFORM guild", group=str(group.pk)).strip() == ""
    assert said(client, "name", name="Theirs").strip() == ""


def test_a_guest_learns_no_addresses(client_of: ClientOf, guest: Member, external_group: Group) -> None:
    """Rules 1.1, 4.9: as master of an external group."""
    external_group.masters.create(member=guest)
    assert address(client_of(guest), "mira", group=str(external_group.pk)).strip() == ""


@pytest.mark.parametrize("kind", ["internal", "external"])
def test_features_follow_message(client: Client, kind: str) -> None:
    """Rule 3.2: off and not to be switched on, or free, and as they were."""
    url = reverse("groups:features", args=[kind])
    names = ["note", "event", "folder"] + (["task"] if kind == "internal" else [])
    off = look(client, f"{url}?note=on&event=on", target="features")
    assert not off.is_on("message")
    for name in names:
        assert off.is_disabled(name)
        assert not off.is_on(name)
    on = look(client, f"{url}?message=on&event=on", target="features")
    assert on.is_on("message")
    for name in names:
        assert not on.is_disabled(name)
        assert on.is_on(name) == (name == "event")
    assert ('name="task"' in on.raw) == (kind == "internal")
    assert "uses_mailing_list" not in on.raw


def test_features_of_a_page_wait_for_scripts(client: Client) -> None:
    """Without scripts nothing could switch them on; by htmx they come switched off."""
    page = look(client, ADD)
    assert not page.is_disabled("note")
    assert "data-off" in page.tag('name="note"')
    assert look(client, ADD, target="dialog").is_disabled("note")


def test_features_that_a_master_may_not_switch(client_of: ClientOf, master: Member, group: Group) -> None:
    """Rule 5.2."""
    Group.objects.filter(pk=group.pk).update(grants_features=False)
    url = f"{reverse('groups:features', args=['internal'])}?group={group.pk}&message=on"
    assert look(client_of(master), url).is_disabled("note")


@pytest.mark.parametrize("check", ["check_name", "check_address"])
@pytest.mark.parametrize(
    "query",
    ["name=%00&list-local_part=%00", "name=%FF&list-local_part=%ED%A0%80", "group=%00", "list-domain=²"],
)
def test_bad_input_is_survived(client: Client, check: str, query: str) -> None:
    expected = 404 if "group" in query else 200
    features = reverse("groups:features", args=["internal"])
    assert client.get(f"{features}?{query}").status_code == expected
    url = f"{reverse(f'groups:{check}')}?{query}"
    form = "application/x-www-form-urlencoded"
    answer = client.post(url, query, content_type=form) if check == "check_name" else client.get(url)
    assert answer.status_code == expected


def test_groups_that_are_not_there(client: Client, deleted_group: Group) -> None:
    for check in ("check_name", "check_address"):
        for pk in (deleted_group.pk, 2**62, "9" * 18):
            assert ask(client, check, {"group": pk, "name": "x"}).status == 404
    assert client.get("/groups/features/" + quote("\x00") + "/").status_code == 404


def test_the_longest_name_fits_what_asks_about_it(client: Client) -> None:
    """Rule 2.4: a hundred families are a name, and longer than the addresses that servers take."""
    name = "👨‍👩‍👧‍👦" * 100
    assert len(quote(name)) > 4094
    assert said(client, "name", name=name).strip() == ""
