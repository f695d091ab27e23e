"""Who acts, from where and through which door (rule 11.1); and how an action refuses."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import models
from django.http import Http404, HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from groupadmin.base.form_keys import form_key

from .confirmation import Unconfirmed, is_fresh
from .losses import NO_AGREEMENT, Agreement, LosesMany, Loss, Step, fewest
from .models import AuditEntry, Company, Member

Door = AuditEntry.Door


@dataclass(frozen=True)
class Service:
    """A program that acts for its company by a token, with an administrator's permissions (rule 11.4)."""

    company: Company
    name: str
    token: int


@dataclass(frozen=True)
class Actor:
    """Passed to every action. Without a member or service the system itself acts, and may do everything."""

    member: Member | None
    door: Door
    ip: str | None = None
    must_confirm: bool = False
    """Whether they have to prove who they are again before a delicate change."""
    form_key: UUID | None = None
    """Of the form that they send: whatever it adds, it adds once (rule 5.8)."""
    agreed: Agreement = NO_AGREEMENT
    """To which losses of many people they have agreed (rule 10.5)."""
    accepts_loss: bool = False
    """Whether they were told beforehand to accept any loss: for doors that can ask nobody."""
    service: Service | None = None
    """Instead of a member: the program that acts."""
    source: str = ""
    """The system for which it writes; empty for what is done by hand (rule 10.4)."""
    step: Step | None = None
    """If set, what several actions lose is added up: see in_one_step."""

    @classmethod
    def of(cls, request: HttpRequest, door: Door = Door.WEB) -> "Actor":
        """The signed-in person behind a request."""
        member = request.user if isinstance(request.user, Member) else None
        if member is None:
            raise Refused("sign in", "Sign in first.")
        ip = request.META.get("REMOTE_ADDR") or None
        confirms, key = not is_fresh(request), form_key(request, member.pk)
        return cls(member, door, ip, must_confirm=confirms, form_key=key, agreed=Agreement.of(request))

    @classmethod
    def system(cls, *, accepts_loss: bool = False) -> "Actor":
        return cls(None, Door.SYSTEM, accepts_loss=accepts_loss)

    @property
    def reader(self) -> Member | None:
        """By whose permissions it acts: the member's; those of an administrator who is nobody in particular,
        for a service; None for the system.
        """
        if self.service is not None:
            return Member(pk=0, company=self.service.company, is_administrator=True)
        return self.member

    @property
    def name(self) -> str:
        """Of the person or program; empty for the system."""
        if self.service is not None:
            return self.service.name
        return self.member.name if self.member is not None else ""

    @property
    def rules_everything(self) -> bool:
        """The system, and superusers in Django admin (rule 7)."""
        if self.member is None:
            return self.service is None
        return self.member.is_staff and self.door == Door.ADMIN

    @property
    def provisions(self) -> bool:
        """Whether an identity provider acts, which knows groups before their people, and people who are away
        (rule 11.2)."""
        return self.door == Door.SCIM

    def check_confirmed(self) -> None:
        """Called by delicate actions. Raises Unconfirmed if the last proof is too old (rule 9.4)."""
        if self.must_confirm:
            raise Unconfirmed

    @property
    def fewest_asked(self) -> int:
        """Below so many people an action need not count what it takes from whom (rule 10.5)."""
        return fewest() if self.step is None else 1

    def check_losses(self, losses: Iterable[Loss]) -> None:
        """Called by actions that take people from companies or groups, in their transaction.

        Raises LosesMany if these are many, and the actor has not agreed to the numbers (rule 10.5).
        """
        if self.step is not None:
            self.step.add(losses)
            return
        large = [loss for loss in losses if loss.is_large]
        if not self.accepts_loss and not self.agreed.covers(large):
            raise LosesMany(large)

    @contextmanager
    def in_one_step(self) -> Iterator["Actor"]:
        """An actor whose actions are one step: what they lose is checked at the end, all together.

        For use inside a transaction. Raises LosesMany (rule 10.5).
        """
        if self.step is not None:
            yield self
            return
        step = Step()
        yield replace(self, step=step)
        self.check_losses(step.losses.values())


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
