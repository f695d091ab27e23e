"""Django admin asks before people leave external groups, and tells who was faster (rules 2.15, 2.18)."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from accounts.jobs import engine
from accounts.models import Company, Job, Member, PartnerDomain, Team
from groups.models import Group
from tests.admin_pages import admin_url, client_of, errors, last_entry, save
from tests.factories import DomainFactory, MemberFactory, TeamFactory

IN_DATABASE = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


@pytest.fixture
def admin(superuser: Member) -> Client:
    return client_of(superuser)


@pytest.fixture
def _later() -> Iterator[None]:
    """Tasks wait in the queue, as in use."""
    with override_settings(TASKS=IN_DATABASE):
        yield


def sent_again(shown: str) -> dict[str, list[str]]:
    """The hidden fields of the question, with the answer that it means yes."""
    fields: dict[str, list[str]] = {}
    main = shown[shown.index('id="content"') :]
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', main):
        fields.setdefault(name, []).append(unescape(value))
    return fields


# Companies


def test_a_company_that_stops_connecting(admin: Client, company: Company, external_group: Group) -> None:
    """Rule 2.15: the question has the numbers of the company's own settings page."""
    url = admin_url(Company, "change", company.pk)

    asked = save(admin, url, connecting="nobody", name="Hanbit 2", plan="paid")

    shown = asked.content.decode()
    assert asked.status_code == 200
    assert "3 people</strong> will leave external groups" in shown
    assert "1 external group</strong>" in shown
    assert "1 group</strong> will have no master" in shown
    company.refresh_from_db()
    assert (company.name, company.connecting) == ("Hanbit", "everybody")
    assert external_group.entries.count() == 2

    answer = admin.post(url, sent_again(shown))

    assert answer["Location"] == reverse("admin:accounts_company_changelist")
    company.refresh_from_db()
    assert (company.name, company.connecting) == ("Hanbit 2", "nobody")
    assert not external_group.entries.exists()
    assert last_entry().door == "admin"


def test_nothing_is_asked_where_nobody_leaves(admin: Client, company: Company) -> None:
    assert save(admin, admin_url(Company, "change", company.pk), connecting="nobody").status_code == 302
    company.refresh_from_db()
    assert company.connecting == "nobody"


def test_what_is_wrong_is_said_before_the_question(
    admin: Client, company: Company, external_group: Group
) -> None:
    url = admin_url(Company, "change", company.pk)
    assert list(errors(save(admin, url, connecting="nobody", name=" "))) == ["name"]
    assert "plan" in errors(save(admin, url, connecting="nobody", plan="free", region="tw"))


