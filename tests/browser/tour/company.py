"""The company of the tour: the cast of the matrix, among people, groups and rooms as a company has them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from django.test import TransactionTestCase, override_settings
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer
from pytest_django.plugin import DjangoDbBlocker

from accounts.actor import Actor, Door
from accounts.audit import record
from accounts.models import BulkChange, BulkRow, Job, Member
from groups import notices
from groups.models import (
    Attendance,
    CompanyExport,
    Designation,
    DirectoryImport,
    Feature,
    FileVersion,
    FormerPlace,
    ImportRow,
    Mail,
    Mention,
    Notice,
    Room,
)
from tests.emptying import empty_again
from tests.factories import (
    CompanyFactory,
    DesignationFactory,
    DomainFactory,
    EnvelopeFactory,
    EventFactory,
    ExternalContactFactory,
    FailingAddressFactory,
    FolderFactory,
    FolderFileFactory,
    GroupFactory,
    MailFactory,
    MemberFactory,
    MessageFactory,
    NoteCommentFactory,
    NoteFactory,
    StoredFileFactory,
    TaskFactory,
    TeamFactory,
)
from tests.matrix import Cast
from tests.test_permission_matrix import the_cast

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
PEOPLE = (
    "김민준",
    "이서연",
    "José María Núñez-Árbol y Fernández de la Vega del Castillo",
    "מרים לוי",
    "فاطمة الزهراء",
    "Åsa Ångström",
    LONG,
    "Zoë Ok",
)
TEAMS = ("개발팀 — Engineering", LONG, "צוות תמיכה", "Sales")
GROUPS = (
    "디자인 시스템",
    "קבוצת המוצר",
    f"{LONG} {LONG}",
    "Élan",
    *(f"Working group {number:02}" for number in range(1, 27)),
)
TEXTS = (
    "Shall we meet at ten? The plan is at https://example.com/a/rather/long/address/that/has/no/break/in/it/at/all",
    "좋아요. 열 시에 봐요.",
    "שלום לכולם",
    LONG,
    "Two lines,\nas some people write.",
)


@dataclass
class Tour:
    """The company, and the address of the server in front of it."""

    cast: Cast
    url: str


@contextmanager
def on_tour(blocker: DjangoDbBlocker, files: Path) -> Iterator[Tour]:
    """A server and a company that stand for as long as this is open, whatever tests come and go."""
    kept = patch.object(TransactionTestCase, "_fixture_teardown", lambda *_test_case: None)
    with kept, blocker.unblock(), override_settings(MEDIA_ROOT=files):
        server = LiveServer("localhost")
        try:
            yield Tour(furnished_cast(), server.url)
        finally:
            server.stop()
            empty_again()


def furnished_cast() -> Cast:
    """The cast in a company of all kinds of names; the newcomer administers one that has nothing yet."""
    cast = the_cast()
    empty = CompanyFactory.create(name="Neuland", domain="neuland.example")
    cast.newcomer = MemberFactory.create(
        company=empty, name="Nora Newcomer", email="nora@neuland.example", is_administrator=True
    )
    # Comes by single sign-on so far, and may set a password.
    cast.newcomer.set_unusable_password()
    cast.newcomer.save()
    people = [
        MemberFactory.create(company=cast.company, name=name, email=f"person{number}@hanbit.example")
        for number, name in enumerate(PEOPLE)
    ]
    cast.inactive = MemberFactory.create(company=cast.company, name="Ina Inactive", is_active=False)
    _teams(cast, people)
    _groups(cast, people)
    _room(cast, people)
    _mail(cast)
    _what_happened(cast)
    return cast


def _teams(cast: Any, people: list[Member]) -> None:
    above = None
    for number, name in enumerate(TEAMS):
        above = TeamFactory.create(
            company=cast.company, name=name, parent=above, people=people[number : number + 3]
        )
    FormerPlace.objects.create(
        member=cast.outsider,
        group=cast.external_group,
        group_name=cast.external_group.name,
        company=cast.company,
        was_member=True,
        was_master=False,
    )
    TeamFactory.create(company=cast.company, name="Ops", people=[cast.member])


def _groups(cast: Any, people: list[Member]) -> None:
    """The group of the cast has all features, and everybody in it; there are two pages of groups."""
    group = cast.group
    for feature in Feature:
        setattr(group, feature.value, True)
    group.description = f"What we build, and why.\n{LONG}"
    group.notifies = True
    group.save()
    for name in GROUPS:
        GroupFactory.create(
            company=cast.company, name=name, masters=[cast.master], members=[cast.member, people[0]]
        )
    inner = GroupFactory.create(company=cast.company, name="Inner circle", members=people)
    group.entries.create(subgroup=inner)
    outer = GroupFactory.create(company=cast.company, name="Everybody", subgroups=[group])
    outer.masters.create(member=cast.member)
    GroupFactory.create(company=cast.company, name="Nobody's", members=[cast.outsider])
    GroupFactory.create(company=cast.company, name=f"Gone {LONG}", deleted=True, masters=[cast.master])


def _room(cast: Any, people: list[Member]) -> None:
    about = {"group": cast.group}
    writers = [cast.member, people[0], people[3], cast.teammate]
    for number, text in enumerate(TEXTS):
        MessageFactory.create(author=writers[number % len(writers)], text=text, **about)
    for author, person in (
        (people[1], cast.member),
        (people[1], cast.teammate),
        (cast.member, cast.teammate),
    ):
        mentioning = MessageFactory.create(
            author=author, text=f"@{person.name}, have a look? {author}", **about
        )
        Mention.objects.create(message=mentioning, member=person)
    for author in (cast.member, people[0]):
        StoredFileFactory.create(author=author, name=f"picture of {author.name}.png", **about)
        note = NoteFactory.create(
            author=author,
            title=f"Minutes of {author.name} {LONG}",
            text="# Plan\n\n- **one**\n- two\n\n> said",
            **about,
        )
        NoteCommentFactory.create(note=note, author=cast.member)
        NoteCommentFactory.create(note=note, author=people[0], text=LONG)
    now = timezone.now()
    for number, title in enumerate(("Stand-up", "회의", LONG)):
        event = EventFactory.create(
            title=title, starts_at=now + timedelta(days=number), author=cast.member, **about
        )
        Attendance.objects.create(event=event, member=cast.member, starts_at=event.starts_at, answer="yes")
    EventFactory.create(title="Every week", starts_at=now, repeats="FREQ=WEEKLY", author=people[0], **about)
    today = timezone.localdate()
    TaskFactory.create(title="Water the plants", author=cast.member, assignees=[cast.member], **about)
    TaskFactory.create(title=LONG, author=people[0], due_on=today - timedelta(days=2), **about)
    TaskFactory.create(
        title="Send the bill", author=cast.member, done_at=now, done_by_name=cast.member.name, **about
    )
    TaskFactory.create(title="קנה חלב", due_on=today, assignees=[cast.member, people[1]], **about)
    folder = FolderFactory.create(name="계약서", author=cast.member, **about)
    FolderFactory.create(name="Drafts", parent=folder, author=cast.member, **about)
    for name in ("plan.pdf", f"{LONG}.txt", "budget.xlsx"):
        FolderFileFactory.create(name=name, author=cast.member, **about)
    file = FolderFileFactory.create(name="in the folder.txt", folder=folder, author=cast.member, **about)
    older = StoredFileFactory.create(author=cast.member, feature=Feature.FOLDER, **about)
    FileVersion.objects.create(folder_file=file, stored=older, number=2)
    FolderFileFactory.create(
        name="thrown away.txt", author=cast.member, binned_at=now, binned_by=cast.member, **about
    )
    Room.objects.filter(group=cast.group).update(last_activity_at=now)


def _mail(cast: Any) -> None:
    mailing_list = cast.group.mailing_list
    for purpose in Designation.Purpose:
        DesignationFactory.create(mailing_list=mailing_list, member=cast.member, purpose=purpose)
    mailing_list.who_can_send = mailing_list.Senders.DESIGNATED
    mailing_list.save()
    for number in range(3):
        ExternalContactFactory.create(mailing_list=mailing_list, name=f"Client {number}" if number else "")
    for result in Mail.Result:
        MailFactory.create(group=cast.group, result=result, subject=f"{LONG} {result}")
    EnvelopeFactory.create(mail=cast.mail, recipients=[cast.member.email])
    EnvelopeFactory.create(mail=cast.mail, recipients=["client@outside.example"], waiting=True)
    FailingAddressFactory.create(address=cast.member.email, paused=True)
    FailingAddressFactory.create(address="person1@hanbit.example", paused=True)
    DomainFactory.create(company=cast.company, name="unproven.example", state="claimed")


def _what_happened(cast: Any) -> None:
    by = Actor(cast.administrator, Door.WEB, "192.0.2.9")
    everybody = [cast.member.pk, cast.master.pk, cast.guest.pk]
    for kind in (Notice.Kind.JOINED, Notice.Kind.MENTIONED, Notice.Kind.RENAMED):
        notices.tell(kind, everybody, actor=by, group=cast.group)
    cast.long_entry = record(
        by, "group.edit", cast.group, {"name": ["Old name", cast.group.name], "description": ["", LONG]}
    )
    now = timezone.now()
    for number in range(60):
        with patch("django.utils.timezone.now", return_value=now - timedelta(hours=number)):
            record(by, "member.add", cast.member, {"email": [None, f"person{number}@hanbit.example"]})
    finished = {"company": cast.company, "started_by": cast.administrator, "door": "web"}
    cast.import_reading = DirectoryImport.objects.create(
        state="running",
        job=Job.objects.create(kind="directory.import", state="running", done=4, total=10, **finished),
        **finished,
    )
    cast.import_done = DirectoryImport.objects.create(
        state="done", finished_at=timezone.now(), counts={"group": {"add": 2, "refused": 1}}, **finished
    )
    for which in (cast.directory_import, cast.import_done):
        for row, verdict in enumerate(ImportRow.Verdict, start=2):
            ImportRow.objects.create(
                directory_import=which, file="groups.csv", row=row, kind="group", name=LONG, verdict=verdict
            )
    CompanyExport.objects.create(company=cast.company, finished_at=timezone.now(), file="exports/there.zip")
    # Lists tell their rows apart by when they began.
    for rows in (DirectoryImport.objects.all(), CompanyExport.objects.all()):
        for place, pk in enumerate(rows.order_by("-pk").values_list("pk", flat=True)):
            rows.filter(pk=pk).update(created_at=now - timedelta(hours=place))
    cast.running_job = Job.objects.create(kind="company.update", state="running", done=3, total=9, **finished)
    cast.bulk_done = BulkChange.objects.create(
        action="member.deactivate", count=3, finished_at=timezone.now(), **finished
    )
    BulkChange.objects.filter(pk=cast.bulk_done.pk).update(created_at=timezone.now() - timedelta(hours=1))
    for place, became in enumerate(BulkRow.Verdict):
        BulkRow.objects.create(
            change=cast.bulk_done, place=place, target_id=place + 1, name=LONG, verdict=became
        )
