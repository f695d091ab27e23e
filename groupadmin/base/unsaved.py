"""What is said, and by what sign, where a form was sent and not saved (rule 9.8)."""

from typing import TypeVar

from django.http import HttpResponseBase

NOT_SAVED = "not-saved"
"""In the address that somebody comes back to after signing in: they had sent a form."""

TAG = "not-saved"
"""Of a message that says so. Scripts then give back what was typed (static/groupadmin/unsaved.js)."""

HEADER = "X-Turned-Away"
"""Of an answer that leads htmx away before it has done what was asked."""

Response = TypeVar("Response", bound=HttpResponseBase)


def turned_away(answer: Response) -> Response:
    """Marks an answer that leads elsewhere first, so that the browser keeps what was typed until then."""
    answer[HEADER] = "1"
    return answer
