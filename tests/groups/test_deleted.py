"""Recently deleted groups and how they come back (rule 2.17). Who may do it is in the permission matrix."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Address, AuditEntry, Member
from groups import actions
from groups.models import Group
from groups.views.deleted import PAGE_SIZE, days_left
from tests.factories import AddressFactory, GroupFactory
from tests.helpers import actor_of, client_of

DELETED = reverse("groups:deleted")


@pytest.fixture
def gone(group: Group, administrator: Member) -> Group:
    """The cast's group, deleted as one does, with its name and its address platform@hanbit.example."""
    return actions.delete_group(group, actor=actor_of(administrator))


def restore_of(group: Group) -> str:
    return reverse("groups:restore", args=[group.pk])


def names(response: Any) -> list[str]:
    return [row.group.name for row in response.context["rows"]]


def test_administrators_see_what_was_deleted_by_whom_and_for_how_long(
    gone: Group, administrator: Member
) -> None:
    response = client_of(administrator).get(DELETED)
    page = response.content.decode()
    assert names(response) == ["Platform guild"]
    assert "Ada Administrator" in page
    assert "platform@hanbit.example" in page
    assert "30 days left" in page
    assert restore_of(gone) in page


def test_of_their_own_company_only(gone: Group, other_administrator: Member) -> None:
    """Rule 1.1."""
    assert names(client_of(other_administrator).get(DELETED)) == []
    assert client_of(other_administrator).get(restore_of(gone)).status_code == 404
    assert client_of(other_administrator).post(restore_of(gone)).status_code == 404


@pytest.mark.parametrize("who", ["master", "member", "outsider", "guest"])
def test_nobody_else(who: str, gone: Group, request: pytest.FixtureRequest) -> None:
    client = client_of(request.getfixturevalue(who))
    assert client.get(DELETED).status_code == 403
    assert client.get(restore_of(gone)).status_code == 404
    assert client.post(restore_of(gone)).status_code == 404
    gone.refresh_from_db()
    assert gone.deleted_at is not None


def test_days_left_count_down_to_nothing(gone: Group, administrator: Member) -> None:
    now = timezone.now()
    for ago, left in (
        (timedelta(0), 30),
        (timedelta(days=1, minutes=1), 29),
        (timedelta(days=29, hours=23), 1),
        (timedelta(days=40), 0),
    ):
        gone.deleted_at = now - ago
        assert days_left(gone) == left
    with override_settings(DELETED_GROUPS_KEPT_DAYS=7):
        gone.deleted_at = now
        assert days_left(gone) == 7


def test_a_group_comes_back_with_its_name_and_address(gone: Group, administrator: Member) -> None:
    client = client_of(administrator)
    assert 'name="name"' not in client.get(restore_of(gone)).content.decode()
    response = client.post(restore_of(gone))
    assert response.status_code == 302
    assert response["Location"] == reverse("groups:detail", args=[gone.pk])
    gone.refresh_from_db()
    assert gone.deleted_at is None
    assert gone.address == "platform@hanbit.example"
    assert AuditEntry.objects.filter(action="group.restore", target_id=gone.pk).count() == 1


def test_reading_restores_nothing(gone: Group, administrator: Member) -> None:
    client_of(administrator).get(restore_of(gone))
    gone.refresh_from_db()
    assert gone.deleted_at is not None


def test_another_name_is_asked_for_if_it_is_taken(gone: Group, administrator: Member) -> None:
    """Beside the field, with what was typed kept."""
    GroupFactory.create(company=gone.company, name="PLATFORM guild")
    GroupFactory.create(company=gone.company, name="Also taken")
    client = client_of(administrator)
    page = client.get(restore_of(gone)).content.decode()
    assert 'value="Platform guild"' in page
    assert "already has a group with this name" in page
    assert 'name="address"' not in page
    for typed in ("", "Also taken", "x" * 101):
        response = client.post(restore_of(gone), {"name": typed})
        assert response.status_code == 422
        assert f'name="name" value="{typed}"' in response.content.decode()
        assert 'aria-invalid="true"' in response.content.decode()
    assert client.post(restore_of(gone), {"name": " Platform guild 2 "}).status_code == 302
    gone.refresh_from_db()
    assert (gone.name, gone.address) == ("Platform guild 2", "platform@hanbit.example")


