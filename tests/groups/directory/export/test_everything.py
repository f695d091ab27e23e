"""Taking everything along: one zip file with the directory, the records and the rooms (rule 10.7)."""

import csv
import hashlib
import io
import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.core import mail
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from accounts.actor import Actor, Door, Refused
from accounts.confirmation import Unconfirmed
from accounts.models import AuditEntry, Company, Job, Member
from accounts.tokens import actor_of as actor_of_token
from groupadmin.base.errors import Invalid
from groups.directory.export import everything, rooms
from groups.models import CompanyExport, FileVersion, Group, Room, StoredFile
from tests.factories import (
    AccessTokenFactory,
    EventFactory,
    FolderFactory,
    FolderFileFactory,
    MailFactory,
    MessageFactory,
    NoteCommentFactory,
    NoteFactory,
    StoredFileFactory,
    TaskFactory,
)
from tests.helpers import ActorOf, client_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

EXPORTS = reverse("groups:exports")


def export(company: Company, actor: Actor, *, has_rooms: bool = True) -> ZipFile:
    job = everything.start_export(company, has_rooms=has_rooms, actor=actor)
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.message
    made = CompanyExport.objects.get(job=job)
    assert made.size == made.file.size
    return ZipFile(io.BytesIO(made.file.read()))


def read(packed: ZipFile, path: str) -> Any:
    return json.loads(packed.read(path))


def test_every_file_has_the_checksum_that_is_written_beside_it(
    company: Company, administrator: Member, group: Group, actor_of: ActorOf
) -> None:
    FolderFileFactory.create(group=group, name="plan.txt", content=b"the plan")
    packed = export(company, actor_of(administrator))
    lines = [line.split("  ", 1) for line in packed.read("SHA256SUMS").decode().splitlines()]
    sums = {name: checksum for checksum, name in lines}
    assert sums.keys() == set(packed.namelist()) - {"SHA256SUMS"}
    assert sums == {name: hashlib.sha256(packed.read(name)).hexdigest() for name in sums}
    about = read(packed, "manifest.json")
    assert (about["company"], about["has_rooms"], about["format"]) == ("Hanbit", True, 1)
    assert about["files"] == len(sums) - 1


def test_what_people_wrote_goes_out_for_programs_and_for_people(
    company: Company, administrator: Member, group: Group, member: Member, actor_of: ActorOf
) -> None:
    by = {"group": group, "author": member}
    first = MessageFactory.create(text="안녕 <b>all</b>\nhttps://example.com", **by)
    MessageFactory.create(text="Hi too", reply_to=first, **by)
    MessageFactory.create(text="a secret", recalled_at=timezone.now(), **by)
    StoredFileFactory.create(message=first, name="map.png", preview="", **by)
    note = NoteFactory.create(title="Minutes", text="We **met**.", **by)
    NoteCommentFactory.create(note=note, text="Good.")
    TaskFactory.create(title="Book a room", **by)
    packed = export(company, actor_of(administrator))
    place = f"rooms/{group.pk}/"
    one, two, recalled = read(packed, f"{place}messages.json")
    assert (one["text"], one["author"], one["author_email"]) == (first.text, member.name, member.email)
    assert one["files"] == ["message-files/map.png"]
    assert packed.read(place + one["files"][0]) == b"a picture"
    assert (two["reply_to"], recalled["text"]) == (first.pk, "")
    page = packed.read(f"{place}messages.html").decode()
    assert "안녕 &lt;b&gt;all&lt;/b&gt;" in page
    assert 'href="https://example.com"' in page
    assert "a secret" not in page
    assert read(packed, f"{place}notes.json")[0]["comments"][0]["text"] == "Good."
    assert "<strong>met</strong>" in packed.read(f"{place}notes.html").decode()
    assert read(packed, f"{place}tasks.json")[0]["title"] == "Book a room"
    assert list(csv.reader(io.StringIO(packed.read("rooms/index.csv").decode("utf-8-sig"))))[1] == [
        str(group.pk),
        group.name,
    ]
    index = packed.read("rooms/index.html").decode()
    linked = re.findall(r'href="(\d[^"]*)"', index)
    assert linked == [f"{group.pk}/{name}.html" for name in ("messages", "notes", "tasks")]
    assert {f"rooms/{path}" for path in linked} <= set(packed.namelist())
    assert 'href="../index.html"' in page


def test_files_go_out_as_they_are_with_their_older_versions(
    company: Company, administrator: Member, group: Group, actor_of: ActorOf
) -> None:
    """Rule 3.9: names are adapted so that every computer unpacks them, and the adapted ones are listed."""
    plans = FolderFactory.create(group=group, name="Plans: all")
    kept = FolderFileFactory.create(group=group, folder=plans, name="plan.txt", content=b"first")
    newer = StoredFile(group=group, feature="folder", name="plan.txt", size=6)
    newer.file.save("stored", ContentFile(b"second"))
    FileVersion.objects.create(folder_file=kept, stored=newer, number=2)
    FolderFileFactory.create(group=group, name="old.txt", binned_at=timezone.now())
    packed = export(company, actor_of(administrator))
    place = f"rooms/{group.pk}/"
    assert packed.read(f"{place}folder/Plans_ all/plan.txt") == b"second"
    assert packed.read(f"{place}folder-versions/1/Plans_ all/plan.txt") == b"first"
    assert "Plans: all" in packed.read(f"{place}names-changed.txt").decode("utf-8-sig")
    assert not [name for name in packed.namelist() if "old.txt" in name]


