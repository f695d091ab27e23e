"""The dialogs "Add Group" and "Add external group" (rules 2.1–2.9, 2.13, 2.19, 3.1, 3.2, 5.4)."""

import re

import pytest
from django.test import Client

from accounts.models import AuditEntry, Company, Member, Team
from groups.models import Feature, Group
from tests.factories import GroupFactory, MemberFactory
from tests.helpers import ClientOf

from .dialogs import ADD, ADD_EXTERNAL, filled, look, send, the_group, with_list

NASTY = [
    "\"><script>alert(1)</script><img src=x onerror='alert(1)'>",
    "{{ 7|add:7 }}{% debug %}{# x #}",
    "'; DROP TABLE groups_group; --",
    "\u202eevil\u2066 isolates",
    "👩🏽‍🚀👨‍👩‍👧‍👦🏳️‍🌈",
    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031e\u0349\u035aalgo",
    "%(name)s {name} %s %n",
    "\u0e01\u0e33ลังใจ नमस्ते 안녕",
    "=cmd|' /C calc'!A0",
]


@pytest.fixture
def client(client_of: ClientOf, administrator: Member) -> Client:
    return client_of(administrator)


@pytest.mark.parametrize("target", ["", "group-form"])
def test_a_group_is_added_with_all_that_the_dialog_says(
    client: Client, company: Company, master: Member, member: Member, team: Team, target: str
) -> None:
    """Plain and by htmx: both lead to the list that shows the group (rule 2.13)."""
    data = filled(
        master,
        member,
        name="  Launch \r\n now ",
        description="Two\r\nlines",
        members=f"member:{member.pk}\nteam:{team.pk}",
        message="on",
        note="on",
        notifies="on",
        grants_features=None,
        is_visible=None,
    ) | with_list(
        company,
        blocks_external_domains="on",
        who_can_send="designated",
        senders=f"member:{member.pk}",
        send_as=f"member:{master.pk}",
        contacts="Kim, Min (client) <Kim@Client.example>\r\n\r\nplain@client.example",
    )

    answer = send(client, ADD, data, target=target)

    group = the_group()
    assert answer.location == f"/groups/?new={group.pk}"
    assert answer.status == (200 if target else 302)
    assert (group.name, group.description) == ("Launch    now", "Two\nlines")
    assert [group.has(feature) for feature in group.features] == [True, True, False, False, False, True]
    assert (group.notifies, group.grants_features, group.is_visible) == (True, False, False)
    assert group.address == "launch@hanbit.example"
    assert group.entries.filter(team=team).exists()
    mailing_list = group.mailing_list
    assert mailing_list is not None
    assert mailing_list.blocks_external_domains
    assert mailing_list.who_can_send == "designated"
    assert set(mailing_list.designations.values_list("member", "purpose")) == {
        (member.pk, "to"),
        (master.pk, "as"),
    }
    assert dict(mailing_list.external_contacts.values_list("email", "name")) == {
        "kim@client.example": "Kim, Min (client)",
        "plain@client.example": "",
    }
    assert "Launch    now" in look(client, answer.location).text
    assert AuditEntry.objects.filter(action="group.create", target_id=group.pk).count() == 1


@pytest.mark.parametrize(
    ("target", "has", "has_not"),
    [
        ("", ["<!DOCTYPE html>", 'id="group-form"'], ['class="modal']),
        ("dialog", ['class="modal fade"', 'id="group-form"'], ["<!DOCTYPE html>"]),
        ("group-form", ['id="group-form"'], ["<!DOCTYPE html>", 'class="modal']),
    ],
)
@pytest.mark.parametrize("url", [ADD, ADD_EXTERNAL])
def test_a_page_a_modal_or_only_the_form(
    client: Client, url: str, target: str, has: list[str], has_not: list[str]
) -> None:
    page = look(client, url, target=target)
    assert all(part in page.raw for part in has)
    assert not any(part in page.raw for part in has_not)


def test_defaults(client: Client) -> None:
    """Rule 2.19."""
    page = look(client, ADD)
    assert not any(page.is_on(name) for name in Feature.values)
    assert page.is_on("is_visible")
    assert page.is_on("grants_features")
    assert not page.is_on("notifies")
    assert not page.is_on("continues")
    assert page.is_on('list-who_can_send" value="everyone')
    assert page.text_of("masters") == ""


def test_the_external_dialog_has_what_it_needs_and_no_more(client: Client) -> None:
    """Rules 2.9, 3.1, 4.9, 5.4."""
    page = look(client, ADD_EXTERNAL)
    for name in ("name", "photo", "message", "note", "event", "folder", "grants_features", "notifies"):
        assert page.tag(f'name="{name}"')
    names = set(re.findall(r'name="([^"]+)"', page.raw))
    assert not names & {"task", "uses_mailing_list", "is_visible"}
    assert not any(name.startswith("list-") for name in names)
    assert "Set mailing list" not in page.text
    assert "always private" in page.text
    assert not page.is_on("notifies")
    assert page.is_on("grants_features")


