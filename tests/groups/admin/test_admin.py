"""Groups in Django admin: superusers can do all of it, by the same rules as on the pages (rule 7)."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from accounts.models import AuditEntry, Company, Member, Team
from groups.models import Designation, ExternalContact, Group, MailingList, Master, Membership, PhotoDraft
from tests.admin_pages import admin_url, client_of, errors, last_entry, said, save
from tests.factories import GroupFactory

MODELS = (Group, Membership, Master, MailingList, Designation, ExternalContact, PhotoDraft)
ADD_GROUP = "/admin/groups/group/add/"


def picture() -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(file, "PNG")
    file.seek(0)
    file.name = "teal.png"
    return file


# Who gets in


@pytest.mark.parametrize("model", MODELS)
def test_nobody_but_superusers_gets_in(
    model: type[Any], administrator: Member, master: Member, member: Member, admin: Client
) -> None:
    """Rule 7."""
    url = admin_url(model, "changelist")
    for person in (administrator, master, member):
        answer = client_of(person).get(url, follow=True)
        assert answer.status_code == 403
    answer = client_of(None).get(url)
    assert answer["Location"] == f"{reverse('account_login')}?next={url}"
    assert admin.get(url).status_code == 200


def test_a_deactivated_superuser_gets_in_no_more(superuser: Member, group: Group) -> None:
    superuser.is_active = False
    superuser.save()
    answer = client_of(superuser).get(admin_url(Group, "changelist"))
    assert answer.status_code == 302


# Adding and changing groups


def test_add_a_group(admin: Client, company: Company, master: Member, member: Member, team: Team) -> None:
    """Rule 2: all of it in one form, audited with the door (rule 8.1)."""
    answer = save(
        admin,
        ADD_GROUP,
        company=company.pk,
        name="  Launch crew ",
        description="Of the launch",
        masters=[master.pk],
        members=[member.pk],
        teams=[team.pk],
        message=True,
        note=True,
        uses_mailing_list=True,
        local_part="launch",
        who_can_send="designated",
        photo=picture(),
    )
    assert answer.status_code == 302
    assert "nobody can send to this list" in said(admin, answer)
    group = Group.objects.get(name="Launch crew")
    assert (group.company, group.kind, group.description) == (company, "internal", "Of the launch")
    assert (group.message, group.note, group.event, group.is_visible) == (True, True, False, True)
    assert str(group.mailing_list) == "launch@hanbit.example"
    assert group.mailing_list is not None
    assert group.mailing_list.who_can_send == "designated"
    assert [each.member for each in group.masters.all()] == [master]
    assert {str(entry) for entry in group.entries.all()} == {str(member), str(team)}
    assert group.photo
    assert (last_entry().action, last_entry().door) == ("group.create", AuditEntry.Door.ADMIN)


def test_add_an_external_group(admin: Client, company: Company, master: Member) -> None:
    """Rule 2.9: no members needed; rule 5.4: always private."""
    save(admin, ADD_GROUP, company=company.pk, name="Joint", kind="external", masters=[master.pk])
    group = Group.objects.get(name="Joint")
    assert (group.is_external, group.is_visible) == (True, False)


def test_a_form_sent_twice_adds_one_group(
    admin: Client, company: Company, master: Member, member: Member
) -> None:
    key = "0b5d7c5e-3f43-4c7e-9a1b-1b0c0d0e0f00"
    values = {"company": company.pk, "name": "Once", "masters": [master.pk], "members": [member.pk]}
    for _time in range(2):
        assert save(admin, ADD_GROUP, form_key=key, **values).status_code == 302
    assert Group.objects.filter(name="Once").count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "PLATFORM guild"}, "name"),
        ({"name": "\u200b"}, "name"),
        ({"name": "n" * 101}, "name"),
        ({"name": "nul\x00"}, "name"),
        ({"description": "d" * 301}, "description"),
        ({"masters": []}, "masters"),
        ({"masters": ["9" * 30]}, "masters"),
        ({"members": []}, "members"),
        ({"members": ["abc"]}, "members"),
        ({"company": "abc"}, "company"),
        ({"company": "9" * 30}, "company"),
        ({"kind": "secret"}, "kind"),
        ({"task": True}, "message"),
        ({"kind": "external", "message": True, "task": True}, "__all__"),
        ({"uses_mailing_list": True}, "local_part"),
        ({"local_part": "Upper"}, "local_part"),
        ({"local_part": "momo"}, "local_part"),
        ({"local_part": "fine", "domain": "9" * 30}, "domain"),
        ({"form_key": "nonsense"}, "form_key"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    admin: Client, group: Group, master: Member, member: Member, changes: dict[str, Any], field: str
) -> None:
    """Nothing is saved, and what was typed is still there."""
    values = {"company": group.company_id, "name": "Fresh", "masters": [master.pk], "members": [member.pk]}
    answer = save(admin, ADD_GROUP, **(values | changes))
    assert list(errors(answer)) == [field]
    assert Group.objects.count() == 1
    assert not AuditEntry.objects.exists()


def test_people_of_other_companies_are_refused(
    admin: Client, company: Company, master: Member, stranger: Member
) -> None:
    """Rule 2.8: also a superuser keeps companies apart."""
    values = {"company": company.pk, "name": "Mixed", "masters": [master.pk]}
    assert "members" in errors(save(admin, ADD_GROUP, members=[stranger.pk], **values))


def test_the_plan_s_limit_holds(
    admin: Client, company: Company, master: Member, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 2.2."""
    monkeypatch.setitem(Company.GROUP_LIMITS, Company.Plan.PAID, 0)
    values = {"company": company.pk, "name": "One more", "masters": [master.pk], "members": [member.pk]}
    assert "“Paid”" in str(errors(save(admin, ADD_GROUP, **values)))


