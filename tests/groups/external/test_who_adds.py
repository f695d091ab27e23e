"""Who may add groups, and how many (rules 1.4, 1.5, 2.2, 2.3, 7)."""

import pytest
from django.test import Client

from accounts.models import Company, Member
from groups.models import Group
from tests.groups.dialogs import ADD, ADD_EXTERNAL, filled, look, send
from tests.helpers import ClientOf


@pytest.fixture
def client(client_of: ClientOf, administrator: Member) -> Client:
    return client_of(administrator)


def the_group() -> Group:
    return Group.objects.get()


def test_external_groups_need_core(client: Client, company: Company, master: Member) -> None:
    """Rule 2.3: refused with the reason, by either door."""
    Company.objects.filter(pk=company.pk).update(has_core=False)
    for answer in (
        look(client, ADD_EXTERNAL),
        look(client, ADD_EXTERNAL, target="dialog"),
        send(client, ADD_EXTERNAL, filled(master)),
    ):
        assert answer.status == 403
        assert "Core" in answer.text
    assert look(client, ADD).status == 200
    assert not Group.objects.exists()


def test_the_limit_of_the_plan(
    client: Client, company: Company, master: Member, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 2.2: named with the plan; what was typed is still there."""
    monkeypatch.setattr(Company, "group_limit", 0)
    answer = send(client, ADD, filled(master, member))
    assert answer.status == 422
    assert "Paid" in answer.alert
    assert answer.value("name") == "Launch"


def test_members_add_groups_where_the_company_lets_them(
    client_of: ClientOf, company: Company, outsider: Member, member: Member, master: Member
) -> None:
    """Rule 1.5: who adds a group becomes its master, and stands there from the start."""
    client = client_of(outsider)
    assert look(client, ADD).status == send(client, ADD, filled(outsider, member)).status == 403
    Company.objects.filter(pk=company.pk).update(group_creators="everybody")
    page = look(client, ADD)
    assert page.text_of("masters") == f"member:{outsider.pk}"
    assert "Grant permission" not in page.text, "only administrators decide that"

    answer = send(client, ADD, filled(master, member))
    assert "You must be a master of the groups you add" in answer.error_of("masters")
    assert send(client, ADD, filled(outsider, member, grants_features=None)).status == 302
    assert the_group().grants_features
    assert the_group().masters.get().member == outsider


def test_members_without_the_permission_add_no_external_groups(
    client_of: ClientOf, company: Company, outsider: Member
) -> None:
    """Rules 1.4, 1.5: they would become masters."""
    Company.objects.filter(pk=company.pk).update(group_creators="everybody", connecting="chosen")
    page = look(client_of(outsider), ADD_EXTERNAL)
    assert page.status == 403
    assert "permission to connect" in page.text
    assert "permission to connect" in look(client_of(outsider), "/groups/").text


@pytest.mark.parametrize("role", ["superuser", "other_administrator"])
def test_others_add_nothing_here(
    client_of: ClientOf,
    request: pytest.FixtureRequest,
    company: Company,
    master: Member,
    member: Member,
    role: str,
) -> None:
    """Rule 7: superusers in Django admin; administrators in their own company."""
    client = client_of(request.getfixturevalue(role))
    assert send(client, ADD, filled(master, member)).status in (403, 422)
    assert not Group.objects.exists()
