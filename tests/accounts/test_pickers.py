"""Pickers of a company's people and teams: what is offered and found, and who may ask (rules 1.1, 1.5, 7)."""

from collections.abc import Iterator

import pytest
from django.urls import reverse

from accounts.models import Company, Member, Team
from accounts.pickers import Chosen, CompanyScope, Purpose, tokens
from accounts.pickers.fields import too_much
from accounts.pickers.scope import Scope
from accounts.pickers.search import search
from accounts.pickers.tokens import parse
from groups.models import Group
from groups.pickers import GroupScope
from groups.pickers import Purpose as GroupPurpose
from tests.factories import AddressFactory, MemberFactory
from tests.groups.pickers.pages import form_of
from tests.helpers import actor_of, client_of

pytestmark = pytest.mark.django_db


def scope_of(member: Member, purpose: Purpose) -> CompanyScope:
    assert member.company is not None
    return CompanyScope(actor_of(member), member.company, purpose)


def names(scope: Scope, typed: str) -> list[str]:
    return [choice.name for choice in search(scope, typed)]


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

    def test_blank_lines_and_empty_cells_are_gone_through_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        read: list[str] = []
        read_line = tokens._line

        def watched(line: str) -> Iterator[tuple[str, str]]:
            read.append(line)
            return read_line(line)

        monkeypatch.setattr(tokens, "_line", watched)
        typed = parse("\n \n\t" * 5_000 + "Kim" + "\t " * 5_000 + "a@x.example\r\n" * 5_000)
        assert typed.addresses == ("a@x.example",)
        assert len(read) < 5
        assert max(map(len, read)) < 50

    def test_of_far_too_many_lines_the_first_ones_are_read(self) -> None:
        typed = parse("\n".join(f"x{n}\ta@x.example" for n in range(tokens.LINES_READ + 1)))
        assert (typed.addresses, typed.is_cut) == (("a@x.example",), True)
        assert "at most" in too_much(typed)

    def test_tokens(self) -> None:
        typed = parse("member:12 team:3,group:7\nmember:12 jun@x.example")
        assert typed.tokens == ("member:12", "team:3", "group:7")
        assert typed.chosen == Chosen(frozenset({12}), frozenset({3}), frozenset({7}))
        assert typed.addresses == ("jun@x.example",)


class TestWhatIsOffered:
    """People, teams or both; never groups, and nobody of another company."""

    @pytest.mark.parametrize(
        ("purpose", "expected"),
        [
            (Purpose.PEOPLE, ["Tae Teammate"]),
            (Purpose.TEAMS, ["Platform"]),
            (Purpose.CROWD, ["Platform", "Tae Teammate"]),
        ],
    )
    def test_by_purpose(
        self,
        administrator: Member,
        team: Team,
        group: Group,
        teammate: Member,
        purpose: Purpose,
        expected: list[str],
    ) -> None:
        assert group.name == "Platform guild"
        assert names(scope_of(administrator, purpose), "platform") == expected

    @pytest.mark.parametrize("purpose", Purpose)
    def test_a_groups_address_is_not_found(
        self, administrator: Member, group: Group, private_group: Group, purpose: Purpose
    ) -> None:
        assert not form_of(scope_of(administrator, purpose), group.address).is_valid()
        html = str(form_of(scope_of(administrator, purpose), f"group:{group.pk}")["chosen"])
        assert "No longer available" in html
        assert group.name not in html

    @pytest.mark.parametrize("purpose", Purpose)
    def test_other_companies(
        self, administrator: Member, stranger: Member, guest: Member, external_group: Group, purpose: Purpose
    ) -> None:
        """Neither offered, nor found by address, nor named (rules 1.1, 6.2)."""
        scope = scope_of(administrator, purpose)
        for typed in ("s", "sten", "greta", stranger.email):
            assert not {stranger.name, guest.name} & {*names(scope, typed)}
        assert not form_of(scope, stranger.email).is_valid()
        assert stranger.name not in str(form_of(scope, f"member:{stranger.pk}")["chosen"])

    def test_inactive_people(self, administrator: Member, member: Member) -> None:
        scope = scope_of(administrator, Purpose.PEOPLE)
        assert names(scope, "momo") == [member.name]
        member.is_active = False
        member.save()
        assert names(scope, "momo") == []
        assert not form_of(scope, member.email).is_valid()

    def test_nicknames_and_readings(
        self, company: Company, administrator: Member, external_group: Group, guest: Member
    ) -> None:
        """Rule 1.12: those that begin so come first; of other companies' people none is known (rule 6.4)."""
        MemberFactory.create(company=company, name="Xmoriz")
        MemberFactory.create(company=company, name="花子", nickname="Hana", reading="もりもと ハナコ")
        MemberFactory.create(company=company, name="Z", nickname="Mori")
        Member.objects.filter(pk=guest.pk).update(called_folded="mori")
        people = scope_of(administrator, Purpose.PEOPLE)
        assert names(people, "MORI") == ["Z", "Xmoriz"]
        assert names(people, "もりもと") == names(people, "hana") == ["花子"]
        (found,) = search(people, "hana")
        assert found.detail.startswith("\u2068Hana\u2069 · ")
        actor, kind = actor_of(administrator), Group.Kind.EXTERNAL
        there = GroupScope(actor, company, kind, GroupPurpose.ASSIGNEES, external_group)
        assert names(there, guest.name) == [guest.name]
        assert names(there, "mori") == []

    def test_addresses_of_people_and_teams(self, administrator: Member, member: Member, team: Team) -> None:
        team.address = AddressFactory.create(company=administrator.company, local_part="crew", kind="team")
        team.save()
        form = form_of(scope_of(administrator, Purpose.CROWD), f"{member.email}, {team.address}")
        assert form.is_valid()
        assert form.cleaned_data["chosen"] == Chosen(frozenset({member.pk}), frozenset({team.pk}))


