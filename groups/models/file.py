import hashlib

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Member
from accounts.models.named import SORTED_LENGTH
from groupadmin.base.file_names import same_name
from groupadmin.base.search_text import search_text
from groupadmin.base.text import fold

from .group import Group
from .room import Message, Note, Written
from .switches import Feature


class StoredFile(Written):
    """The bytes of a file in a room: of a message, of a note, or a version of a file in a folder.

    Never served by path; the view first checks that the reader is in the group.
    """

    feature = models.CharField(max_length=17, choices=Feature)
    name = models.CharField(_("name"), max_length=255)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    content_type = models.CharField(max_length=100, blank=True)
    file = models.FileField(upload_to="rooms/%Y/%m/")
    # Pictures only, re-encoded, at most 640 pixels wide.
    preview = models.FileField(upload_to="rooms/%Y/%m/", blank=True)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    message = models.ForeignKey(Message, models.CASCADE, null=True, blank=True, related_name="files")
    note = models.ForeignKey(Note, models.CASCADE, null=True, blank=True, related_name="files")

    class Meta:
        verbose_name = _("stored file")
        verbose_name_plural = _("stored files")
        indexes = [models.Index(fields=["group", "feature"], name="stored_file_by_feature")]

    def __str__(self) -> str:
        return self.name


def file_key(name: str) -> str:
    """Equal for two names of one file or folder (rule 3.9)."""
    return hashlib.sha256(same_name(name).encode()).hexdigest()


class Placed(Written):
    """A named item in the folders of a group, or for 30 days in their bin.

    Items below a folder in the bin carry the same time, and are restored with it.
    """

    name = models.CharField(_("name"), max_length=255)
    name_key = models.CharField(max_length=64, editable=False)
    name_folded = models.TextField(editable=False, default="")
    name_sort = models.CharField(max_length=SORTED_LENGTH, editable=False, default="")
    name_search = models.TextField(editable=False, default="")
    binned_at = models.DateTimeField(_("deleted"), null=True, blank=True)
    binned_by = models.ForeignKey(Member, models.SET_NULL, null=True, blank=True, related_name="+")
    binned_by_name = models.CharField(max_length=1000, blank=True)

    class Meta:
        abstract = True

    def call(self, name: str) -> None:
        """Sets the name and its forms for comparing, sorting and searching."""
        self.name = name
        self.name_key = file_key(name)
        self.name_folded = fold(name)
        self.name_sort = self.name_folded[:SORTED_LENGTH]
        self.name_search = search_text(name)


class Folder(Placed):
    """A folder, at the top or in another one."""

    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="folders")

    class Meta:
        verbose_name = _("folder")
        verbose_name_plural = _("folders")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "name_key"], condition=Q(binned_at__isnull=True), name="folder_name_once"
            ),
            models.UniqueConstraint(
                fields=["group", "name_key"],
                condition=Q(binned_at__isnull=True, parent__isnull=True),
                name="folder_name_once_at_the_top",
            ),
        ]
        indexes = [
            models.Index(fields=["group", "parent", "name_sort", "id"], name="folder_in_order"),
            models.Index(fields=["binned_at"], condition=Q(binned_at__isnull=False), name="folder_in_bin"),
        ]

    def __str__(self) -> str:
        return self.name


class FolderFile(Placed):
    """A file in a folder, or at the top; its content is in its versions."""

    folder = models.ForeignKey(Folder, models.CASCADE, null=True, blank=True, related_name="files")

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["folder", "name_key"], condition=Q(binned_at__isnull=True), name="file_name_once"
            ),
            models.UniqueConstraint(
                fields=["group", "name_key"],
                condition=Q(binned_at__isnull=True, folder__isnull=True),
                name="file_name_once_at_the_top",
            ),
        ]
        indexes = [
            models.Index(fields=["group", "folder", "name_sort", "id"], name="folder_file_in_order"),
            models.Index(
                fields=["binned_at"], condition=Q(binned_at__isnull=False), name="folder_file_in_bin"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class FileVersion(models.Model):
    """The content of a file at some time; the highest number is current."""

    folder_file = models.ForeignKey(FolderFile, models.CASCADE, related_name="versions")
    stored = models.OneToOneField(StoredFile, models.CASCADE, related_name="version")
    number = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("version of a file")
        verbose_name_plural = _("versions of files")
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["folder_file", "number"], name="file_version_once")]

    def __str__(self) -> str:
        return f"{self.folder_file} {self.number}"


class Upload(models.Model):
    """A file uploaded in pieces. Abandoned ones are removed after a day."""

    group = models.ForeignKey(Group, models.CASCADE, related_name="uploads")
    member = models.ForeignKey(Member, models.CASCADE, related_name="+")
    feature = models.CharField(max_length=17, choices=Feature, default=Feature.FOLDER)
    folder = models.ForeignKey(Folder, models.CASCADE, null=True, blank=True, related_name="+")
    key = models.UUIDField(unique=True)
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    # Identifies the file to the browser, so that an upload can resume.
    fingerprint = models.CharField(max_length=64)
    # Where it stays once it is whole, and belongs to something.
    file = models.FileField(upload_to="rooms/%Y/%m/")
    # What the storage knows it by until it is whole (groupadmin.base.files.Unfinished).
    mark = models.TextField(blank=True, default="", db_default="")
    touched_at = models.DateTimeField(auto_now=True, db_index=True)

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        constraints = [models.UniqueConstraint(fields=["group", "member", "fingerprint"], name="upload_once")]

    def __str__(self) -> str:
        return self.name
