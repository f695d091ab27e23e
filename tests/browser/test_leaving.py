"""A company disconnects: the question before, the progress bar, and what came of it (rule 2.15)."""

import pytest
from django.test import override_settings
from playwright.sync_api import expect

from accounts.jobs import engine
from accounts.models import Company, Job, Member
from groups.models import Group, Master, Membership
from tests.factories import MasterFactory

from .dialogs import send
from .helpers import PageOf, assert_accessible

IN_DATABASE = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


@pytest.mark.parametrize("width", [1280, 390])
def test_disconnect(
    page_of: PageOf,
    administrator: Member,
    external_group: Group,
    company: Company,
    width: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "AT_ONCE", 2)
    page = page_of(administrator, width=width)
    page.goto("/settings/")
    page.get_by_role("radiogroup", name="Who can connect").get_by_label("Nobody").check()
    with override_settings(TASKS=IN_DATABASE):
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", name="Stop connecting with other companies?")).to_be_visible()
        expect(page.get_by_text("1 group will have no master")).to_be_visible()
        assert_accessible(page)
        page.get_by_role("button", name="Disconnect").click()
        expect(page.get_by_text("Waiting to start")).to_be_visible()
        assert_accessible(page)
        # As the worker does meanwhile; the page asks by itself.
        job = Job.objects.get()
        Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING, done=300, total=1000)
        bar = page.get_by_role("progressbar")
        expect(bar).to_have_attribute("aria-valuenow", "30")
        assert_accessible(page)
        filled, whole = page.locator("#job-bar").bounding_box(), bar.bounding_box()
        assert filled is not None
        assert whole is not None
        assert abs(filled["width"] / whole["width"] - 0.3) < 0.02
        engine.run_job.call(job.pk)
    expect(page.locator("#job").get_by_role("status")).to_contain_text("3 people left 1 external group")
    expect(bar).to_have_count(0)
    assert_accessible(page)
    page.get_by_role("link", name="Continue").click()
    expect(page.get_by_role("radiogroup", name="Who can connect").get_by_label("Nobody")).to_be_checked()
    assert not external_group.entries.exists()


def test_without_scripts(
    page_of: PageOf, administrator: Member, external_group: Group, company: Company
) -> None:
    """The page is then asked for again by a link."""
    job = Job.objects.create(
        company=company, kind="company.update", door="web", state="running", total=4, done=1
    )
    page = page_of(administrator, java_script_enabled=False)
    page.goto(f"/jobs/{job.pk}/")
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "25")
    Job.objects.filter(pk=job.pk).update(state=Job.State.DONE, message="Done.")
    page.get_by_role("link", name="Refresh").click()
    expect(page.get_by_text("Done.")).to_be_visible()


@pytest.mark.parametrize(
    ("leaves", "status", "said"),
    [
        (True, "404", "this page was deleted, or you do not have access to it"),
        (False, "403", "Only the group's masters and administrators can do this."),
    ],
)
def test_whoever_leaves_while_a_dialog_is_open_is_told(
    page_of: PageOf, external_group: Group, guest: Member, leaves: bool, status: str, said: str
) -> None:
    """What the server refuses is said in its own words over the dialog, and what was typed stays."""
    MasterFactory.create(group=external_group, member=guest)
    page = page_of(guest, expected=(f"status of {status}", f"Error Code {status}"))
    page.goto(f"/groups/{external_group.pk}/")
    page.get_by_role("link", name="Edit Group/Master").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_role("textbox", name="Group Name").fill("Harbour and ships")
    Master.objects.filter(group=external_group, member=guest).delete()
    if leaves:
        Membership.objects.filter(group=external_group, member=guest).delete()

    send(page, "Save")

    expect(page.get_by_role("alert").filter(has_text=said)).to_be_visible()
    expect(page.get_by_role("textbox", name="Group Name")).to_have_value("Harbour and ships")
    external_group.refresh_from_db()
    assert external_group.name != "Harbour and ships"