def test_without_core_no_external_group(admin: Client, company: Company, master: Member) -> None:
    """Rule 2.3; the refusal is audited."""
    Company.objects.update(has_core=False)
    values = {"company": company.pk, "name": "Joint", "kind": "external", "masters": [master.pk]}
    assert "Core" in str(errors(save(admin, ADD_GROUP, **values)))
    assert (last_entry().result, last_entry().door) == ("refused", "admin")


def test_change_a_group(admin: Client, group: Group, insider: Member, private_group: Group) -> None:
    url = admin_url(Group, "change", group.pk)
    answer = save(admin, url, name="Renamed", note=True, members=[insider.pk], subgroups=[private_group.pk])
    assert answer.status_code == 302
    group.refresh_from_db()
    assert (group.name, group.note, group.version) == ("Renamed", True, 2)
    assert group.address == "platform@hanbit.example"
    assert {entry.member or entry.team or entry.subgroup for entry in group.entries.all()} >= {
        insider,
        private_group,
    }
    assert group.entries.count() == 3
    assert (last_entry().action, last_entry().door) == ("group.edit", "admin")


def test_saving_unchanged_changes_nothing(admin: Client, group: Group, external_group: Group) -> None:
    for each in (group, external_group):
        assert save(admin, admin_url(Group, "change", each.pk)).status_code == 302
        each.refresh_from_db()
        assert each.version == 1
    assert external_group.entries.count() == 2
    assert not AuditEntry.objects.exists()


def test_the_later_of_two_is_told(admin: Client, group: Group) -> None:
    """Rule 2.18."""
    url = admin_url(Group, "change", group.pk)
    assert save(admin, url, name="First").status_code == 302
    answer = save(admin, url, name="Second", version=1)
    assert "Reload" in errors(answer)["__all__"][0]
    assert 'value="Second"' in answer.content.decode()
    group.refresh_from_db()
    assert group.name == "First"


def test_no_loop(admin: Client, group: Group, company: Company, master: Member) -> None:
    """Rule 2.11."""
    outer = GroupFactory.create(company=company, name="Outer", masters=[master], subgroups=[group])
    answer = save(admin, admin_url(Group, "change", group.pk), subgroups=[outer.pk])
    assert "Outer" in errors(answer)["members"][0]


def test_the_last_master_stays(admin: Client, group: Group) -> None:
    """Rule 2.7."""
    assert "masters" in errors(save(admin, admin_url(Group, "change", group.pk), masters=[]))


def test_an_external_group_offers_what_it_can_have(admin: Client, external_group: Group) -> None:
    """Rules 3.1, 4.9."""
    page = admin.get(admin_url(Group, "change", external_group.pk))
    gone = {"task", "uses_mailing_list", "local_part", "is_visible", "teams", "subgroups", "who_can_send"}
    assert not gone & page.context["adminform"].form.fields.keys()


