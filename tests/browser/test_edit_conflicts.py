"""Two administrators at one page, and questions before people leave external groups (rules 2.15, 2.18)."""

import pytest
from playwright.sync_api import expect

from accounts.models import Company, Member
from groups.models import Group

from .helpers import PageOf, assert_accessible

CONFLICT = ("status of 409",)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_person_whom_somebody_else_changed(
    page_of: PageOf, administrator: Member, member: Member, width: int
) -> None:
    first, second = (page_of(administrator, width=width, expected=CONFLICT) for _twice in range(2))
    for page in (first, second):
        page.goto(f"/members/{member.pk}/edit/")
    first.get_by_label("Name", exact=True).fill("Momo First")
    first.get_by_role("button", name="Save").click()
    expect(first.get_by_role("status").first).to_contain_text("was saved")
    second.get_by_label("Name", exact=True).fill("Momo Second")
    second.get_by_role("button", name="Save").click()
    told = second.get_by_role("alert")
    expect(told).to_contain_text("Ada Administrator edited the person")
    expect(second.get_by_label("Name", exact=True)).to_have_value("Momo Second")
    assert_accessible(second)
    second.get_by_role("button", name="Save anyway").click()
    expect(second.get_by_role("status").first).to_contain_text("Momo Second")
    member.refresh_from_db()
    assert member.name == "Momo Second"


@pytest.mark.parametrize("width", [1280, 390])
def test_taking_one_persons_permission(
    page_of: PageOf,
    administrator: Member,
    company: Company,
    member: Member,
    external_group: Group,
    width: int,
) -> None:
    """What was typed beside comes through the question."""
    Company.objects.filter(pk=company.pk).update(connecting=Company.Connecting.CHOSEN)
    Member.objects.filter(pk=member.pk).update(may_connect=True)
    page = page_of(administrator, width=width)
    page.goto(f"/members/{member.pk}/edit/")
    page.get_by_label("Aliases").fill("mo@hanbit.example\nmm@hanbit.example")
    page.get_by_label("Connect with other companies").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Remove the permission of Momo Member")).to_be_visible()
    expect(page.get_by_text("1 person will leave external groups")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Remove permission").click()
    expect(page.get_by_role("status").first).to_contain_text("was saved")
    member.refresh_from_db()
    assert (member.may_connect, member.addresses.count()) == (False, 3)
    assert not external_group.entries.filter(member=member).exists()


def test_a_company_in_django_admin(
    page_of: PageOf, superuser: Member, company: Company, external_group: Group
) -> None:
    page = page_of(superuser)
    page.goto(f"/admin/accounts/company/{company.pk}/change/")
    page.get_by_label("Who can connect with other companies").select_option("nobody")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("3 people will leave external groups")).to_be_visible()
    page.get_by_role("link", name="No, take me back").click()
    expect(page.get_by_label("Who can connect with other companies")).to_have_value("everybody")
    page.get_by_label("Who can connect with other companies").select_option("nobody")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Yes, I’m sure").click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    assert not external_group.entries.exists()
