"""Beginning imports: from records in JSON, or from a file of any kind that the pages read (rule 10.1)."""

import json
from dataclasses import replace
from typing import Annotated, Any, Literal

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import BaseModel, Field

from accounts.models import Member
from accounts.models.address import as_stored
from groupadmin.base.errors import Invalid
from groupadmin.base.spreadsheets import ENCODINGS
from groups.directory.form.columns import FORM, VERSION
from groups.directory.imports import lifecycle
from groups.directory.imports.options import Options
from groups.models import DirectoryImport

from ..callers import Call, call_of
from ..fields import Flag, In, Out, RowRef, Text, example
from ..operations import operation
from ..paging import NEWEST, PageWish, page_of, replied
from ..problems import invalid
from ..replies import NOTHING, Reply, accepted
from ..uploads import Sent, Upload
from .shown import ACT, SCOPE, ImportOut, import_of, shown_import

router = Router(tags=["Imports"])

ROWS_AT_MOST = 100_000
FILE_TYPES = ("text/csv", "application/json", "application/zip", "application/octet-stream")

Format = Literal[
    "",
    "import",
    "google",
    "keycloak",
    "kubernetes",
    "ldap",
    "lineworks",
    "mailman",
    "mailman2",
    "sympa",
]
Cell = str | bool | int | None | list[str]
Rows = Annotated[list[dict[str, Cell]], Field(max_length=ROWS_AT_MOST)]
Name = Annotated[Text, Field(max_length=255)]


class ImportsOut(Out):
    """A page of imports, the newest first."""

    items: list[ImportOut]
    next_cursor: str | None


class RecordsIn(In):
    """Tables of rows, with the columns of the form of a directory, as the template of the page names them.

    A column that a row does not have stays as it is. People are named by their address, teams by their path,
    groups by their name, or all of them by their external ids.
    """

    members: Rows = []
    groups: Rows = []
    teams: Rows = []
    places: Rows = Field([], description="Who is in which team.")
    masters: Rows = []
    entries: Rows = Field([], description="Which member, team or group is in which group.")
    lists: Rows = []
    senders: Rows = []
    contacts: Rows = []


class ImportIn(In):
    """Records to bring in."""

    model_config = example(
        records={
            "members": [{"email": "jane@example.com", "name": "Jane Doe"}],
            "groups": [{"group": "Robotics"}],
            "masters": [{"group": "Robotics", "member": "jane@example.com"}],
            "entries": [{"group": "Robotics", "member": "jane@example.com"}],
        }
    )

    records: RecordsIn
    default_master: Annotated[Text, Field(max_length=320)] = Field(
        "", description="The address of who runs groups for which nobody is named."
    )
    removes_missing: bool = Field(
        False,
        description="Remove what earlier imports brought and these records no longer have; nothing that was "
        "added by hand (rule 10.4).",
    )


class FileQuery(BaseModel):
    """What the file is, and what is not in it."""

    name: Name = Field("", description="Of the file: its ending may help.")
    format: Format = Field("", description="Which system wrote it; empty to find out.")
    default_master: Annotated[Text, Field(max_length=320)] = ""
    removes_missing: Flag = False
    encoding: Annotated[Text, Field(max_length=40)] = Field("", description="Empty to find out.")


@operation(router, "GET", "/imports", SCOPE, answers=ImportsOut, summary="List imports")
def list_imports(request: HttpRequest, page: PageWish) -> Reply:
    """The imports of the last weeks."""
    call = call_of(request)
    own = DirectoryImport.objects.filter(company=call.check_administers(ACT)).select_related("job")
    found = page_of(own.prefetch_related("files"), NEWEST, page)
    return replied(request, found, ImportsOut, [shown_import(one, alone=False) for one in found.rows])


def _most_bytes() -> int:
    return int(settings.IMPORT_MAX_BYTES)


@operation(
    router,
    "POST",
    "/imports/files",
    SCOPE,
    answers=ImportOut,
    status=202,
    summary="Begin an import from a file",
    upload=Upload(FILE_TYPES, _most_bytes),
)
def begin_import_of_file(request: HttpRequest, wanted: Annotated[FileQuery, Query(...)]) -> Reply:
    """The file is the whole body: a table, a JSON document, another system's file, or a zip of these.

    It is read and judged, and changes nothing until the import is started.
    """
    call = call_of(request)
    if wanted.encoding not in ("", *ENCODINGS):
        raise invalid("encoding", _("Choose one of: %(names)s") % {"names": ", ".join(ENCODINGS)}, "query")
    sent: Sent = call.upload
    content = File(sent.content)
    content.size = sent.size
    options = Options(
        format=wanted.format,
        default_master=wanted.default_master,
        removes_missing=wanted.removes_missing,
        encoding=wanted.encoding,
    )
    return _begun(call, wanted.name or "file", content, options)


@operation(
    router, "POST", "/imports", SCOPE, answers=ImportOut, status=202, summary="Begin an import from records"
)
def begin_import(request: HttpRequest, body: ImportIn) -> Reply:
    """The records are read and judged, and change nothing until the import is started."""
    tables = {name: rows for name, rows in body.records.model_dump().items() if rows}
    text = json.dumps({"form": FORM, "version": VERSION, **tables}, ensure_ascii=False)
    options = Options(
        format="import", default_master=body.default_master, removes_missing=body.removes_missing
    )
    return _begun(call_of(request), "records.json", ContentFile(text.encode()), options)


def _begun(call: Call, name: str, content: File[Any], options: Options) -> Reply:
    master, company = options.default_master, call.check_administers(ACT)
    if master and not Member.objects.active().filter(company=company, email=as_stored(master)).exists():
        raise Invalid("default_master", _("Choose an active member."))
    options = replace(options, default_master=master and as_stored(master))
    opened = lifecycle.open_import(company, [(name, content)], options, actor=call.actor)
    lifecycle.judge(opened, actor=call.actor)
    return accepted(shown_import(import_of(call, str(opened.pk))), f"/api/v1/imports/{opened.pk}")


@operation(router, "GET", "/imports/{ref}", SCOPE, answers=ImportOut, summary="Get an import")
def get_import(request: HttpRequest, ref: RowRef) -> ImportOut:
    """How far it is, what it would do or has done, and what that means."""
    return shown_import(import_of(call_of(request), ref))


@operation(router, "DELETE", "/imports/{ref}", SCOPE, answers=None, status=204, summary="Discard an import")
def discard_import(request: HttpRequest, ref: RowRef) -> Reply:
    """Forgets one that has brought nothing in, with its files."""
    call = call_of(request)
    lifecycle.discard(import_of(call, ref), actor=call.actor)
    return NOTHING
