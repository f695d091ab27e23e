"""The pages of members (rules 1.2, 7)."""

from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Address, AuditEntry, Company, Member, Team
from tests.factories import AddressFactory, DomainFactory, MemberFactory, TeamFactory
from tests.helpers import ClientOf

from .pages import OTHERS, by_role, fragment, refuses, text_of

LIST = reverse("accounts:member_list")
ADD = reverse("accounts:member_add")
NASTY = "<script>alert(1)</script> \u202e{{ 7*7 }} ' OR 1=1 -- 😀"


@pytest.fixture
def client(administrator: Member, client_of: ClientOf) -> Client:
    return client_of(administrator)


def edit(member: Member) -> str:
    return reverse("accounts:member_edit", args=[member.pk])


def posted(company: Company, **values: Any) -> dict[str, Any]:
    """What the browser sends for a new member."""
    return {
        "name": "New Person",
        "local_part": "new",
        "domain": str(company.primary_domain.pk),
        "aliases": "",
        "teams": "",
        "send_mail": "on",
        "version": "1",
    } | values


@pytest.mark.parametrize("role", OTHERS)
def test_others_are_refused(
    role: str, member: Member, request: pytest.FixtureRequest, client_of: ClientOf
) -> None:
    client = client_of(by_role(request, role))
    for url in (LIST, ADD, edit(member)):
        assert refuses(client, url)
    for url in (ADD, edit(member)):
        assert refuses(client, url, "post")
    for name in ("member_deactivate", "member_activate", "member_send_sign_in_mail"):
        assert refuses(client, reverse(f"accounts:{name}", args=[member.pk]), "post")


def test_signed_out(client_of: ClientOf, db: None) -> None:
    assert client_of(None).get(LIST)["Location"] == f"/sign-in/?next={LIST}"


def test_wrong_verbs(client: Client, member: Member) -> None:
    assert client.post(LIST).status_code == 405
    assert client.delete(ADD).status_code == 405
    for name in ("member_activate", "member_send_sign_in_mail"):
        assert client.get(reverse(f"accounts:{name}", args=[member.pk])).status_code == 405


@pytest.mark.parametrize("pk", ["other", "0", "9223372036854775808", "9" * 40])
def test_people_who_are_not_there_or_of_another_company(client: Client, guest: Member, pk: str) -> None:
    """Rule 1.1: both answer alike."""
    pk = str(guest.pk) if pk == "other" else pk
    assert client.get(f"/members/{pk}/edit/").status_code == 404
    assert client.post(f"/members/{pk}/deactivate/").status_code == 404


def test_list_shows_people_with_teams_and_badges(client: Client, company: Company) -> None:
    top = TeamFactory.create(company=company, name="Topteam")
    teams = [TeamFactory.create(company=company, name=f"Low{n}", parent=top) for n in range(4)]
    person = MemberFactory.create(company=company, name=NASTY, email="nasty@hanbit.example", is_active=False)
    for team in teams:
        team.members.add(person)
    shown = text_of(client.get(LIST))
    assert "<script>alert" not in shown
    assert "&lt;script&gt;" in shown
    assert "nasty@hanbit.example" in shown
    assert shown.count("Topteam") == 2
    assert "+2" in shown
    assert "Inactive" in shown


def test_list_holds_the_own_company_only(client: Client, guest: Member) -> None:
    assert guest.email not in text_of(client.get(LIST))


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("김", {"김민수"}),
        ("ÅNG", {"Chloé Ångström"}),
        ("chloe", {"Chloé Ångström"}),
        ("angstrom chloe", {"Chloé Ångström"}),
        ("민수 김", {"김민수"}),
        ("ㄱㅁㅅ", {"김민수"}),
        ("minsu.k", {"김민수"}),
        ("second-address", {"김민수"}),
        ("second@hanbit", set()),
        ("address@hanb", {"김민수"}),
        ("Robot", {"Chloé Ångström"}),
        ("%", set()),
        ("_", set()),
        ("\0", {"김민수", "Chloé Ångström", "Ada Administrator"}),
        ("nobody at all", set()),
    ],
)
def test_search_by_name_address_alias_and_team(
    client: Client, company: Company, typed: str, found: set[str]
) -> None:
    minsu = MemberFactory.create(company=company, name="김민수", email="minsu.kim@hanbit.example")
    AddressFactory.create(company=company, local_part="second-address", kind=Address.Kind.ALIAS, member=minsu)
    chloe = MemberFactory.create(company=company, name="Chloé Ångström", email="c@hanbit.example")
    TeamFactory.create(company=company, name="Robotics", people=[chloe])
    answer = client.get(LIST, {"q": typed})
    assert {row.member.name for row in answer.context["rows"]} == found


