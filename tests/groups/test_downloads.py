"""Lists as files: what the page shows, as it is filtered, to whom it shows it (rules 5.5, 6.4, 10.11)."""

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from python_calamine import CalamineWorkbook

from accounts.models import Address, AuditEntry, Company, Member, Team
from groupadmin.base import downloads
from groups.models import Group
from tests.factories import AddressFactory, GroupFactory, MailFactory, MemberFactory, TeamFactory
from tests.helpers import ClientOf

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def lines(client: Client, name: str, *args: int, **filters: str) -> list[list[str]]:
    answer: Any = client.post(reverse(name, args=args), filters)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    raw = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(raw, newline="")))


def sheet(client: Client, name: str, *args: int, **filters: str) -> list[list[Any]]:
    answer: Any = client.post(reverse(name, args=args), filters | {"format": "xlsx"})
    assert answer["Content-Type"] == XLSX
    book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(answer.streaming_content)))
    return book.get_sheet_by_index(0).to_python()


def contact_of(group: Group, **values: str) -> None:
    assert group.mailing_list is not None
    group.mailing_list.external_contacts.create(**values)


@pytest.fixture
def client(client_of: ClientOf, administrator: Member) -> Client:
    return client_of(administrator)


def test_a_groups_people(
    client: Client, group: Group, member: Member, teammate: Member, team: Team, master: Member
) -> None:
    """With their addresses, and why they are there; masters and entries as they are chosen above the list."""
    head, *people = lines(client, "groups:people_table", group.pk)
    assert head == ["Name", "Email address", "Company", "Role", "Why they are here"]
    assert people == [
        ["Momo Member", "momo@hanbit.example", "", "", "directly"],
        ["Tae Teammate", "tae@hanbit.example", "", "", "through team Platform"],
    ]
    assert lines(client, "groups:people_table", group.pk, q="tae")[1:] == [people[1]]
    assert lines(client, "groups:people_table", group.pk, show="masters")[1:] == [
        ["Mira Master", "mira@hanbit.example", "", "Master", "Not a member"]
    ]
    assert lines(client, "groups:people_table", group.pk, show="direct")[1:] == [
        ["Team", "Platform", "", "", "", "1"],
        ["Person", "Momo Member", "momo@hanbit.example", "", "", "1"],
    ]
    assert sheet(client, "groups:people_table", group.pk) == [head, *people]


def test_what_one_may_not_see_is_in_no_file(
    client_of: ClientOf,
    company: Company,
    member: Member,
    guest: Member,
    external_group: Group,
    insider: Member,
    private_group: Group,
) -> None:
    """No address of another company's people, nobody who is there by a private group only, nor its name."""
    rows = lines(client_of(guest), "groups:people_table", external_group.pk)[1:]
    assert ["Momo Member", "", "Hanbit", "", "directly"] in rows
    outer = GroupFactory.create(company=company, name="Outer", members=[member], subgroups=[private_group])
    assert [row[0] for row in lines(client_of(member), "groups:people_table", outer.pk)[1:]] == [
        "Momo Member"
    ]
    entries = lines(client_of(member), "groups:people_table", outer.pk, show="direct")[1:]
    assert [row[:2] for row in entries] == [["Group", "a private group"], ["Person", "Momo Member"]]
    assert "Secret surprise" not in [row[0] for row in lines(client_of(member), "groups:list_table")]
    assert client_of(member).post(reverse("groups:people_table", args=[private_group.pk])).status_code == 404


def test_a_persons_groups(client: Client, group: Group, teammate: Member, external_group: Group) -> None:
    assert lines(client, "groups:member_groups_table", teammate.pk) == [
        ["Group", "Email address", "Company", "Role", "Why they are there"],
        ["Platform guild", "platform@hanbit.example", "", "", "through team Platform"],
    ]
    assert len(lines(client, "groups:member_groups_table", teammate.pk, q="venture")) == 1


def test_the_lists_of_groups(
    client: Client,
    client_of: ClientOf,
    group: Group,
    external_group: Group,
    private_group: Group,
    master: Member,
) -> None:
    """Filtered and sorted as on the page; each of the three lists."""
    head, *rows = lines(client, "groups:list_table", kind="internal", sort="name")
    assert [row[0] for row in rows] == ["Platform guild", "Secret surprise"]
    shown = dict(zip(head, rows[0], strict=True))
    assert shown | {"Added": ""} == {
        "Name": "Platform guild",
        "Description": "",
        "Kind": "Group",
        "Visibility": "Public",
        "Email address": "platform@hanbit.example",
        "Company": "",
        "Masters": "Mira Master <mira@hanbit.example>",
        "People": "2",
        "Features": "Message, Mailing list",
        "Added": "",
    }
    own = lines(client_of(master), "groups:list_table", list="managed", q="guild")
    assert [row[0] for row in own[1:]] == ["Platform guild"]
    assert len(lines(client, "groups:list_table", list="belonging")) == 1


def test_recently_deleted(client: Client, deleted_group: Group, group: Group) -> None:
    rows = lines(client, "groups:deleted_table")
    assert [row[0] for row in rows] == ["Name", "Old things"]
    assert rows[1][-1] == "30"


