"""The verdicts of an import on its page (rule 10.2)."""

import re
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Company, Member
from groups.directory.imports.summary import VERDICTS
from groups.models import DirectoryImport, ImportFile
from groups.views.imports import shown
from tests.helpers import ClientOf

from .made import import_of

pytestmark = pytest.mark.django_db


def page(client_of: ClientOf, member: Member, made: DirectoryImport, query: str = "") -> str:
    answer = client_of(member).get(reverse("groups:import", args=[made.pk]) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def names(html: str) -> list[str]:
    """The rows' names in the order of the page."""
    return re.findall(r'<div class="verdict-name">\s*<bdi class="name">(.*?)</bdi>', html)


def test_each_change_before_and_after_and_each_refusal_with_its_reason(
    client_of: ClientOf, administrator: Member, company: Company
) -> None:
    changed = {
        "name": "minsu@hanbit.example",
        "verdict": "change",
        "before": {"job_title": "Engineer", "site": "Seoul", "aliases": []},
        "after": {"job_title": "Lead <engineer>", "site": "", "aliases": ["a@x.example", "b@x.example"]},
        "file": "people.csv",
        "row": 1234,
    }
    refused = {"name": "nobody", "verdict": "refused", "reason": "There is no such person."}
    html = page(client_of, administrator, import_of(company, [changed, refused]))
    text = " ".join(re.sub(r"<[^>]+>", " ", html).split())
    assert "Job title Engineer → Lead &lt;engineer&gt;" in text
    assert "Site Seoul → empty" in text
    assert "Further addresses a@x.example, b@x.example" in text
    assert "There is no such person." in text
    assert "Row 1,234" in text
    assert names(html) == ["nobody", "minsu@hanbit.example"]


def test_filters_by_verdict_kind_and_name(
    client_of: ClientOf, administrator: Member, company: Company
) -> None:
    rows = [
        {"name": "Ann", "verdict": "add"},
        {"name": "Robotics", "verdict": "add", "kind": "group"},
        {"name": "Anvil", "verdict": "same", "kind": "group"},
    ]
    made = import_of(company, rows)
    assert names(page(client_of, administrator, made, "?verdict=add")) == ["Ann", "Robotics"]
    assert names(page(client_of, administrator, made, "?kind=group")) == ["Robotics", "Anvil"]
    assert names(page(client_of, administrator, made, "?q=AN")) == ["Ann", "Anvil"]
    assert names(page(client_of, administrator, made, "?q=an&verdict=same")) == ["Anvil"]
    nonsense = page(client_of, administrator, made, "?verdict=x&kind=%00&after=zz&q=%20")
    assert names(nonsense) == ["Ann", "Robotics", "Anvil"]


def test_files_are_found_by_any_name_also_inside_of_others(
    client_of: ClientOf, administrator: Member, company: Company
) -> None:
    """Rows are stored without control characters; what is in a zip file or a workbook belongs to it."""
    rows = [
        {"name": "a", "file": "인사.zip/members.csv"},
        {"name": "b", "file": "인사.zip/groups.csv"},
        {"name": "c", "file": "people.csv"},
        {"name": "d", "file": "people.csv.old"},
        {"name": "e", "file": "book.xlsx › members"},
    ]
    made = import_of(company, rows)
    zipped = "인사.zip\t"
    for name in (zipped, "people.csv.old", "book.xlsx"):
        ImportFile.objects.create(directory_import=made, name=name, content="imports/none")

    def found(**query: str) -> list[str]:
        return names(page(client_of, administrator, made, f"?{urlencode(query)}"))

    assert found(file=zipped) == ["a", "b"]
    assert found(file="people.csv") == ["c"]
    assert found(file="book.xlsx") == ["e"]
    assert found(q="zip/groups") == ["b"]


def test_of_what_is_added_only_what_it_has_is_said(
    client_of: ClientOf, administrator: Member, company: Company
) -> None:
    added = {"name": "Tools", "kind": "group", "after": {"message": False, "note": True, "description": ""}}
    html = page(client_of, administrator, import_of(company, [added]))
    html = html.partition("<main")[2].partition("</main>")[0]
    assert re.findall(r"<dt>(.*?)</dt>", html)[-1] == "Note"
    assert "<dt>Message</dt>" not in html


def test_pages_go_through_all_verdicts_and_back(
    client_of: ClientOf, administrator: Member, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each row once; and the same few queries, none of which counts."""
    monkeypatch.setattr(shown, "PAGE_SIZE", 3)
    verdicts = ["add", "same", "refused", "add", "change", "add", "same"]
    made = import_of(company, [{"name": f"n{place}", "verdict": v} for place, v in enumerate(verdicts)])
    query, seen = "", []
    while True:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            html = page(client_of, administrator, made, query)
        asked = [one["sql"] for one in queries if "importrow" in one["sql"]]
        assert len(asked) <= len(VERDICTS) + 2
        assert not any("COUNT(" in sql for sql in asked)
        seen += names(html)
        following = re.search(r'rel="next"\s+href="([^"]*)"', html)
        if following is None:
            break
        query = following[1].replace("&amp;", "&")
    assert seen == ["n2", "n4", "n0", "n3", "n5", "n1", "n6"]
    before = re.search(r'rel="prev"\s+href="([^"]*)"', html)
    assert before is not None
    back = page(client_of, administrator, made, before[1].replace("&amp;", "&"))
    assert names(back) == ["n3", "n5", "n1"]


def test_another_companys_import_is_not_there(
    client_of: ClientOf, administrator: Member, other_company: Company
) -> None:
    made = import_of(other_company, [{"name": "secret"}])
    for name in ("import", "import_report", "import_progress"):
        assert client_of(administrator).get(reverse(f"groups:{name}", args=[made.pk])).status_code == 404


def test_says_in_numbers_what_it_means(client_of: ClientOf, administrator: Member, company: Company) -> None:
    meaning = {
        "people": {"gained": 1212, "lost": 31},
        "rooms": {"gained": 4, "lost": 0},
        "without_master": 3,
        "without_members": 1,
        "groups": [{"id": None, "name": "New <group>", "gained": 20, "lost": 0, "mail": True, "room": True}],
    }
    html = page(client_of, administrator, import_of(company, [{"name": "a"}], meaning=meaning))
    for text in ("+1,212", "−31", "3 groups will have no master", "1 group will have no members"):
        assert text in html
    assert "New &lt;group&gt;" in html
    assert "Import the row" in html
    assert "only the first" not in html
    cut = page(
        client_of, administrator, import_of(company, [{"name": "b"}], meaning=meaning | {"is_cut": True})
    )
    assert "only the first 300,000 gains" in cut


def test_advice_is_given_while_it_can_be_followed(
    client_of: ClientOf, administrator: Member, company: Company
) -> None:
    meaning = {"people": {"gained": 1, "lost": 0}, "without_master": 3}
    done = page(client_of, administrator, import_of(company, [{"name": "a"}], meaning=meaning, state="done"))
    assert "What it means" in done
    assert "Choose a default master" not in done
    refused = import_of(company, [{"name": "a", "verdict": "refused"}], meaning=meaning)
    assert "What it means" not in page(client_of, administrator, refused)


def test_a_progress_that_is_over_leads_on(
    client_of: ClientOf, administrator: Member, company: Company
) -> None:
    """The page asks for its progress by itself; once it is over, the whole page comes."""
    made = import_of(company, state="reading")
    url = reverse("groups:import_progress", args=[made.pk])
    assert "Reading and checking" in client_of(administrator, htmx=True).get(url).content.decode()
    made.state = "ready"
    made.save()
    there = reverse("groups:import", args=[made.pk])
    assert client_of(administrator, htmx=True).get(url)["HX-Redirect"] == there
    assert client_of(administrator).get(url)["Location"] == there
