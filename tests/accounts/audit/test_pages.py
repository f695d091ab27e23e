"""Audit › Admin: the list, its filters, one entry (rules 8.1, 8.3, 6.4, 7)."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import audit
from accounts.actions.members import deactivate_member
from accounts.actions.teams import delete_team
from accounts.actor import Actor
from accounts.audit.items import people_items
from accounts.models import AuditEntry, Company, Member, Team
from groups import actions
from groups.actions import Entries, GroupSettings
from groups.models import Group
from tests.accounts.pages import OTHERS, by_role, fragment, refuses, text_of
from tests.factories import GroupFactory, MemberFactory
from tests.helpers import ActorOf, ClientOf, actor_of

pytestmark = pytest.mark.django_db

LIST = "/audit/"
Ask = Callable[[str], str]


@pytest.fixture
def ask(administrator: Member, client_of: ClientOf) -> Ask:
    """ask("person=momo") is the list that this finds."""
    client = client_of(administrator)

    def results(query: str) -> str:
        return fragment(client, f"{LIST}?{query}")

    return results


def tasks(html: str) -> list[str]:
    return re.findall(r'thing-title" href="[^"]*">\s*([^<]*?)\s*<', html)


def at(moment: datetime) -> Any:
    return patch("django.utils.timezone.now", return_value=moment)


@pytest.mark.parametrize("role", OTHERS)
def test_for_administrators_only(
    role: str, request: pytest.FixtureRequest, company: Company, client_of: ClientOf
) -> None:
    """Rule 7."""
    entry = audit.record(Actor.system(), "company.update", company)
    client = client_of(by_role(request, role))
    assert refuses(client, LIST)
    assert refuses(client, reverse("accounts:audit_entry", args=[entry.pk]))
    assert refuses(client, reverse("accounts:audit_csv"), "post")


def test_the_menu_leads_to_it(administrator: Member, member: Member, client_of: ClientOf) -> None:
    assert 'href="/audit/"' in text_of(client_of(administrator).get(LIST))
    assert 'href="/audit/"' not in text_of(client_of(member).get("/groups/"))


def test_newest_first_with_who_what_and_result(
    administrator: Member, outsider: Member, group: Group, client_of: ClientOf
) -> None:
    """Rule 8.1: what was done, and what was refused."""
    client = client_of(outsider)
    assert client.post(reverse("groups:delete", args=[group.pk])).status_code == 403
    deactivate_member(outsider, actor=actor_of(administrator))
    page = text_of(client_of(administrator).get(LIST))
    assert tasks(page) == ["Deactivate member", "Delete group"]
    assert page.count("Refused\n") + page.count("Refused<") >= 1
    assert f'href="{reverse("groups:detail", args=[group.pk])}"' in page
    assert f'href="{reverse("groups:member", args=[administrator.pk])}"' in page
    assert "otto@hanbit.example" in page


def test_nothing_of_other_companies(
    administrator: Member, other_administrator: Member, group: Group, client_of: ClientOf
) -> None:
    """Rule 1.1: neither in the list nor by a guessed number."""
    entry = audit.record(Actor.system(), "group.edit", group)
    client = client_of(other_administrator)
    assert "Platform guild" not in text_of(client.get(LIST))
    assert client.get(reverse("accounts:audit_entry", args=[entry.pk])).status_code == 404
    of = f"{LIST}?of=group-{group.pk}&who={administrator.pk}"
    assert "Platform guild" not in text_of(client.get(of))


def test_pages_by_key(company: Company, ask: Ask) -> None:
    """All entries once, also those of one moment; the filters stay."""
    with at(timezone.now()):
        for number in range(120):
            audit.record(Actor.system(), "company.update", company, {"name": ["", str(number)]})
    seen: list[str] = []
    query = "task=company.update"
    while True:
        html = ask(query)
        seen += re.findall(r'href="/audit/(\d+)/"', html)
        following = re.search(r'href="\?([^"]*after=[^"]*)"[^>]*>Next', html)
        if following is None:
            break
        query = following.group(1).replace("&amp;", "&")
        assert "task=company.update" in query
    assert len(seen) == len(set(seen)) == 120
    assert seen == sorted(seen, key=int, reverse=True)


def test_costs_the_same_for_many(
    company: Company, group: Group, administrator: Member, client_of: ClientOf, django_assert_num_queries: Any
) -> None:
    client = client_of(administrator)
    audit.record(actor_of(administrator), "group.edit", group)
    # How many the menu around it makes is no matter of this page's.
    with CaptureQueriesContext(connection) as few:
        client.get(LIST)
    for person in MemberFactory.create_batch(20, company=company):
        audit.record(actor_of(person), "member.update", person)
        audit.record(actor_of(person), "group.edit", GroupFactory.create(company=company))
    with django_assert_num_queries(len(few)):
        client.get(LIST)


def test_periods(company: Company, administrator: Member, ask: Ask) -> None:
    """In the reader's time zone: today begins at their midnight."""
    administrator.time_zone = "Asia/Seoul"
    administrator.save(update_fields=["time_zone"])
    now = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)  # the 25th in Seoul, half past one
    for action, moment in {
        "team.add": now - timedelta(hours=1),
        "team.move": now - timedelta(hours=2),
        "team.update": now - timedelta(days=6),
        "team.set_people": now - timedelta(days=29),
        "team.delete": now - timedelta(days=100),
    }.items():
        with at(moment):
            audit.record(Actor.system(), action, company)
    with at(now):
        assert tasks(ask("period=1")) == ["Add team"]
        assert tasks(ask("period=7")) == ["Add team", "Move team", "Edit team"]
        assert len(tasks(ask(""))) == 4
        assert len(tasks(ask("period=180"))) == 5
        assert tasks(ask("since=2026-11-24&until=2026-11-24")) == ["Move team"]
        assert tasks(ask("until=2026-09-30")) == ["Delete team"]
        assert tasks(ask("period=1&since=2026-01-01")) == ["Add team"]


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ("since=2026-13-01", "since", "Enter a date"),
        ("until=yesterday", "until", "Enter a date"),
        ("since=0001-01-01", "since", "Choose a date after 1969"),
        ("until=9999-12-31", "until", "Choose a date after 1969"),
        ("since=2026-02-02&until=2026-02-01", "until", "on or after the “From” day"),
    ],
)
def test_wrong_dates_are_told_beside_the_field(
    query: str, field: str, words: str, administrator: Member, client_of: ClientOf
) -> None:
    for headers in ({}, {"HX-Request": "true", "HX-Target": "results"}):
        answer = client_of(administrator).get(f"{LIST}?{query}", headers=headers)
        assert answer.status_code == 422
        place = f"id_{field}_error" if not headers else f"innerHTML:#id_{field}_error"
        assert re.search(rf'{place}">[^<]*{words}', text_of(answer))
        assert "Search not run" in text_of(answer)
    assert f'value="{query.partition("=")[2].partition("&")[0]}"' in text_of(
        client_of(administrator).get(f"{LIST}?{query}")
    )


