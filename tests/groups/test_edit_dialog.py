""" "Edit Group/Master" (rules 2.7, 2.18, 2.20, 3.2, 3.3, 5.1–5.3, 7)."""

import re

import pytest
from django.test import Client

from accounts.models import AuditEntry, Company, Member, Team
from groups.models import Designation, ExternalContact, Group
from tests.factories import DomainFactory, GroupFactory, MemberFactory
from tests.helpers import ClientOf

from .dialogs import as_it_is, edit_url, look, send


@pytest.fixture
def client(client_of: ClientOf, administrator: Member) -> Client:
    return client_of(administrator)


def edits() -> int:
    return AuditEntry.objects.filter(action="group.edit", result="done").count()


def fresh(group: Group) -> Group:
    return Group.objects.get(pk=group.pk)


@pytest.mark.parametrize("target", ["", "group-form"])
def test_all_fields_can_be_changed(
    client: Client, group: Group, master: Member, outsider: Member, team: Team, target: str
) -> None:
    data = as_it_is(
        group,
        name="Platform people",
        description="New",
        masters=f"member:{outsider.pk}",
        members=f"team:{team.pk}",
        note="on",
        is_visible=None,
        grants_features=None,
        notifies="on",
    )
    answer = send(client, edit_url(group), data, target=target)

    assert answer.location == f"/groups/{group.pk}/"
    after = fresh(group)
    assert (after.name, after.description, after.version) == ("Platform people", "New", group.version + 1)
    assert (after.is_visible, after.grants_features, after.notifies) == (False, False, True)
    assert after.note
    assert after.masters.get().member == outsider
    assert after.entries.get().team == team
    assert after.address == "platform@hanbit.example", "rule 2.20"


@pytest.mark.parametrize("target", ["", "dialog", "group-form"])
def test_it_opens_as_the_group_is(client: Client, group: Group, target: str) -> None:
    Group.objects.filter(pk=group.pk).update(description="First\nsecond", notifies=True)
    page = look(client, edit_url(group), target=target)
    assert page.status == 200
    assert ("modal fade" in page.raw) == (target == "dialog")
    assert page.value("name") == "Platform guild"
    assert page.text_of("description") == "First\nsecond"
    assert [page.is_on(name) for name in ("message", "note", "uses_mailing_list")] == [True, False, True]
    assert page.is_on("notifies")
    assert page.value("list-local_part") == "platform"
    assert page.value("version") == "1"
    assert "Continue to add" not in page.text


def test_sent_as_it_was_nothing_changes(client: Client, group: Group) -> None:
    assert send(client, edit_url(group), as_it_is(group)).status == 302
    assert edits() == 0
    assert fresh(group).version == group.version


def test_sent_twice_it_changes_once(client: Client, group: Group) -> None:
    data = as_it_is(group, name="Other")
    assert [send(client, edit_url(group), data).status for _ in range(2)] == [302, 302]
    assert edits() == 1
    assert fresh(group).version == group.version + 1


def test_two_people_at_once(
    client: Client, client_of: ClientOf, group: Group, master: Member, outsider: Member
) -> None:
    """Rule 2.18: the later one is told what changed, keeps what they typed, and may save again."""
    send(client_of(master), edit_url(group), as_it_is(group, description="By the master", note="on"))
    data = as_it_is(group, name="By the administrator", masters=f"member:{master.pk}\nmember:{outsider.pk}")

    answer = send(client, edit_url(group), data, target="group-form")

    assert answer.status == 409
    assert "Someone else changed this group" in answer.text
    assert "Mira Master" in answer.text
    assert "By the master" in answer.text
    assert answer.value("name") == "By the administrator"
    assert answer.text_of("masters") == data["masters"]
    assert fresh(group).name == "Platform guild"

    again = send(client, edit_url(group), data | {"version": answer.value("version")}, target="group-form")
    assert again.location == f"/groups/{group.pk}/"
    after = fresh(group)
    assert (after.name, after.description, after.note) == ("By the administrator", "", False)
    assert after.masters.count() == 2


