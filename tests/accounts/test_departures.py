"""Taking the permission to connect from one person on their own page asks first (rule 2.15)."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from accounts.actions.members import MemberSettings
from accounts.actor import Refused
from accounts.jobs import changes, engine
from accounts.models import AuditEntry, Company, Job, Member
from groups.models import Group, Notice
from tests.factories import GroupFactory
from tests.helpers import ActorOf, ClientOf

from .pages import text_of

IN_DATABASE = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


@pytest.fixture
def client(administrator: Member, client_of: ClientOf) -> Client:
    return client_of(administrator)


@pytest.fixture
def person(company: Company, external_group: Group, member: Member, master: Member) -> Member:
    """The member, by whose own permission it goes whether they are in the external group."""
    Company.objects.filter(pk=company.pk).update(connecting=Company.Connecting.CHOSEN)
    Member.objects.filter(pk__in=[member.pk, master.pk]).update(may_connect=True)
    member.refresh_from_db()
    return member


@pytest.fixture
def _later() -> Iterator[None]:
    """Tasks wait in the queue, as in use."""
    with override_settings(TASKS=IN_DATABASE):
        yield


def url_of(member: Member) -> str:
    return reverse("accounts:member_edit", args=[member.pk])


def posted(member: Member, **values: str) -> dict[str, str]:
    """What the browser sends once the switch is off."""
    domain = str(member.company.primary_domain.pk) if member.company else ""
    fixed = {"domain": domain, "aliases": "", "teams": "", "version": str(member.version)}
    return {"name": member.name, "local_part": member.email.partition("@")[0], **fixed, **values}


def sent_again(shown: str) -> dict[str, str]:
    """The hidden fields of the question, with the answer that it means yes."""
    main = shown[shown.index("<main") :]
    fields: list[tuple[str, str]] = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', main)
    return {unescape(name): unescape(value) for name, value in fields}


def test_asks_with_numbers_and_keeps_what_was_typed(
    client: Client, person: Member, external_group: Group, master: Member
) -> None:
    GroupFactory.create(company=person.company, external=True, masters=[person])
    sent = posted(person, name="Momo “M” <b>", aliases="mo@hanbit.example\r\nmm@hanbit.example")

    asked = client.post(url_of(person), sent)

    shown = text_of(asked)
    assert asked.status_code == 200
    assert "Remove the permission of" in shown
    assert "1 person</strong> will leave external groups" in shown
    assert "2 external groups</strong>" in shown
    assert "1 group</strong> will have no master" in shown
    person.refresh_from_db()
    assert (person.name, person.may_connect) == ("Momo Member", True)
    assert external_group.entries.filter(member=person).exists()
    assert not AuditEntry.objects.exists()
    assert not Notice.objects.exists()

    answer = client.post(url_of(person), sent_again(shown))

    assert answer["Location"] == reverse("accounts:member_list")
    person.refresh_from_db()
    assert (person.name, person.may_connect) == ("Momo “M” <b>", False)
    assert person.addresses.count() == 3
    assert not external_group.entries.filter(member=person).exists()


def test_does_not_ask_if_no_group_is_left(client: Client, person: Member, external_group: Group) -> None:
    external_group.entries.filter(member=person).delete()
    assert client.post(url_of(person), posted(person)).status_code == 302
    person.refresh_from_db()
    assert not person.may_connect


def test_what_is_wrong_is_said_before_the_question(client: Client, person: Member) -> None:
    answer = client.post(url_of(person), posted(person, local_part="ada"))
    assert answer.status_code == 422
    assert "taken by a member" in text_of(answer)


@pytest.mark.usefixtures("_later")
def test_beyond_the_limit_it_is_a_job(
    client: Client, person: Member, external_group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same one as where several are chosen; all else is saved at once."""
    monkeypatch.setattr(engine, "AT_ONCE", 0)
    sent = posted(person, name="Renamed", confirmed="yes")

    answer = client.post(url_of(person), sent)

    job = Job.objects.get()
    assert answer["Location"] == reverse("accounts:job", args=[job.pk])
    assert (job.kind, job.arguments["members"]) == ("connection.withdraw", [person.pk])
    person.refresh_from_db()
    assert (person.name, person.may_connect) == ("Renamed", True)
    assert external_group.entries.filter(member=person).exists()
    engine.run_job.call(job.pk)
    job.refresh_from_db()
    assert (job.state, job.message) == (Job.State.DONE, "1 person left 1 external group.")
    person.refresh_from_db()
    assert not person.may_connect
    assert not external_group.entries.filter(member=person).exists()


@pytest.mark.usefixtures("_later")
def test_no_job_of_a_page_that_is_out_of_date(
    client: Client, person: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 2.18."""
    monkeypatch.setattr(engine, "AT_ONCE", 0)
    sent = posted(person, confirmed="yes")
    Member.objects.filter(pk=person.pk).update(version=2)
    assert client.post(url_of(person), sent).status_code == 409
    assert not Job.objects.exists()


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_refusal_is_audited_once_though_all_is_taken_back(
    person: Member, administrator: Member, actor_of: ActorOf, confirmed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 8.1: such as that superusers are changed in Django admin only."""
    monkeypatch.setattr(engine, "AT_ONCE", 0)
    Member.objects.filter(pk=person.pk).update(is_superuser=True)
    values: dict[str, Any] = {"name": "X", "local_part": "momo", "domain_id": 0}
    with pytest.raises(Refused):
        changes.change_member(
            person, MemberSettings(**values), 1, confirmed=confirmed, actor=actor_of(administrator)
        )
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.result) == ("member.update", "refused")
