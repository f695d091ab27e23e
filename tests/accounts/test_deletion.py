"""People and companies that are deleted for good (rules 2.15, 2.16, 2.22, 8.3)."""

import re
from pathlib import Path

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.actions.deletion import delete_company, delete_member, touches_of_member
from accounts.actor import Actor, Door, Refused
from accounts.models import Address, AuditEntry, Company, FailureCount, Member, Team, WebhookDelivery
from groupadmin.base.errors import Invalid
from groups.models import Group, Mail, Notice, Outage
from tests.factories import CompanyFactory, DomainFactory, GroupFactory, MemberFactory
from tests.full_company import full_company, models_of_ours
from tests.helpers import ActorOf, ClientOf

from .pages import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(superuser: Member) -> Actor:
    return Actor(superuser, Door.ADMIN, "192.0.2.1")


def test_a_person_leaves_all_groups_and_frees_their_addresses(
    group: Group,
    external_group: Group,
    deleted_group: Group,
    member: Member,
    administrator: Member,
    actor_of: ActorOf,
) -> None:
    """Rule 2.15: with an entry in the audit of each group; the last one keeps what the person was called."""
    lonely = GroupFactory.create(company=member.company, masters=[member], members=[member])
    delete_member(member, actor=actor_of(administrator))
    assert not Member.objects.filter(pk=member.pk).exists()
    assert not Address.objects.filter(local_part="momo").exists()
    left = {"Platform guild", "Joint venture", "Old things", lonely.name}
    entries = AuditEntry.objects.filter(target_kind="group")
    assert set(entries.values_list("target_name", flat=True)) == left
    for entry in entries:
        assert entry.changes["members_removed"][1][0]["name"] == "Momo Member"
        assert entry.target_version == 2
    assert entries.get(target_name="Joint venture").action == "group.leave_by_rule"
    assert entries.get(target_id=lonely.pk).changes["masters"][1] == []
    lonely.refresh_from_db()
    assert lonely.version == 2
    assert not lonely.entries.exists()
    gone = AuditEntry.objects.get(action="member.delete")
    assert gone.changes["email"] == ["momo@hanbit.example", None]
    assert gone.target_name == "Momo Member"


def test_says_what_it_touches(
    group: Group, external_group: Group, team: Team, master: Member, member: Member
) -> None:
    touches = touches_of_member(member)
    assert (touches.groups, touches.masterships, touches.teams) == (2, 0, 0)
    touches = touches_of_member(master)
    assert (touches.groups, touches.masterships, touches.without_master) == (0, 2, 2)
    assert touches.addresses == ["mira@hanbit.example"]


def test_whom_nobody_deletes(
    company: Company, administrator: Member, member: Member, superuser: Member, actor_of: ActorOf
) -> None:
    """Not oneself, not the last administrator, superusers in Django admin only; by members nobody (7)."""
    with pytest.raises(Refused):
        delete_member(administrator, actor=actor_of(administrator))
    with pytest.raises(Refused):
        delete_member(administrator, actor=actor_of(member))
    with pytest.raises(Invalid):
        delete_member(administrator, actor=Actor(superuser, Door.ADMIN))
    root = MemberFactory.create(company=company, is_superuser=True)
    with pytest.raises(Refused):
        delete_member(root, actor=actor_of(administrator))
    delete_member(root, actor=Actor(superuser, Door.ADMIN))
    assert Member.objects.filter(pk=administrator.pk).exists()


def test_the_page_asks_first(
    administrator: Member, member: Member, group: Group, client_of: ClientOf
) -> None:
    client: Client = client_of(administrator)
    url = reverse("accounts:member_delete", args=[member.pk])
    assert url in text_of(client.get(reverse("accounts:member_edit", args=[member.pk])))
    shown = text_of(client.get(url))
    assert "momo@hanbit.example" in shown
    assert "They leave <strong>1 group</strong> they were added to directly" in shown
    # Rule 10.12: the name is typed, as it is final.
    for typed in ({}, {"typed": "Somebody else"}):
        answer = client.post(url, typed)
        assert answer.status_code == 422
        assert re.search(r'aria-invalid="true"\s+aria-describedby="typed_error"', text_of(answer))
    assert client.post(url, {"typed": f" {member.name.upper()} "})["Location"] == reverse(
        "accounts:member_list"
    )
    assert not Member.objects.filter(pk=member.pk).exists()


def test_oneself_is_not_offered(administrator: Member, client_of: ClientOf) -> None:
    client = client_of(administrator)
    url = reverse("accounts:member_delete", args=[administrator.pk])
    assert url not in text_of(client.get(reverse("accounts:member_edit", args=[administrator.pk])))
    assert client.post(url, {"typed": administrator.name}).status_code == 403


def test_a_company_goes_with_everything_and_leaves_others_groups(
    admin: Actor, media: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    """Rules 2.15, 8.3: others keep all of theirs, but for places in groups; the audits stay."""
    ours, theirs = full_company("Birch"), full_company("Maple")
    shared = GroupFactory.create(
        company=theirs.company,
        name="Shared",
        external=True,
        masters=[ours.master],
        members=[ours.member, theirs.member],
    )
    GroupFactory.create(company=ours.company, name="Also shared", external=True, members=[theirs.member])
    files = {path for path in media.rglob("*") if path.is_file()}
    kept = {model: _rows_of(model, "Maple") for model in models_of_ours()}
    DomainFactory.create(company=ours.company, name="maple.example", state="claimed")
    with django_capture_on_commit_callbacks(execute=True):
        left = delete_company(ours.company, actor=admin)
    assert not Company.objects.filter(pk=ours.company.pk).exists()
    assert left.without_master >= 1
    assert [entry.member for entry in shared.entries.all()] == [theirs.member]
    for model, rows in kept.items():
        assert _rows_of(model, "Maple") >= rows, model
        # Counts name nobody, outages are the installation's, and others' webhooks are told who left.
        if model not in (AuditEntry, FailureCount, Mail, Notice, Outage, WebhookDelivery):
            assert not _rows_of(model, "Birch"), model
    ours_left = WebhookDelivery.objects.exclude(webhook__company=theirs.company)
    assert not ours_left.exists()
    remaining = {path for path in media.rglob("*") if path.is_file()}
    assert 0 < len(remaining) < len(files)
    assert AuditEntry.objects.filter(company_id=ours.company.pk, action="group.edit").exists()
    in_both = AuditEntry.objects.filter(action="group.leave_by_rule", target_id=shared.pk)
    assert set(in_both.values_list("company_id", flat=True)) == {ours.company.pk, theirs.company.pk}
    assert Notice.objects.filter(kind="left_by_rule", notifications__member=theirs.member).exists()


def _rows_of(model: type[Model], mark: str) -> set[object]:
    """The rows in which the mark stands somewhere."""
    return {
        row["pk"]
        for row in model._default_manager.values("pk", *_fields(model))
        if mark.lower() in str(row).lower()
    }


def _fields(model: type[Model]) -> list[str]:
    return [field.name for field in model._meta.concrete_fields if not field.primary_key]


def test_only_superusers_delete_companies(
    company: Company, administrator: Member, superuser: Member, actor_of: ActorOf, admin: Actor
) -> None:
    """Rule 7; and not with superusers in it."""
    for actor in (actor_of(administrator), actor_of(superuser)):
        with pytest.raises(Refused):
            delete_company(company, actor=actor)
    MemberFactory.create(company=company, is_superuser=True)
    with pytest.raises(Invalid):
        delete_company(company, actor=admin)
    assert Company.objects.filter(pk=company.pk).exists()
    delete_company(CompanyFactory.create(), actor=admin)