@pytest.mark.parametrize("version", ["", "0", "-1", "x", "\x00", str(2**70), None])
def test_a_version_that_nobody_saw(client: Client, group: Group, version: str | None) -> None:
    answer = send(client, edit_url(group), as_it_is(group, name="Other", version=version))
    assert answer.status in (409, 422)
    assert answer.alert
    assert fresh(group).name == "Platform guild"


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"name": ""}, "name", "Enter a name."),
        ({"name": "SECRET  surprise"}, "name", "already has a group with this name"),
        ({"masters": ""}, "masters", "Choose at least one master."),
        ({"members": ""}, "members", "Choose at least one member, team or group."),
        ({"list-local_part": ""}, "list-local_part", "Enter an address."),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    client: Client, group: Group, private_group: Group, change: dict[str, str], field: str, reason: str
) -> None:
    answer = send(client, edit_url(group), as_it_is(group, **change))
    assert answer.status == 422
    assert reason in answer.error_of(field)
    assert "Platform guild</bdi>" in answer.raw, "the page's heading keeps the name that the group has"
    assert edits() == 0


def test_a_loop_is_refused_with_its_chain(client: Client, company: Company, group: Group) -> None:
    """Rule 2.11."""
    outer = GroupFactory.create(company=company, name="Outer", subgroups=[group])
    answer = send(client, edit_url(group), as_it_is(group, members=f"group:{outer.pk}"))
    assert re.search("Platform guild.*Outer.*Platform guild", answer.error_of("members"))


def test_message_takes_its_features_with_it(client: Client, company: Company, group: Group) -> None:
    """Rule 3.2: also without scripts, where the boxes below stay ticked."""
    Group.objects.filter(pk=group.pk).update(note=True, folder=True)
    assert send(client, edit_url(group), as_it_is(fresh(group), message=None)).status == 302
    after = fresh(group)
    assert not any((after.message, after.note, after.folder))
    answer = send(client, edit_url(group), as_it_is(after, task="on"))
    assert answer.error_of("task") == "This needs Message."


def test_a_list_switched_off_keeps_its_rules(client: Client, group: Group, member: Member) -> None:
    """Rule 3.3."""
    mailing_list = group.mailing_list
    assert mailing_list is not None
    Designation.objects.create(mailing_list=mailing_list, member=member, purpose="to")
    names = ["", 'The "Boss"', '"Quoted, all"', "Kim, Min (a) <b>", "a\\b"]
    for number, name in enumerate(names):
        ExternalContact.objects.create(mailing_list=mailing_list, name=name, email=f"c{number}@x.example")
    mailing_list.who_can_send = "designated"
    mailing_list.blocks_external_domains = True
    mailing_list.save()

    shown = look(client, edit_url(group))
    rules = {name: shown.text_of(f"list-{name}") for name in ("senders", "send_as", "contacts")}
    posted = {f"list-{name}": text for name, text in rules.items()} | {"list-blocks_external_domains": "on"}
    assert send(client, edit_url(group), as_it_is(group, **posted)).status == 302
    assert edits() == 0, "what is shown reads as what is kept"

    send(client, edit_url(group), as_it_is(group, **posted, uses_mailing_list=None))
    off = fresh(group)
    assert (off.uses_mailing_list, off.address) == (False, "")
    shown = look(client, edit_url(group))
    assert shown.value("list-local_part") == "platform"
    send(client, edit_url(group), as_it_is(off, **posted, uses_mailing_list="on"))
    on = fresh(group)
    assert on.address == "platform@hanbit.example"
    assert on.mailing_list == mailing_list
    assert mailing_list.designations.get().member == member
    assert dict(mailing_list.external_contacts.values_list("email", "name")) == {
        f"c{number}@x.example": name for number, name in enumerate(names)
    }


def test_another_address_frees_the_old_one(client: Client, company: Company, group: Group) -> None:
    """With several domains, at any of them and at no other company's (rule 4.1)."""
    second = DomainFactory.create(company=company, name="second.example")
    foreign = DomainFactory.create(name="foreign.example")
    page = look(client, edit_url(group))
    assert f'value="{second.pk}"' in page.raw
    assert "foreign.example" not in page.text
    for domain in (str(foreign.pk), "", "x", "\x00", str(2**70)):
        data = as_it_is(group, **{"list-domain": domain})
        assert send(client, edit_url(group), data).error_of("list-domain"), domain
    data = as_it_is(group, **{"list-local_part": "new", "list-domain": str(second.pk)})
    assert send(client, edit_url(group), data).status == 302
    assert fresh(group).address == "new@second.example"
    other = GroupFactory.create(company=company, members=[MemberFactory.create(company=company)])
    other.masters.create(member=MemberFactory.create(company=company))
    data = as_it_is(other, uses_mailing_list="on") | {
        "list-local_part": "platform",
        "list-domain": str(company.primary_domain.pk),
        "list-who_can_send": "everyone",
    }
    assert send(client, edit_url(other), data).status == 302


