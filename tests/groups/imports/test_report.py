"""The report of an import (rule 10.2)."""

import csv
from io import StringIO

import pytest
from django.urls import reverse

from accounts.models import Company, Member
from groups.directory.imports import report
from tests.helpers import ClientOf

from .made import import_of

pytestmark = pytest.mark.django_db


def table(client_of: ClientOf, administrator: Member, pk: int) -> list[list[str]]:
    answer = client_of(administrator).get(reverse("groups:import_report", args=[pk]))
    assert "attachment" in answer["Content-Disposition"]
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.reader(StringIO(text)))


def test_has_every_row_once_with_what_is_refused_first(
    client_of: ClientOf, administrator: Member, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In batches, with memory that does not grow."""
    monkeypatch.setattr(report, "ROWS_AT_ONCE", 2)
    rows = [{"name": f"n{number}", "file": "people.csv", "row": number} for number in range(2, 7)]
    bad = {"name": "bad", "verdict": "refused", "reason": "No such person.", "file": "people.csv", "row": 9}
    same = {"name": "known", "verdict": "same", "kind": "group", "file": "groups.csv", "row": 2}
    import_of(company, [{"name": "another import's"}])
    made = import_of(company, [*rows, same, bad])
    head, *lines = table(client_of, administrator, made.pk)
    assert head == ["verdict", "kind", "name", "reason", "file", "row"]
    assert lines[0] == ["refused", "member", "bad", "No such person.", "people.csv", "9"]
    assert [line[2] for line in lines] == ["bad", "n2", "n3", "n4", "n5", "n6", "known"]
    assert lines[-1] == ["same", "group", "known", "", "groups.csv", "2"]


def test_no_cell_is_a_formula(client_of: ClientOf, administrator: Member, company: Company) -> None:
    made = import_of(
        company, [{"name": "=cmd()", "verdict": "refused", "reason": "+1", "file": "@x.csv", "row": 1}]
    )
    _head, line = table(client_of, administrator, made.pk)
    assert line == ["refused", "member", "'=cmd()", "'+1", "'@x.csv", "1"]


def test_what_could_not_be_done_any_more_counts_as_refused(
    client_of: ClientOf, administrator: Member, company: Company
) -> None:
    """In the report, and first on the page, with its own filter."""
    late = {"name": "late", "state": "skipped", "reason": "Somebody was faster."}
    made = import_of(company, [{"name": "done", "state": "done"}, late], state="done")
    lines = table(client_of, administrator, made.pk)
    assert [line[:4] for line in lines[1:]] == [
        ["add", "member", "done", ""],
        ["refused", "member", "late", "Somebody was faster."],
    ]
    url = reverse("groups:import", args=[made.pk])
    page = client_of(administrator).get(url).content.decode()
    assert "1 row was imported." in page
    assert page.index(">late<") < page.index(">done<")
    only = client_of(administrator).get(f"{url}?verdict=left_out").content.decode()
    assert ">done<" not in only
