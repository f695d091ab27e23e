"""Exports by the API: begun, downloaded and deleted (rules 10.7, 11.3)."""

import io
import zipfile

import pytest

from accounts.models import AuditEntry, Company, Member, Scope
from groups.models import CompanyExport
from tests.groupadmin.api.calling import program_of

pytestmark = pytest.mark.django_db


def test_everything_is_one_file(company: Company, administrator: Member) -> None:
    """All administrators are told, and each download is in the audit."""
    program = program_of(company)
    begun = program.post("/exports", {})
    assert begun.status_code == 202, begun.content
    path = begun["Location"].removeprefix("/api/v1")
    assert program.get(path).json()["is_ready"] is True
    answer = program.get(f"{path}/file")
    assert answer["Content-Type"] == "application/zip"
    names = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))).namelist()
    assert any(name.endswith("directory/members.csv") for name in names)
    assert AuditEntry.objects.filter(action="company.download_export").count() == 1
    assert [one["id"] for one in program.get("/exports").json()["items"]] == [CompanyExport.objects.get().pk]
    assert program.delete(path).status_code == 204
    assert program.get(f"{path}/file").status_code == 404


def test_exports_are_delicate_and_for_administrators_of_their_own_company(
    company: Company, master: Member, other_administrator: Member
) -> None:
    found = CompanyExport.objects.create(company=company, file="exports/none.zip")
    path = f"/exports/{found.pk}"
    plain = program_of(company, Scope.IMPORTS)
    for answer in (plain.post("/exports", {}), plain.get(f"{path}/file")):
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:groupadmin:problem:scope-missing")
    for verb, part in (("GET", ""), ("GET", "/file"), ("DELETE", "")):
        assert program_of(master)(verb, path + part).status_code == 403
        there = program_of(other_administrator)(verb, path + part)
        nowhere = program_of(other_administrator)(verb, f"/exports/987654321{part}")
        assert (there.status_code, there.content) == (404, nowhere.content)
    assert program_of(master).get("/exports").status_code == 403
    assert program_of(other_administrator).get("/exports").json()["items"] == []
    assert CompanyExport.objects.filter(pk=found.pk).exists()
