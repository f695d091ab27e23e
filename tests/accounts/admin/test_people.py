"""People in Django admin (rules 1.2, 1.6, 2.15, 7)."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Address, AuditEntry, Company, Member, Team
from groups.models import Group
from tests.admin_pages import admin_url, errors, last_entry, said, save
from tests.factories import PASSWORD, AddressFactory


def test_add_a_member(admin: Client, company: Company, team: Team) -> None:
    answer = save(
        admin,
        admin_url(Member, "add"),
        company=company.pk,
        name="Neu",
        email="Neu@Hanbit.example",
        aliases="new@hanbit.example\nneo@hanbit.example\n",
        teams=[team.pk],
        is_administrator=True,
    )
    assert answer.status_code == 302
    neu = Member.objects.get(email="neu@hanbit.example")
    assert (neu.company, neu.is_administrator, neu.has_usable_password()) == (company, True, False)
    assert {str(address) for address in neu.addresses.all()} == {
        "neu@hanbit.example",
        "new@hanbit.example",
        "neo@hanbit.example",
    }
    assert list(neu.teams.all()) == [team]
    done = AuditEntry.objects.order_by("pk").values_list("action", "door")
    assert [*done][-2:] == [("member.add", "admin"), ("member.send_sign_in_mail", "admin")]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "\u2800"}, "name"),
        ({"email": "momo@hanbit.example"}, "email"),
        ({"email": "neu@nordlicht.example"}, "email"),
        ({"email": "no address"}, "email"),
        ({"email": "platform@hanbit.example"}, "email"),
        ({"aliases": "momo@hanbit.example"}, "aliases"),
        ({"aliases": "nobody\x00"}, "aliases"),
        ({"aliases": "a@b@c\n\n@@"}, "aliases"),
        ({"company": ""}, "is_administrator"),
        ({"company": "9" * 40}, "company"),
        ({"teams": ["9" * 40]}, "teams"),
        ({"teams": ["0"]}, "teams"),
    ],
)
def test_what_is_wrong_with_a_member(
    admin: Client, company: Company, member: Member, group: Group, changes: dict[str, Any], field: str
) -> None:
    """Rule 1.6."""
    known = Member.objects.count()
    values = {"company": company.pk, "name": "Neu", "email": "neu@hanbit.example", "is_administrator": True}
    assert list(errors(save(admin, admin_url(Member, "add"), **(values | changes)))) == [field]
    assert Member.objects.count() == known


def test_change_a_member(admin: Client, member: Member, administrator: Member) -> None:
    url = admin_url(Member, "change", member.pk)
    changes = {"name": "Momo 2", "email": "mo@hanbit.example", "is_superuser": True, "is_active": False}
    answer = save(admin, url, **changes, confirmed="yes")
    assert answer.status_code == 302
    member.refresh_from_db()
    assert (member.name, member.email) == ("Momo 2", "mo@hanbit.example")
    assert (member.is_superuser, member.is_active) == (True, False)
    assert str(member.addresses.get()) == "mo@hanbit.example"
    actions = set(AuditEntry.objects.values_list("action", "door"))
    assert actions == {
        (f"{name}", "admin") for name in ("member.update", "superuser.set", "member.deactivate")
    }
    assert save(admin, url, is_active=True, is_superuser=False).status_code == 302
    member.refresh_from_db()
    assert (member.is_superuser, member.is_active) == (False, True)
    assert save(admin, url).status_code == 302
    assert AuditEntry.objects.count() == 5


def test_the_last_administrator_stays(admin: Client, administrator: Member) -> None:
    url = admin_url(Member, "change", administrator.pk)
    assert "is_administrator" in errors(save(admin, url, is_administrator=False))
    assert "is_active" in errors(save(admin, url, is_active=False, name="Renamed"))
    administrator.refresh_from_db()
    assert (administrator.name, administrator.is_active) == ("Ada Administrator", True)


def test_superusers_of_the_installation(admin: Client, superuser: Member, member: Member) -> None:
    """Rule 1.2; rule 1.6: no address twice, not even outside the companies."""
    add = admin_url(Member, "add")
    assert "email" in errors(save(admin, add, name="Two", email="momo@hanbit.example"))
    assert save(admin, add, name="Two", email="Two@installation.example").status_code == 302
    two = Member.objects.get(name="Two")
    assert (two.is_superuser, two.company, two.email) == (True, None, "two@installation.example")
    assert save(admin, admin_url(Member, "change", two.pk), is_active=False).status_code == 302
    two.refresh_from_db()
    assert not two.is_active
    own = admin_url(Member, "change", superuser.pk)
    assert "is_active" in errors(save(admin, own, is_active=False))
    assert "email" in errors(save(admin, own, email="two@installation.example"))


def test_delete_a_person(admin: Client, member: Member, superuser: Member, external_group: Group) -> None:
    """Rule 2.15; but nobody without a company."""
    url = admin_url(Member, "delete", member.pk)
    assert "momo@hanbit.example" in admin.get(url).content.decode()
    assert admin.post(url, {"post": "yes"}).status_code == 302
    assert not Member.objects.filter(pk=member.pk).exists()
    answer = admin.post(admin_url(Member, "delete", superuser.pk), {"post": "yes"})
    assert "is not in any company" in said(admin, answer)


def test_set_a_password(admin: Client, member: Member) -> None:
    url = f"/admin/accounts/member/{member.pk}/password/"
    page = admin.get(admin_url(Member, "change", member.pk)).content.decode()
    assert 'href="../password/"' in page
    new = "another horse battery staple"
    assert (
        admin.post(url, {"password1": new, "password2": "other", "usable_password": "true"}).status_code
        == 200
    )
    assert not AuditEntry.objects.exists()
    answer = admin.post(url, {"password1": new, "password2": new, "usable_password": "true"})
    assert answer.status_code == 302
    member.refresh_from_db()
    assert member.check_password(new)
    assert not member.check_password(PASSWORD)
    assert (last_entry().action, last_entry().door, last_entry().changes) == (
        "member.set_password",
        "admin",
        {},
    )


@pytest.mark.parametrize(
    ("term", "found"),
    [("MOMO", True), ("momo@hanbit", True), ("moon", True), ("moon@hanbit.ex", True), ("x%", False)],
)
def test_search_people(admin: Client, member: Member, term: str, found: bool) -> None:
    AddressFactory.create(company=member.company, local_part="moon", kind=Address.Kind.ALIAS, member=member)
    page = admin.get(admin_url(Member, "changelist"), {"q": term})
    assert [each.pk for each in page.context["cl"].result_list] == ([member.pk] if found else [])


def test_only_one_company(admin: Client, member: Member, stranger: Member) -> None:
    page = admin.get(admin_url(Member, "changelist"), {"company": str(member.company_id)})
    assert [each.pk for each in page.context["cl"].result_list] == [member.pk]


def test_details_are_edited_and_kept(admin: Client, member: Member, master: Member) -> None:
    """Rule 1.12: and days that make the person inactive ask first (rule 2.23)."""
    url = admin_url(Member, "change", member.pk)
    save(admin, url, job_title="Machinist", manager=master.pk, starts_on="2020-01-01")
    save(admin, url, name="Momo 2")
    member.refresh_from_db()
    assert (member.name, member.job_title, member.manager) == ("Momo 2", "Machinist", master)
    ended = {"ends_on": "2020-01-02"}
    assert "deactivate this person" in save(admin, url, **ended).content.decode()
    member.refresh_from_db()
    assert member.is_active
    save(admin, url, **ended, confirmed="yes")
    member.refresh_from_db()
    assert (member.is_active, member.inactive_by_date) == (False, True)
    assert list(errors(save(admin, url, is_active=True))) == ["is_active"]
    save(admin, url, ends_on="")
    member.refresh_from_db()
    assert member.is_active


def test_details_are_of_a_companys_members_only(admin: Client) -> None:
    values = {"name": "Neu", "email": "neu@elsewhere.example", "phone": "1"}
    assert list(errors(save(admin, admin_url(Member, "add"), **values))) == ["phone"]