class TestAddresses:
    """The three addresses that these pickers ask."""

    @pytest.mark.parametrize("name", ["accounts:pick", "accounts:pick_teams"])
    @pytest.mark.parametrize("purpose", Purpose)
    def test_who_may_ask(
        self,
        administrator: Member,
        master: Member,
        member: Member,
        superuser: Member,
        name: str,
        purpose: Purpose,
    ) -> None:
        def status(who: Member | None, query: str) -> int:
            return client_of(who).get(f"{reverse(name)}?q=m&{query}").status_code

        assert status(administrator, f"purpose={purpose}") == 200
        assert status(master, f"purpose={purpose}") == status(member, f"purpose={purpose}") == 403
        assert status(superuser, f"purpose={purpose}") == 404
        assert status(None, f"purpose={purpose}") == 302

    @pytest.mark.parametrize("query", ["", "purpose=x", "purpose=members", "purpose=contacts"])
    def test_nonsense(self, administrator: Member, query: str) -> None:
        assert client_of(administrator).get(f"{reverse('accounts:pick')}?{query}").status_code == 404

    def test_the_widget_asks_here(self, administrator: Member) -> None:
        html = str(form_of(scope_of(administrator, Purpose.CROWD))["chosen"])
        for key, name in (("search", "pick"), ("teams", "pick_teams"), ("paste", "pick_paste")):
            assert f'data-{key}="{reverse(f"accounts:{name}")}?purpose=crowd"' in html

    def test_teams_and_their_people(self, administrator: Member, team: Team, teammate: Member) -> None:
        client = client_of(administrator)
        url = reverse("accounts:pick_teams")
        assert team.name in client.get(url, {"purpose": "people"}).content.decode()
        below = client.get(f"{url}?purpose=people&parent={team.pk}").content.decode()
        assert teammate.name in below
        assert client.get(f"{url}?purpose=people&parent={2**63}").status_code == 404

    def test_paste(self, company: Company, administrator: Member, stranger: Member) -> None:
        person = MemberFactory.create(company=company)
        text = f"{person.email} {stranger.email}"
        url = f"{reverse('accounts:pick_paste')}?purpose=people"
        answer = client_of(administrator).post(url, {"text": text}).json()
        assert answer["tokens"] == [f"member:{person.pk}"]
        assert answer["missing"] == [stranger.email]
