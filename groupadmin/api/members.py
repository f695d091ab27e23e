"""Members (rules 1.2, 1.12): people of the caller's company, as far as the caller may know them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel, Field

from accounts.actions import deletion, origin
from accounts.actions import members as actions
from accounts.actions.details import Details
from accounts.actions.locks import lock_company
from accounts.actions.members import MemberSettings
from accounts.jobs import changes
from accounts.models import Address, Company, Member, MemberQuerySet, Scope, TeamMembership
from accounts.models.address import as_stored
from accounts.search import find_members

from .addresses import EMAIL_LENGTH, Email, halves_of
from .callers import Call, call_of
from .fields import Day, Flag, Id, In, Moment, Out, Ref, Text, one
from .jobs import JobOut, shown_job
from .operations import operation
from .paging import BY_NAME, PageWish, page_of, replied
from .replies import NOTHING, Reply, accepted, created

router = Router(tags=["Members"])

FIELD_NAMES = {"local_part": "email", "domain": "email", "teams": "team_ids", "manager": "manager_id"}
"""What the actions' fields are called here."""


class MemberOut(Out):
    """A person. What only administrators and the person themselves see is null for others (rule 1.12)."""

    id: int
    name: str
    email: str
    aliases: list[str] = Field(description="Further addresses.")
    team_ids: list[int] = Field(description="The teams that they are in, in the order in which they came.")
    is_active: bool
    job_title: str
    site: str
    phone: str
    nickname: str
    reading: str = Field(description="How the name is pronounced, such as in kana.")
    manager_id: int | None
    is_administrator: bool | None = Field(description="For administrators and the person.")
    may_connect: bool | None = Field(description="For administrators and the person (rule 1.4).")
    employee_number: str | None = Field(description="For administrators and the person.")
    starts_on: Day | None = Field(
        description="The first day of employment, for administrators and the person."
    )
    ends_on: Day | None = Field(description="The last day of employment, for administrators and the person.")
    source: str | None = Field(
        description="The system that they come from; empty if none. For administrators."
    )
    external_id: str | None = Field(description="Their id there. For administrators.")
    created_at: Moment
    version: int = Field(description="Also the ETag.")


class MembersOut(Out):
    """A page of members, by name."""

    items: list[MemberOut]
    next_cursor: str | None


class MemberPatch(In):
    """What is to be changed of a person; what is not sent stays as it is."""

    name: Text = Field(default_factory=str)
    email: Email = Field(default_factory=str)
    aliases: Annotated[list[Email], Field(max_length=100)] = Field(default_factory=list)
    team_ids: Annotated[list[Id], Field(max_length=1000)] = Field(default_factory=list)
    is_administrator: bool = Field(
        default_factory=bool, description="Needs a token with the scope `delicate` to be changed."
    )
    may_connect: bool = Field(default_factory=bool, description="Connect with other companies.")
    employee_number: Text = Field(default_factory=str)
    job_title: Text = Field(default_factory=str)
    site: Text = Field(default_factory=str)
    phone: Text = Field(default_factory=str)
    nickname: Text = Field(default_factory=str)
    reading: Text = Field(default_factory=str)
    manager_id: Id | None = Field(default=None)
    starts_on: Day | None = Field(default=None, description="Before this day they are inactive.")
    ends_on: Day | None = Field(default=None, description="After this day they are inactive.")
    external_id: Text = Field(
        default_factory=str, description="Their id in the system for which the token writes (its source)."
    )


class MemberIn(MemberPatch):
    """A new person."""

    name: Text
    email: Email
    send_sign_in_mail: bool = Field(
        False, description="Mails them the link to set a password; on their first day, if that is to come."
    )


class MemberFilter(BaseModel):
    """Which members are listed."""

    q: Annotated[Text, Field(max_length=200)] = Field(
        "", description="Part of a name, address or team; for administrators also of what they are at work."
    )
    email: Annotated[Text, Field(max_length=EMAIL_LENGTH)] = Field(
        "", description="Exactly this address, or alias."
    )
    is_active: Flag | None = None
    is_administrator: Flag | None = Field(None, description="For administrators.")
    team_id: Id | None = Field(None, description="In this team itself.")
    manager_id: Id | None = None
    source: Annotated[Text, Field(max_length=100)] | None = Field(None, description="For administrators.")
    external_id: Annotated[Text, Field(max_length=255)] | None = Field(
        None, description="For administrators."
    )


