"""How a change is made (rule 11.3): in one transaction, once for a key, to the version seen, or just tried.

The change, what is kept of its answer (rule 5.8) and the audit stand or fall together.
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from django.db import IntegrityError, OperationalError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.actor import Refused
from accounts.audit import heard
from accounts.losses import Agreement
from accounts.models import AnsweredRequest
from groupadmin.base.files import stored_for_now
from groupadmin.base.outage import Trouble, trouble_of

from .callers import Call, call_of
from .problems import Problem, invalid
from .rehearsal import told
from .replies import Reply, response_of

LONGEST_KEY = 255
KEPT_HEADERS = ("Location", "ETag", "Content-Type")
REPLAYED = "Idempotent-Replayed"

_KEY = re.compile(r"[!-~]{1,255}")
_VERSION = re.compile(r'"([0-9]{1,9})"')

Make = Callable[[], Reply]


@dataclass(frozen=True)
class Wishes:
    """What a request says besides its body: see the parameters in operations.py."""

    dry_run: bool = False
    accept_loss: str = ""
    idempotency_key: str = ""
    if_match: str = ""


def carry_out(request: HttpRequest, call: Call, wishes: Wishes, make: Make) -> HttpResponse:
    """Makes the change. Raises what its action raises, with the refusal not yet audited."""
    call.version = _version(wishes.if_match)
    call.actor = replace(
        call.actor,
        agreed=Agreement.read(wishes.accept_loss),
        accepts_loss=wishes.accept_loss == "true",
    )
    try:
        if wishes.dry_run:
            return _rehearsed(call, make)
        with transaction.atomic():
            if not wishes.idempotency_key:
                return response_of(make())
            return _once(request, call, wishes, make)
    except Refused as refusal:
        refusal.audited = False  # its entry was rolled back with the rest
        raise


def _version(if_match: str) -> int | None:
    """The one version that the caller has seen; None for any."""
    if if_match.strip() in ("", "*"):
        return None
    found = _VERSION.fullmatch(if_match.strip())
    if found is None:
        raise invalid("If-Match", _('Send the ETag that you got, such as "7".'), "header")
    return int(found[1])


def _rehearsed(call: Call, make: Make) -> HttpResponse:
    """Does it, tells what that changed, and takes it back: with its tasks, mails and audit."""
    with stored_for_now(), transaction.atomic(), heard() as entries:
        reply = make()
        answer = response_of(Reply(told(call, reply, entries)))
        transaction.set_rollback(True)
    answer["Content-Type"] = "application/vnd.groupadmin.dry-run+json"
    return answer


def _once(request: HttpRequest, call: Call, wishes: Wishes, make: Make) -> HttpResponse:
    """Within the transaction of the change: the second of two at once waits here for the first."""
    if not _KEY.fullmatch(wishes.idempotency_key):
        message = _("Use 1 to 255 letters, digits and signs, such as a UUID.")
        raise invalid("Idempotency-Key", message, "header")
    fingerprint = _fingerprint(request, wishes)
    row = _claim(call, wishes.idempotency_key, fingerprint)
    if row.fingerprint != fingerprint:
        raise Problem("key-reused", _("Choose a new key for a new request."))
    if row.status:
        return _again(row)
    response = response_of(make())
    row.status, row.body = response.status_code, response.content.decode()
    row.headers = {name: response[name] for name in KEPT_HEADERS if response.has_header(name)}
    row.save(update_fields=["status", "body", "headers"])
    return response


def _claim(call: Call, key: str, fingerprint: str) -> AnsweredRequest:
    """The row of that key: a new one, or the answered one."""
    owner = call.token.lasting_id
    rows = AnsweredRequest.objects.select_for_update().filter(token=owner, key=key)
    rows.expired().delete()
    if (there := rows.first()) is not None:
        return there
    try:
        with transaction.atomic():
            return AnsweredRequest.objects.create(token_id=owner, key=key, fingerprint=fingerprint)
    except IntegrityError:
        return rows.get()
    except OperationalError as error:
        if trouble_of(error) is not Trouble.BUSY:
            raise
        raise Problem("in-progress", headers={"Retry-After": "1"}) from None


def _again(row: AnsweredRequest) -> HttpResponse:
    response = HttpResponse(row.body, status=row.status)
    del response["Content-Type"]
    for name, value in row.headers.items():
        response[name] = value
    response[REPLAYED] = "true"
    return response


def _fingerprint(request: HttpRequest, wishes: Wishes) -> str:
    """Of all that says what is wanted."""
    digest = call_of(request).upload_digest
    body = digest or request.body.decode("latin-1")
    said = [request.method, request.get_full_path(), wishes.if_match, body]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
