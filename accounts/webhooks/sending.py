"""Sends an event to its receiver, without asking the database for anything (rule 11.5)."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus

from django.utils import timezone

from groupadmin.base import public_http
from groupadmin.base.public_http import Answer, Limits, Unreachable

from .claiming import Parcel
from .signing import headers

logger = logging.getLogger(__name__)

LIMITS = Limits(connect=5.0, total=15.0, body=4096)
RESPONSE_KEPT = 1000
PROBLEM_LENGTH = 400
WAITS_AT_MOST = timedelta(hours=1)
"""However long a receiver asks to be left alone."""
OF_THE_WHOLE = {
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
"""Answers that say nothing about the event, but about the receiver."""


class Problem(StrEnum):
    """Why an answer was no good; without an answer, the problem is a Reason."""

    STATUS = "status"
    REDIRECT = "redirect"
    GONE = "gone"
    SECRET = "secret"  # noqa: S105  (a problem's name)


@dataclass(frozen=True)
class Outcome:
    """What became of an attempt."""

    problem: str = ""
    """Empty if it was taken; else a Problem or Reason, and after a colon what else is known."""
    is_of_whole: bool = False
    """Whether the receiver did not answer at all, so that other events need not be tried."""
    status: int | None = None
    response: str = ""
    seconds: float | None = None
    wait: timedelta = timedelta()
    """How long the receiver asks to be left alone."""

    @property
    def is_taken(self) -> bool:
        return not self.problem

    @property
    def is_gone(self) -> bool:
        return self.problem == Problem.GONE


def send(parcel: Parcel) -> Outcome:
    """Sends it once. Raises nothing."""
    if not parcel.secrets:
        return Outcome(problem=Problem.SECRET, is_of_whole=True)
    try:
        told = {"Content-Type": "application/json", "User-Agent": "groupadmin-webhooks"}
        signed = headers(parcel.secrets, parcel.message_id, parcel.body, timezone.now())
        answer = public_http.post(parcel.url, parcel.body.encode(), headers=told | signed, limits=LIMITS)
    except Unreachable as problem:
        said = f"{problem.reason}: {problem.detail}" if problem.detail else str(problem.reason)
        return Outcome(problem=said[:PROBLEM_LENGTH], is_of_whole=True)
    except Exception:
        # One event must not stop the others.
        logger.exception("Event %s could not be sent", parcel.message_id)
        return Outcome(problem="broken: Internal error, see the log")
    return _judge(answer)


def _judge(answer: Answer) -> Outcome:
    problem = ""
    if answer.status == HTTPStatus.GONE:
        problem = Problem.GONE
    elif HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
        problem = Problem.REDIRECT
    elif not answer.is_good:
        problem = Problem.STATUS
    is_of_whole = answer.status in OF_THE_WHOLE
    return Outcome(
        problem=str(problem),
        is_of_whole=is_of_whole,
        status=answer.status,
        response=_text(answer.body),
        seconds=answer.seconds,
        wait=_wait(answer.headers.get("retry-after", "")) if is_of_whole else timedelta(),
    )


def _text(body: bytes) -> str:
    """What was answered, as far as it is kept."""
    return body.decode("utf-8", errors="replace").replace("\0", "\ufffd")[:RESPONSE_KEPT]


def _wait(raw: str) -> timedelta:
    """Retry-After in seconds; as a date it is not worth reading."""
    if not (raw.isascii() and raw.isdecimal()):
        return timedelta()
    return min(timedelta(seconds=int(raw[:9])), WAITS_AT_MOST)