def test_parts_stand_where_the_guide_has_them(client: Client) -> None:
    """Rule 5.6: the list's rules inside "Advanced", and a sentence below each feature."""
    page = look(client, ADD)
    text = " ".join(re.sub(r"<[^>]*>", " ", page.text).split())
    said = (
        *("Note Members share posts with photos and files.", "Event Members create, change and share group"),
        *("Task Members share and manage tasks.", "Folder Members upload, download and share files."),
        *("Mailing list", "Advanced", "Make visible", "Set mailing list", "Everyone", "Designate members"),
        *("Designate members for sending as the list", "Continue to add after saving"),
    )
    places = [text.find(words) for words in said]
    assert -1 not in places
    assert places == sorted(places)
    advanced = page.raw.partition("<legend>Advanced</legend>")[2]
    # Inside its fieldset: another one begins before that one ends.
    assert advanced.index("<fieldset") < advanced.index("Set mailing list") < advanced.index("</fieldset>")


def test_an_external_group_is_private_whatever_is_posted(
    client: Client, company: Company, master: Member, member: Member
) -> None:
    """Rules 2.9, 3.1, 4.9, 5.4: members are optional, fields of the other dialog are not read."""
    data = filled(master, message="on", task="on") | with_list(company)
    assert send(client, ADD_EXTERNAL, data).status == 302
    group = the_group()
    assert group.is_external
    assert not group.is_visible
    assert not group.task
    assert group.mailing_list is None
    assert not group.entries.exists()


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"name": ""}, "name", "Enter a name."),
        ({"name": " \r\n\t"}, "name", "Enter a name."),
        ({"name": "\u200b\u200d\ufeff\u2800"}, "name", "Enter a name."),
        ({"name": "a" * 101}, "name", "at most 100 characters (now 101)"),
        ({"name": "👩🏽‍🚀" * 101}, "name", "at most 100 characters (now 101)"),
        ({"name": "\ufdfa" * 1000}, "name", "at most 100 characters (now 1,000)"),
        ({"name": "e" + "\u0301" * 1000}, "name", "1,000 Unicode code points"),
        ({"description": "한" * 301}, "description", "at most 300 characters (now 301)"),
        ({"masters": ""}, "masters", "Choose at least one master."),
        ({"members": ""}, "members", "Choose at least one member, team or group."),
        ({"masters": "nobody@hanbit.example"}, "masters", "nobody@hanbit.example"),
        ({"note": "on"}, "note", "This needs Message."),
        ({"task": "on", "folder": "on"}, "folder", "This needs Message."),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    client: Client, master: Member, member: Member, change: dict[str, str], field: str, reason: str
) -> None:
    """Rules 2.4, 2.5, 2.7, 2.8, 3.2."""
    answer = send(client, ADD, filled(master, member, **change), target="group-form")
    assert answer.status == 422
    assert reason in answer.error_of(field)
    assert not Group.objects.exists()


def test_an_error_keeps_all_that_was_typed(
    client: Client, company: Company, master: Member, member: Member, team: Team
) -> None:
    data = filled(
        master,
        member,
        name='<b>Bold</b> & "quotes"',
        description="",
        masters="",
        members=f"team:{team.pk}\nmember:{member.pk}",
        message="on",
        event="on",
        notifies="on",
        continues="on",
        grants_features=None,
        is_visible=None,
        so_far="3",
    ) | with_list(
        company,
        "some.list",
        who_can_send="designated",
        blocks_external_domains="on",
        senders=f"member:{member.pk}",
        contacts="One <one@client.example>",
    )
    answer = send(client, ADD, data)

    assert answer.status == 422
    assert answer.error_of("masters")
    assert answer.value("name") == '<b>Bold</b> & "quotes"'
    assert answer.text_of("members") == data["members"]
    assert 'class="name">' in answer.raw
    assert "Momo Member" in answer.text
    on = [name for name in Feature.values if answer.is_on(name)]
    assert on == ["message", "event", "uses_mailing_list"]
    assert answer.is_on("notifies")
    assert answer.is_on("continues")
    assert not answer.is_on("grants_features")
    assert not answer.is_on("is_visible")
    assert answer.value("list-local_part") == "some.list"
    assert answer.is_on("list-blocks_external_domains")
    assert answer.is_on('list-who_can_send" value="designated')
    assert answer.text_of("list-senders") == f"member:{member.pk}"
    assert answer.text_of("list-contacts") == "One <one@client.example>"
    assert answer.value("so_far") == "3"
    assert answer.value("form_key") == data["form_key"]


def test_unused_list_rules_are_kept_but_do_not_stand_in_the_way(
    client: Client, company: Company, master: Member, member: Member
) -> None:
    rules = with_list(company, "NOT an address", contacts="nonsense", senders="nobody@hanbit.example")
    del rules["uses_mailing_list"]
    answer = send(client, ADD, filled(master, member, name="") | rules)
    assert answer.value("list-local_part") == "NOT an address"
    assert answer.text_of("list-contacts") == "nonsense"
    assert not answer.error_of("list-contacts")
    assert not answer.error_of("list-local_part")
    assert send(client, ADD, filled(master, member) | rules).status == 302
    assert the_group().mailing_list is None


