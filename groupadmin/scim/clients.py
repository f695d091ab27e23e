"""Who asks: a program with a token of a company (rules 11.1, 11.4)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.actions.locks import lock_company
from accounts.actor import Actor, Door, Refused
from accounts.audit import record_refusal
from accounts.models import AccessToken, Company, Member, Scope
from accounts.tokens import caller_of

from .errors import Failure
from .refs import Ref

REALM = 'Bearer realm="SCIM"'
YES = ("yes", "true", "1")


@dataclass(frozen=True)
class Client:
    """The program, the company that it keeps, and as whom it acts."""

    company: Company
    actor: Actor
    token: AccessToken

    @property
    def source(self) -> str:
        """The system whose ids it knows things by (rule 10.4)."""
        return self.actor.source

    @property
    def base(self) -> str:
        """The address that all others begin with."""
        return f"{settings.SITE_URL}/scim/v2"

    def location(self, ref: Ref) -> str:
        return f"{self.base}/{ref.kind.endpoint}/{ref}"

    @property
    def first_master(self) -> Member | None:
        """Who runs a group that names no master: as the token says, else who made the token (rule 2.7)."""
        for member in (self.token.default_master, self.token.created_by):
            if member is not None and member.is_active and member.company_id == self.company.pk:
                return member
        return None

    @contextmanager
    def change(self) -> Iterator[None]:
        """One transaction, under the company's lock: what is read in it is still so when it is written.

        A refusal is audited after it is rolled back.
        """
        try:
            with transaction.atomic():
                lock_company(self.company.pk)
                yield
        except Refused as refusal:
            # The action has audited it within the transaction, and so in vain.
            refusal.audited = False
            record_refusal(self.actor, refusal)
            raise


def client_of(request: HttpRequest) -> Client:
    """Raises Failure for whoever may not use this door."""
    caller = caller_of(request, Door.SCIM)
    if caller is None:
        raise Failure(401, _("Send a valid token as “Authorization: Bearer”."), WWW_Authenticate=REALM)
    actor, company = caller.actor, caller.token.company
    if company is None or actor.service is None or not actor.source or not caller.may_use(Scope.SCIM):
        raise Failure(
            403, _("This needs a token of the company that has the permission “scim” and names the system.")
        )
    if request.headers.get("X-Accept-Loss", "").strip().lower() in YES:
        actor = replace(actor, accepts_loss=True)
    return Client(company, actor, caller.token)