@pytest.mark.parametrize("field", ["senders", "send_as"])
def test_who_cannot_be_designated(client: Client, group: Group, stranger: Member, field: str) -> None:
    """Rules 4.5, 4.6, 1.1."""
    answer = send(client, edit_url(group), as_it_is(group, **{f"list-{field}": f"member:{stranger.pk}"}))
    assert "active people in your company" in answer.error_of(f"list-{field}")
    assert "Sten" not in answer.text


@pytest.mark.parametrize(
    ("contacts", "reason"),
    [
        ("nonsense", "nonsense"),
        ("a@b", "a@b"),
        ("<script>alert(1)</script>", "script"),
        ("Kim <kim@>\nok@client.example", "Kim <kim@>"),
        ("n" * 101 + " <long@client.example>", "at most 100 characters"),
        ("\n".join(f"c{n}@client.example" for n in range(10_001)), "at most 10000 contacts"),
    ],
)
def test_contacts_are_mail_addresses(client: Client, group: Group, contacts: str, reason: str) -> None:
    """Rule 4.8."""
    answer = send(client, edit_url(group), as_it_is(group, **{"list-contacts": contacts}))
    assert reason in answer.error_of("list-contacts")
    assert answer.text_of("list-contacts") == contacts
    assert "<script>alert" not in answer.raw


class TestMaster:
    """A master edits their own group (rules 5.1, 5.2, 7)."""

    @pytest.fixture
    def client(self, client_of: ClientOf, master: Member) -> Client:
        return client_of(master)

    def test_features_are_theirs_if_granted(self, client: Client, group: Group) -> None:
        page = look(client, edit_url(group))
        assert not page.is_disabled("message")
        assert page.is_disabled("grants_features")
        assert "Only administrators can change this." in page.text
        data = as_it_is(group, note="on", notifies="on", **{"list-blocks_external_domains": "on"})
        assert send(client, edit_url(group), data).status == 302
        after = fresh(group)
        assert after.note
        assert after.notifies
        assert after.mailing_list is not None
        assert after.mailing_list.blocks_external_domains

    def test_features_are_kept_from_them_if_not(self, client: Client, group: Group) -> None:
        """Shown, disabled, with the reason; what is posted anyway changes nothing."""
        Group.objects.filter(pk=group.pk).update(grants_features=False)
        page = look(client, edit_url(group))
        for name in (
            "message",
            "note",
            "uses_mailing_list",
            "list-local_part",
            "list-blocks_external_domains",
        ):
            assert page.is_disabled(name), name
        assert "Only administrators can switch the features" in page.text
        assert not page.is_disabled("notifies")

        browser = as_it_is(
            group, name="Renamed", notifies="on", message=None, uses_mailing_list=None, grants_features=None
        )
        browser = {name: value for name, value in browser.items() if not name.startswith("list-")}
        assert send(client, edit_url(group), browser).status == 302
        after = fresh(group)
        assert (after.name, after.notifies) == ("Renamed", True)
        forged = as_it_is(after, note="on", grants_features="on", message=None, description="More")
        forged |= {"list-local_part": "forged", "list-blocks_external_domains": "on"}
        assert send(client, edit_url(group), forged).status == 302
        after = fresh(group)
        assert (after.description, after.address) == ("More", "platform@hanbit.example")
        assert (after.message, after.note, after.grants_features) == (True, False, False)
        assert after.mailing_list is not None
        assert not after.mailing_list.blocks_external_domains

    def test_errors_show_what_they_may_not_change_as_it_is(self, client: Client, group: Group) -> None:
        Group.objects.filter(pk=group.pk).update(grants_features=False)
        answer = send(client, edit_url(group), as_it_is(group, name="", **{"list-local_part": "forged"}))
        assert answer.error_of("name")
        assert answer.value("list-local_part") == "platform"
        assert answer.is_on("message")

    def test_entries_that_they_may_not_see_stay(
        self, client: Client, group: Group, private_group: Group
    ) -> None:
        """Rule 2.21."""
        group.entries.create(subgroup=private_group)
        page = look(client, edit_url(group))
        assert "Secret" not in page.text
        data = as_it_is(group, name="Renamed", members=page.text_of("members"))
        assert send(client, edit_url(group), data).status == 302
        assert fresh(group).entries.filter(subgroup=private_group).exists()

    @pytest.mark.parametrize("role", ["member", "outsider", "guest"])
    def test_others_edit_nothing(
        self, client_of: ClientOf, request: pytest.FixtureRequest, group: Group, role: str
    ) -> None:
        client = client_of(request.getfixturevalue(role))
        status = 404 if role == "guest" else 403
        assert look(client, edit_url(group)).status == status
        assert send(client, edit_url(group), as_it_is(group, name="Mine")).status == status
        assert fresh(group).name == "Platform guild"


