"""Where the system chooses the colours, what one does still shows (rule 5.12)."""

from typing import Literal

import pytest
from django.urls import reverse
from playwright.sync_api import Locator

from accounts.models import Member
from groups.models import Feature, Group
from tests.factories import TaskFactory

from .helpers import PageOf

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def busy(group: Group, administrator: Member) -> Group:
    """A group that the administrator runs and is in, with two open tasks."""
    setattr(group, Feature.MESSAGE.value, True)
    setattr(group, Feature.TASK.value, True)
    group.save()
    group.entries.create(member=administrator)
    for title in ("Water the plants", "Send the bill"):
        TaskFactory.create(group=group, author=administrator, title=title)
    return group


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_one_does_shows(
    page_of: PageOf, administrator: Member, busy: Group, scheme: Literal["light", "dark"]
) -> None:
    """A tick, a switch, a choice, a chosen row, the field one is in, and how far something is."""
    page = page_of(administrator, color_scheme=scheme, forced_colors="active")

    page.goto(reverse("room:tasks", args=[busy.pk]))
    _is_seen(page.locator(".task-check > span").first, "one => one.parentElement.ariaChecked = 'true'")
    _is_seen(page.locator(".task").first, "one => one.classList.add('task-changed')")
    _is_seen(page.locator(".task-quick .form-control"), "one => one.focus()")

    page.goto(reverse("groups:list"))
    box = page.locator("tbody .form-check-input").first
    _is_seen(box, "one => one.checked = !one.checked")
    _is_seen(page.locator("tbody tr").first, "one => one.querySelector('[name=pk]').click()")
    _is_seen(page.locator(".pill").last, "one => one.classList.add('active')")
    _is_seen(page.locator(".menu li a:visible").last, "one => one.ariaCurrent = 'page'")

    page.goto(reverse("groups:edit", args=[busy.pk]))
    switch = page.get_by_role("switch").first
    _is_seen(switch, "one => one.checked = !one.checked")
    radio = page.get_by_role("radio").first
    if radio.count():
        _is_seen(radio, "one => one.checked = !one.checked")

    page.evaluate("document.querySelector('main').innerHTML = '<progress max=10 value=2></progress>'")
    _is_seen(page.locator("progress"), "one => one.value = 8")


def _is_seen(element: Locator, done: str) -> None:
    """That what is done to the element changes how it, or what is around it, is drawn."""
    element.scroll_into_view_if_needed()
    before = element.screenshot(animations="disabled")
    element.evaluate(done)
    assert element.screenshot(animations="disabled") != before, f"{element}: {done}"
