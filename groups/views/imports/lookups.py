"""What the pages of an import begin with: whose it is, and what they all show of it."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actor import Actor
from accounts.models import Company
from accounts.request import MemberRequest
from accounts.views.lookups import get_or_404, require_administrator
from groups.directory.imports.summary import summary_of
from groups.directory.sources.known import OURS, source_named
from groups.models import DirectoryImport

FILES_NAMED = 3
ACT = "directory.import"
OWN_FORM = gettext_lazy("Tables")


def import_for(request: MemberRequest, pk: int) -> tuple[Actor, Company, DirectoryImport]:
    """The import, if the requester administers the company that it belongs to. Raises Refused or Http404."""
    actor, company = require_administrator(request, ACT)
    own = DirectoryImport.objects.filter(company=company).select_related("job", "started_by", "company")
    return actor, company, get_or_404(own.prefetch_related("files"), pk)


def frame_of(directory_import: DirectoryImport) -> dict[str, Any]:
    """What every page of an import shows."""
    return {
        "import": directory_import,
        "title": title_of(directory_import),
        "source": source_label(directory_import),
        "summary": summary_of(directory_import.counts),
    }


def source_label(directory_import: DirectoryImport) -> str:
    """The name of the system that it comes from."""
    source = source_named(directory_import.source)
    return str(source.label) if source else str(OWN_FORM)


def has_columns(directory_import: DirectoryImport) -> bool:
    """Whether it is of tables whose columns can be chosen."""
    return directory_import.source == OURS.name


def title_of(directory_import: DirectoryImport) -> str:
    """Its files by their names, the first ones."""
    names = [file.name for file in directory_import.files.all()]
    if not names:
        return source_label(directory_import)
    shown = ", ".join(names[:FILES_NAMED])
    if (more := len(names) - FILES_NAMED) > 0:
        return _("%(names)s and %(count)s more") % {"names": shown, "count": f"{more:,}"}
    return shown
