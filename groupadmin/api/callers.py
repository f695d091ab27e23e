"""Who calls, and what their token may be used for (rules 11.1, 11.4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from accounts.actor import Actor, Door, Refused
from accounts.models import AccessToken, Company, Member, Scope
from accounts.permissions import check_administers, may_administer
from accounts.tokens import caller_of
from groupadmin.base.errors import Conflict


class NotLetIn(Exception):  # noqa: N818  (an answer, not a fault)
    """Nobody is known by this request. `presented`: it has a token, but none that counts."""

    def __init__(self, *, presented: bool) -> None:
        super().__init__("not let in")
        self.presented = presented


class ScopeMissing(Exception):  # noqa: N818
    """The token may not be used for this."""

    def __init__(self, scopes: Sequence[str]) -> None:
        super().__init__("scope missing")
        self.scopes = scopes


@dataclass
class Call:
    """One request of a program: what operations ask of it."""

    token: AccessToken
    actor: Actor
    version: int | None = None
    """The one that `If-Match` names: pass it to actions, which raise Conflict if there is a newer one."""
    field_names: Mapping[str, str] = field(default_factory=dict)
    """The names of an action's fields in the API, where these differ."""
    upload: Any = None
    """What was made of a body that is not JSON, before the change began."""
    upload_digest: str = ""

    @property
    def reader(self) -> Member:
        """By whose permissions everything is read: querysets start from what they may see."""
        reader = self.actor.reader
        assert reader is not None  # noqa: S101  (a token is somebody's)
        return reader

    @property
    def company(self) -> Company:
        """In which they are. Raises Refused for superusers without one, who use Django admin (rule 7)."""
        company = self.reader.company
        if company is None:
            raise Refused("api.use", gettext_lazy("You are not a member of any company."))
        return company

    @property
    def administers(self) -> bool:
        """Whether the caller administers the company: a company's token, or an administrator's."""
        return bool(may_administer(self.actor, self.company))

    def check_version(self, thing: Any) -> None:
        """Raises Conflict unless the thing, which is locked, is still at the version of `If-Match`."""
        if self.version is not None and self.version != thing.version:
            raise Conflict(thing.version)

    def check_administers(self, action: str) -> Company:
        """The company, if the caller administers it. Raises Refused."""
        check_administers(self.actor, self.company, action)
        return self.company


def call_of(request: HttpRequest) -> Call:
    """The call behind a request that was let in."""
    return cast(Call, cast(Any, request).auth)


def call_or_none(request: HttpRequest) -> Call | None:
    """The same, also for requests that were not let in."""
    found = getattr(request, "auth", None)
    return found if isinstance(found, Call) else None


class Bearer:
    """Lets a request in by its token, if that has all of these scopes. An operation has one of these."""

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __init__(self, *scopes: Scope) -> None:
        self.scopes = scopes

    openapi_security_schema = {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of a person or of a company, `gadm_…`. Its scopes say what for.",
    }

    def __call__(self, request: HttpRequest) -> Call:
        caller = caller_of(request, Door.API)
        if caller is None:
            raise NotLetIn(presented="Authorization" in request.headers)
        call = Call(caller.token, caller.actor)
        if missing := [scope.value for scope in self.scopes if not caller.may_use(scope)]:
            # Known from here on, so that the audit of a refusal names them.
            cast(Any, request).auth = call
            raise ScopeMissing(missing)
        return call
