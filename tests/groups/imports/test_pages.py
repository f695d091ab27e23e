"""The way of an import through its pages: files, verdicts, go, outcome (rule 10.2)."""

import errno
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Company, Member
from groupadmin.base.files import FileStorage
from groups.directory.imports.undoing import dry_run
from groups.models import DirectoryImport, Group, ImportFile
from tests.factories import GroupFactory, MemberFactory
from tests.helpers import ClientOf, sign_in_again

from .made import import_of

pytestmark = pytest.mark.django_db

PEOPLE = "email,name\nbea@hanbit.example,Bea Builder\ncai@hanbit.example,Cai Coder\n"
GROUPS = "name,masters,members\nRobotics,mira@hanbit.example,bea@hanbit.example\n"


def upload(client: Client, files: dict[str, str | bytes], **fields: str) -> Any:
    sent = [
        SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode())
        for name, content in files.items()
    ]
    return client.post(reverse("groups:import_add"), {"file": sent, **fields})


def opened(client: Client, files: dict[str, str | bytes], **fields: str) -> DirectoryImport:
    answer = upload(client, files, **fields)
    assert answer.status_code == 302, answer.content.decode()
    found = DirectoryImport.objects.get()
    assert answer["Location"] == url(found)
    return found


def url(directory_import: DirectoryImport, name: str = "import") -> str:
    return reverse(f"groups:{name}", args=[directory_import.pk])


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_files_in_any_order_are_looked_at_and_then_imported(
    client_of: ClientOf, administrator: Member, master: Member, company: Company
) -> None:
    client = client_of(administrator)
    found = opened(client, {"groups.csv": GROUPS, "people.csv": PEOPLE})
    page = text_of(client, url(found))
    for said in ("Ready to import", "Import all 5 rows", "Bea Builder", "groups.csv, people.csv"):
        assert said in page
    assert not Group.objects.filter(name="Robotics").exists()
    assert client.post(url(found, "import_start"))["Location"] == url(found)
    page = text_of(client, url(found))
    assert "5 rows were imported." in page
    robotics = Group.objects.get(name="Robotics")
    assert [entry.member.name for entry in robotics.entries.all() if entry.member] == ["Bea Builder"]
    assert Member.objects.get(email="cai@hanbit.example").company == company
    assert "groups.csv, people.csv" in text_of(client, reverse("groups:imports"))
    # The same again changes nothing, and says so.
    DirectoryImport.objects.all().delete()
    again = opened(client, {"groups.csv": GROUPS, "people.csv": PEOPLE})
    page = text_of(client, url(again))
    assert "Nothing to change" in page
    assert "import_start" not in page


def test_with_refused_rows_only_the_good_ones_are_imported(
    client_of: ClientOf, administrator: Member, master: Member
) -> None:
    client = client_of(administrator)
    bad = PEOPLE + "dan@elsewhere.example,Dan\n"
    found = opened(client, {"people.csv": bad})
    page = text_of(client, url(found))
    assert "1 row cannot be imported" in page
    assert "Import the 2 good rows" in page
    answer = client.post(url(found, "import_start"))
    assert answer.status_code == 422
    assert "1 rows are refused" in answer.content.decode()
    assert not Member.objects.filter(email="bea@hanbit.example").exists()
    assert client.post(url(found, "import_start"), {"only_good": "1"}).status_code == 302
    assert Member.objects.filter(email="bea@hanbit.example").exists()
    assert "1 row was refused" in text_of(client, url(found))


def test_the_default_master_is_chosen_by_address(
    client_of: ClientOf, administrator: Member, master: Member, member: Member, other_company: Company
) -> None:
    client = client_of(administrator)
    files = {"groups.csv": f"name,members\nRobotics,{member.email}\n"}
    stranger = MemberFactory.create(company=other_company)
    both = f"member:{master.pk}\nmember:{member.pk}"
    for wrong in (both, f"member:{stranger.pk}", "nobody@hanbit.example"):
        assert upload(client, dict(files), default_master=wrong).status_code == 422
    assert not DirectoryImport.objects.exists()
    found = opened(client, dict(files), default_master=master.email)
    client.post(url(found, "import_start"))
    assert [person.member for person in Group.objects.get(name="Robotics").masters.all()] == [master]


def test_no_files_or_nothing_in_them(client_of: ClientOf, administrator: Member) -> None:
    client = client_of(administrator)
    for files in ({}, {"empty.csv": ""}):
        answer = upload(client, dict(files))
        assert answer.status_code == 422
        assert "invalid-feedback" in answer.content.decode()
    found = opened(client, {"photo.csv": b"\x89PNG\r\n\x1a\n\0\0\0"})
    page = text_of(client, url(found))
    assert "This import failed" in page
    assert found.problem
    assert "Choose columns" in page


