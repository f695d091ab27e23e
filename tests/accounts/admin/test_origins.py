"""Where members, teams and groups come from, in Django admin and on their pages (rule 10.4)."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.actions.origin import set_origin
from accounts.actor import Actor, Refused
from accounts.models import AuditEntry, Company, Member, Sourced, Team
from groups.models import Group
from tests.admin_pages import admin_url, errors, save
from tests.helpers import ActorOf, ClientOf

KINDS = ["member", "team", "group"]


@pytest.fixture
def thing(request: pytest.FixtureRequest, member: Member, team: Team, group: Group) -> Any:
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("thing", KINDS, indirect=True)
def test_superusers_set_it(admin: Client, thing: Any, administrator: Member, client_of: ClientOf) -> None:
    """And administrators read it where they edit, others nowhere."""
    url = admin_url(type(thing), "change", thing.pk)
    assert save(admin, url, source="Google", external_id=" 1234 ").status_code == 302
    thing.refresh_from_db()
    assert (thing.source, thing.external_id) == ("google", "1234")
    (entry,) = AuditEntry.objects.filter(action=f"{thing._meta.model_name}.set_origin")
    assert entry.changes == {"source": ["", "google"], "external_id": ["", "1234"]}
    save(admin, url)
    assert AuditEntry.objects.count() == 1
    pages = {"member": "accounts:member_edit", "team": "accounts:team_edit", "group": "groups:edit"}
    page = reverse(pages[thing._meta.model_name], args=[thing.pk])
    said = "Comes from \u2068google\u2069 · ID \u20681234\u2069"
    assert said in client_of(administrator).get(page).content.decode()


def test_a_master_does_not_read_it(master: Member, group: Group, client_of: ClientOf) -> None:
    Group.objects.filter(pk=group.pk).update(source="google")
    assert "Comes from" not in client_of(master).get(reverse("groups:edit", args=[group.pk])).content.decode()


def test_an_id_stands_once_for_each_source(
    admin: Client, member: Member, master: Member, guest: Member
) -> None:
    """In a company: another one may have it."""
    Member.objects.filter(pk__in=[master.pk, guest.pk]).update(source="google", external_id="7")
    url = admin_url(Member, "change", member.pk)
    wrong = errors(save(admin, url, source="google", external_id="7"))
    assert wrong["external_id"] == [f"\u2068{master.name}\u2069 has this ID already."]
    assert save(admin, url, source="ldap", external_id="7").status_code == 302
    there = admin_url(Member, "change", guest.pk)
    assert save(admin, there, source="google", external_id="7").status_code == 302


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"source": "Go Ogle"}, "source"),
        ({"source": "x" * 101}, "source"),
        ({"external_id": "x" * 256}, "external_id"),
    ],
)
def test_what_is_wrong(admin: Client, team: Team, values: dict[str, str], field: str) -> None:
    assert list(errors(save(admin, admin_url(Team, "change", team.pk), **values))) == [field]


@pytest.mark.parametrize("thing", KINDS, indirect=True)
def test_administrators_cannot_set_it(thing: Sourced, administrator: Member, actor_of: ActorOf) -> None:
    with pytest.raises(Refused):
        set_origin(thing, "google", "1", actor=actor_of(administrator))


def test_entries_say_where_they_come_from(
    company: Company, group: Group, master: Member, outsider: Member, client_of: ClientOf
) -> None:
    """To those who edit the group; an entry made by hand says nothing."""
    url = reverse("groups:detail", args=[group.pk]) + "?show=direct"
    said = "from \u2068import\u2069"
    assert said not in client_of(master).get(url).content.decode()
    group.entries.filter(member__isnull=False).update(source="import")
    assert (
        client_of(master).get(url).content.decode().count(said)
        == group.entries.filter(source="import").count()
    )
    assert said not in client_of(outsider).get(url).content.decode()


def test_the_system_may(team: Team) -> None:
    assert set_origin(team, "ldap", "", actor=Actor.system()).source == "ldap"
