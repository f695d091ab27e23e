"""Pickers: the form field, what is offered, found and named (rules 1.1, 2.7–2.9, 2.21, 5.3)."""

import pytest
from django import forms
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries

from accounts.models import Address, Company, Member, Team
from groups.entries import Entries, present_entries
from groups.models import Group
from groups.pickers import Purpose
from tests.factories import AddressFactory, GroupFactory, MemberFactory, MembershipFactory, TeamFactory

from .pages import form_of, scope_of

pytestmark = pytest.mark.django_db


def chosen(form: forms.Form) -> Entries:
    assert form.is_valid(), form.errors
    entries = form.cleaned_data["chosen"]
    assert isinstance(entries, Entries)
    return entries


class TestField:
    def test_tokens_and_addresses(
        self, administrator: Member, member: Member, team: Team, group: Group
    ) -> None:
        alias = AddressFactory.create(
            company=administrator.company, local_part="m.member", kind=Address.Kind.ALIAS, member=member
        )
        team.address = AddressFactory.create(
            company=administrator.company, local_part="team", kind=Address.Kind.TEAM
        )
        team.save()
        text = f"member:{administrator.pk}\n{str(alias).upper()}\nteam@hanbit.example, {group.address}"
        assert chosen(form_of(scope_of(administrator), text)) == Entries(
            frozenset({administrator.pk, member.pk}), frozenset({team.pk}), frozenset({group.pk})
        )

    def test_addresses_not_found_are_named_and_kept(self, administrator: Member, member: Member) -> None:
        nobody = [f"nobody{number}@hanbit.example" for number in range(25)]
        form = form_of(scope_of(administrator), "\n".join([member.email, *nobody]))
        assert not form.is_valid()
        [message] = form.errors["chosen"]
        assert nobody[19] in message
        assert nobody[20] not in message
        assert "and 5 more" in message
        assert nobody[24] in str(form["chosen"])

    @pytest.mark.parametrize("person", ["stranger", "guest"])
    def test_people_of_another_company_are_not_found(
        self, administrator: Member, person: str, request: pytest.FixtureRequest
    ) -> None:
        """Nobody learns which addresses exist elsewhere (rule 1.1)."""
        stranger: Member = request.getfixturevalue(person)
        scope = scope_of(administrator)
        there = str(form_of(scope, stranger.email).errors["chosen"])
        nowhere = str(form_of(scope, f"x{stranger.email}").errors["chosen"])
        assert there == nowhere.replace(f"x{stranger.email}", stranger.email)

    def test_inactive_people_are_not_found(self, administrator: Member, member: Member) -> None:
        member.is_active = False
        member.save()
        assert not form_of(scope_of(administrator), member.email).is_valid()

    def test_a_private_groups_address_is_not_found(
        self, company: Company, member: Member, insider: Member
    ) -> None:
        """A guessed address answers as if it did not exist (rule 5.3)."""
        secret = GroupFactory.create(company=company, private=True, listed=True, members=[insider])
        assert not form_of(scope_of(member), secret.address).is_valid()
        assert chosen(form_of(scope_of(insider), secret.address)).groups == {secret.pk}

    @pytest.mark.parametrize("purpose", [Purpose.MASTERS, Purpose.ASKED])
    def test_people_only(self, administrator: Member, group: Group, purpose: Purpose) -> None:
        assert not form_of(scope_of(administrator, purpose), group.address).is_valid()

    def test_external_members_need_the_permission_to_connect(
        self, company: Company, administrator: Member, member: Member, group: Group
    ) -> None:
        """Rule 2.9."""
        company.connecting = Company.Connecting.CHOSEN
        company.save()
        scope = scope_of(administrator, kind=Group.Kind.EXTERNAL)
        assert not form_of(scope, member.email).is_valid()
        assert not form_of(scope, group.address).is_valid()
        member.may_connect = True
        member.save()
        assert chosen(form_of(scope, member.email)).members == {member.pk}

    def test_tokens_are_left_for_the_action_to_refuse(self, administrator: Member, stranger: Member) -> None:
        """Dropping them silently would add a group without the people that were chosen."""
        form = form_of(scope_of(administrator), f"member:{stranger.pk} group:{2**63 - 1}")
        assert chosen(form) == Entries(frozenset({stranger.pk}), groups=frozenset({2**63 - 1}))
        assert stranger.name not in str(form["chosen"])

    def test_required(self, administrator: Member) -> None:
        assert not form_of(scope_of(administrator), " \n,").is_valid()

    @pytest.mark.parametrize(
        "text", ["\x00", "<script>", "'; --", "\ud800", "member:" + "9" * 5000, "@" * 9000]
    )
    def test_nasty_text(self, administrator: Member, text: str) -> None:
        form = form_of(scope_of(administrator), text)
        assert not form.is_valid()
        assert "<script>" not in str(form["chosen"])

    def test_too_much(self, administrator: Member) -> None:
        for kind, said in (
            ("member:{}", "Choose at most 20,000. Teams or groups can stand in for many people."),
            ("a{}@hanbit.example", "Add at most 10,000 addresses at once."),
        ):
            text = " ".join(kind.format(number) for number in range(1, 20_002))
            [message] = form_of(scope_of(administrator), text).errors["chosen"]
            assert str(message) == said

    def test_changes(self, administrator: Member) -> None:
        before = Entries(members=frozenset({1, 2}))
        scope = scope_of(administrator)
        assert not form_of(scope, "member:2, member:1", before).has_changed()
        assert form_of(scope, "member:2", before).has_changed()
        assert form_of(scope, "member:2 member:1 a@b.example", before).has_changed()


