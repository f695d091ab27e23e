"""Everything that a company has, as one zip file that the worker makes, kept for some days (rule 10.7)."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, once
from accounts.actions.locks import lock_company
from accounts.actor import Actor
from accounts.audit.csv import lines as audit_lines
from accounts.audit.rows import Book
from accounts.consequences import Progress
from accounts.jobs import engine
from accounts.models import AuditEntry, Company, Job, Member
from accounts.permissions import check_administers
from accounts.tasks import tell_export
from accounts.zones import zone_of, zone_of_company
from groupadmin.base.errors import Invalid
from groupadmin.base.files import delete_later, needs_space, store_of
from groupadmin.base.spreadsheets.writing import csv_lines
from groups.mail.audit.csv import lines as mail_lines
from groups.models import CompanyExport, Group, Mail

from .archive import Archive
from .directory import tables
from .rooms import add_room, index_of_rooms

JOB, ACTION = "company.export", "company.export"
FORMAT = 1
FOLDER = "exports"
STYLE = "export.css"
GROUPS_AT_ONCE = 200


@audit.action
def start_export(company: Company, *, has_rooms: bool, actor: Actor) -> Job:
    """Begins an export, and tells all administrators of the company. Raises Refused, Unconfirmed or Invalid.

    What people wrote in rooms is theirs (rule 3.6): whoever takes it out is in the audit, and nobody can do
    it unseen.
    """
    # Two who ask at the same moment get one export.
    company = lock_company(company.pk)
    check_administers(actor, company, ACTION)
    actor.check_confirmed()
    if (there := once.made(actor, CompanyExport)) and there.job is not None:
        return there.job
    if running_export(company) is not None:
        raise Invalid(None, _("An export is being made already. Wait until it is finished."))
    export = CompanyExport.objects.create(company=company, has_rooms=has_rooms, started_by=actor.member)
    export.job = engine.start(JOB, company, {"export": export.pk}, actor=actor)
    export.save(update_fields=["job"])
    once.keep(actor, export)
    audit.record(actor, ACTION, company, {"rooms": [None, has_rooms]}, company=company)
    for member in Member.objects.active().filter(company=company, is_administrator=True):
        tell_export(member, actor.name, has_rooms=has_rooms)
    return export.job


def running_export(company: Company) -> CompanyExport | None:
    """The export that is being made."""
    over = [Job.State.DONE, Job.State.FAILED]
    return (
        CompanyExport.objects.filter(company=company, file="", job__isnull=False)
        .exclude(job__state__in=over)
        .first()
    )


@audit.action
def record_download(export: CompanyExport, *, actor: Actor) -> None:
    """Records that somebody downloads an export. Raises Refused or Unconfirmed (rule 9.4)."""
    check_administers(actor, export.company, "company.download_export")
    actor.check_confirmed()
    audit.record(actor, "company.download_export", export.company, company=export.company)


@audit.action
def delete_export(export: CompanyExport, *, actor: Actor) -> None:
    """Deletes an export before its time. Raises Refused."""
    check_administers(actor, export.company, "company.delete_export")
    audit.record(actor, "company.delete_export", export.company, company=export.company)
    _delete(export)


def forget_old_exports() -> int:
    """Deletes exports that have expired. Returns how many."""
    since = timezone.now() - timedelta(days=settings.EXPORTS_KEPT_DAYS)
    old = CompanyExport.objects.filter(created_at__lt=since)
    for export in (found := list(old)):
        with transaction.atomic():
            _delete(export)
    return len(found)


def _delete(export: CompanyExport) -> None:
    if export.file.name:
        delete_later(export.file.storage, export.file.name)
    export.delete()


def expires_at(export: CompanyExport) -> Any:
    """When it can no longer be downloaded."""
    return export.created_at + timedelta(days=settings.EXPORTS_KEPT_DAYS)


def _run(job: Job, actor: Actor, progress: Progress) -> str:
    export = CompanyExport.objects.select_related("company").filter(pk=job.arguments["export"]).first()
    if export is None:
        raise Invalid(None, _("This export was deleted in the meantime."))
    if not export.file:
        make(export, actor, progress)
    return _("Everything is in one file now. Download it within %(days)d days.") % {
        "days": settings.EXPORTS_KEPT_DAYS
    }


def make(export: CompanyExport, actor: Actor, progress: Progress = lambda done, total: None) -> None:
    """Writes the zip file, from the start if it was interrupted. Raises Invalid if a disk is full."""
    storage = export._meta.get_field("file").storage
    name = f"{FOLDER}/{uuid4().hex}.zip"
    zone = zone_of(actor.member) if actor.member else zone_of_company(export.company)
    try:
        with needs_space(), timezone.override(zone):
            with store_of(storage).writing(name) as target, Archive(target, timezone.now()) as archive:
                _write(archive, export, actor, progress)
            size = storage.size(name)
        CompanyExport.objects.filter(pk=export.pk).update(file=name, size=size, finished_at=timezone.now())
    except BaseException:
        storage.delete(name)
        raise


def _write(archive: Archive, export: CompanyExport, actor: Actor, progress: Progress) -> None:
    company = export.company
    for name, pieces in tables(company):
        archive.add(f"directory/{name}", pieces)
    reader = actor.member or Member(company=company, is_administrator=True)
    entries = AuditEntry.objects.filter(company_id=company.pk)
    archive.add("audit.csv", _encoded(audit_lines(Book(reader, company, named_at_most=None), entries)))
    archive.add("mail.csv", _encoded(mail_lines(Mail.objects.filter(company_id=company.pk))))
    if export.has_rooms:
        _add_rooms(archive, company, progress)
    archive.finish(
        {
            "format": FORMAT,
            "company": company.name,
            "exported_at": timezone.now().isoformat(timespec="seconds"),
            "has_rooms": export.has_rooms,
        }
    )


def _add_rooms(archive: Archive, company: Company, progress: Progress) -> None:
    """A folder for each group that has a room or had one, named by its id: its name may be anything."""
    groups = Group.objects.live().filter(company=company, room__isnull=False).order_by("pk")
    total = groups.count()
    style = finders.find(f"groupadmin/{STYLE}")
    archive.add(f"rooms/{STYLE}", [Path(str(style)).read_bytes()])
    index = []
    for done, group in enumerate(groups.iterator(chunk_size=GROUPS_AT_ONCE), start=1):
        index.append((group, add_room(archive, group, f"rooms/{group.pk}/")))
        progress(done, total)
    rows = [(group.pk, group.name) for group, _links in index]
    archive.add("rooms/index.csv", _encoded(csv_lines([(_("Folder"), _("Group")), *rows])))
    archive.add("rooms/index.html", index_of_rooms(company, index))


def _encoded(texts: Iterator[str]) -> Iterator[bytes]:
    return (text.encode("utf-8", "replace") for text in texts)


KIND = engine.Kind(gettext_lazy("Export everything"), "groups:exports", _run, is_in_steps=True)


def register() -> None:
    """Registers this kind of job at start-up."""
    engine.register(JOB, KIND)