def test_by_person(
    company: Company, administrator: Member, member: Member, group: Group, ask: Ask, actor_of: ActorOf
) -> None:
    """Who did it, and to whom it was done; by name, address and number; also who is gone (rule 8.3)."""
    actions.edit_entries(
        group, Entries(), Entries(members=frozenset({member.pk})), actor=actor_of(administrator)
    )
    deactivate_member(member, actor=actor_of(administrator))
    gone = MemberFactory.create(company=company, name="ÄRGER Gone", email="gone@hanbit.example")
    audit.record(actor_of(gone), "team.add", company)
    pk = gone.pk
    gone.delete()
    assert tasks(ask("person=momo@hanbit")) == ["Deactivate member", "Edit group members"]
    assert tasks(ask("person=Momo")) == ["Deactivate member", "Edit group members"]
    assert tasks(ask("person=ada")) == ["Deactivate member", "Edit group members"]
    assert tasks(ask("person=ärger")) == ["Add team"]
    assert tasks(ask(f"who={pk}")) == ["Add team"]
    assert "ÄRGER Gone" in ask(f"who={pk}")
    assert tasks(ask(f"who={member.pk}")) == ["Deactivate member"]
    assert "Nothing found" in ask("person=Platform")


def test_by_group_task_door_and_result(
    company: Company, administrator: Member, group: Group, team: Team, ask: Ask, actor_of: ActorOf
) -> None:
    container = GroupFactory.create(company=company, name="Container")
    add = Entries(groups=frozenset({group.pk}))
    actions.edit_entries(container, add, Entries(), actor=actor_of(administrator))
    delete_team(team, actor=actor_of(administrator))
    audit.record(Actor.system(), "group.purge", group)
    AuditEntry.objects.create(
        company_id=company.pk, action="group.edit", target_kind="group", door="web", result="refused"
    )
    assert tasks(ask("group=platform GUILD")) == [
        *("Permanently delete group", "Delete team", "Edit group members", "Edit group members")
    ]
    assert tasks(ask("group=container")) == ["Edit group members"]
    assert tasks(ask("task=team.delete")) == ["Delete team"]
    assert tasks(ask("door=system")) == ["Permanently delete group"]
    assert tasks(ask("result=refused")) == ["Edit group"]
    assert tasks(ask(f"of=group-{container.pk}")) == ["Edit group members"]
    assert "No entries match these filters" in ask("result=refused&door=system")


