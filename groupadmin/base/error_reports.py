"""Reports of errors to Sentry, or whatever speaks its language (rule 11.6): only where SENTRY_DSN is set.

A report says where the code failed, on which page, and by the id in the log; nothing that anybody has typed.
"""

import re
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from .log_lines import without_rows
from .request_log import request_id

KEPT_HEADERS = frozenset({"content-type", "content-length", "user-agent", "x-request-id"})

_ADDRESS = re.compile(r"[^\s<>\"'(),:;]{1,64}@[^\s<>\"'(),:;]{1,253}")


def start(**options: Any) -> None:
    """Begins to report, if the settings say where. Raises ImproperlyConfigured without the extra."""
    if not settings.SENTRY_DSN:
        return
    try:
        import sentry_sdk
    except ImportError as missing:
        raise ImproperlyConfigured("SENTRY_DSN is set: pip install 'groupadmin[sentry]'") from missing
    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        environment=settings.SENTRY_ENVIRONMENT,
        include_local_variables=False,
        max_request_body_size="never",
        # Queries, calls and log lines before the error: with names of people in them.
        max_breadcrumbs=0,
        traces_sample_rate=None,
        auto_session_tracking=False,
        send_client_reports=False,
        before_send=scrubbed,
        **options,
    )


def scrubbed(event: Any, hint: Any = None) -> Any:
    """The report without what may be somebody's: only the shape of the request is left."""
    request = event.pop("request", None) or {}
    headers = request.get("headers") or {}
    event["request"] = {
        "method": request.get("method"),
        "headers": {name: value for name, value in headers.items() if name.lower() in KEPT_HEADERS},
    }
    who = (event.pop("user", None) or {}).get("id")
    if who is not None:
        event["user"] = {"id": who}
    for name in ("breadcrumbs", "extra", "server_name"):
        event.pop(name, None)
    _scrub_texts(event)
    if request_id():
        event.setdefault("tags", {})["request"] = request_id()
    return event


def _scrub_texts(event: Any) -> None:
    for raised in (event.get("exception") or {}).get("values") or []:
        raised["value"] = _without_people(str(raised.get("value") or ""))
    if entry := event.get("logentry"):
        # The text with its places, not with what was put there.
        event["logentry"] = {"message": _without_people(str(entry.get("message") or ""))}


def _without_people(text: str) -> str:
    return _ADDRESS.sub("(address)", without_rows(text))
