"""Who acts, from where and through which door; and how an action refuses."""

from dataclasses import dataclass
from uuid import UUID

from django.db import models
from django.http import Http404, HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from groupadmin.base.form_keys import form_key

from .confirmation import Unconfirmed, is_fresh
from .models import AuditEntry, Company, Member

Door = AuditEntry.Door


@dataclass(frozen=True)
class Actor:
    """Passed to every action. Without a member the system itself acts, and may do everything."""

    member: Member | None
    door: Door
    ip: str | None = None
    must_confirm: bool = False
    """Whether they have to prove who they are again before a delicate change."""
    form_key: UUID | None = None
    """Of the form that they send: whatever it adds, it adds once (rule 5.8)."""

    @classmethod
    def of(cls, request: HttpRequest, door: Door = Door.WEB) -> "Actor":
        """The signed-in person behind a request."""
        member = request.user if isinstance(request.user, Member) else None
        if member is None:
            raise Refused("sign in", "Sign in first.")
        ip = request.META.get("REMOTE_ADDR") or None
        confirms, key = not is_fresh(request), form_key(request, member.pk)
        return cls(member, door, ip, must_confirm=confirms, form_key=key)

    @classmethod
    def system(cls) -> "Actor":
        return cls(None, Door.SYSTEM)

    @property
    def rules_everything(self) -> bool:
        """The system, and superusers in Django admin (rule 7)."""
        if self.member is None:
            return True
        return self.member.is_staff and self.door == Door.ADMIN

    def check_confirmed(self) -> None:
        """Called by delicate actions. Raises Unconfirmed if the last proof is too old (rule 9.4)."""
        if self.must_confirm:
            raise Unconfirmed


class Refused(Exception):  # noqa: N818  (an answer, not a fault)
    """Somebody tries what they may not do (rule 7). It is audited, and answered with 403.

    A lazily translated reason is shown to the actor in their language, and to readers of the audit in theirs.
    """

    heading: str | Promise = gettext_lazy("You do not have access")
    back: tuple[str, str | Promise] | None = None
    """The URL and the label of the way on, if there is a better one than home."""

    def __init__(
        self, action: str, reason: str | Promise, *, target: object = None, company: Company | None = None
    ) -> None:
        super().__init__(reason)
        self.action = action
        self.reason = str(reason)
        self.audited_reason = reason
        self.target = target
        self.company = company
        self.audited = False


class NotVisible(Http404):
    """Somebody tries to reach an object that they may not know of (rule 7).

    The response is identical, byte for byte, to that for an object that does not exist; the attempt is in the
    audit of the company that owns it (rule 8.1).
    """

    def __init__(self, action: str, target: models.Model) -> None:
        super().__init__()
        self.action = action
        self.target = target
