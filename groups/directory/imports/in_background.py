"""What the jobs of imports share: whose they are, and what becomes of an import when its job fails."""

from collections.abc import Callable

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actor import Door
from accounts.models import Job
from groupadmin.base.errors import Invalid
from groups.models import DirectoryImport


def import_of(job: Job) -> DirectoryImport:
    """The import that a job is about. Raises Invalid if it is gone, or whoever started the job."""
    found = (
        DirectoryImport.objects.select_related("company").filter(pk=job.arguments["directory_import"]).first()
    )
    if found is None:
        raise Invalid(None, _("This import was deleted in the meantime."))
    is_there = job.started_by is not None or (job.token is not None and job.token.is_usable)
    if not is_there and job.door not in (Door.SYSTEM, Door.SHELL):
        # Otherwise the system itself would act.
        raise Invalid(None, _("The person who started this is no longer a member."))
    return found


def let_go(busy: str, over: str) -> Callable[[Job, str], None]:
    """For jobs that fail: their import is busy no longer, and says why; others can start (rule 10.2)."""

    def failed(job: Job, message: str) -> None:
        mine = DirectoryImport.objects.filter(pk=job.arguments["directory_import"], state=busy)
        mine.update(state=over, problem=message[:1000], finished_at=timezone.now())

    return failed