@operation(router, "GET", "/members", Scope.DIRECTORY_READ, answers=MembersOut, summary="List members")
def list_members(request: HttpRequest, wanted: Annotated[MemberFilter, Query(...)], page: PageWish) -> Reply:
    """The people of the company, by name."""
    call = call_of(request)
    found = page_of(_found(call, wanted), BY_NAME, page)
    return replied(request, found, MembersOut, shown(call, found.rows))


@operation(router, "GET", "/members/{ref}", Scope.DIRECTORY_READ, answers=MemberOut, summary="Get a member")
def get_member(request: HttpRequest, ref: Ref) -> MemberOut:
    """One person of the company."""
    call = call_of(request)
    return shown(call, [member_of(call, ref)])[0]


@operation(
    router,
    "POST",
    "/members",
    Scope.MEMBERS_WRITE,
    answers=MemberOut,
    status=201,
    summary="Add a member",
    field_names=FIELD_NAMES,
)
def add_member(request: HttpRequest, body: MemberIn) -> Reply:
    """Adds a person, who sets a password through a link in a mail. For administrators.

    Whoever is not employed today is added as inactive.
    """
    call = call_of(request)
    company = call.check_administers("member.add")
    nobody = MemberSettings(name="", local_part="", domain_id=0)
    member = actions.add_member(company, _settings(company, nobody, body), actor=call.actor)
    _identify(call, member, body)
    if body.send_sign_in_mail:
        actions.send_sign_in_mail(member, actor=call.actor)
    return created(_again(call, member), f"/api/v1/members/{member.pk}")


@operation(
    router,
    "PATCH",
    "/members/{ref}",
    Scope.MEMBERS_WRITE,
    answers=MemberOut,
    summary="Change a member",
    field_names=FIELD_NAMES,
    also={202: JobOut},
)
def update_member(request: HttpRequest, ref: Ref, body: MemberPatch) -> Reply | MemberOut:
    """Changes what is sent. For administrators.

    Also activates or deactivates the person, if their days of employment say so. Who loses the permission to
    connect with other companies leaves their groups; if these are very many, a job does it.
    """
    call = call_of(request)
    company, member = locked(call, ref, "member.update")
    wanted = _settings(company, MemberSettings.of(member), body)
    job = changes.change_member(member, wanted, member.version, confirmed=True, actor=call.actor)
    _identify(call, member, body)
    if job is not None:
        return accepted(shown_job(job), f"/api/v1/jobs/{job.pk}")
    return _again(call, member)


@operation(
    router,
    "POST",
    "/members/{ref}/deactivate",
    Scope.MEMBERS_WRITE,
    answers=MemberOut,
    summary="Deactivate a member",
    also={202: JobOut},
)
def deactivate_member(request: HttpRequest, ref: Ref) -> Reply | MemberOut:
    """They can no longer sign in, and leave external groups; a job does it if these are very many."""
    call = call_of(request)
    _company, member = locked(call, ref, "member.deactivate")
    job = changes.deactivate(member, actor=call.actor)
    if job is not None:
        return accepted(shown_job(job), f"/api/v1/jobs/{job.pk}")
    return _again(call, member)


@operation(
    router,
    "POST",
    "/members/{ref}/activate",
    Scope.MEMBERS_WRITE,
    answers=MemberOut,
    summary="Activate a member",
)
def activate_member(request: HttpRequest, ref: Ref) -> MemberOut:
    """They can sign in again. Not outside of their days of employment: change these first."""
    call = call_of(request)
    _company, member = locked(call, ref, "member.activate")
    actions.activate_member(member, actor=call.actor)
    return _again(call, member)


@operation(
    router,
    "POST",
    "/members/{ref}/send-sign-in-mail",
    Scope.MEMBERS_WRITE,
    answers=None,
    status=204,
    summary="Mail a member the link to set a password",
)
def send_sign_in_mail(request: HttpRequest, ref: Ref) -> Reply:
    """Goes out now, or on their first day, if that is to come."""
    call = call_of(request)
    _company, member = locked(call, ref, "member.send_sign_in_mail")
    actions.send_sign_in_mail(member, actor=call.actor)
    return NOTHING


@operation(
    router,
    "DELETE",
    "/members/{ref}",
    Scope.MEMBERS_WRITE,
    answers=None,
    status=204,
    summary="Delete a member permanently",
)
def delete_member(request: HttpRequest, ref: Ref) -> Reply:
    """Deletes a person for good: from all groups and teams, with their addresses."""
    call = call_of(request)
    _company, member = locked(call, ref, "member.delete")
    deletion.delete_member(member, actor=call.actor)
    return NOTHING