@pytest.mark.parametrize(
    ("show", "found"),
    [
        ("", {"Ada Administrator", "Inactive One", "Plain One"}),
        ("active", {"Ada Administrator", "Plain One"}),
        ("inactive", {"Inactive One"}),
        ("administrators", {"Ada Administrator"}),
        ("connect", {"Plain One"}),
        ("nonsense", {"Ada Administrator", "Inactive One", "Plain One"}),
    ],
)
def test_filters(client: Client, company: Company, show: str, found: set[str]) -> None:
    company.connecting = Company.Connecting.CHOSEN
    company.save()
    MemberFactory.create(company=company, name="Inactive One", is_active=False, may_connect=True)
    MemberFactory.create(company=company, name="Plain One", may_connect=True)
    answer = client.get(LIST, {"show": show})
    assert {row.member.name for row in answer.context["rows"]} == found


def test_nobody_found_says_so(client: Client) -> None:
    assert "No one found" in text_of(client.get(LIST, {"q": "zzz"}))


def test_htmx_gets_the_rows_only(client: Client) -> None:
    rows = fragment(client, LIST)
    assert "Ada Administrator" in rows
    assert "<html" not in rows


def test_pages_lead_on_and_back(client: Client, company: Company) -> None:
    MemberFactory.create_batch(60, company=company, name="Same name")
    first = client.get(LIST, {"q": "same"})
    second = client.get(LIST + first.context["page"].next)
    seen = [[row.member.pk for row in answer.context["rows"]] for answer in (first, second)]
    assert [len(page) for page in seen] == [50, 10]
    assert len({*seen[0], *seen[1]}) == 60
    assert "q=same" in second.context["page"].previous
    back = client.get(LIST + second.context["page"].previous)
    assert [row.member.pk for row in back.context["rows"]] == seen[0]


def test_queries_do_not_grow_with_rows(client: Client, company: Company) -> None:
    counts = []
    for _ in range(2):
        for person in MemberFactory.create_batch(15, company=company):
            TeamFactory.create(company=company, people=[person])
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(LIST)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 10


def test_added_mailed_and_shown_in_the_list(
    client: Client, company: Company, team: Team, mailoutbox: list[Any]
) -> None:
    sent = posted(company, aliases="np@hanbit.example\nnp2@hanbit.example", teams=f"team:{team.pk}")
    answer = client.post(ADD, sent, follow=True)
    member = Member.objects.get(email="new@hanbit.example")
    assert list(member.teams.all()) == [team]
    assert member.addresses.count() == 3
    assert [mail.to for mail in mailoutbox] == [["new@hanbit.example"]]
    assert settings.SITE_URL + "/sign-in/password/reset/" in mailoutbox[0].body
    shown = text_of(answer)
    assert "was added" in shown
    assert '<tr class="new">' in " ".join(shown.split())


def test_a_pasted_address_chooses_its_domain(client: Client, company: Company) -> None:
    """Rule 1.11: the name beside it and invisible characters are no part of it; nor may it be elsewhere."""
    sent = posted(
        company,
        local_part="새사람(new＠hanbit.example)",
        aliases="Np <np@hanbit.example>;np2@hanbit.example.",
    )
    sent["domain"] = str(DomainFactory.create(company=company).pk)
    assert client.post(ADD, sent | {"local_part": "new@elsewhere.example"}).status_code == 422
    assert client.post(ADD, sent).status_code == 302
    addresses = Member.objects.get(email="new@hanbit.example").addresses.values_list("local_part", flat=True)
    assert sorted(addresses) == ["new", "np", "np2"]


