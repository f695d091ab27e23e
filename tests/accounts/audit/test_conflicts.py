"""Two administrators who change one person, team or company at once (rule 2.18)."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.actions import company as company_actions
from accounts.actions import connections
from accounts.actions import members as member_actions
from accounts.actions import teams as team_actions
from accounts.actions.company import CompanySettings
from accounts.actor import Actor
from accounts.models import AuditEntry, Company, Member, Team
from groupadmin.base.errors import Conflict
from tests.accounts.pages import text_of
from tests.factories import MemberFactory, TeamFactory
from tests.helpers import ActorOf, ClientOf

SETTINGS = reverse("accounts:settings")


@pytest.fixture
def second(company: Company) -> Member:
    """Another administrator."""
    return MemberFactory.create(
        company=company, name="Sol Second", email="sol@hanbit.example", is_administrator=True
    )


@pytest.fixture
def client(administrator: Member, client_of: ClientOf) -> Client:
    return client_of(administrator)


@pytest.fixture
def other(second: Member, client_of: ClientOf) -> Client:
    """The other administrator's browser."""
    return client_of(second)


def opened(client: Client, url: str) -> dict[str, Any]:
    """The form of a page as the browser would send it back."""
    form = client.get(url).context["form"]
    values = {name: form[name].value() for name in form.fields}
    values["teams"] = "\n".join(f"team:{pk}" for pk in getattr(values.get("teams"), "teams", ()))
    values["parent"] = "\n".join(f"team:{pk}" for pk in getattr(values.get("parent"), "teams", ()))
    return {name: value for name, value in values.items() if value not in (None, False)}


# People


def member_url(member: Member) -> str:
    return reverse("accounts:member_edit", args=[member.pk])


def test_the_later_one_is_told_who_changed_what_and_keeps_what_they_typed(
    client: Client, other: Client, member: Member
) -> None:
    url = member_url(member)
    mine, theirs = opened(client, url), opened(other, url)
    assert other.post(url, theirs | {"name": "Momo Married"}).status_code == 302

    answer = client.post(url, mine | {"local_part": "moritz"})

    shown = text_of(answer)
    assert answer.status_code == 409
    assert "Someone else changed this while you were editing" in shown
    for told in ("Sol Second", "edited the person", "Momo Married", 'value="moritz"', 'value="Momo Member"'):
        assert told in shown
    assert "Save anyway" in shown
    member.refresh_from_db()
    assert (member.name, member.email) == ("Momo Married", "momo@hanbit.example")

    # Saving again is a choice: the form says the version that it tells of.
    again = answer.context["form"]["version"].value()
    assert client.post(url, mine | {"local_part": "moritz", "version": again}).status_code == 302
    member.refresh_from_db()
    assert (member.name, member.email) == ("Momo Member", "moritz@hanbit.example")


def test_what_saving_would_do_is_told(client: Client, other: Client, member: Member, team: Team) -> None:
    """Also of what was done on another page, such as the team's."""
    url = member_url(member)
    mine = opened(client, url)
    other.post(reverse("accounts:team_people_add", args=[team.pk]), {"people": f"member:{member.pk}"})

    answer = client.post(url, mine | {"name": "Momo Changed"})

    assert answer.status_code == 409
    (named, placed) = answer.context["conflict"].saving
    assert (named.before, named.after) == ("Momo Member", "Momo Changed")
    assert placed.removed == ("team Platform",)
    assert member.teams.get() == team


def test_sent_twice_or_the_same_as_the_other_is_no_conflict(
    client: Client, other: Client, member: Member
) -> None:
    url = member_url(member)
    mine, theirs = opened(client, url), opened(other, url)
    for _twice in range(2):
        assert other.post(url, theirs | {"name": "Same"}).status_code == 302
    assert client.post(url, mine | {"name": "Same"}).status_code == 302
    assert AuditEntry.objects.filter(action="member.update").count() == 1


def test_a_mistake_keeps_the_version(client: Client, other: Client, member: Member) -> None:
    """Else the page that says what is wrong would hide that somebody was faster."""
    url = member_url(member)
    mine, theirs = opened(client, url), opened(other, url)
    other.post(url, theirs | {"name": "Faster"})
    wrong = client.post(url, mine | {"name": "Slower", "local_part": "no good"})
    assert wrong.status_code == 422
    assert wrong.context["form"]["version"].value() == str(mine["version"])


@pytest.mark.parametrize("version", ["", "x", "0", "-1", "9" * 30, "\0", None])
def test_a_form_that_is_not_as_it_was_sent_out(client: Client, member: Member, version: str | None) -> None:
    url = member_url(member)
    sent = opened(client, url) | {"name": "Changed", "version": version}
    answer = client.post(url, {name: value for name, value in sent.items() if value is not None})
    assert answer.status_code == 422
    assert "This form is incomplete" in text_of(answer)


