"""Imports by the API: begun from records or a file, looked at, started, undone (rules 10.1–10.5, 11.3)."""

import io
import typing
import zipfile
from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEntry, Company, Job, Member, Scope
from groupadmin.api.directory import imports, rows, shown
from groups.directory.form.columns import TABLES
from groups.directory.imports.summary import KINDS
from groups.directory.sources.known import SOURCES
from groups.models import DirectoryImport, Group
from tests.groupadmin.api.calling import Program, program_of
from tests.groups.imports.made import import_of

pytestmark = pytest.mark.django_db

RECORDS = {
    "members": [{"email": "bea@hanbit.example", "name": "Bea Builder"}],
    "groups": [{"group": "Robotics", "external_id": "G-1"}],
    "masters": [{"group": "Robotics", "member": "mira@hanbit.example"}],
    "entries": [{"group": "Robotics", "member": "bea@hanbit.example"}],
}
CSV = b"email,name\nbea@hanbit.example,Bea Builder\ncai@hanbit.example,Cai Coder\n"


def send_file(
    program: Program, content: bytes, query: str = "", kind: str = "text/csv", **headers: str
) -> Any:
    client = Client(headers={"Authorization": f"Bearer {program.token}", **headers})
    return client.post(f"/api/v1/imports/files{query}", content, content_type=kind)


def test_records_are_looked_at_and_then_brought_in_and_undone(company: Company, master: Member) -> None:
    program = program_of(company)
    begun = program.post("/imports", {"records": RECORDS})
    assert begun.status_code == 202, begun.content
    path = begun["Location"].removeprefix("/api/v1")
    found = program.get(path).json()
    assert (found["state"], found["format"], found["problem"]) == ("ready", "import", "")
    assert {one["kind"]: one["add"] for one in found["counts"]} == {
        "member": 1,
        "group": 1,
        "master": 1,
        "entry": 1,
    }
    assert found["meaning"]["people"] == {"gained": 1, "lost": 0}
    assert not Group.objects.filter(name="Robotics").exists()

    assert program.post(f"{path}/start", {}).status_code == 202
    found = program.get(path).json()
    assert (found["state"], found["can_undo"], found["undo"]) == ("done", True, None)
    assert Group.objects.get(name="Robotics").entries.get().member == Member.objects.get(name="Bea Builder")

    assert program.post(f"{path}/look-back", None).status_code == 202
    assert program.get(path).json()["undo"]["taken_back"]["entry"] == 1
    assert program.post(f"{path}/undo", None).status_code == 202
    assert program.get(path).json()["state"] == "undone"
    assert not Group.objects.live().filter(name="Robotics").exists()
    job, entry = Job.objects.first(), AuditEntry.objects.filter(action="directory.import").first()
    assert job is not None
    assert entry is not None
    assert job.token is not None
    assert entry.door == AuditEntry.Door.API


def test_a_file_is_the_whole_body_and_may_be_a_zip(company: Company, master: Member) -> None:
    program = program_of(company)
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.writestr("people.csv", CSV)
        archive.writestr("groups.csv", "name,masters,members\nRobotics,,bea@hanbit.example\n")
    for content, query, kind, counts in (
        (CSV, "?name=people.csv", "text/csv", {"member": 2}),
        (
            bundle.getvalue(),
            "?name=all.zip&default_master=MIRA@hanbit.example",
            "application/zip",
            {"member": 2, "group": 1, "master": 1, "entry": 1},
        ),
    ):
        begun = send_file(program, content, query, kind)
        assert begun.status_code == 202, begun.content
        found = program.get(begun["Location"].removeprefix("/api/v1")).json()
        assert {one["kind"]: one["add"] for one in found["counts"]} == counts
        assert found["files"][0]["size"] == len(content)


def test_sent_twice_with_a_key_it_is_begun_once(company: Company) -> None:
    program = program_of(company)
    headers = {"Idempotency-Key": "k-1"}
    first, second = (send_file(program, CSV, **headers) for _time in range(2))
    assert (first.status_code, first["Location"]) == (202, second["Location"])
    assert DirectoryImport.objects.count() == 1
    other = send_file(program, CSV + b"dan@hanbit.example,Dan\n", **headers)
    assert other.json()["type"] == "urn:groupadmin:problem:key-reused"


