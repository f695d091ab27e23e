"""Pickers: the form field, what is offered, found and named (spec 1.1, 2.7–2.9, 2.21, 5.3)."""

import pytest
from django import forms
from django.urls import reverse, reverse_lazy
from pytest_django.fixtures import DjangoAssertNumQueries

from accounts.models import Address, Company, Member, Team
from groups.actions.settings import Entries
from groups.models import Group
from groups.pickers import PickerField, PickScope, Purpose
from groups.pickers.search import search
from groups.pickers.tokens import parse
from groups.pickers.tree import level
from tests.factories import (
    AddressFactory,
    GroupFactory,
    MasterFactory,
    MemberFactory,
    MembershipFactory,
    TeamFactory,
)
from tests.helpers import actor_of, client_of

pytestmark = pytest.mark.django_db


def scope_of(
    member: Member, purpose: Purpose = Purpose.MEMBERS, kind: str = "internal", group: Group | None = None
) -> PickScope:
    company = group.company if group else member.company
    assert company is not None
    return PickScope(actor_of(member), company, group.kind if group else kind, purpose, group)


def form_of(scope: PickScope, text: str | None = None, initial: Entries | None = None) -> forms.Form:
    class PickerForm(forms.Form):
        chosen = PickerField(label="Member(s)")

    form = PickerForm(None if text is None else {"chosen": text}, initial={"chosen": initial})
    field = form.fields["chosen"]
    assert isinstance(field, PickerField)
    field.scope = scope
    return form


def chosen(form: forms.Form) -> Entries:
    assert form.is_valid(), form.errors
    entries = form.cleaned_data["chosen"]
    assert isinstance(entries, Entries)
    return entries


class TestText:
    """What people type and paste."""

    @pytest.mark.parametrize(
        ("text", "addresses", "unknown"),
        [
            ("a@x.example\nb@x.example", ("a@x.example", "b@x.example"), ()),
            ("a@x.example, b@x.example;c@x.example", ("a@x.example", "b@x.example", "c@x.example"), ()),
            ("a@x.example b@x.example a@x.example", ("a@x.example", "b@x.example"), ()),
            ("Kim Minsu <Minsu@X.example>", ("minsu@x.example",), ()),
            ('"Kim, Minsu" <minsu@x.example>, Jun <jun@x.example>', ("minsu@x.example", "jun@x.example"), ()),
            ("Kim, Minsu <minsu@x.example>; b@x.example", ("minsu@x.example", "b@x.example"), ()),
            ("Kim Minsu\tminsu@x.example\tSeoul", ("minsu@x.example",), ()),
            ("Maya Iyer, a@x.example", ("a@x.example",), ("Maya Iyer",)),
            ("a@x.example、b@x.example；c@x.example", ("a@x.example", "b@x.example", "c@x.example"), ()),
            (
                "member:0 member:9223372036854775808 team:x",
                (),
                ("member:0 member:9223372036854775808 team:x",),
            ),
            ("@ @@ ,,;", (), ("@ @@",)),
            ("a\x00b\ud800@x.example", (), ("a b @x.example",)),
            ('"' * 2000, (), ('"' * 2000,)),
        ],
    )
    def test_addresses(self, text: str, addresses: tuple[str, ...], unknown: tuple[str, ...]) -> None:
        typed = parse(text)
        assert (typed.addresses, typed.unknown) == (addresses, unknown)

    def test_tokens(self) -> None:
        typed = parse("member:12 team:3,group:7\nmember:12 jun@x.example")
        assert typed.tokens == ("member:12", "team:3", "group:7")
        assert typed.entries == Entries(frozenset({12}), frozenset({3}), frozenset({7}))
        assert typed.addresses == ("jun@x.example",)


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
        """Nobody learns which addresses exist elsewhere (spec 1.1)."""
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
        """A guessed address answers as if it did not exist (spec 5.3)."""
        secret = GroupFactory.create(company=company, private=True, listed=True, members=[insider])
        assert not form_of(scope_of(member), secret.address).is_valid()
        assert chosen(form_of(scope_of(insider), secret.address)).groups == {secret.pk}

    @pytest.mark.parametrize("purpose", [Purpose.MASTERS, Purpose.DESIGNATED, Purpose.PEOPLE])
    def test_people_only(self, administrator: Member, group: Group, purpose: Purpose) -> None:
        assert not form_of(scope_of(administrator, purpose), group.address).is_valid()

    def test_external_members_need_the_permission_to_connect(
        self, company: Company, administrator: Member, member: Member, group: Group
    ) -> None:
        """Spec 2.9."""
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
        for kind in ("member:{}", "a{}@hanbit.example"):
            text = " ".join(kind.format(number) for number in range(1, 20_002))
            [message] = form_of(scope_of(administrator), text).errors["chosen"]
            assert str(message).startswith("At most ")

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
        """It stays chosen all the same (spec 2.21)."""
        MembershipFactory.create(group=group, subgroup=private_group)
        initial = Entries.of(group)
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
        assert "Not available" in html
        assert private_group.name not in html

    def test_people_of_other_companies_have_no_address(
        self, external_group: Group, master: Member, guest: Member
    ) -> None:
        """Name and company, nothing else (spec 6.4)."""
        scope = scope_of(master, group=external_group)
        html = str(form_of(scope, initial=Entries.of(external_group))["chosen"])
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


