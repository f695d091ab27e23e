"""People, groups and teams as clients see them (RFC 7643). What is not here is not kept, and ignored if sent.

“Required” stands at what always has a value, so that nothing takes it away; a client may leave it out.
"""

from typing import Annotated, Any

from pydantic import Field
from scim2_models import (
    URN,
    AnyExtension,
    CaseExact,
    ComplexAttribute,
    Extension,
    Mutability,
    Reference,
    Required,
    Resource,
    Returned,
    ScimPolicy,
    Uniqueness,
)

OURS = "urn:groupadmin:params:scim:schemas"
CORE = "urn:ietf:params:scim:schemas"

POLICY = ScimPolicy(
    # Providers send all that they know; a password, for instance, is none of our business.
    unknown=ScimPolicy.Unknown.ignore,
    # As Entra writes.
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)

Text = str | None
Flag = bool | None


def _ref() -> Any:
    return Field(None, serialization_alias="$ref", validation_alias="$ref")


class Name(ComplexAttribute):
    """The parts of the name; people have one name here, which is displayName."""

    family_name: Text = None
    """The family name."""

    given_name: Text = None
    """The given name."""


class Email(ComplexAttribute):
    """An address of the person."""

    value: Text = None
    """The address."""

    type: Text = Field(None, examples=["work", "home", "other"])
    """What it is for."""

    primary: Flag = None
    """Whether it is the preferred one."""


class PhoneNumber(ComplexAttribute):
    """A number of the person."""

    value: Text = None
    """The number, as it was written."""

    type: Text = Field(None, examples=["work", "mobile", "other"])
    """What it is for."""

    primary: Flag = None
    """Whether it is the preferred one."""


class GroupOfUser(ComplexAttribute):
    """A group or team that the person is in directly."""

    value: Annotated[Text, Mutability.read_only, CaseExact.true] = None
    """The id."""

    ref: Annotated[Reference["Group"] | None, Mutability.read_only] = _ref()  # type: ignore[type-arg]
    """The address of the resource."""

    display: Annotated[Text, Mutability.read_only] = None
    """Its name."""


class User(Resource[AnyExtension]):
    """A person of the company."""

    __schema__ = URN(f"{CORE}:core:2.0:User")

    user_name: Annotated[Text, Uniqueness.server, Required.true] = None
    """What the provider calls the person: best the email address with which they sign in."""

    name: Name | None = None
    """The parts of the name."""

    display_name: Annotated[Text, Required.true] = None
    """The name by which everybody knows the person."""

    nick_name: Text = None
    """What they are called besides."""

    title: Text = None
    """The job title."""

    active: Annotated[Flag, Required.true] = None
    """Whether the person can sign in and is in their groups."""

    emails: list[Email] | None = None
    """The addresses. Those in the company's domains reach the person as aliases."""

    phone_numbers: list[PhoneNumber] | None = None
    """The phone numbers, of which colleagues see the primary or first one."""

    groups: Annotated[list[GroupOfUser] | None, Mutability.read_only, Returned.request] = None
    """The groups that the person is entered in; only if asked for."""


class Manager(ComplexAttribute):
    """The person's manager."""

    value: Annotated[Text, CaseExact.true] = None
    """The id of the user."""

    ref: Reference["User"] | None = _ref()  # type: ignore[type-arg]
    """The address of the resource."""


class EnterpriseUser(Extension):
    """What a company knows of its people."""

    __schema__ = URN(f"{CORE}:extension:enterprise:2.0:User")

    employee_number: Text = None
    """The number by which the company knows the person; need not be unique."""

    department: Text = None
    """Kept and given back; teams are resources of their own."""

    manager: Manager | None = None
    """The person's manager."""


class UserExtension(Extension):
    """What groupadmin knows of a person besides."""

    __schema__ = URN(f"{OURS}:extension:2.0:User")

    reading: Text = None
    """How the name is pronounced, or written in another script."""

    site: Text = None
    """Where the person works."""

    first_day: Text = Field(None, examples=["2000-01-01"])
    """The first day of employment, as 2026-11-30: before it the person is inactive."""

    last_day: Text = Field(None, examples=["2099-12-31"])
    """The last day of employment: after it the person is inactive."""

    connecting: Text = Field(None, examples=["allowed"])
    """“allowed” if the person may connect with other companies, where the company chooses who may."""

    email: Annotated[Text, Mutability.read_only, Returned.request] = None
    """The email address with which the person signs in; only if asked for."""

    administrator: Annotated[Flag, Mutability.read_only, Returned.request] = None
    """Whether the person administers the company; only if asked for. They are appointed on the pages."""


