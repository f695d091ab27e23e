"""A group's page: people and why, settings, what contains it, history (rules 2.10, 2.12, 2.21, 5.5, 6.4)."""

from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from accounts.models import Company, Member, Team
from groupadmin.base.text import balanced
from groups.models import Designation, Group, MailingList
from tests.factories import (
    DesignationFactory,
    ExternalContactFactory,
    GroupFactory,
    MemberFactory,
    TeamFactory,
)
from tests.helpers import ClientOf

Read = Callable[..., str]


@pytest.fixture
def read(client_of: ClientOf) -> Read:
    """The page of the group as the member reads it."""

    def of(member: Member, group: Group, name: str = "detail", **query: str) -> str:
        response = client_of(member).get(reverse(f"groups:{name}", args=[group.pk]), query)
        assert response.status_code == 200
        return response.content.decode()

    return of


def test_everyone_with_the_reason(read: Read, administrator: Member, group: Group, team: Team) -> None:
    """Beside each person why they are there, with a link to what would end it (rule 2.10)."""
    page = read(administrator, group)

    assert "Momo Member" in page
    assert "directly" in page
    assert "Tae Teammate" in page
    assert reverse("accounts:team_people", args=[team.pk]) in page
    entry = group.entries.get(member__isnull=False)
    assert reverse("groups:remove_entry", args=[group.pk, entry.pk]) in page


def test_what_the_mark_says_is_not_said_again(
    read: Read, administrator: Member, group: Group, private_group: Group
) -> None:
    """The icon and its word stand beside the name (rule 2.14)."""
    head = read(administrator, private_group).split("<h1>")[1].split("</header>")[0]
    assert head.lower().count("private") == 1
    assert "public" in read(administrator, group).split("<h1>")[1].split("</header>")[0]


def test_whoever_sees_the_group_sees_people_but_no_buttons(
    read: Read, outsider: Member, group: Group, team: Team
) -> None:
    """Name, description, masters and members, address (rule 5.5); nothing to change them with (rule 7)."""
    page = read(outsider, group)

    assert all(text in page for text in ("Platform guild", "Momo Member", "platform@hanbit.example"))
    assert "Mira Master" in read(outsider, group, show="masters")
    for name in ("edit_members", "delete", "name_master", "history", "add_me"):
        assert reverse(f"groups:{name}", args=[group.pk]) not in page
    assert "/entries/" not in page
    assert reverse("accounts:team_people", args=[team.pk]) not in page


@pytest.mark.parametrize("name", ["detail", "settings_of", "part_of", "history"])
def test_a_private_group_does_not_exist_for_others(
    client_of: ClientOf, outsider: Member, stranger: Member, private_group: Group, name: str
) -> None:
    """A guessed address answers as if it did not exist (rule 5.3)."""
    for member in (outsider, stranger):
        assert client_of(member).get(reverse(f"groups:{name}", args=[private_group.pk])).status_code == 404


def test_a_master_outside_is_told_and_can_join_with_one_click(
    read: Read, client_of: ClientOf, master: Member, group: Group
) -> None:
    """A master who is no member cannot enter the room; one click makes them a member (rule 2.12)."""
    assert "You manage this group but are not a member" in read(master, group)
    assert "cannot enter the message room" in read(master, group, show="masters")

    response = client_of(master).post(
        reverse("groups:add_me", args=[group.pk]), {"member": master.pk, "show": "masters"}
    )

    assert response.status_code == 302
    assert response["Location"].endswith("?show=masters")
    assert group.entries.filter(member=master).exists()
    assert "cannot enter the message room" not in read(master, group)


def test_only_masters_can_be_added_that_way(
    client_of: ClientOf, administrator: Member, outsider: Member, group: Group
) -> None:
    """Somebody who is no master is no answer to a click of rule 2.12."""
    address = reverse("groups:add_me", args=[group.pk])

    assert client_of(administrator).post(address, {"member": outsider.pk}).status_code == 404
    assert client_of(administrator).post(address).status_code == 403
    assert not group.entries.filter(member=outsider).exists()


def test_a_contained_private_group_is_a_number_without_names(
    read: Read, company: Company, insider: Member, outsider: Member, private_group: Group
) -> None:
    """Not its name nor who they are, only how many (rule 2.21)."""
    group = GroupFactory.create(company=company, subgroups=[private_group])

    everyone, direct = read(outsider, group), read(outsider, group, show="direct")

    assert "1 person" in everyone
    assert "is here through a private group that you cannot see" in everyone
    assert "A private group" in direct
    assert "1 person" in direct
    for page in (everyone, direct, read(outsider, group, show="direct", q="Secret")):
        assert "Secret surprise" not in page
        assert "Ines Insider" not in page
    assert "Secret surprise" in read(insider, group, show="direct")
    assert "through group" in read(insider, group)


def test_the_hidden_name_is_not_found_by_searching(
    client_of: ClientOf, company: Company, outsider: Member, private_group: Group
) -> None:
    """What may not be known cannot be guessed letter by letter (rule 2.21)."""
    group = GroupFactory.create(company=company, subgroups=[private_group])

    response = client_of(outsider).get(
        reverse("groups:detail", args=[group.pk]), {"show": "direct", "q": "secret"}
    )

    assert response.context["entries"] == []