def test_a_lists_contacts(client: Client, client_of: ClientOf, member: Member, group: Group) -> None:
    """For those who run the group (rule 4.8), and harmless in a spreadsheet."""
    contact_of(group, name="=cmd()", email="x@else.example")
    assert lines(client, "groups:contacts_table", group.pk)[1:] == [["'=cmd()", "x@else.example"]]
    assert sheet(client, "groups:contacts_table", group.pk)[1:] == [["=cmd()", "x@else.example"]]
    assert client_of(member).post(reverse("groups:contacts_table", args=[group.pk])).status_code == 403


def test_members(client: Client, company: Company, member: Member, team: Team, teammate: Member) -> None:
    """With all addresses and teams, filtered as the page is."""
    AddressFactory.create(company=company, local_part="t", kind=Address.Kind.ALIAS, member=teammate)
    Member.objects.filter(pk=teammate.pk).update(job_title="Designer", phone="+82 2 123")
    head, *rows = lines(client, "accounts:member_table", q="tae", show="active")
    shown = dict(zip(head, rows[0], strict=True))
    assert len(rows) == 1
    assert (shown["Aliases"], shown["Teams"], shown["Active"]) == ("t@hanbit.example", "Platform", "yes")
    assert (shown["Job title"], shown["Phone"]) == ("Designer", "'+82 2 123")
    assert len(lines(client, "accounts:member_table", show="inactive")) == 1


def test_teams_and_their_people(client: Client, company: Company, team: Team, teammate: Member) -> None:
    """The whole chart, in one list; a team's people with those below it, if these are shown."""
    below = TeamFactory.create(
        company=company, name="Below", parent=team, people=[MemberFactory.create(company=company)]
    )
    assert [row[:2] + row[4:] for row in lines(client, "accounts:team_table")[1:]] == [
        ["Platform / Below", "Below", "1"],
        ["Platform", "Platform", "2"],
    ]
    assert len(lines(client, "accounts:team_table", q=below.name)) == 2
    assert len(lines(client, "accounts:team_people_table", team.pk)) == 2
    assert len(lines(client, "accounts:team_people_table", team.pk, show="below")) == 3


def test_the_audits_as_workbooks(client: Client, group: Group) -> None:
    MailFactory.create(group=group)
    client.post(reverse("groups:delete", args=[group.pk]), {"typed": group.name})
    assert "Delete group" in [row[7] for row in sheet(client, "accounts:audit_csv")]
    assert len(sheet(client, "groups:mail_csv")) == 2


def test_a_download_is_in_the_audit(
    client: Client, client_of: ClientOf, master: Member, group: Group
) -> None:
    """Rule 8.1: who took what, and by which filter; places in the list are none."""
    lines(client_of(master), "groups:people_table", group.pk, q="mo\x00", show="direct", after="x")
    lines(client, "groups:list_table", feature="note")
    people, groups = AuditEntry.objects.order_by("pk")
    assert (people.action, people.actor_name, people.target_name) == (
        "group.download_people",
        "Mira Master",
        "Platform guild",
    )
    assert people.changes == {"filters": [None, "q: mo; show: direct"]}
    assert (groups.action, groups.company_id) == ("group.download_list", group.company_id)


def test_a_list_costs_the_same_queries_however_long(
    client: Client, company: Company, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For each part of it: none for each row."""

    def asked(name: str, *args: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            lines(client, name, *args)
        return len(queries)

    urls: list[tuple[str, list[int]]] = [
        ("groups:list_table", []),
        ("groups:people_table", [group.pk]),
        ("accounts:member_table", []),
        ("accounts:team_table", []),
    ]
    few = [asked(name, *args) for name, args in urls]
    people = MemberFactory.create_batch(5, company=company)
    for number, person in enumerate(people):
        added = TeamFactory.create(company=company, name=f"T{number}", people=[person])
        GroupFactory.create(company=company, masters=[person], teams=[added], members=people)
        group.entries.create(member=person)
    assert [asked(name, *args) for name, args in urls] == few
    monkeypatch.setattr(downloads, "ROWS_AT_ONCE", 2)
    assert len(lines(client, "accounts:member_table")) == 1 + Member.objects.filter(company=company).count()


def test_in_the_readers_language_and_zone(
    client_of: ClientOf, administrator: Member, deleted_group: Group
) -> None:
    """Also though the lines are made when the request is over."""
    administrator.time_zone = "Asia/Seoul"
    administrator.save(update_fields=["time_zone"])
    assert lines(client_of(administrator), "groups:deleted_table")[1][4].endswith("+09:00")


@pytest.mark.parametrize(
    "address", ["/groups/", "/groups/deleted/", "/members/", "/teams/", "group", "person", "team", "settings"]
)
def test_the_page_offers_its_list_with_its_filter(
    client: Client, deleted_group: Group, group: Group, team: Team, teammate: Member, address: str
) -> None:
    """What is typed comes along; where one is in the list does not matter."""
    contact_of(group, email="x@else.example")
    urls = {
        "group": reverse("groups:detail", args=[group.pk]),
        "person": reverse("groups:member", args=[teammate.pk]),
        "team": reverse("accounts:team_people", args=[team.pk]),
        "settings": reverse("groups:settings_of", args=[group.pk]),
    }
    page = client.get(urls.get(address, address), {"q": "t"}).content.decode()
    assert "/download/" in page
    assert '<input type="hidden" name="q" value="t">' in page