@pytest.mark.usefixtures("_later")
def test_beyond_the_limit_it_is_the_same_job(
    admin: Client, company: Company, external_group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All else is saved at once, in the order in which Taiwan allows it (rule 1.7)."""
    monkeypatch.setattr(engine, "AT_ONCE", 1)
    Company.objects.filter(pk=company.pk).update(plan="free")
    url = admin_url(Company, "change", company.pk)
    asked = save(admin, url, connecting="nobody", plan="paid", region="tw")

    answer = admin.post(url, sent_again(asked.content.decode()))

    job = Job.objects.get()
    assert answer["Location"] == reverse("accounts:job", args=[job.pk])
    assert (job.kind, job.door) == ("company.update", "admin")
    company.refresh_from_db()
    assert (company.plan, company.region, company.connecting) == ("paid", "tw", "everybody")
    assert external_group.entries.count() == 2
    engine.run_job.call(job.pk)
    company.refresh_from_db()
    assert company.connecting == "nobody"
    assert not external_group.entries.exists()
    page = admin.get(answer["Location"]).content.decode()
    assert "3 people left 1 external group." in page
    assert f'href="{reverse("admin:accounts_company_changelist")}"' in page


@pytest.mark.usefixtures("_later")
def test_a_job_that_was_overtaken_changes_nothing(
    admin: Client, company: Company, external_group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 2.18: the settings are others' by now."""
    monkeypatch.setattr(engine, "AT_ONCE", 1)
    url = admin_url(Company, "change", company.pk)
    admin.post(url, sent_again(save(admin, url, connecting="nobody").content.decode()))
    Company.objects.filter(pk=company.pk).update(version=7)
    engine.run_job.call(Job.objects.get().pk)
    assert "Someone else changed this in the meantime. Nothing was changed." in Job.objects.get().message
    assert external_group.entries.count() == 2


def test_a_domain_by_which_companies_connect(
    admin: Client,
    company: Company,
    other_company: Company,
    external_group: Group,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rule 1.4: how many leave is told before, and many leave by the job."""
    domain = DomainFactory.create(company=company, name="hanbit.test")
    PartnerDomain.objects.create(company=other_company, name="hanbit.test")
    Company.objects.filter(pk=other_company.pk).update(partners=Company.Partners.NAMED)
    url = reverse("admin:accounts_domain_delete", args=[domain.pk])
    assert "1 people will leave 1 external groups" in admin.get(url).content.decode()
    monkeypatch.setattr(engine, "AT_ONCE", 0)
    answer = admin.post(url, {"post": "yes"})
    job = Job.objects.get()
    assert (job.kind, answer["Location"]) == ("domain.remove", reverse("accounts:job", args=[job.pk]))
    assert external_group.entries.count() == 1


# People


def test_a_persons_permission(
    admin: Client, company: Company, member: Member, master: Member, external_group: Group
) -> None:
    Company.objects.filter(pk=company.pk).update(connecting=Company.Connecting.CHOSEN)
    Member.objects.filter(pk__in=[member.pk, master.pk]).update(may_connect=True)
    teams = TeamFactory.create_batch(2, company=company)
    url = admin_url(Member, "change", member.pk)

    asked = save(admin, url, may_connect=False, teams=[team.pk for team in teams], aliases="a@hanbit.example")

    shown = asked.content.decode()
    assert "1 person</strong> will leave external groups" in shown
    member.refresh_from_db()
    assert member.may_connect
    assert admin.post(url, sent_again(shown)).status_code == 302
    member.refresh_from_db()
    assert not member.may_connect
    assert (member.teams.count(), member.addresses.count()) == (2, 2)
    assert not external_group.entries.filter(member=member).exists()


# Who was faster


def opened(admin: Client, url: str) -> int:
    """The version that the page says it was opened at."""
    return int(admin.get(url).context["adminform"].form["version"].value())


def test_company_person_and_team(admin: Client, company: Company, member: Member, team: Team) -> None:
    """Rule 2.18: two who have the same page open."""
    for thing, changes in ((company, {"plan": "paid"}), (member, {}), (team, {})):
        url = admin_url(type(thing), "change", thing.pk)
        version = opened(admin, url)
        assert save(admin, url, name="First").status_code == 302
        answer = save(admin, url, name="Second", version=version, **changes)
        assert "Someone else changed this" in str(errors(answer)["__all__"])
        thing.refresh_from_db()
        assert thing.name == "First"
        # Whoever changes nothing, such as by sending twice, is told nothing.
        assert save(admin, url, version=version).status_code == 302
        assert save(admin, url, name="Second").status_code == 302


def test_a_superuser_without_company(admin: Client) -> None:
    other = MemberFactory.create(superuser=True, name="Other root", email="other@installation.example")
    url = admin_url(Member, "change", other.pk)
    assert save(admin, url, name="First").status_code == 302
    assert "__all__" in errors(save(admin, url, name="Second", version=1))


def test_people_of_a_team_who_came_meanwhile_stay(
    admin: Client, company: Company, team: Team, teammate: Member, member: Member
) -> None:
    """The page has all of them in one field: whoever saves it later would take out who was added before."""
    url = admin_url(Team, "change", team.pk)
    version = opened(admin, url)
    assert save(admin, url, people=[teammate.pk, member.pk]).status_code == 302
    assert "__all__" in errors(save(admin, url, people=[teammate.pk], name="Renamed", version=version))
    assert team.memberships.count() == 2


@pytest.mark.parametrize("version", ["", "x", "0", "9" * 30])
def test_versions_that_there_are_none_of(admin: Client, company: Company, version: str) -> None:
    url = admin_url(Company, "change", company.pk)
    assert "version" in errors(save(admin, url, name="Renamed", version=version))
