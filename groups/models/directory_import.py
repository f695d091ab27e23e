from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import AuditEntry, Company, Job, Member


class DirectoryImport(models.Model):
    """Files that bring a directory: first looked at, then brought in, perhaps undone (rule 10.2)."""

    class State(models.TextChoices):
        READING = "reading", _("Reading")
        READY = "ready", _("Ready")
        RUNNING = "running", _("Importing")
        DONE = "done", _("Imported")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Failed")
        UNDOING = "undoing", _("Undoing")
        UNDONE = "undone", _("Undone")

    company = models.ForeignKey(
        Company, models.CASCADE, related_name="directory_imports", verbose_name=_("company")
    )
    # Stored with what it brings: a source changes only its own (rule 10.4).
    source = models.CharField(_("source"), max_length=100, default="import")
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.READING)
    # The values of groups.directory.imports.options.Options.
    options = models.JSONField(default=dict)
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")
    # Of a judged import: {kind: {verdict: how many}}.
    counts = models.JSONField(default=dict)
    # What it means: people, mail and rooms gained and lost (rule 10.2).
    meaning = models.JSONField(default=dict)
    # Why nothing could be read or it failed; empty if all is well.
    problem = models.CharField(max_length=1000, blank=True)
    started_by = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    door = models.CharField(max_length=6, choices=AuditEntry.Door)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    # When a batch was brought in last.
    seen_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("directory import")
        verbose_name_plural = _("directory imports")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.source} {self.pk}"


class ImportFile(models.Model):
    """A file of an import, kept until it is over, so that reading can begin again."""

    directory_import = models.ForeignKey(DirectoryImport, models.CASCADE, related_name="files")
    name = models.CharField(_("name"), max_length=1000)
    content = models.FileField(upload_to="imports/")
    size = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("file of an import")
        verbose_name_plural = _("files of imports")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class ImportRowQuerySet(models.QuerySet["ImportRow"]):
    """Queries on rows that are used often."""

    def good(self) -> "ImportRowQuerySet":
        """Those that change something."""
        return self.filter(verdict__in=ImportRow.CHANGING)

    def left_out(self) -> "ImportRowQuerySet":
        """Those that were good, and yet could not be brought in or taken back."""
        return self.filter(is_left_out=True)


class ImportRow(models.Model):
    """One record of an import, its verdict, and what became of it (rules 10.2, 10.3)."""

    class Verdict(models.TextChoices):
        ADD = "add", _("Add")
        CHANGE = "change", _("Change")
        REMOVE = "remove", _("Remove")
        SAME = "same", _("Same")
        REFUSED = "refused", _("Refused")

    CHANGING = (Verdict.ADD, Verdict.CHANGE, Verdict.REMOVE)

    class State(models.TextChoices):
        WAITING = "", _("Waiting")
        DONE = "done", _("Done")
        SKIPPED = "skipped", _("Skipped")
        UNDONE = "undone", _("Undone")
        LEFT = "left", _("Left as it is")

    id = models.BigAutoField(primary_key=True)
    # Found by the indexes below, which begin with it.
    directory_import = models.ForeignKey(DirectoryImport, models.CASCADE, related_name="rows", db_index=False)
    file = models.CharField(_("file"), max_length=255, blank=True)
    row = models.PositiveIntegerField(_("row"), default=0)
    kind = models.CharField(_("kind"), max_length=7)
    # The key of what the row is about, or belongs to: a person's address, a team's path, a group's name;
    # equal for what is the same (groups.directory.imports.keys).
    subject = models.CharField(max_length=64, blank=True)
    # Of a place, master, entry or sender: what it points to, and of which kind that is.
    object_kind = models.CharField(max_length=6, blank=True)
    object = models.CharField(max_length=64, blank=True)
    # What people call it, shown and searched.
    name = models.CharField(_("name"), max_length=1000, blank=True)
    values: Any = models.JSONField(default=dict)
    verdict = models.CharField(_("verdict"), max_length=7, choices=Verdict, blank=True)
    reason = models.CharField(_("reason"), max_length=1000, blank=True)
    # What it is in the database: the thing itself, or the row that says so (an entry, a place …).
    target = models.BigIntegerField(null=True)
    before: Any = models.JSONField(null=True)
    after: Any = models.JSONField(null=True)
    # In no index: what is done with a row is written in its place, not beside it.
    state = models.CharField(max_length=7, choices=State, blank=True, default=State.WAITING)
    # Whether it is good, and yet skipped or left.
    is_left_out = models.BooleanField(default=False, db_default=False)
    # Why it cannot be undone, as somebody has touched it since (rule 10.3).
    touched = models.CharField(max_length=1000, blank=True, default="", db_default="")

    objects = ImportRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("row of an import")
        verbose_name_plural = _("rows of imports")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["directory_import", "kind", "subject"], name="import_row_by_subject"),
            models.Index(fields=["directory_import", "verdict", "id"], name="import_row_by_verdict"),
            # The few that could not be brought in, or taken back, although they were good.
            models.Index(
                fields=["directory_import", "id"],
                condition=Q(is_left_out=True),
                name="import_row_left_out",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ImportKey(models.Model):
    """Another name that an import gives a thing: an address or an external id, and whose it is.

    So a row that names an alias, a list's address or an id finds what is meant, without reading all rows.
    """

    id = models.BigAutoField(primary_key=True)
    directory_import = models.ForeignKey(DirectoryImport, models.CASCADE, related_name="keys", db_index=False)
    key = models.CharField(max_length=64)
    kind = models.CharField(max_length=6)
    subject = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("key of an import")
        verbose_name_plural = _("keys of imports")
        indexes = [models.Index(fields=["directory_import", "key"], name="import_key")]

    def __str__(self) -> str:
        return self.key


class ImportEffect(models.Model):
    """What an import means for one person in one group: gained (1), lost (-1) or as before (0) (rule 10.2).

    Things that the import adds have negative ids here: those of their rows.
    """

    id = models.BigAutoField(primary_key=True)
    directory_import = models.ForeignKey(
        DirectoryImport, models.CASCADE, related_name="effects", db_index=False
    )
    group_ref = models.BigIntegerField()
    member_ref = models.BigIntegerField()
    place = models.SmallIntegerField(default=0)
    room = models.SmallIntegerField(default=0)
    mail = models.SmallIntegerField(default=0)

    class Meta:
        verbose_name = _("effect of an import")
        verbose_name_plural = _("effects of imports")
        ordering = ["id"]
        indexes = [models.Index(fields=["directory_import", "group_ref"], name="import_effect_by_group")]

    def __str__(self) -> str:
        return f"{self.group_ref} {self.member_ref}"