def test_events_of_all_times_go_out_as_a_calendar(
    company: Company, administrator: Member, group: Group, actor_of: ActorOf
) -> None:
    """Rule 3.8: the feed leaves out what is long over, an export does not."""
    Room.objects.create(group=group)
    EventFactory.create(group=group, title="Long ago", starts_at=timezone.now() - timedelta(days=2_000))
    packed = export(company, actor_of(administrator))
    calendar = Calendar.from_ical(packed.read(f"rooms/{group.pk}/events.ics"))
    assert [str(event["summary"]) for event in calendar.events] == ["Long ago"]


def test_rooms_stay_where_they_are_unless_asked_for(
    company: Company, administrator: Member, group: Group, member: Member, actor_of: ActorOf
) -> None:
    """Rule 3.6."""
    MessageFactory.create(group=group, author=member, text="for the room")
    packed = export(company, actor_of(administrator), has_rooms=False)
    assert not [name for name in packed.namelist() if name.startswith("rooms/")]


def test_nothing_of_another_company_goes_out(
    company: Company, administrator: Member, external_group: Group, guest: Member, actor_of: ActorOf
) -> None:
    """Rules 1.1, 6.4: what a guest wrote in our group stays with us, without their address."""
    foreign = MailFactory.create(group__company=guest.company, subject="Their mail")
    MessageFactory.create(
        group=external_group, author=guest, author_name=guest.name, text="Hello from outside"
    )
    packed = export(company, actor_of(administrator))
    (said,) = read(packed, f"rooms/{external_group.pk}/messages.json")
    assert (said["text"], said["author"], said["author_email"]) == ("Hello from outside", guest.name, "")
    rest = b"".join(packed.read(name) for name in packed.namelist() if name != "audit.csv")
    assert guest.email.encode() not in rest
    assert foreign.subject.encode() not in rest


def test_all_administrators_are_told_and_the_audit_keeps_it(
    company: Company, administrator: Member, actor_of: ActorOf, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        everything.start_export(company, has_rooms=True, actor=actor_of(administrator))
    (told,) = [one for one in mail.outbox if one.to == [administrator.email]]
    assert "what people wrote in the message rooms" in told.body
    entry = AuditEntry.objects.get(action="company.export")
    assert entry.changes == {"rooms": [None, True]}


def test_only_administrators_export_and_only_after_a_fresh_proof(
    company: Company, administrator: Member, master: Member, other_administrator: Member, actor_of: ActorOf
) -> None:
    """Rules 7, 9.4."""
    for somebody in (master, other_administrator):
        with pytest.raises(Refused):
            everything.start_export(company, has_rooms=False, actor=actor_of(somebody))
    with pytest.raises(Unconfirmed):
        everything.start_export(
            company, has_rooms=False, actor=replace(actor_of(administrator), must_confirm=True)
        )
    assert not CompanyExport.objects.exists()


def test_a_company_s_program_exports_and_is_named(company: Company, administrator: Member) -> None:
    """Rules 10.7, 11.4: as "its operator" nobody would look for who it was."""
    token = AccessTokenFactory.create(company=company, name="Nightly backup", scopes=["imports", "delicate"])
    job = everything.start_export(company, has_rooms=False, actor=actor_of_token(token, Door.API, None))
    job.refresh_from_db()
    assert (job.state, job.token) == (Job.State.DONE, token)
    assert "\u2068Nightly backup\u2069 exports everything" in mail.outbox[0].body


def test_one_at_a_time(company: Company, administrator: Member, actor_of: ActorOf) -> None:
    waiting = Job.objects.create(company=company, kind=everything.JOB, door="web")
    CompanyExport.objects.create(company=company, job=waiting)
    with pytest.raises(Invalid, match="being made already"):
        everything.start_export(company, has_rooms=False, actor=actor_of(administrator))
    page = client_of(administrator).get(EXPORTS).content.decode()
    assert reverse("accounts:job", args=[waiting.pk]) in page


def test_it_is_downloaded_and_that_is_in_the_audit(company: Company, administrator: Member) -> None:
    client = client_of(administrator)
    assert client.post(EXPORTS, {}).status_code == 302
    made = CompanyExport.objects.get()
    assert "Ready to download" in client.get(EXPORTS).content.decode()
    answer: Any = client.post(reverse("groups:export_download", args=[made.pk]))
    assert ZipFile(io.BytesIO(b"".join(answer.streaming_content))).testzip() is None
    assert "groupadmin-Hanbit-" in answer["Content-Disposition"]
    assert AuditEntry.objects.filter(action="company.download_export").exists()


def test_it_is_gone_when_its_days_are_over(
    company: Company, administrator: Member, media: Path, django_capture_on_commit_callbacks: Any
) -> None:
    client_of(administrator).post(EXPORTS, {})
    (file,) = (media / "exports").iterdir()
    CompanyExport.objects.update(created_at=timezone.now() - timedelta(days=6))
    assert everything.forget_old_exports() == 0
    CompanyExport.objects.update(created_at=timezone.now() - timedelta(days=8))
    with django_capture_on_commit_callbacks(execute=True):
        assert everything.forget_old_exports() == 1
    assert not file.exists()


def test_an_export_that_fails_leaves_nothing_behind(
    company: Company, administrator: Member, group: Group, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    MessageFactory.create(group=group)

    def no_space(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(everything, "add_room", no_space)
    made = CompanyExport.objects.create(company=company, has_rooms=True)
    with pytest.raises(Invalid, match="no space left"):
        everything.make(made, Actor(administrator, Door.WEB))
    assert not list((media / "exports").iterdir())
    monkeypatch.setattr(everything, "add_room", rooms.add_room)
    everything.make(made, Actor(administrator, Door.WEB))
    made.refresh_from_db()
    assert [path.name for path in (media / "exports").iterdir()] == [Path(str(made.file.name)).name]
