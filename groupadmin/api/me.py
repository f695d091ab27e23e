"""Whose token it is, and the company that it is in."""

from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from accounts.models import Company, Domain, Scope
from accounts.zones import zone_of_company

from .callers import call_of
from .fields import IN_PLACE, Moment, Out
from .operations import operation

router = Router(tags=["Token"])


class TokenOut(Out):
    """The token itself."""

    id: int
    name: str
    scopes: list[str] = Field(description="What it may be used for.", examples=[["directory:read"]])
    source: str = Field(description="The system for which it writes (rule 10.4); empty if none.")
    expires_at: Moment


class MeOut(Out):
    """As whom the token acts."""

    kind: Literal["member", "service"] = Field(
        description="`service` is a program of the company, with an administrator's permissions."
    )
    member_id: int | None = Field(description="The person; null for a service.")
    name: str
    email: str | None
    is_administrator: bool
    company_id: int | None
    token: TokenOut


class CompanyOut(Out):
    """The company. What only administrators see is null for others."""

    id: int
    name: str
    plan: Annotated[Company.Plan, IN_PLACE]
    region: Annotated[Company.Region, IN_PLACE]
    domains: list[str] = Field(description="At which its addresses can be; the first is the primary one.")
    group_creators: Annotated[Company.Creators, IN_PLACE] = Field(description="Who may add groups.")
    connecting: Annotated[Company.Connecting, IN_PLACE] | None = Field(
        description="Who may connect with other companies."
    )
    partners: Annotated[Company.Partners, IN_PLACE] | None
    second_factor: Annotated[Company.SecondFactor, IN_PLACE] | None = Field(
        description="Who needs a second factor to sign in."
    )
    time_zone: str = Field(description="In which people see times who have chosen none, as `Asia/Seoul`.")
    group_limit: int | None
    team_limit: int | None
    created_at: Moment


@operation(router, "GET", "/me", answers=MeOut, summary="Who am I")
def get_me(request: HttpRequest) -> MeOut:
    """As whom the token acts, and what it may be used for."""
    call = call_of(request)
    member = call.token.member
    return MeOut(
        kind="service" if member is None else "member",
        member_id=None if member is None else member.pk,
        name=call.actor.name,
        email=None if member is None else member.email,
        is_administrator=call.reader.is_administrator,
        company_id=call.reader.company_id,
        token=TokenOut(
            id=call.token.pk,
            name=call.token.name,
            scopes=sorted(call.token.scopes),
            source=call.token.source,
            expires_at=call.token.expires_at,
        ),
    )


@operation(router, "GET", "/company", Scope.DIRECTORY_READ, answers=CompanyOut, summary="Get the company")
def get_company(request: HttpRequest) -> CompanyOut:
    """The company that the token is in."""
    call = call_of(request)
    company, is_all = call.company, call.administers
    domains = Domain.objects.usable().filter(company=company).order_by("-is_primary", "name")
    return CompanyOut(
        id=company.pk,
        name=company.name,
        plan=Company.Plan(company.plan),
        region=Company.Region(company.region),
        domains=list(domains.values_list("name", flat=True)),
        group_creators=Company.Creators(company.group_creators),
        connecting=Company.Connecting(company.connecting) if is_all else None,
        partners=Company.Partners(company.partners) if is_all else None,
        second_factor=Company.SecondFactor(company.second_factor) if is_all else None,
        time_zone=zone_of_company(company).key,
        group_limit=company.group_limit if is_all else None,
        team_limit=company.team_limit if is_all else None,
        created_at=company.created_at,
    )