def test_entries_with_team_paths_and_numbers(
    read: Read, company: Company, administrator: Member, team: Team
) -> None:
    """What was chosen directly: people, teams with their way from the top, groups."""
    below = TeamFactory.create(
        company=company, name="SRE", parent=team, people=MemberFactory.create_batch(2, company=company)
    )
    inner = GroupFactory.create(company=company, name="Inner", teams=[below])
    group = GroupFactory.create(company=company, teams=[below], subgroups=[inner])

    page = read(administrator, group, show="direct")

    assert "Platform</bdi> › <bdi" in page
    assert page.count("2 people") >= 2
    assert reverse("groups:detail", args=[inner.pk]) in page


def test_people_of_other_companies_are_name_and_company(
    read: Read, administrator: Member, member: Member, guest: Member, external_group: Group
) -> None:
    """Name, company and photo, nothing else of the other company (rule 6.4), from either side."""
    for viewer, other in ((administrator, guest), (guest, member)):
        for show in ("everyone", "direct"):
            page = read(viewer, external_group, show=show)
            assert other.name in page
            assert other.company is not None
            assert other.company.name in page
            assert other.email not in page
            assert reverse("groups:member", args=[other.pk]) not in page


def test_addresses_of_another_company_cannot_be_guessed_by_searching(
    client_of: ClientOf, guest: Member, external_group: Group
) -> None:
    """Rule 6.4 holds for the search too."""
    address = reverse("groups:detail", args=[external_group.pk])

    foreign = client_of(guest).get(address, {"q": "hanbit.example"})
    own = client_of(guest).get(address, {"q": "greta@nord"})

    assert foreign.context["people"] == []
    assert [person.member for person in own.context["people"]] == [guest]


def test_search_gives_only_the_list_to_htmx(client_of: ClientOf, administrator: Member, group: Group) -> None:
    response = client_of(administrator, htmx=True).get(
        reverse("groups:detail", args=[group.pk]), {"q": "tae"}, headers={"HX-Target": "people"}
    )
    page = response.content.decode()

    assert "Tae Teammate" in page
    assert "Momo Member" not in page
    assert "<html" not in page


def test_paging_reaches_everybody_once(client_of: ClientOf, company: Company, administrator: Member) -> None:
    """By key, forwards and back."""
    group = GroupFactory.create(company=company, members=MemberFactory.create_batch(60, company=company))
    client = client_of(administrator)

    for show in ("everyone", "direct"):
        seen: list[str] = []
        query, previous = f"?show={show}", ""
        while query:
            response = client.get(reverse("groups:detail", args=[group.pk]) + query)
            seen += [row.pk for row in response.context["page"].rows]
            query, previous = response.context["page"].next, response.context["page"].previous
        assert len(seen) == len(set(seen)) == 60
        back = client.get(reverse("groups:detail", args=[group.pk]) + previous)
        assert [row.pk for row in back.context["page"].rows] == seen[25:50]


@pytest.mark.parametrize(
    "query",
    [
        "?q=%00",
        "?q=%ed%a0%80",
        "?q=%ff",
        "?show=nonsense",
        "?after=%00",
        "?after=AAAA",
        "?after=WyJcdTAwMDAiLDFd",
        "?after=WyJcdWQ4MDAiLDFd",
        "?after=WyJhIiw5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5XQ",
        "?before=W1tbW1tbW1tb",
        "?show=direct&after=WzEsMiwzXQ",
    ],
)
def test_nonsense_in_the_address_is_survived(
    client_of: ClientOf, administrator: Member, group: Group, query: str
) -> None:
    for path in (
        reverse("groups:detail", args=[group.pk]),
        reverse("groups:part_of", args=[group.pk]),
        reverse("groups:history", args=[group.pk]),
        reverse("groups:member", args=[administrator.pk]),
    ):
        assert client_of(administrator).get(path + query).status_code == 200


@pytest.mark.parametrize("pk", [0, 10**18, 2**63, 10**40])
def test_numbers_that_no_group_has(client_of: ClientOf, administrator: Member, pk: int) -> None:
    for name in ("detail", "settings_of", "part_of", "history", "edit_members", "delete", "member"):
        assert client_of(administrator).get(reverse(f"groups:{name}", args=[pk])).status_code == 404


def test_deleted_groups_are_gone(client_of: ClientOf, administrator: Member, deleted_group: Group) -> None:
    """Gone from its page, for reading and for changing (rule 2.17)."""
    client = client_of(administrator)
    entry = deleted_group.entries.first()
    assert entry is not None

    assert client.get(reverse("groups:detail", args=[deleted_group.pk])).status_code == 404
    for name, args in (
        ("delete", [deleted_group.pk]),
        ("edit_members", [deleted_group.pk]),
        ("remove_master", [deleted_group.pk]),
        ("give_up_master", [deleted_group.pk]),
        ("add_me", [deleted_group.pk]),
        ("name_master", [deleted_group.pk]),
        ("remove_entry", [deleted_group.pk, entry.pk]),
    ):
        assert client.post(reverse(f"groups:{name}", args=args)).status_code == 404