PICK = reverse_lazy("groups:pick")
TEAMS = reverse_lazy("groups:pick_teams")
PASTE = reverse_lazy("groups:pick_paste")


def names(scope: PickScope, typed: str) -> list[str]:
    return [choice.name for choice in search(scope, typed)]


class TestSearch:
    @pytest.mark.parametrize(
        ("typed", "expected"),
        [
            ("m", ["Mira Master", "Momo Member"]),
            ("MOMO", ["Momo Member"]),
            ("member", ["Momo Member"]),
            ("ember mom", ["Momo Member"]),
            ("mira@", ["Mira Master"]),
            ("mira@hanbit.ex", ["Mira Master"]),
            ("김", ["김민수"]),
            ("민수", ["김민수"]),
            ("ｍｏｍｏ", ["Momo Member"]),
            ("élodie", ["Élodie"]),
            ("E\u0301l", ["Élodie"]),
            ("hanbit", []),
            ("%", []),
            ("_", []),
            ("", []),
            ("\u200b", []),
        ],
    )
    def test_people_by_name_and_address(
        self,
        typed: str,
        expected: list[str],
        company: Company,
        master: Member,
        member: Member,
        insider: Member,
    ) -> None:
        MemberFactory.create(company=company, name="김민수", email="minsu@hanbit.example")
        MemberFactory.create(company=company, name="Élodie", email="elodie@hanbit.example")
        found = names(scope_of(master, Purpose.MASTERS), typed)
        assert [name for name in found if name in expected or len(typed) > 1] == expected

    def test_an_alias(self, company: Company, administrator: Member, member: Member) -> None:
        AddressFactory.create(company=company, local_part="nickname", kind=Address.Kind.ALIAS, member=member)
        assert names(scope_of(administrator), "nickn") == [member.name]

    def test_beginnings_come_first(self, company: Company, administrator: Member) -> None:
        for name in ("Kamin", "Bo Min", "Min Yoon", "Zed"):
            MemberFactory.create(company=company, name=name)
        MemberFactory.create(company=company, name="Yu", email="min@hanbit.example")
        found = names(scope_of(administrator), "min")
        assert found == ["Min Yoon", "Yu", "Bo Min", "Ada Administrator", "Kamin"]

    def test_all_kinds(self, administrator: Member, team: Team, group: Group, teammate: Member) -> None:
        """Teams and groups by name and address, people also by their team."""
        choices = search(scope_of(administrator), "platform")
        assert [(choice.name, choice.count) for choice in choices] == [
            ("Platform", "1 person"),
            ("Platform guild", "2 people"),
            ("Tae Teammate", ""),
        ]
        team.address = AddressFactory.create(
            company=administrator.company, local_part="crew", kind=Address.Kind.TEAM
        )
        team.save()
        assert names(scope_of(administrator), "crew") == ["Platform"]

    def test_teams_and_groups_are_not_crowded_out(
        self, company: Company, administrator: Member, team: Team, group: Group
    ) -> None:
        for number in range(25):
            MemberFactory.create(company=company, name=f"Platform {number}")
        found = names(scope_of(administrator), "platform")
        assert len(found) == 20
        assert {team.name, group.name} <= {*found}

    def test_teams_alone(self, administrator: Member, team: Team, group: Group, teammate: Member) -> None:
        assert names(scope_of(administrator, Purpose.TEAMS), "platform") == [team.name]

    def test_people_of_other_companies_are_never_offered(
        self, administrator: Member, stranger: Member, guest: Member, external_group: Group
    ) -> None:
        """Spec 1.1, 2.9, 6.2."""
        for purpose in Purpose:
            for kind in Group.Kind:
                for typed in ("s", "sten", "greta", stranger.email):
                    found = names(scope_of(administrator, purpose, kind), typed)
                    assert not {stranger.name, guest.name} & {*found}

    def test_inactive_people_are_not_offered(self, administrator: Member, member: Member) -> None:
        member.is_active = False
        member.save()
        assert names(scope_of(administrator), "momo") == []

    def test_private_groups_are_offered_to_those_who_see_them(
        self, private_group: Group, insider: Member, outsider: Member, administrator: Member
    ) -> None:
        """Spec 2.21, 5.3."""
        assert names(scope_of(outsider), "secret") == []
        assert names(scope_of(insider), "secret") == [private_group.name]
        assert names(scope_of(administrator), "secret") == [private_group.name]

    def test_deleted_and_external_groups_and_the_group_itself_are_not_offered(
        self, administrator: Member, deleted_group: Group, external_group: Group, group: Group
    ) -> None:
        assert names(scope_of(administrator), "old things") == []
        assert names(scope_of(administrator), "joint venture") == []
        assert names(scope_of(administrator, group=group), "platform guild") == []

    def test_external_members_need_the_permission(
        self, company: Company, administrator: Member, member: Member, team: Team, group: Group
    ) -> None:
        """Spec 1.4, 2.9: no teams and no groups either."""
        company.connecting = Company.Connecting.CHOSEN
        company.save()
        MemberFactory.create(company=company, name="Momo Two", may_connect=True)
        scope = scope_of(administrator, kind=Group.Kind.EXTERNAL)
        assert names(scope, "momo") == ["Momo Two"]
        assert names(scope, "platform") == []

    def test_masters_of_an_external_group_can_be_people_in_it(
        self, administrator: Member, external_group: Group, guest: Member
    ) -> None:
        """By name; their address is not known here (spec 6.4)."""
        scope = scope_of(administrator, Purpose.MASTERS, group=external_group)
        [choice] = search(scope, "greta guest")
        assert choice.name == guest.name
        assert guest.email not in choice.detail
        assert search(scope, "greta@") == []

    def test_a_master_from_another_company_browses_nobody(
        self, external_group: Group, guest: Member, member: Member, outsider: Member, team: Team
    ) -> None:
        """Only who is in the group already (spec 6.2)."""
        MasterFactory.create(group=external_group, member=guest)
        for purpose in (Purpose.MASTERS, Purpose.MEMBERS):
            scope = scope_of(guest, purpose, group=external_group)
            assert names(scope, "otto") == []
            assert names(scope, "platform") == []
            assert not form_of(scope, outsider.email).is_valid()
            assert level(scope, team.pk).choices == level(scope, None).choices == []

    def test_the_number_of_queries_does_not_grow(
        self, company: Company, administrator: Member, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in (1, 15):
            for _time in range(number):
                person = MemberFactory.create(company=company, name="Zed")
                parent = TeamFactory.create(company=company, people=[person])
                TeamFactory.create(company=company, name="Zed", parent=parent, people=[person])
                GroupFactory.create(company=company, listed=True, members=[person], name=f"Zed {person.pk}")
            scope = scope_of(administrator)
            # People, teams, groups, people by team, their teams, paths, two counts.
            with django_assert_num_queries(9):
                search(scope, "zed")


class TestTree:
    def test_levels(self, company: Company, administrator: Member, team: Team, teammate: Member) -> None:
        below = TeamFactory.create(company=company, name="SRE", parent=team)
        scope = scope_of(administrator)
        assert [choice.token for choice in level(scope, None).choices] == [f"team:{team.pk}"]
        tokens = [choice.token for choice in level(scope, team.pk).choices]
        assert tokens == [f"team:{below.pk}", f"member:{teammate.pk}"]

    def test_pages(self, company: Company, administrator: Member, team: Team) -> None:
        for number in range(150):
            TeamFactory.create(company=company, name=f"Team {number:03}", parent=team)
        for number in range(80):
            team.members.add(MemberFactory.create(company=company, name=f"Person {number:03}"))
        scope = scope_of(administrator)
        seen: list[str] = []
        after = ""
        for _page in range(3):
            page = level(scope, team.pk, after)
            seen += [choice.name for choice in page.choices]
            after = page.after
        assert after == ""
        expected = [
            *(f"Team {number:03}" for number in range(150)),
            *(f"Person {number:03}" for number in range(80)),
        ]
        assert seen == [*expected, "Tae Teammate"]

    def test_other_companies_teams_are_not_shown(self, other_company: Company, administrator: Member) -> None:
        theirs = TeamFactory.create(
            company=other_company, people=[MemberFactory.create(company=other_company)]
        )
        assert level(scope_of(administrator), theirs.pk).choices == []


class TestAddresses:
    """The three addresses that pickers ask."""

    @pytest.mark.parametrize("path", [PICK, TEAMS])
    def test_who_may_ask(
        self,
        path: str,
        administrator: Member,
        member: Member,
        master: Member,
        superuser: Member,
        group: Group,
        private_group: Group,
    ) -> None:
        """Those who could save the form that they pick for (spec 1.5, 7)."""

        def status(who: Member | None, query: str) -> int:
            return client_of(who).get(f"{path}?q=m&{query}").status_code

        assert status(administrator, "purpose=members") == 200
        assert status(administrator, "purpose=people") == 200
        assert status(administrator, "purpose=members&kind=external") == 200
        assert status(administrator, f"purpose=masters&group={group.pk}") == 200
        assert status(master, f"purpose=masters&group={group.pk}") == 200
        assert status(master, f"purpose=masters&group={private_group.pk}") == 404
        assert status(master, "purpose=people") == 403
        assert status(member, f"purpose=masters&group={group.pk}") == 403
        assert status(member, "purpose=members") == 403
        assert status(superuser, "purpose=members") == 404
        assert status(None, "purpose=members") == 302
        for nonsense in ("", "purpose=x", "purpose=members&kind=x", f"purpose=members&group={2**63}"):
            assert status(administrator, nonsense) == 404

    def test_external_groups_need_core(self, company: Company, administrator: Member) -> None:
        """Spec 2.3."""
        company.has_core = False
        company.save()
        path = f"{PICK}?purpose=members&kind=external"
        assert client_of(administrator).get(path).status_code == 403

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_wrong_method(self, administrator: Member, method: str) -> None:
        path = PASTE if method == "get" else PICK
        response = getattr(client_of(administrator), method)(f"{path}?purpose=members")
        assert response.status_code == 405

    @pytest.mark.parametrize(
        "nasty",
        [
            "%00",
            "%ff%fe",
            "%ed%a0%80",
            "'; drop table",
            "<script>",
            "%25%5f",
            "(" * 60_000,
            "a" * 60_000,
            "%5c",
        ],
    )
    def test_nasty_queries(self, administrator: Member, group: Group, nasty: str) -> None:
        client = client_of(administrator)
        assert client.get(f"{PICK}?purpose=members&q={nasty}").status_code == 200
        assert client.get(f"{TEAMS}?purpose=members&parent={nasty}").status_code == 404
        assert client.get(f"{TEAMS}?purpose=members&after={nasty}").status_code == 404
        response = client.post(f"{PASTE}?purpose=members", {"text": f"{nasty} @ a@{nasty}"})
        assert response.status_code == 200

    def test_options(self, company: Company, administrator: Member) -> None:
        MemberFactory.create(company=company, name="<b>Bold</b>", email="bold@hanbit.example")
        html = client_of(administrator).get(f"{PICK}?purpose=members&q=bold").content.decode()
        assert "&lt;b&gt;Bold&lt;/b&gt;" in html
        assert "<b>Bold" not in html
        assert "bold@hanbit.example" in html
        assert 'data-said="1 result"' in html

    def test_teams_are_not_chosen_where_only_people_are(self, administrator: Member, team: Team) -> None:
        client = client_of(administrator)
        assert "picker-choose" in client.get(f"{TEAMS}?purpose=members").content.decode()
        assert "picker-choose" not in client.get(f"{TEAMS}?purpose=masters").content.decode()

    def test_paste(self, administrator: Member, member: Member, stranger: Member, group: Group) -> None:
        text = (
            f"Momo <{member.email}>; {stranger.email}\n{group.address}, Somebody, member:{administrator.pk}"
        )
        answer = client_of(administrator).post(f"{PASTE}?purpose=members", {"text": text}).json()
        assert answer["tokens"] == [
            f"member:{administrator.pk}",
            f"member:{member.pk}",
            f"group:{group.pk}",
        ]
        assert answer["missing"] == [stranger.email, "Somebody"]
        assert answer["report"] == "2 of 4 addresses were not found"
        assert answer["chips"].count("data-token") == 3

    def test_paste_of_thousands(
        self, company: Company, administrator: Member, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        people = MemberFactory.create_batch(300, company=company)
        text = "\n".join([person.email for person in people] + [f"no{n}@hanbit.example" for n in range(5700)])
        client = client_of(administrator)
        with django_assert_max_num_queries(12):
            answer = client.post(f"{PASTE}?purpose=members", {"text": text}).json()
        assert len(answer["tokens"]) == 300
        assert answer["chips"].count("data-token") == 200
        assert answer["report"] == "5,700 of 6,000 addresses were not found"

    def test_paste_of_too_many(self, administrator: Member) -> None:
        text = "\n".join(f"no{number}@hanbit.example" for number in range(10_001))
        response = client_of(administrator).post(f"{PASTE}?purpose=members", {"text": text})
        assert response.status_code == 422
        assert "10,000" in response.json()["problem"]

    def test_paste_does_not_name_what_the_asker_may_not_know(
        self, master: Member, group: Group, private_group: Group, stranger: Member
    ) -> None:
        text = f"group:{private_group.pk} member:{stranger.pk}"
        answer = client_of(master).post(f"{PASTE}?purpose=members&group={group.pk}", {"text": text}).json()
        assert answer["chips"].count("Not available") >= 2
        assert private_group.name not in answer["chips"]
        assert stranger.name not in answer["chips"]