def test_an_address_of_another_company_finds_nobody(
    company: Company, external_group: Group, guest: Member, ask: Ask, actor_of: ActorOf
) -> None:
    """Rule 6.4: else one could try addresses out."""
    add = Entries(members=frozenset({guest.pk}))
    actions.edit_entries(external_group, Entries(), add, actor=Actor.system())
    audit.record(actor_of(guest), "group.edit", external_group)
    assert len(tasks(ask("person=greta"))) == 2
    assert "Nothing found" in ask("person=greta@nordlicht")


def test_of_other_companies_people_name_and_company_only(
    company: Company, administrator: Member, external_group: Group, guest: Member, client_of: ClientOf
) -> None:
    """Rule 6.4: in the list and on the entry's page; also when the person is gone."""
    entry = audit.record(
        replace(actor_of(guest), ip="203.0.113.77"),
        "group.edit",
        external_group,
        {
            "masters": [[], ["Old Form <old@nordlicht.example>", "Own One <own@hanbit.example>"]],
            "members_added": [None, audit_items_of(guest, administrator)],
            "address": [None, "greta@nordlicht.example"],
        },
    )
    guest.delete()
    client = client_of(administrator)
    for url in (LIST, reverse("accounts:audit_entry", args=[entry.pk])):
        page = text_of(client.get(url))
        assert "Greta Guest" in page
        assert "Nordlicht" in page
        assert "nordlicht.example" not in page
        assert "203.0.113.77" not in page
    assert "own@hanbit.example" in page
    assert "ada@hanbit.example" in page
    assert "an address of another company" in page


def audit_items_of(*people: Member) -> list[dict[str, Any]]:
    return people_items(person.pk for person in people)


def test_one_entry(
    company: Company,
    administrator: Member,
    member: Member,
    outsider: Member,
    group: Group,
    client_of: ClientOf,
) -> None:
    """Rule 8.1: time, who, from where, by which door, before and after, result; and its neighbours."""
    settings = replace(GroupSettings.of(group), name="Renamed <b>", masters=frozenset({outsider.pk}))
    actions.update_group(group, settings, group.version, actor=actor_of(administrator))
    entry = AuditEntry.objects.get()
    client = client_of(administrator)
    page = text_of(client.get(reverse("accounts:audit_entry", args=[entry.pk])))
    for fact in ("192.0.2.7", "Web", "Done", "ada@hanbit.example", "Renamed &lt;b&gt;", "Platform guild"):
        assert fact in page
    removed, added = (page.index(f"{name} &lt;") for name in ("Mira Master", "Otto Outsider"))
    assert removed < added
    for query in (f"period=180&amp;of=group-{group.pk}", f"period=180&amp;who={administrator.pk}"):
        assert query in page
        assert tasks(text_of(client.get(f"{LIST}?{query.replace('&amp;', '&')}"))) == ["Edit group"]


