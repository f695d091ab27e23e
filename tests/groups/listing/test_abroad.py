"""Groups of other companies in the lists of those who are in them: with the company (rules 2.14, 5.5)."""

import pytest
from django.urls import reverse

from accounts.models import Company, Member
from groups.models import Group
from tests.factories import GroupFactory, MasterFactory
from tests.helpers import ClientOf


@pytest.fixture
def theirs(other_company: Company, guest: Member, member: Member) -> Group:
    """Nordlicht's, with the member of Hanbit in it and as a master."""
    group = GroupFactory.create(
        company=other_company, name="Northern lights", external=True, masters=[guest], members=[member]
    )
    MasterFactory.create(group=group, member=member)
    return group


@pytest.mark.parametrize("name", ["list", "managed", "belonging"])
@pytest.mark.parametrize("query", ["", "?q=north"])
def test_in_each_list_with_the_company_that_owns_it(
    client_of: ClientOf, member: Member, theirs: Group, name: str, query: str
) -> None:
    answer = client_of(member).get(reverse(f"groups:{name}") + query)
    (row,) = answer.context["rows"]
    assert row.group == theirs
    assert row.company == theirs.company
    page = answer.content.decode()
    assert "Nordlicht" in page
    assert "External" in page


def test_own_groups_say_no_company(client_of: ClientOf, member: Member, external_group: Group) -> None:
    answer = client_of(member).get(reverse("groups:belonging"))
    assert [row.company for row in answer.context["rows"]] == [None]


def test_on_a_members_page_and_in_the_groups_head(
    client_of: ClientOf, member: Member, theirs: Group, external_group: Group
) -> None:
    client = client_of(member)
    page = client.get(reverse("groups:member", args=[member.pk])).content.decode()
    assert page.count("Nordlicht") == 1
    assert "Nordlicht" in client.get(reverse("groups:detail", args=[theirs.pk])).content.decode()