# How members are found and shown


def member_of(call: Call, ref: str) -> Member:
    """The person of the company. Raises Http404 or NotVisible."""
    own = Member.objects.filter(company=call.company).select_related("company")
    if ref.startswith("ext:") and not call.administers:
        own = own.none()  # by these ids nobody else finds people
    return one(own, ref, hidden=Member.objects.select_related("company"), action="member.see")


def locked(call: Call, ref: str, action: str) -> tuple[Company, Member]:
    """The company and the person, whom nobody else changes until the transaction ends.

    Raises Refused, Http404, or Conflict by If-Match.
    """
    company = lock_company(call.check_administers(action).pk)
    member = member_of(call, ref)
    call.check_version(member)
    return company, member


def _found(call: Call, wanted: MemberFilter) -> MemberQuerySet:
    """The people that match. Nobody finds people by what they are not shown."""
    people = find_members(call.company, wanted.q, by_work=call.administers)
    if wanted.email:
        owners = Address.objects.filter(email=as_stored(wanted.email), member__isnull=False)
        people = people.filter(pk__in=owners.values("member"))
    exact: dict[str, Any] = {
        "is_active": wanted.is_active,
        "team_memberships__team": wanted.team_id,
        "manager": wanted.manager_id,
    }
    restricted: dict[str, Any] = {
        "is_administrator": wanted.is_administrator,
        "source": wanted.source,
        "external_id": wanted.external_id,
    }
    if not call.administers and any(value is not None for value in restricted.values()):
        call.check_administers("member.see")
    exact |= restricted
    return people.filter(**{name: value for name, value in exact.items() if value is not None})


def shown(call: Call, people: Sequence[Member]) -> list[MemberOut]:
    """The people as the caller may know them, in two queries however many they are."""
    teams: defaultdict[int, list[int]] = defaultdict(list)
    places = TeamMembership.objects.filter(member__in=people).order_by("pk")
    for member_id, team_id in places.values_list("member_id", "team_id"):
        teams[member_id].append(team_id)
    aliases: defaultdict[int | None, list[str]] = defaultdict(list)
    also = Address.objects.filter(member__in=people, kind=Address.Kind.ALIAS).order_by("pk")
    for owner_id, email in also.values_list("member_id", "email"):
        aliases[owner_id].append(email)
    administers = call.administers
    return [_shown(call, person, administers, aliases[person.pk], teams[person.pk]) for person in people]


def _shown(
    call: Call, person: Member, administers: bool, aliases: list[str], team_ids: list[int]
) -> MemberOut:
    is_all = administers or person.pk == call.reader.pk
    return MemberOut(
        id=person.pk,
        name=person.name,
        email=person.email,
        aliases=aliases,
        team_ids=team_ids,
        is_active=person.is_active,
        job_title=person.job_title,
        site=person.site,
        phone=person.phone,
        nickname=person.nickname,
        reading=person.reading,
        manager_id=person.manager_id,
        is_administrator=person.is_administrator if is_all else None,
        may_connect=person.may_connect if is_all else None,
        employee_number=person.employee_number if is_all else None,
        starts_on=person.starts_on if is_all else None,
        ends_on=person.ends_on if is_all else None,
        source=person.source if administers else None,
        external_id=person.external_id if administers else None,
        created_at=person.created_at,
        version=person.version,
    )


def _again(call: Call, member: Member) -> MemberOut:
    """The person as they are after a change."""
    return shown(call, [Member.objects.select_related("company").get(pk=member.pk)])[0]


# What is sent


def _settings(company: Company, present: MemberSettings, body: MemberPatch) -> MemberSettings:
    """The person's settings, with what is sent. Raises Invalid."""
    sent = body.model_fields_set
    changed: dict[str, Any] = {
        name: getattr(body, name)
        for name in ("name", "is_administrator", "may_connect", *Details.__dataclass_fields__)
        if name in sent
    }
    if "team_ids" in sent:
        changed["team_ids"] = frozenset(body.team_ids)
    if "email" in sent:
        (changed["local_part"], changed["domain_id"]) = halves_of(company, [body.email], "email")[0]
    if "aliases" in sent:
        changed["aliases"] = tuple(halves_of(company, body.aliases, "aliases"))
    return replace(present, **changed)


def _identify(call: Call, member: Member, body: MemberPatch) -> None:
    if "external_id" in body.model_fields_set:
        origin.set_external_id(member, body.external_id, actor=call.actor)
