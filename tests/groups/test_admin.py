"""Groups in Django admin: superusers can do all of it, by the same rules as on the pages (spec 7)."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from accounts.models import AuditEntry, Company, Member, Team
from groupadmin.text import isolated
from groups.models import Designation, ExternalContact, Group, MailingList, Master, Membership, PhotoDraft
from tests.admin_pages import admin_url, client_of, errors, last_entry, said, save
from tests.factories import (
    CompanyFactory,
    DesignationFactory,
    ExternalContactFactory,
    GroupFactory,
    MemberFactory,
)

MODELS = (Group, Membership, Master, MailingList, Designation, ExternalContact, PhotoDraft)
ADD_GROUP = "/admin/groups/group/add/"


@pytest.fixture
def admin(superuser: Member) -> Client:
    """The superuser's browser."""
    return client_of(superuser)


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
    """Spec 7."""
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
    """Spec 2: all of it in one form, audited with the door (spec 8.1)."""
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
    """Spec 2.9: no members needed; spec 5.4: always private."""
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
    """Spec 2.8: also a superuser keeps companies apart."""
    values = {"company": company.pk, "name": "Mixed", "masters": [master.pk]}
    assert "members" in errors(save(admin, ADD_GROUP, members=[stranger.pk], **values))


def test_the_plan_s_limit_holds(
    admin: Client, company: Company, master: Member, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spec 2.2."""
    monkeypatch.setitem(Company.GROUP_LIMITS, Company.Plan.PAID, 0)
    values = {"company": company.pk, "name": "One more", "masters": [master.pk], "members": [member.pk]}
    assert "“Paid”" in str(errors(save(admin, ADD_GROUP, **values)))


def test_without_core_no_external_group(admin: Client, company: Company, master: Member) -> None:
    """Spec 2.3; the refusal is audited."""
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
    """Spec 2.18."""
    url = admin_url(Group, "change", group.pk)
    assert save(admin, url, name="First").status_code == 302
    answer = save(admin, url, name="Second", version=1)
    assert "Reload" in errors(answer)["__all__"][0]
    assert 'value="Second"' in answer.content.decode()
    group.refresh_from_db()
    assert group.name == "First"


def test_no_loop(admin: Client, group: Group, company: Company, master: Member) -> None:
    """Spec 2.11."""
    outer = GroupFactory.create(company=company, name="Outer", masters=[master], subgroups=[group])
    answer = save(admin, admin_url(Group, "change", group.pk), subgroups=[outer.pk])
    assert "Outer" in errors(answer)["members"][0]


def test_the_last_master_stays(admin: Client, group: Group) -> None:
    """Spec 2.7."""
    assert "masters" in errors(save(admin, admin_url(Group, "change", group.pk), masters=[]))


def test_an_external_group_offers_what_it_can_have(admin: Client, external_group: Group) -> None:
    """Spec 3.1, 4.9."""
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
    """Spec 2.6."""
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
    """Spec 2.17: it is not gone for good, and the page says first what is touched."""
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
    assert "deleted already" in said(admin, answer)


def test_delete_selected_is_all_or_nothing(admin: Client, group: Group, deleted_group: Group) -> None:
    chosen = {"action": "delete_selected", "_selected_action": [group.pk, deleted_group.pk], "post": "yes"}
    answer = admin.post(admin_url(Group, "changelist"), chosen)
    assert "deleted already" in said(admin, answer)
    group.refresh_from_db()
    assert group.deleted_at is None


def test_restore_selected(admin: Client, deleted_group: Group, company: Company) -> None:
    """Spec 2.17: those whose name is taken stay, with the reason."""
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


# Entries, masters, designated members, contacts


def test_add_and_delete_an_entry(admin: Client, group: Group, insider: Member) -> None:
    """Spec 2.18, by "Edit Members"; entries are not changed."""
    answer = save(admin, admin_url(Membership, "add"), group=group.pk, member=insider.pk)
    assert answer.status_code == 302
    row = Membership.objects.get(group=group, member=insider)
    assert (last_entry().action, last_entry().door) == ("group.edit_members", "admin")
    assert admin.post(admin_url(Membership, "change", row.pk), {}).status_code == 403
    admin.post(admin_url(Membership, "delete", row.pk), {"post": "yes"})
    assert not Membership.objects.filter(pk=row.pk).exists()
    assert last_entry().changes == {"members_removed": [None, ["Ines Insider <ines@hanbit.example>"]]}


def test_what_is_wrong_with_an_entry(
    admin: Client, group: Group, external_group: Group, team: Team, member: Member, stranger: Member
) -> None:
    """Spec 2.8, 2.9, 2.11."""
    add = admin_url(Membership, "add")
    assert "__all__" in errors(save(admin, add, group=group.pk))
    assert "__all__" in errors(save(admin, add, group=group.pk, team=team.pk, member=member.pk))
    assert "member" in errors(save(admin, add, group=group.pk, member=member.pk))
    assert "member" in errors(save(admin, add, group=group.pk, member=stranger.pk))
    assert "subgroup" in errors(save(admin, add, group=group.pk, subgroup=group.pk))
    assert "team" in errors(save(admin, add, group=external_group.pk, team=team.pk))


def test_the_last_entry_stays(admin: Client, group: Group) -> None:
    """Spec 2.8, also if all are chosen at once."""
    rows = list(group.entries.values_list("pk", flat=True))
    chosen = {"action": "delete_selected", "_selected_action": rows, "post": "yes"}
    answer = admin.post(admin_url(Membership, "changelist"), chosen)
    assert "at least one" in said(admin, answer)
    assert group.entries.count() == 2


def test_masters(admin: Client, group: Group, insider: Member, master: Member) -> None:
    """Spec 2.7: the last one stays."""
    last = group.masters.get()
    answer = admin.post(admin_url(Master, "delete", last.pk), {"post": "yes"})
    assert "at least one master" in said(admin, answer)
    assert save(admin, admin_url(Master, "add"), group=group.pk, member=insider.pk).status_code == 302
    assert last_entry().door == "admin"
    admin.post(admin_url(Master, "delete", last.pk), {"post": "yes"})
    assert [each.member for each in group.masters.all()] == [insider]


def test_a_master_of_an_external_group_connects(
    admin: Client, external_group: Group, insider: Member
) -> None:
    """Spec 2.7."""
    Company.objects.update(connecting=Company.Connecting.CHOSEN)
    answer = save(admin, admin_url(Master, "add"), group=external_group.pk, member=insider.pk)
    assert "connect" in errors(answer)["member"][0]


def test_designated_members(admin: Client, group: Group, member: Member, stranger: Member) -> None:
    """Spec 4.5, 4.6."""
    add = admin_url(Designation, "add")
    values = {"mailing_list": group.mailing_list_id, "purpose": "as"}
    assert errors(save(admin, add, member=stranger.pk, **values))
    assert save(admin, add, member=member.pk, **values).status_code == 302
    assert "member" in errors(save(admin, add, member=member.pk, **values))
    row = Designation.objects.get()
    assert (row.member, row.purpose, last_entry().door) == (member, "as", "admin")
    admin.post(admin_url(Designation, "delete", row.pk), {"post": "yes"})
    assert not Designation.objects.exists()


def test_external_contacts(admin: Client, group: Group) -> None:
    """Spec 4.8."""
    add = admin_url(ExternalContact, "add")
    values = {"mailing_list": group.mailing_list_id, "name": "A client"}
    assert "email" in errors(save(admin, add, email="no address", **values))
    assert save(admin, add, email="Client@Outside.example", **values).status_code == 302
    row = ExternalContact.objects.get()
    assert (row.email, row.name) == ("client@outside.example", "A client")
    assert "email" in errors(save(admin, add, email="client@outside.example", **values))
    chosen = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    admin.post(admin_url(ExternalContact, "changelist"), chosen)
    assert not ExternalContact.objects.exists()
    assert last_entry().action == "group.edit"


def test_lists_and_drafts_are_only_looked_at(admin: Client, group: Group, master: Member) -> None:
    draft = PhotoDraft.objects.create(member=master, photo="drafts/x.webp", photo_small="drafts/y.webp")
    assert group.mailing_list is not None
    for row in (group.mailing_list, draft):
        assert admin.get(admin_url(type(row), "change", row.pk)).status_code == 200
        assert admin.get(admin_url(type(row), "add")).status_code == 403
        assert admin.post(admin_url(type(row), "change", row.pk), {}).status_code == 403
        assert admin.post(admin_url(type(row), "delete", row.pk), {"post": "yes"}).status_code == 403


# Quick, and robust


def fill(company: Company, times: int) -> None:
    for _ in range(times):
        person = MemberFactory.create(company=company)
        group = GroupFactory.create(
            company=company, listed=True, masters=[person], members=[person], subgroups=[]
        )
        DesignationFactory.create(mailing_list=group.mailing_list, member=person)
        ExternalContactFactory.create(mailing_list=group.mailing_list)
        PhotoDraft.objects.create(member=person)


@pytest.mark.parametrize("model", MODELS)
def test_a_list_asks_no_more_for_more_rows(admin: Client, company: Company, model: type[Any]) -> None:
    url = admin_url(model, "changelist")
    counts = []
    for _ in range(2):
        fill(company, 3)
        admin.get(url)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            admin.get(url)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("search", [{}, {"q": "group"}])
def test_a_list_counts_nothing_to_its_end(admin: Client, company: Company, search: dict[str, str]) -> None:
    fill(company, 2)
    for model in MODELS:
        with CaptureQueriesContext(connection) as queries:
            admin.get(admin_url(model, "changelist"), search)
        counting = [query["sql"] for query in queries if "COUNT(" in query["sql"].upper()]
        assert counting
        assert all("LIMIT" in sql for sql in counting), counting


def test_where_a_list_is_cut_it_says_so(
    admin: Client, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groupadmin.admin.lists.COUNTED_AT_MOST", 2)
    fill(company, 3)
    assert "Only the first 2" in admin.get(admin_url(Group, "changelist")).content.decode()


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("PLATFORM", True),
        ("ｐｌａｔｆｏｒｍ", True),
        ("platform@hanbit", True),
        ("guild", True),
        ("nothing", False),
        ("100%", False),
        ("' OR 1=1 --", False),
        ("pl\x00at", False),
        ("x" * 100_000, False),
        ("\u202e{{ 7*7 }}<script>", False),
    ],
)
def test_search(admin: Client, group: Group, term: str, found: bool) -> None:
    if "\x00" not in term:
        page = admin.get(admin_url(Group, "changelist"), {"q": term})
        assert [each.pk for each in page.context["cl"].result_list] == ([group.pk] if found else [])
    assert bool(options(admin, Membership, "group", term)["results"]) == found


@pytest.mark.parametrize(
    ("model", "term", "found"),
    [
        (Membership, "momo@han", 1),
        (Membership, "ＰＬＡＴＦＯＲＭ", 2),
        (Membership, "guild", 2),
        (Master, "mira", 1),
        (Master, "guild", 1),
        (MailingList, "platform@hanbit", 1),
        (MailingList, "guild", 1),
        (Designation, "momo", 1),
        (Designation, "platform", 1),
        (ExternalContact, "CLIENT", 1),
    ],
)
def test_search_what_points_to_people_and_groups(
    admin: Client, group: Group, member: Member, model: type[Any], term: str, found: int
) -> None:
    DesignationFactory.create(mailing_list=group.mailing_list, member=member)
    ExternalContactFactory.create(mailing_list=group.mailing_list, email="client@outside.example")
    for search, count in ((term, found), ("nothing", 0)):
        page = admin.get(admin_url(model, "changelist"), {"q": search})
        assert len(page.context["cl"].result_list) == count


def options(client: Client, model: type[Any], field: str, term: str, **more: str) -> Any:
    source = {"app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": field}
    return client.get(reverse("admin:autocomplete"), source | {"term": term} | more).json()


def test_autocomplete_tells_namesakes_apart(admin: Client, company: Company, group: Group) -> None:
    other = MemberFactory.create(company=company, name="Momo Member")
    texts = [option["text"] for option in options(admin, Membership, "member", "momo")["results"]]
    assert texts == [f"Momo Member <{other.email}>", "Momo Member <momo@hanbit.example>"]
    text = options(admin, Membership, "group", "guild")["results"][0]["text"]
    assert text == f"{isolated('Platform guild')} · {isolated('Hanbit')}"


NASTY = ["abc", "9" * 30, "-1", "\x00", "1\x00", "' OR 1=1", "\ud800".encode("utf-16", "surrogatepass").hex()]


@pytest.mark.parametrize("value", NASTY)
@pytest.mark.parametrize("model", MODELS)
def test_nasty_addresses_and_forms_never_break(
    admin: Client, group: Group, model: type[Any], value: str
) -> None:
    admin.raise_request_exception = False
    changelist = admin_url(model, "changelist")
    for key in ("q", "p", "o", "all", "group", "company", "member", "kind__exact", "id__in", "name__regex"):
        assert admin.get(changelist, {key: value}).status_code in (200, 302, 400), key
    for view in ("change", "delete", "history"):
        path = admin_url(model, "changelist") + f"{value.replace(chr(0), '%00')}/{view}/"
        assert admin.get(path).status_code in (302, 403, 404)
    chosen = {"action": "delete_selected", "_selected_action": [value], "index": value}
    assert admin.post(changelist, chosen).status_code in (200, 302)
    page = admin.get(admin_url(model, "add"))
    if page.status_code == 200:
        names = page.context["adminform"].form.fields
        assert admin.get(admin_url(model, "add"), dict.fromkeys(names, value)).status_code == 200
        assert admin.post(admin_url(model, "add"), dict.fromkeys(names, value)).status_code == 200


@pytest.mark.parametrize("value", NASTY)
def test_nasty_autocompletes_never_break(admin: Client, group: Group, value: str) -> None:
    admin.raise_request_exception = False
    good = {"app_label": "groups", "model_name": "membership", "field_name": "member", "term": "m"}
    for key in (*good, "page"):
        answer = admin.get(reverse("admin:autocomplete"), good | {key: value})
        assert answer.status_code in (200, 403, 404), key


def test_nasty_names_are_shown_as_they_are(admin: Client, company: Company, master: Member) -> None:
    """Spec 2.4."""
    name = '<script>alert(1)</script>{{ x }} "\u202eevil'
    GroupFactory.create(company=company, name=name, masters=[master])
    text = admin.get(admin_url(Group, "changelist")).content.decode()
    assert "<script>alert" not in text
    assert (
        '<bdi class="name">&lt;script&gt;alert(1)&lt;/script&gt;{{ x }} &quot;\u202eevil\u202c</bdi>' in text
    )


def test_two_companies(admin: Client, group: Group) -> None:
    """A list reduced to one company shows that one only."""
    other = CompanyFactory.create(name="Elsewhere")
    GroupFactory.create(company=other)
    page = admin.get(admin_url(Group, "changelist"), {"company": group.company_id})
    assert [each.pk for each in page.context["cl"].result_list] == [group.pk]
