"""`manage.py populate`: what it adds keeps to the rules, and can be used."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.urls import reverse

from accounts.models import Address, Company, Member, Team, TeamMembership
from groups.membership import effective
from groups.models import Group, Master, Membership
from tests.helpers import client_of

SIZE = {"groups": 60, "members": 25, "teams": 40}


def populate(**size: int) -> str:
    out = StringIO()
    call_command("populate", **size, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_a_company_of_the_chosen_size_can_be_used() -> None:
    said = populate(**SIZE)
    company = Company.objects.get()
    counts = {"groups": company.groups.count(), "members": company.members.count()}
    assert counts | {"teams": company.teams.count()} == SIZE
    administrator = Member.objects.get(is_administrator=True)
    assert f"changepassword {administrator.email}" in said
    page = client_of(administrator).get(reverse("groups:list"))
    newest = Group.objects.order_by("-created_at")[0]
    assert newest == Group.objects.order_by("-pk")[0]
    assert newest.name in page.content.decode()


@pytest.mark.django_db
def test_what_it_adds_keeps_to_the_rules() -> None:
    populate(**SIZE)
    for model in (Member, Team, Group, Address):
        for thing in model._default_manager.all():
            thing.full_clean(exclude=["password"])
            before = {name: getattr(thing, name) for name in _stored(thing)}
            thing.save()
            thing.refresh_from_db()
            assert {name: getattr(thing, name) for name in _stored(thing)} == before
    # Rule 2.11: an older group is inside a younger one, so there is no circle.
    assert not Membership.objects.filter(subgroup__pk__gte=F("group")).exists()
    # Rule 2.8: external groups are not in others.
    assert not Membership.objects.filter(subgroup__kind=Group.Kind.EXTERNAL).exists()
    assert Team.objects.filter(parent=None).count() == 1
    assert Master.objects.exists()
    assert TeamMembership.objects.values("member").distinct().count() == 25
    everybody = Group.objects.filter(kind=Group.Kind.INTERNAL).order_by("-pk")[0]
    top = Team.objects.get(parent=None)
    assert everybody.entries.filter(team=top).exists()
    assert effective.people_of(everybody).count() == Member.objects.filter(is_active=True).count()


def _stored(thing: object) -> list[str]:
    return [name for name in ("name_folded", "name_sort", "name_key", "email") if hasattr(thing, name)]


@pytest.mark.django_db
def test_a_company_without_teams_or_groups() -> None:
    populate(groups=0, members=1, teams=0)
    assert (Member.objects.count(), Team.objects.count(), Group.objects.count()) == (1, 0, 0)


@pytest.mark.django_db
def test_it_is_added_once() -> None:
    populate(groups=1, members=1, teams=1)
    with pytest.raises(CommandError, match=r"is there already"):
        populate(groups=2, members=2, teams=2)
    assert Group.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong", ["--members=0", "--groups=100001", "--teams=10001", "--groups=-1", "--groups=x"]
)
def test_numbers_that_no_company_has_are_refused(wrong: str) -> None:
    with pytest.raises(CommandError, match=r"Choose a number from|is not a number"):
        call_command("populate", wrong)
    assert not Company.objects.exists()