class Member(ComplexAttribute):
    """A member of a group: a user, a team or a group."""

    value: Annotated[Text, Mutability.immutable, CaseExact.true] = None
    """The id."""

    ref: Annotated[Reference["User"] | None, Mutability.immutable] = _ref()  # type: ignore[type-arg]
    """The address of the resource."""

    type: Annotated[Text, Mutability.immutable] = Field(None, examples=["User", "Group", "Team"])
    """What it is."""

    display: Annotated[Text, Mutability.read_only, Returned.request] = None
    """Its name; only if asked for."""


class Person(ComplexAttribute):
    """A user that something refers to."""

    value: Annotated[Text, CaseExact.true] = None
    """The id of the user."""

    ref: Reference["User"] | None = _ref()  # type: ignore[type-arg]
    """The address of the resource."""


class Group(Resource[AnyExtension]):
    """An internal group, its room and its mailing list."""

    __schema__ = URN(f"{CORE}:core:2.0:Group")

    display_name: Annotated[Text, Required.true, Uniqueness.server] = None
    """The name, unique in the company."""

    members: list[Member] | None = None
    """Who is entered in the group: users, teams and groups."""


class GroupExtension(Extension):
    """What groupadmin knows of a group besides."""

    __schema__ = URN(f"{OURS}:extension:2.0:Group")

    description: Text = None
    """What the group is for."""

    masters: Annotated[list[Person] | None, Required.true] = None
    """Who runs the group. If nobody is named, it is the default master of the token."""

    address: Text = None
    """The address of the mailing list: with it the list is on, without it off. In the company's primary
    domain the part before the @ is enough."""

    email: Annotated[Text, Mutability.read_only, Returned.request] = None
    """The whole address of the mailing list; only if asked for."""

    features: list[str] | None = Field(None, examples=["message"])
    """The features of the message room that are on: message, and with it note, event, task and folder."""

    visibility: Text = Field(None, examples=["private"])
    """“private” if only its people can find the group; otherwise everybody in the company can."""

    notifications: Text = Field(None, examples=["members"])
    """“members” if they are told who comes and goes; otherwise nobody is."""

    features_set_by: Text = Field(None, examples=["administrators"])
    """“administrators” if they alone switch features on and off; otherwise masters do too."""


class Parent(ComplexAttribute):
    """The team above."""

    value: Annotated[Text, CaseExact.true] = None
    """The id of the team."""

    ref: Reference["Team"] | None = _ref()
    """The address of the resource."""


class Colleague(ComplexAttribute):
    """A member of a team."""

    value: Annotated[Text, Mutability.immutable, CaseExact.true] = None
    """The id of the user."""

    ref: Annotated[Reference["User"] | None, Mutability.immutable] = _ref()  # type: ignore[type-arg]
    """The address of the resource."""

    type: Annotated[Text, Mutability.immutable] = Field(None, examples=["User"])
    """Always “User”."""

    display: Annotated[Text, Mutability.read_only, Returned.request] = None
    """The name; only if asked for."""


class Team(Resource[Any]):
    """A team of the organization chart."""

    __schema__ = URN(f"{OURS}:core:2.0:Team")

    display_name: Annotated[Text, Required.true] = None
    """The name, unique below its parent."""

    description: Text = None
    """What the team does."""

    parent: Parent | None = None
    """The team above; none at the top."""

    address: Text = None
    """The team's email address. The part before the @ is enough in the company's primary domain."""

    email: Annotated[Text, Mutability.read_only] = None
    """The team's whole address."""

    members: list[Colleague] | None = None
    """The people in the team itself, without those of the teams below."""


FullUser: Any = User[EnterpriseUser | UserExtension]
FullGroup: Any = Group[GroupExtension]
FullTeam: Any = Team
Work: Any = EnterpriseUser
UserMore: Any = UserExtension
GroupMore: Any = GroupExtension

USER_URN = str(UserExtension.__schema__)
ENTERPRISE_URN = str(EnterpriseUser.__schema__)
GROUP_URN = str(GroupExtension.__schema__)

SWITCHES = {
    "visibility": ("private", "is_visible", False),
    "notifications": ("members", "notifies", True),
    "features_set_by": ("administrators", "grants_features", False),
}
"""The word that the fields hold, and how a switch of the group then is; without it, it is the other way round
(rule 2.19)."""
CONNECTING = "allowed"