def test_what_is_refused_is_left_out_only_if_that_is_said(company: Company) -> None:
    program = program_of(company)
    begun = send_file(program, CSV + b"dan@elsewhere.example,Dan\n")
    path = begun["Location"].removeprefix("/api/v1")
    [refused, *others] = program.get(f"{path}/rows").json()["items"]
    assert (refused["verdict"], refused["row"], len(others)) == ("refused", 4, 2)
    assert refused["reason"]
    assert {one["label"]: one["after"] for one in others[0]["changes"]}["Name"] == "Bea Builder"
    assert len(program.get(f"{path}/rows?verdict=add&kind=member").json()["items"]) == 2
    assert program.get(f"{path}/rows?kind=group").json()["items"] == []
    assert program.get(f"{path}/rows?limit=1").json()["next_cursor"]
    answer = program.post(f"{path}/start", {})
    assert (answer.status_code, answer.json()["detail"][:1]) == (422, "1")
    assert program.post(f"{path}/start", {"only_good": True}).status_code == 202
    assert program.get(path).json()["state"] == "done"


def test_what_nothing_can_be_read_in_says_why(company: Company) -> None:
    program = program_of(company)
    found = send_file(program, b"\x00\x01\x02")
    found = program.get(found["Location"].removeprefix("/api/v1")).json()
    assert found["state"] == "failed"
    assert found["problem"]
    for query, field in (
        ("?encoding=klingon", "encoding"),
        ("?format=klingon", "format"),
        ("?default_master=nobody@hanbit.example", "default_master"),
    ):
        assert [one["field"] for one in send_file(program, CSV, query).json()["errors"]] == [field]
    assert send_file(program, b"a=b", kind="multipart/form-data; boundary=x").status_code == 415


def test_an_import_can_be_cancelled_and_discarded(company: Company) -> None:
    program = program_of(company)
    path = send_file(program, CSV)["Location"].removeprefix("/api/v1")
    assert program.post(f"{path}/cancel", None).json()["state"] == "cancelled"
    assert program.delete(path).status_code == 204
    assert program.get(path).status_code == 404
    assert program.get("/imports").json()["items"] == []


def test_starting_and_undoing_are_delicate(company: Company, master: Member) -> None:
    """Rule 9.4: an import can appoint administrators."""
    plain = program_of(company, Scope.IMPORTS)
    path = plain.post("/imports", {"records": RECORDS})["Location"].removeprefix("/api/v1")
    for way in ("start", "undo"):
        if way == "undo":
            program_of(company).post(f"{path}/start", {})
        answer = plain.post(f"{path}/{way}", {} if way == "start" else None)
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:groupadmin:problem:scope-missing")


def test_large_files_are_read_once_it_is_known_who_sends_them(
    company: Company, settings: Any, other_company: Company
) -> None:
    settings.REQUEST_MAX_BYTES = 40
    settings.IMPORT_MAX_BYTES = 400
    assert send_file(program_of(company), CSV).status_code == 202
    assert send_file(Program("gadm_wrong"), CSV).status_code == 401
    assert send_file(program_of(company), CSV * 10).status_code == 413


def test_imports_are_for_administrators_of_their_own_company(
    company: Company, administrator: Member, master: Member, other_administrator: Member
) -> None:
    found = import_of(company, [{"name": "Bea"}])
    for verb, part, body in (
        ("GET", "", None),
        ("GET", "/rows", None),
        ("POST", "/start", {}),
        ("POST", "/cancel", None),
        ("POST", "/look-back", None),
        ("POST", "/undo", None),
        ("DELETE", "", None),
    ):
        path = f"/imports/{found.pk}{part}"
        assert program_of(master)(verb, path, body).status_code == 403, path
        there = program_of(other_administrator)(verb, path, body)
        nowhere = program_of(other_administrator)(verb, f"/imports/987654321{part}", body)
        assert (there.status_code, there.content) == (404, nowhere.content), path
    assert program_of(other_administrator).get("/imports").json()["items"] == []
    assert program_of(master).post("/imports", {"records": {}}).status_code == 403
    assert send_file(program_of(master), CSV).status_code == 403
    assert DirectoryImport.objects.get().state == "ready"
    assert len(program_of(administrator).get(f"/imports/{found.pk}/rows").json()["items"]) == 1


def test_a_list_of_imports_takes_the_same_queries_however_many_they_are(
    company: Company, django_assert_max_num_queries: Any
) -> None:
    program = program_of(company)
    import_of(company)
    with django_assert_max_num_queries(12) as few:
        program.get("/imports")
    for _number in range(5):
        import_of(company)
    with django_assert_max_num_queries(len(few)):
        assert len(program.get("/imports").json()["items"]) == 6


@pytest.mark.one_database
def test_the_description_names_all_formats_tables_and_kinds() -> None:
    assert set(typing.get_args(imports.Format)) == {"", *(source.name for source in SOURCES)}
    assert set(imports.RecordsIn.model_fields) == set(TABLES)
    assert set(typing.get_args(rows.Kind)) == set(KINDS)
    assert set(typing.get_args(shown.ImportState)) == set(DirectoryImport.State.values)