def test_long_lists_are_cut_until_all_is_asked_for(
    company: Company, administrator: Member, group: Group, client_of: ClientOf
) -> None:
    names = [
        {"kind": "member", "id": n, "name": f"Person {n}.", "company": company.pk} for n in range(1, 1201)
    ]
    entry = audit.record(Actor.system(), "group.edit_members", group, {"members_added": [None, names]})
    url = reverse("accounts:audit_entry", args=[entry.pk])
    client = client_of(administrator)
    page = text_of(client.get(url))
    assert page.count("Person ") == 20
    assert "and 1,180 more" in page
    assert text_of(client.get(f"{url}?all=1")).count("Person ") == 1200


def test_refusals_say_why(administrator: Member, outsider: Member, group: Group, client_of: ClientOf) -> None:
    client_of(outsider).post(reverse("groups:delete", args=[group.pk]))
    entry = AuditEntry.objects.get(result=AuditEntry.Result.REFUSED)
    page = text_of(client_of(administrator).get(reverse("accounts:audit_entry", args=[entry.pk])))
    assert entry.reason
    assert "masters and administrators can do this" in page


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "\u202eturned", "line\nbreak", "=cmd()", "{{ 7|add:7 }}", "'\"&"]
)
def test_nasty_names_are_shown_as_they_are(
    name: str, administrator: Member, company: Company, client_of: ClientOf
) -> None:
    person = MemberFactory.create(company=company, name=name)
    entry = audit.record(actor_of(person), "member.update", person, {"name": [name, name + "!"]})
    client = client_of(administrator)
    for url in (LIST, reverse("accounts:audit_entry", args=[entry.pk]), f"{LIST}?who={person.pk}"):
        page = text_of(client.get(url))
        assert "<script>alert" not in page
        if "\u202e" in name:
            assert "\u202eturned\u202c" in page


NASTY = [
    "%00",
    "%ff%fe",
    "%ed%a0%80",
    "9" * 40,
    "-1",
    "%F0%9F%98%80",
    "%E2%80%AE",
    "a" * 5000,
    "%25s'\"<b>",
    "x-1",
]
PARAMETERS = [
    "period",
    "since",
    "until",
    "person",
    "group",
    "task",
    "door",
    "result",
    "who",
    "of",
    "after",
    "before",
]


@pytest.mark.parametrize("nasty", NASTY)
def test_whatever_is_sent(nasty: str, administrator: Member, client_of: ClientOf) -> None:
    """In words, never a 500."""
    client = client_of(administrator)
    for parameter in PARAMETERS:
        assert client.get(f"{LIST}?{parameter}={nasty}").status_code in (200, 422)
        answer = client.post(
            reverse("accounts:audit_csv"),
            f"{parameter}={nasty}",
            content_type="application/x-www-form-urlencoded",
        )
        assert answer.status_code in (200, 422)
        b"".join(answer)
    assert client.get(f"{LIST}?of=group-{'9' * 19}").status_code == 200
    assert client.get(f"/audit/{'9' * 40}/").status_code == 404


def test_teams_and_people_named_like_groups(company: Company, group: Group, administrator: Member) -> None:
    """New entries tell them apart, where texts of before could not."""
    person = MemberFactory.create(company=company, name="group Hanbit")
    actions.edit_entries(
        group, Entries(members=frozenset({person.pk})), Entries(), actor=actor_of(administrator)
    )
    entry = AuditEntry.objects.get()
    assert entry.changes["members_added"][1][0]["kind"] == "member"
    assert "group hanbit" in entry.people_folded
    assert "platform guild" in entry.groups_folded
    assert "hanbit" not in entry.groups_folded