class TestGuest:
    """A person of another company as master of an external group (rules 6.4, 7)."""

    @pytest.fixture
    def client(self, client_of: ClientOf, guest: Member, external_group: Group) -> Client:
        external_group.masters.create(member=guest)
        return client_of(guest)

    def test_edits_and_sees_nobody_else(
        self, client: Client, external_group: Group, outsider: Member, guest: Member
    ) -> None:
        url = edit_url(external_group)
        page = look(client, url)
        assert page.status == 200
        assert "Momo Member" in page.text
        assert "momo@hanbit.example" not in page.text
        assert "Browse teams" not in page.text
        data = as_it_is(external_group, name="Renamed", message="on", folder="on", description="By a guest")
        assert send(client, url, data).status == 302
        after = fresh(external_group)
        assert (after.name, after.message, after.folder) == ("Renamed", True, True)
        for field in ("masters", "members"):
            data = as_it_is(after, **{field: f"member:{outsider.pk}"})
            answer = send(client, url, data)
            assert "cannot be added here" in answer.error_of(field)
            assert "Otto" not in answer.text
        data = as_it_is(after, masters=f"member:{guest.pk}", members=f"member:{guest.pk}")
        assert send(client, url, data).status == 302
        assert fresh(external_group).entries.get().member == guest

    def test_features_follow_message_for_them_too(self, client: Client, external_group: Group) -> None:
        """Rule 3.2: although they may not add groups."""
        page = look(client, edit_url(external_group))
        asked = re.search(r'hx-get="([^"]*features[^"]*)"', page.raw)
        assert asked
        answer = look(client, f"{asked[1]}&message=on")
        assert answer.status == 200
        assert not answer.is_disabled("note")


def test_closing_a_list_is_asked_once(client: Client, group: Group) -> None:
    """Rule 4.5: when nobody is designated any more, and not again while it stays so."""
    closed = {"list-who_can_send": "designated"}
    asked = send(client, edit_url(group), as_it_is(group, **closed))
    assert asked.status == 422
    assert "Save anyway" in asked.text
    assert not asked.error_of("list-senders")
    closes = closed | {"list-closes": asked.value("list-closes")}
    assert send(client, edit_url(group), as_it_is(group, **closes)).status == 302
    now = fresh(group)
    assert send(client, edit_url(group), as_it_is(now, **closed, name="Renamed")).status == 302
    off = fresh(group)
    send(client, edit_url(group), as_it_is(off, **closed, uses_mailing_list=None))
    on = as_it_is(fresh(group), **closed, uses_mailing_list="on")
    assert send(client, edit_url(group), on).status == 422


def test_aliases_of_the_list(client: Client, company: Company, group: Group, member: Member) -> None:
    """Rule 4.14: what has no domain is at the list's; an error stands beside the field."""
    other = DomainFactory.create(company=company, name="hanbit.test")
    typed = {"list-aliases": f"Guild\r\nPlatform@{other.name}, Third@hanbit.example\r\n\r\n"}
    wrong = send(client, edit_url(group), as_it_is(group) | typed)
    assert wrong.status == 422
    assert "lower-case" in wrong.error_of("list-aliases")
    send(client, edit_url(group), as_it_is(group) | {"list-aliases": typed["list-aliases"].lower()})
    kept = ["guild@hanbit.example", "platform@hanbit.test", "third@hanbit.example"]
    assert look(client, edit_url(group)).text_of("list-aliases").split() == kept
    page = client.get(f"/groups/{group.pk}/settings/").content.decode()
    assert ", ".join(kept) in page
    for alias, said in (
        (member.email, "taken by a member"),
        ("x@outside.example", "not at one of your company"),
    ):
        answer = send(client, edit_url(group), as_it_is(fresh(group)) | {"list-aliases": alias})
        assert said in answer.error_of("list-aliases")
        assert answer.text_of("list-aliases") == alias
    checked = client.get(
        f"/groups/check/address/?group={group.pk}&list-local_part=guild&list-domain={company.primary_domain.pk}"
    )
    assert "This is the group" in checked.content.decode()