def test_a_full_disk_says_so_and_leaves_nothing(
    client_of: ClientOf, administrator: Member, monkeypatch: pytest.MonkeyPatch, media: Any
) -> None:
    """The second file no longer fits: the first one goes too."""
    kept = FileStorage._save

    def save(self: FileStorage, name: str, content: Any) -> str:
        if ImportFile.objects.exists():
            raise OSError(errno.ENOSPC, "full")
        return kept(self, name, content)

    monkeypatch.setattr(FileStorage, "_save", save)
    answer = upload(client_of(administrator), {"a.csv": PEOPLE, "b.csv": PEOPLE})
    assert answer.status_code == 422
    assert "The server has no space left." in answer.content.decode()
    assert not DirectoryImport.objects.exists()
    assert not [path for path in media.rglob("*") if path.is_file()]


def test_starting_needs_a_fresh_proof(client_of: ClientOf, administrator: Member) -> None:
    """Rule 9.4: an import can make administrators. Looking at one needs none."""
    client = client_of(administrator)
    found = opened(client, {"people.csv": "email,administrator\nbea@hanbit.example,yes\n"})
    sign_in_again(client, administrator, timezone.now() - timedelta(hours=1))
    assert "Ready to import" in text_of(client, url(found))
    answer = client.post(url(found, "import_start"))
    assert answer.status_code == 403
    assert not Member.objects.filter(email="bea@hanbit.example").exists()
    proof = {"confirm-password": "wrong"}
    assert client.post(url(found, "import_start"), proof).status_code == 422
    assert not Member.objects.filter(email="bea@hanbit.example").exists()


def test_many_people_lost_are_asked_for_with_the_number(
    client_of: ClientOf, administrator: Member, company: Company
) -> None:
    """Rule 10.5: more than a tenth, and at least twenty, of the company's people."""
    people = [MemberFactory.create(company=company) for _number in range(25)]
    rows = "".join(f"{person.email},no\n" for person in people)
    client = client_of(administrator)
    found = opened(client, {"people.csv": f"email,active\n{rows}"})
    answer = client.post(url(found, "import_start"))
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "25 of" in page
    assert Member.objects.filter(is_active=False).count() == 0
    agreed = page.split('name="loss-agreed"')[1].split('value="')[1].split('"')[0]
    assert client.post(url(found, "import_start"), {"loss-agreed": agreed}).status_code == 302
    assert Member.objects.filter(is_active=False).count() == 25


def test_discarding_leaves_nothing_behind(
    client_of: ClientOf,
    administrator: Member,
    media: Any,
    django_capture_on_commit_callbacks: Any,
) -> None:
    client = client_of(administrator)
    found = opened(client, {"people.csv": PEOPLE})
    assert [path for path in media.rglob("*") if path.is_file()]
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(url(found, "import_discard"))
    assert answer["Location"] == reverse("groups:imports")
    assert not DirectoryImport.objects.exists()
    assert not [path for path in media.rglob("*") if path.is_file()]


def test_what_runs_is_cancelled_and_goes_on(
    client_of: ClientOf, administrator: Member, company: Company
) -> None:
    made = import_of(company, [{"name": "x"}], state="running")
    client = client_of(administrator)
    assert "Importing…" in text_of(client, url(made))
    client.post(url(made, "import_cancel"))
    page = text_of(client, url(made))
    assert "This import was cancelled" in page
    assert "Nothing was changed." in page
    assert "Go on" in page
    made.rows.update(state="done")
    page = text_of(client, url(made))
    assert "Part of it was imported, and stays." in page
    assert re.search(r"Add</span>\s*<div[^>]*>Imported</div>", page)


def test_nobody_touches_another_companys_import(
    client_of: ClientOf, administrator: Member, other_company: Company
) -> None:
    made = import_of(other_company, [{"name": "x"}])
    client = client_of(administrator)
    for name in ("import_start", "import_cancel", "import_discard", "import_columns"):
        assert client.post(url(made, name)).status_code == 404
    made.refresh_from_db()
    assert made.state == "ready"


def test_columns_are_chosen_where_they_were_not_understood(
    client_of: ClientOf, administrator: Member, master: Member, company: Company
) -> None:
    """Rule 10.1: each with samples; a choice is shown again, or read with."""
    GroupFactory.create(company=company, name="Robotics", masters=[master], members=[master])
    client = client_of(administrator)
    found = opened(client, {"people.csv": "email,Quux\nbea@hanbit.example,Bea Builder\n"})
    assert "Bea Builder" not in text_of(client, url(found))
    page = text_of(client, url(found, "import_columns"))
    assert "Quux" in page
    assert "Bea Builder" in page
    before = {"before": "{}", "encoding": "", "table-0": "members"}
    again = client.post(
        url(found, "import_columns"), before | {"column-0-1": "name", "again": "1"}
    ).content.decode()
    assert '<option value="name" selected>' in again
    found.refresh_from_db()
    assert not found.options["columns"]
    client.post(url(found, "import_columns"), before | {"column-0-0": "email", "column-0-1": "name"})
    found.refresh_from_db()
    assert found.options["columns"] == {"people.csv": {"1": "name"}}
    assert "Bea Builder" in text_of(client, url(found))
    nonsense = {"before": '{"a":[1]}', "encoding": "zz", "table-0": "zz", "column-0-1": "zz"}
    assert client.post(url(found, "import_columns"), nonsense).status_code == 302


