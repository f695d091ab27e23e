"""Trying an operation of the API in the browser, with a pasted token and without a session (rule 11.3)."""

import pytest
from playwright.sync_api import expect

from accounts.models import Member, Team
from tests.factories import TeamFactory
from tests.groupadmin.api.calling import program_of

from .helpers import PageOf, assert_accessible


@pytest.fixture
def token(administrator: Member) -> str:
    return program_of(administrator).token


def test_somebody_tries_an_operation(administrator: Member, page_of: PageOf, token: str) -> None:
    TeamFactory.create(company=administrator.company, name="Kitchen")
    page = page_of(administrator)
    page.goto("/integrations/api/")
    page.get_by_role("link", name="List teams").click()
    page.get_by_label("Token").fill(token)
    page.get_by_label("limit").fill("1")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("status").last).to_contain_text("200")
    expect(page.locator(".api-body")).to_contain_text('"name": "Kitchen"')
    assert_accessible(page)


def test_a_change_is_only_tried_unless_one_says_otherwise(
    administrator: Member, page_of: PageOf, token: str
) -> None:
    page = page_of(administrator)
    page.goto("/integrations/api/addTeam/")
    page.get_by_label("Token").fill(token)
    page.get_by_role("textbox", name="Body").fill("{")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("The body is not JSON.")).to_be_visible()
    page.get_by_role("textbox", name="Body").fill('{"name": "Kitchen"}')
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".api-body")).to_contain_text('"dry_run": true')
    assert not Team.objects.exists()
    page.get_by_label("dry_run").select_option("false")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".api-headers")).to_contain_text("location: /api/v1/teams/")
    assert Team.objects.get().name == "Kitchen"