def test_another_address_is_asked_for_if_it_is_taken(gone: Group, administrator: Member) -> None:
    """The kind of its owner is named, and nothing else of it (rule 4.2)."""
    AddressFactory.create(company=gone.company, local_part="platform", kind=Address.Kind.TEAM)
    client = client_of(administrator)
    page = client.get(restore_of(gone)).content.decode()
    assert "platform@hanbit.example is taken by a team. Choose another one." in page
    assert "@hanbit.example</span>" in page
    assert 'name="name"' not in page
    for typed in ("platform", "UPPER", "a"):
        response = client.post(restore_of(gone), {"address": typed})
        assert response.status_code == 422
        assert f'name="address" value="{typed}"' in response.content.decode()
    assert client.post(restore_of(gone), {"address": "platform-2"}).status_code == 302
    gone.refresh_from_db()
    assert gone.address == "platform-2@hanbit.example"


def test_name_and_address_are_asked_for_together(gone: Group, administrator: Member) -> None:
    GroupFactory.create(company=gone.company, name="Platform guild")
    AddressFactory.create(company=gone.company, local_part="platform")
    client = client_of(administrator)
    page = client.get(restore_of(gone)).content.decode()
    assert 'name="name"' in page
    assert 'name="address"' in page
    assert client.post(restore_of(gone), {"name": "New", "address": "new-one"}).status_code == 302


def test_the_plan_s_limit_is_told(
    gone: Group, administrator: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 2.2."""
    GroupFactory.create(company=gone.company)
    monkeypatch.setattr("accounts.models.Company.GROUP_LIMITS", {"paid": 1, "free": 1})
    response = client_of(administrator).post(restore_of(gone))
    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()


def test_a_second_click_finds_the_group_restored(gone: Group, administrator: Member) -> None:
    client = client_of(administrator)
    client.post(restore_of(gone))
    for answer in (client.post(restore_of(gone)), client.get(restore_of(gone))):
        assert answer["Location"] == reverse("groups:detail", args=[gone.pk])
    assert AuditEntry.objects.filter(action="group.restore").count() == 1


@pytest.mark.parametrize("typed", ["\0", "a\0b", "\ud800", "<script>", "9" * 5000, "\u202e"])
def test_nasty_input_is_survived(typed: str, gone: Group, administrator: Member) -> None:
    data = f"name={'%00' if typed == chr(0) else ''}".encode() + typed.encode("utf-8", "surrogatepass")
    response = client_of(administrator).post(
        restore_of(gone), data, content_type="application/x-www-form-urlencoded"
    )
    assert response.status_code in (302, 422)
    assert "<script>" not in response.content.decode().replace("<script src", "").replace("<script type", "")


def test_numbers_that_no_group_has(administrator: Member) -> None:
    for pk in (0, 2**63 - 1, 2**63, 10**30):
        assert client_of(administrator).get(reverse("groups:restore", args=[pk])).status_code == 404


def test_pages_and_queries(administrator: Member) -> None:
    """The latest first; the queries do not grow with rows."""
    client = client_of(administrator)
    now = timezone.now()

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(DELETED).status_code == 200
        return len(queries)

    for n in range(PAGE_SIZE + 2):
        GroupFactory.create(
            company=administrator.company,
            name=f"old {n}",
            deleted_at=now - timedelta(hours=n // 2),
            deleted_by=administrator,
        )
        if n == 0:
            few = count()
    assert count() == few
    first = client.get(DELETED)
    second = client.get(DELETED + first.context["page"].next)
    wanted = Group.objects.order_by("-deleted_at", "-pk").values_list("name", flat=True)
    assert names(first) + names(second) == list(wanted)
    back = client.get(DELETED + second.context["page"].previous)
    assert names(back) == names(first)


def test_an_empty_list_says_what_it_is_for(administrator: Member) -> None:
    assert "No deleted groups" in client_of(administrator).get(DELETED).content.decode()