def test_the_default_master_can_still_be_chosen_when_the_verdicts_ask_for_one(
    client_of: ClientOf, administrator: Member, outsider: Member
) -> None:
    """Rule 10.2: nobody uploads again for it. Other systems' files have no columns, but this."""
    client = client_of(administrator)
    found = opened(client, {"groups.csv": "name,members\nTools,otto@hanbit.example\n"})
    assert "choose a default master" in text_of(client, url(found))
    assert url(found, "import_columns") in client.get(url(found)).content.decode()
    wrong = {"before": "{}", "default_master": f"m{administrator.pk} nobody@nowhere.example"}
    assert client.post(url(found, "import_columns"), wrong).status_code == 422
    client.post(url(found, "import_columns"), {"before": "{}", "default_master": administrator.email})
    assert "Ready to import" in text_of(client, url(found))
    page = client.get(url(found, "import_columns")).content.decode()
    assert f'value="m{administrator.pk}"' in page or administrator.name in page.split("Default master")[1]
    DirectoryImport.objects.update(source="keycloak")
    page = text_of(client, url(found, "import_columns"))
    assert "Default master" in page
    assert "Encoding" not in page


def test_what_columns_there_can_be_is_said(client_of: ClientOf, administrator: Member) -> None:
    page = text_of(client_of(administrator), reverse("groups:import_form"))
    assert "employee_number" in page
    assert "2024-03-01" in page


def test_undo_is_looked_at_first_and_leaves_what_was_touched(
    client_of: ClientOf, administrator: Member, master: Member
) -> None:
    """Rule 10.3: what goes back, and what stays because somebody has changed it since."""
    client = client_of(administrator)
    found = opened(client, {"groups.csv": GROUPS, "people.csv": PEOPLE})
    assert client.get(url(found, "import_undo"))["Location"] == url(found)
    assert client.post(url(found, "import_look_back")).status_code == 302
    client.post(url(found, "import_start"))
    assert "Undo…" in text_of(client, url(found))
    cai = Member.objects.get(email="cai@hanbit.example")
    GroupFactory.create(company=cai.company, name="Touched", masters=[cai], members=[cai])
    assert client.post(url(found, "import_look_back"))["Location"] == url(found, "import_undo")
    page = text_of(client, url(found, "import_undo"))
    assert "4 rows can be undone" in page
    assert "1 row stays as it is" in page
    assert "cai@hanbit.example" in page
    assert "bea@hanbit.example" not in page
    assert Group.objects.live().filter(name="Robotics").exists()
    assert client.post(url(found, "import_undo"))["Location"] == url(found)
    assert not Group.objects.live().filter(name="Robotics").exists()
    assert not Member.objects.filter(email="bea@hanbit.example").exists()
    assert Member.objects.filter(pk=cai.pk).exists()
    page = text_of(client, url(found))
    assert "This import was undone" in page
    assert "1 row stays as it is" in page


def test_much_to_look_back_at_is_left_to_the_worker(
    client_of: ClientOf, administrator: Member, master: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dry_run, "AT_ONCE", 1)
    client = client_of(administrator)
    found = opened(client, {"people.csv": PEOPLE})
    client.post(url(found, "import_start"))
    job = client.post(url(found, "import_look_back"))["Location"]
    assert "/jobs/" in job
    assert url(found, "import_undo") in text_of(client, job)
    assert "2 rows can be undone" in text_of(client, url(found, "import_undo"))


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_the_template_can_be_filled_and_comes_back(
    client_of: ClientOf, administrator: Member, kind: str
) -> None:
    """As it is, it brings nothing: its example rows are not read."""
    client = client_of(administrator)
    answer = client.get(reverse("groups:import_template", args=[kind]))
    assert answer.status_code == 200
    name = answer["Content-Disposition"].split('"')[1]
    found = opened(client, {name: answer.content})
    page = text_of(client, url(found))
    assert found.problem or "Nothing to change" in page
    assert client.get(reverse("groups:import_template", args=["exe"])).status_code == 404


def test_who_gains_and_loses_what_is_a_table_too(
    client_of: ClientOf, administrator: Member, master: Member
) -> None:
    client = client_of(administrator)
    found = opened(client, {"groups.csv": GROUPS, "people.csv": PEOPLE})
    answer = client.get(url(found, "import_effects"))
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert lines[0] == "group,name,email,membership,room,mail"
    assert lines[1].startswith("Robotics,Bea Builder,")
    assert ",gained," in lines[1]
    assert url(found, "import_effects") in text_of(client, url(found))
