"""Django admin's lists of groups: quick on large tables, and robust."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Company, Member
from groupadmin.base.text import isolated
from groups.models import Designation, ExternalContact, Group, MailingList, Master, Membership, PhotoDraft
from tests.admin_pages import admin_url
from tests.factories import (
    CompanyFactory,
    DesignationFactory,
    ExternalContactFactory,
    GroupFactory,
    MemberFactory,
)

MODELS = (Group, Membership, Master, MailingList, Designation, ExternalContact, PhotoDraft)
ADD_GROUP = "/admin/groups/group/add/"


def fill(company: Company, times: int) -> None:
    for _ in range(times):
        person = MemberFactory.create(company=company)
        group = GroupFactory.create(
            company=company, listed=True, masters=[person], members=[person], subgroups=[]
        )
        DesignationFactory.create(mailing_list=group.mailing_list, member=person)
        ExternalContactFactory.create(mailing_list=group.mailing_list)
        PhotoDraft.objects.create(member=person)


@pytest.mark.parametrize("model", MODELS)
def test_a_list_asks_no_more_for_more_rows(admin: Client, company: Company, model: type[Any]) -> None:
    url = admin_url(model, "changelist")
    counts = []
    for _ in range(2):
        fill(company, 3)
        admin.get(url)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            admin.get(url)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("search", [{}, {"q": "group"}])
def test_a_list_counts_nothing_to_its_end(admin: Client, company: Company, search: dict[str, str]) -> None:
    fill(company, 2)
    for model in MODELS:
        with CaptureQueriesContext(connection) as queries:
            admin.get(admin_url(model, "changelist"), search)
        counting = [query["sql"] for query in queries if "COUNT(" in query["sql"].upper()]
        assert counting
        assert all("LIMIT" in sql for sql in counting), counting


def test_where_a_list_is_cut_it_says_so(
    admin: Client, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groupadmin.base.admin.lists.COUNTED_AT_MOST", 2)
    fill(company, 3)
    assert "Only the first 2" in admin.get(admin_url(Group, "changelist")).content.decode()


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("PLATFORM", True),
        ("ｐｌａｔｆｏｒｍ", True),
        ("platform@hanbit", True),
        ("guild", True),
        ("nothing", False),
        ("100%", False),
        ("' OR 1=1 --", False),
        ("pl\x00at", True),
        ("x" * 100_000, False),
        ("\u202e{{ 7*7 }}<script>", False),
    ],
)
def test_search(admin: Client, group: Group, term: str, found: bool) -> None:
    if "\x00" not in term:
        page = admin.get(admin_url(Group, "changelist"), {"q": term})
        assert [each.pk for each in page.context["cl"].result_list] == ([group.pk] if found else [])
    assert bool(options(admin, Membership, "group", term)["results"]) == found


@pytest.mark.parametrize(
    ("model", "term", "found"),
    [
        (Membership, "momo@han", 1),
        (Membership, "ＰＬＡＴＦＯＲＭ", 2),
        (Membership, "guild", 2),
        (Master, "mira", 1),
        (Master, "guild", 1),
        (MailingList, "platform@hanbit", 1),
        (MailingList, "guild", 1),
        (Designation, "momo", 1),
        (Designation, "platform", 1),
        (ExternalContact, "CLIENT", 1),
    ],
)
def test_search_what_points_to_people_and_groups(
    admin: Client, group: Group, member: Member, model: type[Any], term: str, found: int
) -> None:
    DesignationFactory.create(mailing_list=group.mailing_list, member=member)
    ExternalContactFactory.create(mailing_list=group.mailing_list, email="client@outside.example")
    for search, count in ((term, found), ("nothing", 0)):
        page = admin.get(admin_url(model, "changelist"), {"q": search})
        assert len(page.context["cl"].result_list) == count


def options(client: Client, model: type[Any], field: str, term: str, **more: str) -> Any:
    source = {"app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": field}
    return client.get(reverse("admin:autocomplete"), source | {"term": term} | more).json()


def test_autocomplete_tells_namesakes_apart(admin: Client, company: Company, group: Group) -> None:
    other = MemberFactory.create(company=company, name="Momo Member")
    texts = [option["text"] for option in options(admin, Membership, "member", "momo")["results"]]
    assert texts == [f"Momo Member <{other.email}>", "Momo Member <momo@hanbit.example>"]
    text = options(admin, Membership, "group", "guild")["results"][0]["text"]
    assert text == f"{isolated('Platform guild')} · {isolated('Hanbit')}"


NASTY = ["abc", "9" * 30, "-1", "\x00", "1\x00", "' OR 1=1", "\ud800".encode("utf-16", "surrogatepass").hex()]


@pytest.mark.parametrize("value", NASTY)
@pytest.mark.parametrize("model", MODELS)
def test_nasty_addresses_and_forms_never_break(
    admin: Client, group: Group, model: type[Any], value: str
) -> None:
    admin.raise_request_exception = False
    changelist = admin_url(model, "changelist")
    for key in ("q", "p", "o", "all", "group", "company", "member", "kind__exact", "id__in", "name__regex"):
        assert admin.get(changelist, {key: value}).status_code in (200, 302, 400), key
    for view in ("change", "delete", "history"):
        path = admin_url(model, "changelist") + f"{value.replace(chr(0), '%00')}/{view}/"
        assert admin.get(path).status_code in (302, 403, 404)
    chosen = {"action": "delete_selected", "_selected_action": [value], "index": value}
    assert admin.post(changelist, chosen).status_code in (200, 302)
    page = admin.get(admin_url(model, "add"))
    if page.status_code == 200:
        names = page.context["adminform"].form.fields
        assert admin.get(admin_url(model, "add"), dict.fromkeys(names, value)).status_code == 200
        assert admin.post(admin_url(model, "add"), dict.fromkeys(names, value)).status_code == 200


@pytest.mark.parametrize("value", NASTY)
def test_nasty_autocompletes_never_break(admin: Client, group: Group, value: str) -> None:
    admin.raise_request_exception = False
    good = {"app_label": "groups", "model_name": "membership", "field_name": "member", "term": "m"}
    for key in (*good, "page"):
        answer = admin.get(reverse("admin:autocomplete"), good | {key: value})
        assert answer.status_code in (200, 403, 404), key


def test_nasty_names_are_shown_as_they_are(admin: Client, company: Company, master: Member) -> None:
    """Rule 2.4."""
    name = '<script>alert(1)</script>{{ x }} "\u202eevil'
    GroupFactory.create(company=company, name=name, masters=[master])
    text = admin.get(admin_url(Group, "changelist")).content.decode()
    assert "<script>alert" not in text
    assert (
        '<bdi class="name">&lt;script&gt;alert(1)&lt;/script&gt;{{ x }} &quot;\u202eevil\u202c</bdi>' in text
    )


def test_two_companies(admin: Client, group: Group) -> None:
    """A list reduced to one company shows that one only."""
    other = CompanyFactory.create(name="Elsewhere")
    GroupFactory.create(company=other)
    page = admin.get(admin_url(Group, "changelist"), {"company": group.company_id})
    assert [each.pk for each in page.context["cl"].result_list] == [group.pk]