def test_query_count_does_not_grow(client_of: ClientOf, company: Company, administrator: Member) -> None:
    def queries(people: int, depth: int, show: str) -> int:
        crowd = MemberFactory.create_batch(people, company=company)
        group = GroupFactory.create(
            company=company,
            members=crowd,
            masters=crowd[:3],
            teams=[TeamFactory.create(company=company, people=crowd) for _ in range(depth)],
        )
        for _ in range(depth):
            group = GroupFactory.create(company=company, subgroups=[group], members=crowd, masters=crowd[:3])
        client: Client = client_of(administrator)
        with CaptureQueriesContext(connection) as captured:
            response = client.get(reverse("groups:detail", args=[group.pk]), {"show": show})
        assert response.status_code == 200
        return len(captured)

    for show in ("everyone", "direct", "masters"):
        assert queries(people=20, depth=6, show=show) == queries(people=4, depth=1, show=show)


def test_rules_of_the_list_are_for_those_who_run_the_group(
    read: Read, administrator: Member, master: Member, outsider: Member, insider: Member, group: Group
) -> None:
    """Members see the address; who may send and the contacts only masters and administrators see."""
    assert group.mailing_list is not None
    DesignationFactory.create(
        mailing_list=group.mailing_list, member=insider, purpose=Designation.Purpose.SEND_AS
    )
    ExternalContactFactory.create(mailing_list=group.mailing_list, email="client@outside.example")

    for viewer in (administrator, master):
        page = read(viewer, group, "settings_of")
        assert page.count("client@outside.example") == 1, "among the contacts, not among those who send"
        assert "Ines Insider" in page
    group.mailing_list.who_can_send = MailingList.Senders.DESIGNATED
    group.mailing_list.save()
    assert "Nobody can send" not in read(master, group, "settings_of"), "the insider may send as the list"
    group.mailing_list.designations.all().delete()
    assert "Nobody can send" in read(master, group, "settings_of")
    page = read(outsider, group, "settings_of")
    assert "platform@hanbit.example" in page
    assert "client@outside.example" not in page
    assert "Ines Insider" not in page


def test_part_of_names_only_what_one_may_see(
    read: Read, company: Company, administrator: Member, master: Member, outsider: Member, group: Group
) -> None:
    """Containers with how; private ones are not named, and only those who run the group learn of them."""
    public = GroupFactory.create(company=company, name="Public one", subgroups=[group])
    GroupFactory.create(company=company, name="Above it", subgroups=[public])
    GroupFactory.create(company=company, name="Hidden one", private=True, subgroups=[group])

    page = read(outsider, group, "part_of")
    assert "Public one" in page
    assert "Above it" in page
    assert "Hidden one" not in page
    assert "private group" not in page
    page = read(master, group, "part_of")
    assert "Hidden one" not in page
    assert "also in a private group" in page
    assert "Hidden one" in read(administrator, group, "part_of")


def test_marks(read: Read, company: Company, administrator: Member, external_group: Group) -> None:
    """External, private, no master, no members: each as a word (rules 2.14, 2.15, 2.22)."""
    empty = GroupFactory.create(company=company)

    page = read(administrator, empty)
    assert "No master" in page
    assert "No members" in page
    page = read(administrator, external_group)
    assert "External" in page
    assert "Private" in page


@pytest.mark.parametrize(
    "nasty",
    [
        """"><script>alert(1)</script>""",
        "' onmouseover='alert(1)",
        "{{ 7|add:7 }}{% debug %}",
        "\u202eright-to-left\u2066",
        "%(name)s {name} %s",
    ],
)
def test_nasty_names_are_shown_and_harmless(
    client_of: ClientOf, company: Company, administrator: Member, nasty: str
) -> None:
    """Whatever a name is made of, everywhere on these pages (rule 2.4)."""
    person = MemberFactory.create(company=company, name=nasty)
    team = TeamFactory.create(company=company, name=nasty, people=[person])
    inner = GroupFactory.create(company=company, name=nasty, members=[person], teams=[team])
    group = GroupFactory.create(
        company=company,
        name=f"2{nasty}",
        description=nasty,
        masters=[person],
        members=[person],
        subgroups=[inner],
    )
    client = client_of(administrator)
    pages = [reverse(f"groups:{name}", args=[group.pk]) for name in ("detail", "settings_of", "delete")]
    pages += [f"{pages[0]}?show={show}&q={quote(nasty)}" for show in ("everyone", "direct", "masters")]
    pages += [reverse("groups:part_of", args=[inner.pk]), reverse("groups:member", args=[person.pk])]
    pages += [reverse("groups:edit_members", args=[group.pk])]

    for page in pages:
        text = client.get(page).content.decode()
        assert escape(balanced(nasty)) in text, page
        assert "<script>alert" not in text, page
        assert "' onmouseover='" not in text, page

    client.post(reverse("groups:delete", args=[group.pk]), {"typed": nasty})
    assert "<script>alert" not in client.get(reverse("groups:list")).content.decode()