@pytest.mark.parametrize("change", ["deactivate", "grant", "withdraw", "team", "no team"])
def test_changes_of_a_person_that_count(
    company: Company, administrator: Member, member: Member, team: Team, actor_of: ActorOf, change: str
) -> None:
    """Whatever the form of the person says can be changed elsewhere."""
    actor = actor_of(administrator)
    Member.objects.filter(pk=member.pk).update(may_connect=change == "withdraw")
    if change == "no team":
        team_actions.set_team_people(team, frozenset({member.pk}), frozenset(), actor=actor)
    member.refresh_from_db()
    before = member.version
    changes: dict[str, Any] = {
        "deactivate": lambda: member_actions.deactivate_member(member, actor=actor),
        "grant": lambda: connections.grant_connection(company, [member.pk], actor=actor),
        "withdraw": lambda: connections.withdraw_connection(company, [member.pk], actor=actor),
        "team": lambda: team_actions.set_team_people(team, frozenset({member.pk}), frozenset(), actor=actor),
        "no team": lambda: team_actions.delete_team(team, actor=actor),
    }
    changes[change]()
    member.refresh_from_db()
    assert member.version == before + 1


# Teams


def test_teams(client: Client, other: Client, team: Team) -> None:
    url = reverse("accounts:team_edit", args=[team.pk])
    mine, theirs = opened(client, url), opened(other, url)
    other.post(url, theirs | {"description": "For platforms"})

    answer = client.post(url, mine | {"name": "Platforms"})

    shown = text_of(answer)
    assert answer.status_code == 409
    for told in ("Sol Second", "edited the team", "For platforms", 'value="Platforms"', "Save anyway"):
        assert told in shown
    team.refresh_from_db()
    assert (team.name, team.description) == ("Platform", "For platforms")
    again = answer.context["form"]["version"].value()
    assert client.post(url, mine | {"name": "Platforms", "version": again}).status_code == 302
    team.refresh_from_db()
    assert (team.name, team.description) == ("Platforms", "")


def test_moving(client: Client, other: Client, company: Company, team: Team) -> None:
    here, there = (TeamFactory.create(company=company, name=name) for name in ("Here", "There"))
    url = reverse("accounts:team_move", args=[team.pk])
    mine, theirs = opened(client, url), opened(other, url)
    other.post(url, theirs | {"parent": f"team:{here.pk}"})

    answer = client.post(url, mine | {"parent": f"team:{there.pk}"})

    assert answer.status_code == 409
    assert "moved the team" in text_of(answer)
    (saving,) = answer.context["conflict"].saving
    assert (saving.before, saving.after) == ("Here", "There")
    assert f"team:{there.pk}" in text_of(answer)
    team.refresh_from_db()
    assert team.parent == here
    again = answer.context["form"]["version"].value()
    client.post(url, {"parent": f"team:{there.pk}", "version": again})
    team.refresh_from_db()
    assert team.parent == there


# Settings


def test_settings(client: Client, other: Client, company: Company) -> None:
    mine, theirs = opened(client, SETTINGS), opened(other, SETTINGS)
    other.post(SETTINGS, theirs | {"group_creators": "everybody"})

    answer = client.post(SETTINGS, mine | {"recall_hours": "1"})

    shown = text_of(answer)
    assert answer.status_code == 409
    assert "Sol Second" in shown
    assert "edited the settings" in shown
    assert {detail.label for detail in answer.context["conflict"].saving} == {
        "Authority to create group",
        "Time for masters to take back messages",
    }
    company.refresh_from_db()
    assert (company.group_creators, company.recall_hours) == ("everybody", 24)
    again = answer.context["form"]["version"].value()
    client.post(SETTINGS, mine | {"recall_hours": "1", "version": again})
    company.refresh_from_db()
    assert (company.group_creators, company.recall_hours) == ("administrators", 1)


@pytest.mark.usefixtures("external_group")
def test_it_is_told_before_the_question_and_after_it(client: Client, other: Client, company: Company) -> None:
    """Rule 2.15: an answer to a question about other settings changes nothing."""
    mine, theirs = opened(client, SETTINGS), opened(other, SETTINGS)
    assert "leave" in text_of(client.post(SETTINGS, mine | {"connecting": "nobody"}))
    other.post(SETTINGS, theirs | {"recall_hours": "1"})
    for confirmed in ({}, {"confirmed": "yes"}):
        assert client.post(SETTINGS, mine | {"connecting": "nobody"} | confirmed).status_code == 409
    company.refresh_from_db()
    assert company.connecting == "everybody"


# The actions


def test_of_companies(company: Company) -> None:
    system = Actor.system()
    settings = CompanySettings("free", company.has_core, company.connecting, company.group_creators)
    company_actions.rename_company(company, "Hanbit 2", company.region, 1, actor=system)
    with pytest.raises(Conflict):
        company_actions.rename_company(company, "Hanbit 3", company.region, 1, actor=system)
    with pytest.raises(Conflict):
        company_actions.update_settings(company, settings, 1, actor=system)
    company.refresh_from_db()
    assert (company.name, company.plan, company.version) == ("Hanbit 2", "paid", 2)
