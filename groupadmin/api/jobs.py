"""Jobs: long work that the worker does for whoever has started it."""

from typing import Annotated

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel, Field

from accounts.models import Job, Scope

from .callers import Call, call_of
from .fields import IN_PLACE, Moment, Out, RowRef, row_of, unmarked
from .operations import operation
from .paging import NEWEST, PageWish, page_of, replied
from .replies import Reply

router = Router(tags=["Jobs"])


class JobOut(Out):
    """Ask for it again until it is done or failed."""

    id: int
    kind: str = Field(examples=["member.deactivate"])
    state: Annotated[Job.State, IN_PLACE]
    done: int = Field(description="How much is done; 0 while that is unknown.")
    total: int = Field(description="Of how much; 0 while that is unknown.")
    message: str = Field(description="What came of it, in words.")
    created_at: Moment
    finished_at: Moment | None


class JobsOut(Out):
    """A page of jobs, the newest first."""

    items: list[JobOut]
    next_cursor: str | None


class JobFilter(BaseModel):
    """Which jobs are listed."""

    state: Annotated[Job.State, IN_PLACE] | None = None


@operation(router, "GET", "/jobs", answers=JobsOut, summary="List jobs")
def list_jobs(request: HttpRequest, wanted: Annotated[JobFilter, Query(...)], page: PageWish) -> Reply:
    """Those that the caller has started; for administrators with `directory:read` all of the company."""
    call = call_of(request)
    jobs = visible_jobs(call)
    if wanted.state is not None:
        jobs = jobs.filter(state=wanted.state)
    found = page_of(jobs, NEWEST, page)
    return replied(request, found, JobsOut, [shown_job(job) for job in found.rows])


@operation(router, "GET", "/jobs/{ref}", answers=JobOut, summary="Get a job")
def get_job(request: HttpRequest, ref: RowRef) -> JobOut:
    """How far a job is, and in the end what came of it."""
    call = call_of(request)
    return shown_job(row_of(visible_jobs(call), ref))


def visible_jobs(call: Call) -> QuerySet[Job]:
    """The jobs that the caller may know of, which is no permission to do anything with them."""
    service = call.actor.service
    own = Q(started_by=call.actor.member) if service is None else Q(token=service.token)
    if call.administers and call.token.has([Scope.DIRECTORY_READ]):
        own |= Q(company=call.company)
    return Job.objects.filter(own)


def shown_job(job: Job) -> JobOut:
    """A job as its starter sees it."""
    return JobOut(
        id=job.pk,
        kind=job.kind,
        state=Job.State(job.state),
        done=job.done,
        total=job.total,
        message=unmarked(job.message),
        created_at=job.created_at,
        finished_at=job.finished_at,
    )
