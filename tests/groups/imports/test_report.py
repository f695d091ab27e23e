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
