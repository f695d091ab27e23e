"""Jobs: long work that the worker does for whoever has started it."""

from ninja import Router
from pydantic import Field

from accounts.models import Job

from .fields import Moment, Out

router = Router(tags=["Jobs"])


class JobOut(Out):
    """Ask for it again until it is done or failed."""

    id: int
    kind: str = Field(examples=["member.deactivate"])
    state: Job.State
    done: int = Field(description="How much is done; 0 while that is unknown.")
    total: int = Field(description="Of how much; 0 while that is unknown.")
    message: str = Field(description="What came of it, in words.")
    created_at: Moment
    finished_at: Moment | None


def shown_job(job: Job) -> JobOut:
    """A job as its starter sees it."""
    return JobOut(
        id=job.pk,
        kind=job.kind,
        state=Job.State(job.state),
        done=job.done,
        total=job.total,
        message=job.message,
        created_at=job.created_at,
        finished_at=job.finished_at,
    )