def test_entries_of_a_large_group_are_changed_one_by_one(
    admin: Client, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groups.admin.group.ENTRIES_IN_FORM", 1)
    url = admin_url(Group, "change", group.pk)
    page = admin.get(url)
    assert "members" not in page.context["adminform"].form.fields
    assert f"/admin/groups/membership/?group={group.pk}" in page.content.decode()
    assert save(admin, url, name="Renamed").status_code == 302
    assert group.entries.count() == 2


def test_photo(admin: Client, group: Group, media: Path) -> None:
    """Rule 2.6."""
    url = admin_url(Group, "change", group.pk)
    fake = io.BytesIO(b"GIF89a no picture")
    fake.name = "fake.gif"
    assert "photo" in errors(save(admin, url, photo=fake, name="Renamed"))
    assert save(admin, url, photo=picture()).status_code == 302
    group.refresh_from_db()
    assert str(group.photo.name).endswith(".webp")
    assert save(admin, url, removes_photo=True).status_code == 302
    group.refresh_from_db()
    assert not group.photo


# Deleting and restoring


def test_delete_is_recently_deleted(admin: Client, group: Group) -> None:
    """Rule 2.17: it is not gone for good, and the page says first what is touched."""
    outer = GroupFactory.create(company=group.company, name="Outer", subgroups=[group])
    url = admin_url(Group, "delete", group.pk)
    page = admin.get(url).content.decode()
    for touched in ("2 people", "platform@hanbit.example", outer.name, "30 days"):
        assert touched in page
    assert admin.post(url, {"post": "yes"}).status_code == 302
    group.refresh_from_db()
    assert group.deleted_at
    assert (last_entry().action, last_entry().door) == ("group.delete", "admin")
    assert admin.get(url).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [group.pk], "post": "yes"}
    answer = admin.post(admin_url(Group, "changelist"), chosen)
    assert "already deleted" in said(admin, answer)


def test_delete_selected_is_all_or_nothing(admin: Client, group: Group, deleted_group: Group) -> None:
    chosen = {"action": "delete_selected", "_selected_action": [group.pk, deleted_group.pk], "post": "yes"}
    answer = admin.post(admin_url(Group, "changelist"), chosen)
    assert "already deleted" in said(admin, answer)
    group.refresh_from_db()
    assert group.deleted_at is None


def test_restore_selected(admin: Client, deleted_group: Group, company: Company) -> None:
    """Rule 2.17: those whose name is taken stay, with the reason."""
    taken = GroupFactory.create(company=company, name="Taken", deleted=True)
    GroupFactory.create(company=company, name="taken")
    chosen = {"action": "restore_selected", "_selected_action": [deleted_group.pk, taken.pk]}
    answer = admin.post(admin_url(Group, "changelist") + "?standing=deleted", chosen)
    text = said(admin, answer)
    assert "1 group restored" in text
    assert "already has a group with this name" in text
    assert list(Group.objects.deleted()) == [taken]
    assert "group.restore" in AuditEntry.objects.values_list("action", flat=True)


def test_restore_under_another_name(admin: Client, deleted_group: Group, company: Company) -> None:
    GroupFactory.create(company=company, name="OLD things")
    url = admin_url(Group, "change", deleted_group.pk)
    assert "name" in errors(save(admin, url))
    assert save(admin, url, name="Older things").status_code == 302
    deleted_group.refresh_from_db()
    assert (deleted_group.name, deleted_group.deleted_at) == ("Older things", None)


def test_who_changes_what_was_deleted_meanwhile_restores_nothing(admin: Client, group: Group) -> None:
    url = admin_url(Group, "change", group.pk)
    typed = {"name": "Renamed", "version": "1", "masters": [group.masters.get().member_id]}
    admin.post(admin_url(Group, "delete", group.pk), {"post": "yes"})
    assert "deleted" in errors(admin.post(url, typed))["__all__"][0]
    group.refresh_from_db()
    assert group.deleted_at
    assert save(admin, url).status_code == 302
    group.refresh_from_db()
    restored = Group.objects.live().get(pk=group.pk)
    assert restored.address == "platform@hanbit.example"
    assert admin.post(url, {"restores": "True", "name": "Renamed"}).status_code == 200


@pytest.mark.parametrize(
    ("standing", "names"),
    [("live", {"Platform guild", "Nobody's"}), ("deleted", {"Old things"}), ("no-master", {"Nobody's"})],
)
def test_filters(admin: Client, group: Group, deleted_group: Group, standing: str, names: set[str]) -> None:
    GroupFactory.create(company=group.company, name="Nobody's")
    page = admin.get(admin_url(Group, "changelist"), {"standing": standing})
    assert {each.name for each in page.context["cl"].result_list} == names
