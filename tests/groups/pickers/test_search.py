"""What pickers offer to whom: search, team tree and their addresses (rules 1.1, 2.7–2.9, 2.21, 5.3)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse_lazy
from pytest_django.fixtures import DjangoAssertNumQueries

from accounts.models import Address, Company, Member, Team
from accounts.pickers.search import search
from accounts.pickers.tree import level
from groups.models import Group
from groups.pickers import GroupScope, Purpose
from tests.factories import AddressFactory, GroupFactory, MasterFactory, MemberFactory, TeamFactory
from tests.helpers import client_of

from .pages import form_of, scope_of

pytestmark = pytest.mark.django_db


PICK = reverse_lazy("groups:pick")
TEAMS = reverse_lazy("groups:pick_teams")
PASTE = reverse_lazy("groups:pick_paste")


def names(scope: GroupScope, typed: str) -> list[str]:
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

    def test_people_of_other_companies_are_never_offered(
        self, administrator: Member, stranger: Member, guest: Member, external_group: Group
    ) -> None:
        """Rules 1.1, 2.9, 6.2."""
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
        """Rules 2.21, 5.3."""
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
        """Rules 1.4, 2.9: no teams and no groups either."""
        company.connecting = Company.Connecting.CHOSEN
        company.save()
        MemberFactory.create(company=company, name="Momo Two", may_connect=True)
        scope = scope_of(administrator, kind=Group.Kind.EXTERNAL)
        assert names(scope, "momo") == ["Momo Two"]
        assert names(scope, "platform") == []

    def test_masters_of_an_external_group_can_be_people_in_it(
        self, administrator: Member, external_group: Group, guest: Member
    ) -> None:
        """By name; their address is not known here (rule 6.4)."""
        scope = scope_of(administrator, Purpose.MASTERS, group=external_group)
        [choice] = search(scope, "greta guest")
        assert choice.name == guest.name
        assert guest.email not in choice.detail
        assert search(scope, "greta@") == []

    def test_a_master_from_another_company_browses_nobody(
        self, external_group: Group, guest: Member, member: Member, outsider: Member, team: Team
    ) -> None:
        """Only who is in the group already (rule 6.2)."""
        MasterFactory.create(group=external_group, member=guest)
        for purpose in (Purpose.MASTERS, Purpose.MEMBERS):
            scope = scope_of(guest, purpose, group=external_group)
            assert names(scope, "otto") == []
            assert names(scope, "platform") == []
            assert not form_of(scope, outsider.email).is_valid()
            assert level(scope, team.pk).choices == level(scope, None).choices == []

    def test_the_number_of_queries_does_not_grow(self, company: Company, administrator: Member) -> None:
        taken = []
        for number in (1, 15):
            for _time in range(number):
                person = MemberFactory.create(company=company, name="Zed")
                parent = TeamFactory.create(company=company, people=[person])
                TeamFactory.create(company=company, name="Zed", parent=parent, people=[person])
                GroupFactory.create(company=company, listed=True, members=[person], name=f"Zed {person.pk}")
            scope = scope_of(administrator)
            with CaptureQueriesContext(connection) as queries:
                search(scope, "zed")
            taken.append(len(queries))
        # People, teams and groups, by beginning, within and address; teams by name; people by team; their
        # teams, paths, two counts. Where the first ones fill the answer, there are fewer.
        assert taken[1] <= taken[0] <= 16


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
        """Those who could save the form that they pick for (rules 1.5, 7)."""

        def status(who: Member | None, query: str) -> int:
            return client_of(who).get(f"{path}?q=m&{query}").status_code

        assert status(administrator, "purpose=members") == 200
        assert status(administrator, "purpose=members&kind=external") == 200
        assert status(administrator, f"purpose=masters&group={group.pk}") == 200
        assert status(master, f"purpose=masters&group={group.pk}") == 200
        assert status(master, f"purpose=masters&group={private_group.pk}") == 404
        assert status(member, f"purpose=masters&group={group.pk}") == 403
        assert status(member, "purpose=members") == 403
        assert status(superuser, "purpose=members") == 404
        assert status(None, "purpose=members") == 302
        for nonsense in (
            "",
            "purpose=x",
            "purpose=people",
            "purpose=members&kind=x",
            f"purpose=members&group={2**63}",
        ):
            assert status(administrator, nonsense) == 404

    def test_external_groups_need_core(self, company: Company, administrator: Member) -> None:
        """Rule 2.3."""
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
        assert answer["chips"].count("No longer available") >= 2
        assert private_group.name not in answer["chips"]
        assert stranger.name not in answer["chips"]