def test_added_without_mail(client: Client, company: Company, mailoutbox: list[Any]) -> None:
    sent = posted(company)
    del sent["send_mail"]
    client.post(ADD, sent)
    assert Member.objects.filter(email="new@hanbit.example").exists()
    assert mailoutbox == []


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": ""}, "Enter a name."),
        ({"name": "x" * 101}, "100 characters"),
        ({"local_part": "momo"}, "taken by a member"),
        ({"local_part": "no good"}, "Enter a valid email address"),
        ({"local_part": "\0"}, "Null characters"),
        ({"domain": "9" * 30}, "valid choice"),
        ({"domain": "x"}, "valid choice"),
        ({"aliases": "somebody@elsewhere.example"}, "your company"),
        ({"aliases": "no-domain"}, "your company"),
        ({"aliases": "momo@hanbit.example"}, "taken by a member"),
        ({"teams": "team:999999999"}, "no longer available"),
        ({"teams": "nonsense"}, "Not found"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    client: Client, company: Company, member: Member, values: dict[str, str], message: str
) -> None:
    answer = client.post(ADD, posted(company, name="Typed Name") | values)
    assert answer.status_code == 422
    shown = text_of(answer)
    assert message in shown
    assert values.get("name", "Typed Name") in shown
    assert not Member.objects.filter(name="Typed Name").exists()


def test_domain_of_another_company_is_no_choice(
    client: Client, company: Company, other_company: Company
) -> None:
    answer = client.post(ADD, posted(company, domain=str(other_company.primary_domain.pk)))
    assert answer.status_code == 422
    assert "nordlicht" not in text_of(answer)


def test_add_opened_from_a_team_begins_with_it(client: Client, team: Team) -> None:
    assert f"team:{team.pk}" in text_of(client.get(ADD, {"team": team.pk}))


def test_edited(client: Client, company: Company, member: Member, team: Team) -> None:
    shown = text_of(client.get(edit(member)))
    assert "Momo Member" in shown
    assert 'value="momo"' in shown
    sent = posted(company, name="Momo Changed", local_part="momo", is_administrator="on", may_connect="on")
    assert client.post(edit(member), sent | {"teams": f"team:{team.pk}"}).status_code == 302
    member.refresh_from_db()
    assert member.name == "Momo Changed"
    assert member.is_administrator
    assert list(member.teams.all()) == [team]


def test_edit_that_is_wrong_keeps_what_was_typed(client: Client, company: Company, member: Member) -> None:
    answer = client.post(edit(member), posted(company, name="Typed", local_part="ada"))
    assert answer.status_code == 422
    assert "taken by a member" in text_of(answer)
    assert 'value="Typed"' in text_of(answer)
    member.refresh_from_db()
    assert member.name == "Momo Member"


def test_own_role_stays_whatever_is_posted(client: Client, company: Company, administrator: Member) -> None:
    client.post(edit(administrator), posted(company, name="Ada", local_part="ada"))
    administrator.refresh_from_db()
    assert administrator.name == "Ada"
    assert administrator.is_administrator


@pytest.mark.parametrize("connecting", [Company.Connecting.NOBODY, Company.Connecting.EVERYBODY])
def test_permission_to_connect_is_by_member_only_if_so_decided(
    client: Client, company: Company, member: Member, connecting: str
) -> None:
    """Rule 1.4."""
    company.connecting = connecting
    company.save()
    client.post(edit(member), posted(company, name="Momo", local_part="momo", may_connect="on"))
    member.refresh_from_db()
    assert not member.may_connect


def test_deactivated_and_activated(client: Client, member: Member) -> None:
    """tests/accounts/test_deactivation.py says what is asked before."""
    answer = client.post(reverse("accounts:member_deactivate", args=[member.pk]), follow=True)
    assert "This person is inactive" in text_of(answer)
    member.refresh_from_db()
    assert not member.is_active
    client.post(reverse("accounts:member_activate", args=[member.pk]))
    member.refresh_from_db()
    assert member.is_active


def test_own_deactivation_is_refused_and_audited(client: Client, administrator: Member) -> None:
    url = reverse("accounts:member_deactivate", args=[administrator.pk])
    answer = client.post(url)
    assert answer.status_code == 403
    assert "You cannot deactivate yourself" in text_of(answer)
    assert AuditEntry.objects.get().result == AuditEntry.Result.REFUSED
    assert url not in text_of(client.get(edit(administrator)))


def test_sign_in_mail_again(client: Client, member: Member, mailoutbox: list[Any]) -> None:
    url = reverse("accounts:member_send_sign_in_mail", args=[member.pk])
    answer = client.post(url, follow=True)
    assert "on its way" in text_of(answer)
    assert mailoutbox[0].to == [member.email]
