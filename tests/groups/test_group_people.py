"""What is changed from a group's page: entries and masters (rules 2.7, 2.8, 7)."""

from collections.abc import Callable

import pytest
from django.urls import reverse

from accounts.models import Company, Member
from groups.models import Group
from tests.factories import GroupFactory
from tests.helpers import ClientOf

Read = Callable[..., str]


def test_removing_an_entry(
    client_of: ClientOf, administrator: Member, member: Member, group: Group, private_group: Group
) -> None:
    """A button of its own for each entry; another group's entry is not there, and the last one stays."""
    client = client_of(administrator)
    entry = group.entries.get(member=member)
    foreign = private_group.entries.first()
    assert foreign is not None

    assert client.get(reverse("groups:remove_entry", args=[group.pk, entry.pk])).status_code == 405
    assert client.post(reverse("groups:remove_entry", args=[group.pk, foreign.pk])).status_code == 404
    client.post(reverse("groups:remove_entry", args=[group.pk, entry.pk]))
    assert not group.entries.filter(member=member).exists()

    last = group.entries.get()
    response = client.post(reverse("groups:remove_entry", args=[group.pk, last.pk]), follow=True)
    assert "Choose at least one member, team or group." in response.content.decode()
    assert group.entries.exists()


def test_members_remove_nothing(client_of: ClientOf, member: Member, group: Group) -> None:
    """Members cannot leave by themselves (rule 2.16)."""
    entry = group.entries.get(member=member)

    response = client_of(member).post(reverse("groups:remove_entry", args=[group.pk, entry.pk]))

    assert response.status_code == 403
    assert group.entries.filter(pk=entry.pk).exists()


def test_the_last_master_stays(client_of: ClientOf, master: Member, member: Member, group: Group) -> None:
    """Neither removed by hand nor by giving up; with another one left both work (rule 2.7)."""
    client = client_of(master)
    remove = reverse("groups:remove_master", args=[group.pk])
    give_up = reverse("groups:give_up_master", args=[group.pk])

    page = client.post(remove, {"member": master.pk}, follow=True).content.decode()
    assert "You cannot remove the last master." in page
    assert client.post(give_up).status_code == 403
    assert group.masters.get().member == master

    response = client.post(reverse("groups:name_master", args=[group.pk]), {"masters": f"member:{member.pk}"})
    assert response.status_code == 302
    assert group.masters.count() == 2
    client.post(remove, {"member": member.pk})
    assert group.masters.get().member == master
    client.post(reverse("groups:name_master", args=[group.pk]), {"masters": "momo@hanbit.example"})
    assert client.post(give_up).status_code == 302
    assert group.masters.get().member == member


def test_giving_up_a_private_group_leads_to_the_list(
    client_of: ClientOf, company: Company, master: Member, insider: Member
) -> None:
    """Afterwards the group is none of their business any more (rule 5.3)."""
    group = GroupFactory.create(company=company, private=True, masters=[master, insider], members=[insider])

    response = client_of(master).post(reverse("groups:give_up_master", args=[group.pk]))

    assert response["Location"] == reverse("groups:list")


@pytest.mark.parametrize("posted", ["", "x", "-1", "٣", "9" * 30, "\x00", "0"])
def test_posted_nonsense_for_a_master(
    client_of: ClientOf, administrator: Member, group: Group, posted: str
) -> None:
    response = client_of(administrator).post(
        reverse("groups:remove_master", args=[group.pk]), {"member": posted}
    )

    assert response.status_code == 404


def test_a_person_who_may_not_be_master_is_refused_beside_the_field(
    client_of: ClientOf, administrator: Member, stranger: Member, group: Group
) -> None:
    """What is posted anyway is refused with the reason (rule 2.7)."""
    response = client_of(administrator).post(
        reverse("groups:name_master", args=[group.pk]), {"masters": f"member:{stranger.pk}"}
    )

    assert response.status_code == 422
    assert "masters" in response.context["form"].errors
    assert group.masters.count() == 1
