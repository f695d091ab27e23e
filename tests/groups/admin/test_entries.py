"""Django admin of entries, masters, designated members and contacts (rules 2.7–2.11, 4.5–4.8)."""

from django.test import Client

from accounts.models import Company, Member, Team
from groups.models import Designation, ExternalContact, Group, MailingList, Master, Membership, PhotoDraft
from tests.admin_pages import admin_url, errors, last_entry, said, save
from tests.helpers import shown

MODELS = (Group, Membership, Master, MailingList, Designation, ExternalContact, PhotoDraft)
ADD_GROUP = "/admin/groups/group/add/"


def test_add_and_delete_an_entry(admin: Client, group: Group, insider: Member) -> None:
    """Rule 2.18, by "Edit Members"; entries are not changed."""
    answer = save(admin, admin_url(Membership, "add"), group=group.pk, member=insider.pk)
    assert answer.status_code == 302
    row = Membership.objects.get(group=group, member=insider)
    assert (last_entry().action, last_entry().door) == ("group.edit_members", "admin")
    assert admin.post(admin_url(Membership, "change", row.pk), {}).status_code == 403
    admin.post(admin_url(Membership, "delete", row.pk), {"post": "yes"})
    assert not Membership.objects.filter(pk=row.pk).exists()
    assert shown(last_entry().changes["members_removed"][1]) == ["Ines Insider <ines@hanbit.example>"]


def test_what_is_wrong_with_an_entry(
    admin: Client, group: Group, external_group: Group, team: Team, member: Member, stranger: Member
) -> None:
    """Rules 2.8, 2.9, 2.11."""
    add = admin_url(Membership, "add")
    assert "__all__" in errors(save(admin, add, group=group.pk))
    assert "__all__" in errors(save(admin, add, group=group.pk, team=team.pk, member=member.pk))
    assert "member" in errors(save(admin, add, group=group.pk, member=member.pk))
    assert "member" in errors(save(admin, add, group=group.pk, member=stranger.pk))
    assert "subgroup" in errors(save(admin, add, group=group.pk, subgroup=group.pk))
    assert "team" in errors(save(admin, add, group=external_group.pk, team=team.pk))


def test_the_last_entry_stays(admin: Client, group: Group) -> None:
    """Rule 2.8, also if all are chosen at once."""
    rows = list(group.entries.values_list("pk", flat=True))
    chosen = {"action": "delete_selected", "_selected_action": rows, "post": "yes"}
    answer = admin.post(admin_url(Membership, "changelist"), chosen)
    assert "at least one" in said(admin, answer)
    assert group.entries.count() == 2


def test_masters(admin: Client, group: Group, insider: Member, master: Member) -> None:
    """Rule 2.7: the last one stays."""
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
    """Rule 2.7."""
    Company.objects.update(connecting=Company.Connecting.CHOSEN)
    answer = save(admin, admin_url(Master, "add"), group=external_group.pk, member=insider.pk)
    assert "connect" in errors(answer)["member"][0]


def test_designated_members(admin: Client, group: Group, member: Member, stranger: Member) -> None:
    """Rules 4.5, 4.6."""
    add = admin_url(Designation, "add")
    values = {"mailing_list": group.mailing_list_id, "purpose": "as"}
    assert errors(save(admin, add, member=stranger.pk, **values))
    assert save(admin, add, member=member.pk, **values).status_code == 302
    assert "member" in errors(save(admin, add, member=member.pk, **values))
    row = Designation.objects.get()
    assert (row.member, row.purpose, last_entry().door) == (member, "as", "admin")
    admin.post(admin_url(Designation, "delete", row.pk), {"post": "yes"})
    assert not Designation.objects.exists()


def test_a_team_or_a_group_is_designated(admin: Client, group: Group, team: Team, member: Member) -> None:
    """Rules 4.5, 4.6: one thing a row."""
    add = admin_url(Designation, "add")
    values = {"mailing_list": group.mailing_list_id, "purpose": "to"}
    assert "member" in errors(save(admin, add, **values))
    assert "member" in errors(save(admin, add, member=member.pk, team=team.pk, **values))
    for kind, thing in (("team", team), ("group", group)):
        assert save(admin, add, **{kind: thing.pk}, **values).status_code == 302
        assert "member" in errors(save(admin, add, **{kind: thing.pk}, **values))
    listed = admin.get(admin_url(Designation, "changelist"), {"q": "platform"}).content.decode()
    assert "Platform guild" in listed
    for row in Designation.objects.all():
        admin.post(admin_url(Designation, "delete", row.pk), {"post": "yes"})
    assert not Designation.objects.exists()


def test_external_contacts(admin: Client, group: Group) -> None:
    """Rule 4.8."""
    add = admin_url(ExternalContact, "add")
    values = {"mailing_list": group.mailing_list_id, "name": "A client"}
    assert "email" in errors(save(admin, add, email="no address", **values))
    assert "email" in errors(save(admin, add, email=str(group.address), **values))
    assert save(admin, add, email="Client\u200b@Outside.example.", **values).status_code == 302
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