class TestChips:
    def test_initial(self, administrator: Member, member: Member, team: Team, group: Group) -> None:
        initial = Entries(frozenset({member.pk}), frozenset({team.pk}), frozenset({group.pk}))
        html = str(form_of(scope_of(administrator), initial=initial)["chosen"])
        for text in (member.name, team.name, group.name, "1 person", "2 people", f"member:{member.pk}\n"):
            assert text.rstrip() in html

    def test_a_groups_photo(self, administrator: Member, group: Group) -> None:
        Group.objects.filter(pk=group.pk).update(photo_small="groups/small.webp")
        html = str(form_of(scope_of(administrator), f"group:{group.pk}")["chosen"])
        assert reverse("groups:photo", args=[group.pk, "small"]) in html

    def test_a_private_group_inside_is_not_named(
        self, group: Group, private_group: Group, master: Member, administrator: Member
    ) -> None:
        """It stays chosen all the same (rule 2.21)."""
        MembershipFactory.create(group=group, subgroup=private_group)
        initial = present_entries(group)
        html = str(form_of(scope_of(master, group=group), initial=initial)["chosen"])
        assert "A private group" in html
        assert f"group:{private_group.pk}" in html
        assert private_group.name not in html
        assert private_group.name in str(
            form_of(scope_of(administrator, group=group), initial=initial)["chosen"]
        )

    def test_a_private_group_elsewhere_is_not_even_private(
        self, group: Group, private_group: Group, master: Member
    ) -> None:
        html = str(form_of(scope_of(master, group=group), f"group:{private_group.pk}")["chosen"])
        assert "No longer available" in html
        assert private_group.name not in html

    def test_people_of_other_companies_have_no_address(
        self, external_group: Group, master: Member, guest: Member
    ) -> None:
        """Name and company, nothing else (rule 6.4)."""
        scope = scope_of(master, group=external_group)
        html = str(form_of(scope, initial=present_entries(external_group))["chosen"])
        assert guest.name in html
        assert guest.email not in html

    def test_thousands(
        self, company: Company, administrator: Member, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        """The first chips are shown, all are posted, and the queries stay few."""
        many = Entries(members=frozenset(range(1, 5001)))
        form = form_of(scope_of(administrator), initial=many)
        with django_assert_num_queries(1):
            html = str(form["chosen"])
        assert html.count("data-token") == 200
        assert "and 4,800 more" in html
        assert "member:5000" in html

    def test_the_number_of_queries_does_not_grow(
        self, company: Company, administrator: Member, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        def initial(number: int) -> Entries:
            teams = TeamFactory.create_batch(
                number, company=company, parent=TeamFactory.create(company=company)
            )
            groups = GroupFactory.create_batch(number, company=company, listed=True)
            people = MemberFactory.create_batch(number, company=company)
            return Entries(*(frozenset(thing.pk for thing in things) for things in (people, teams, groups)))

        for number in (1, 5):
            form = form_of(scope_of(administrator), initial=initial(number))
            with django_assert_num_queries(7):
                str(form["chosen"])