@pytest.mark.parametrize("nasty", [*NASTY, "a" * 100, "👩🏽‍🚀" * 100, "\ufdfa" * 100])
def test_any_name_is_kept_as_typed_and_harmless(
    client: Client, master: Member, member: Member, nasty: str
) -> None:
    """Rule 2.4: 100 characters as a person counts them."""
    answer = send(client, ADD, filled(master, member, name=nasty, description=nasty))
    assert answer.status == 302
    assert (the_group().name, the_group().description) == (nasty, nasty)
    page = look(client, answer.location)
    again = send(client, ADD, filled(master, member, name=nasty, description=nasty), target="group-form")
    assert again.error_of("name") == "Your company already has a group with this name. Choose another one."
    assert again.value("name") == nasty
    for shown in (page, again):
        assert "<script>alert" not in shown.raw
        assert "<img src=x" not in shown.raw


@pytest.mark.parametrize("raw", [b"a\x00b", b"a\x01\x7f\xc2\x85b", b"a\r\nb", b"a\xe2\x80\xa8b"])
def test_control_characters_become_spaces(client: Client, master: Member, member: Member, raw: bytes) -> None:
    send(client, ADD, filled(master, member, name=raw.decode()))
    assert re.fullmatch("a +b", the_group().name)


def test_invalid_utf8_everywhere_is_survived(client: Client, master: Member, member: Member) -> None:
    body = b"&".join(
        name.encode() + b"=%FF%00%ED%A0%80x"
        for name in (
            *filled(master, member), *with_list(master.company), "continues", *Feature.values,  # type: ignore[arg-type]
        )
    )  # fmt: skip
    for url in (ADD, ADD_EXTERNAL):
        response = client.post(url, body, content_type="application/x-www-form-urlencoded")
        assert response.status_code == 422
    for query in (b"so_far=%FF%00", b"so_far=99999999999999999999", b"so_far=-1", b"so_far=%D9%A3"):
        assert client.get(ADD, QUERY_STRING=query.decode()).status_code == 200
    assert not Group.objects.exists()


@pytest.mark.parametrize("hidden", ["", "nonsense", "\x00", str(2**200)])
def test_a_form_without_its_key_is_told_so(
    client: Client, master: Member, member: Member, hidden: str
) -> None:
    answer = send(client, ADD, filled(master, member, form_key=hidden, photo_draft=hidden, so_far=hidden))
    assert answer.status == 422
    assert "Open the dialog again" in answer.alert


def test_what_may_not_be_chosen_is_refused(
    client_of: ClientOf,
    company: Company,
    member: Member,
    master: Member,
    stranger: Member,
    private_group: Group,
    deleted_group: Group,
) -> None:
    """Ids of another company, of what was deleted, of what one may not see, and of nothing at all."""
    Company.objects.filter(pk=company.pk).update(group_creators="everybody")
    client = client_of(master)
    gone = MemberFactory.create(company=company, name="Gone Person", is_active=False)
    theirs = GroupFactory.create(company=stranger.company)
    cases = {
        f"member:{stranger.pk}": ("members", "cannot be added here"),
        f"group:{theirs.pk}": ("members", "cannot be added here"),
        f"group:{private_group.pk}": ("members", "cannot be added here"),
        f"group:{deleted_group.pk}": ("members", "cannot be added here"),
        f"member:{2**63 - 1}": ("members", "cannot be added here"),
        f"team:{2**62}": ("members", "cannot be added here"),
        f"member:{gone.pk}": ("members", "Gone Person"),
    }
    count = Group.objects.count()
    for token, (field, reason) in cases.items():
        answer = send(client, ADD, filled(master, member, members=token))
        assert answer.status == 422, token
        assert reason in answer.error_of(field), token
        assert answer.text_of("members") == token
        for secret in ("Sten", "Secret", "Old things", theirs.name):
            assert secret not in answer.text, token
    answer = send(client, ADD, filled(master, member, masters=f"member:{master.pk}\nmember:{stranger.pk}"))
    assert "cannot be added here" in answer.error_of("masters")
    assert Group.objects.count() == count


def test_external_groups_take_people_with_the_permission_only(
    client: Client, company: Company, master: Member, member: Member, guest: Member, team: Team, group: Group
) -> None:
    """Rules 2.7, 2.9: own members with the permission, no teams, no groups, nobody of another company."""
    Company.objects.filter(pk=company.pk).update(connecting="chosen")
    Member.objects.filter(pk=master.pk).update(may_connect=True)
    for members, reason in (
        (f"member:{member.pk}", "Momo Member"),
        (f"team:{team.pk}", "not teams or groups"),
        (f"group:{group.pk}", "not teams or groups"),
        (f"member:{guest.pk}", "cannot be added here"),
    ):
        answer = send(client, ADD_EXTERNAL, filled(master, members=members))
        assert reason in answer.error_of("members"), members
    assert "Momo Member" in send(client, ADD_EXTERNAL, filled(member)).error_of("masters")
    assert send(client, ADD_EXTERNAL, filled(master)).status == 302
