"""People, groups and teams as clients see them (RFC 7643). What is not here is not kept, and ignored if sent."""

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
    """The address: the userName, or an alias in one of the company's domains."""

    type: Text = Field(None, examples=["work", "other"])
    """“work” for the userName, “other” for aliases."""

    primary: Flag = None
    """Whether it is the userName."""


class PhoneNumber(ComplexAttribute):
    """One number is kept."""

    value: Text = None
    """The number, as it was written."""

    type: Text = Field(None, examples=["work"])
    """Always “work”."""


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
    """The email address with which the person signs in, in one of the company's domains."""

    name: Name | None = None
    """The parts of the name."""

    display_name: Text = None
    """The name by which everybody knows the person."""

    nick_name: Text = None
    """What they are called besides."""

    title: Text = None
    """The job title."""

    active: Flag = None
    """Whether the person can sign in and is in their groups."""

    emails: list[Email] | None = None
    """The userName and the aliases."""

    phone_numbers: list[PhoneNumber] | None = None
    """The phone number."""

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

    first_day: Text = None
    """The first day of employment, as 2026-11-30: before it the person is inactive."""

    last_day: Text = None
    """The last day of employment: after it the person is inactive."""

    administrator: Flag = None
    """Whether the person administers the company; set only by a token with the scope “delicate”."""

    connects: Flag = None
    """Whether the person may connect with other companies, where the company chooses who may."""


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
    """A group, its room and its mailing list."""

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

    kind: Annotated[Text, Mutability.immutable] = Field(None, examples=["internal", "external"])
    """Whether people of other companies can be in it; set once."""

    masters: list[Person] | None = None
    """Who runs the group."""

    address: Text = None
    """The address of the mailing list, in one of the company's domains."""

    features: list[str] | None = Field(
        None, examples=["message", "note", "event", "task", "folder", "mailingList"]
    )
    """What the group has switched on. All but mailingList need message."""

    visible: Flag = None
    """Whether everybody in the company can find the group."""

    notifies: Flag = None
    """Whether its members are told who comes and goes."""

    masters_switch_features: Flag = None
    """Whether masters may switch features on and off."""


class Parent(ComplexAttribute):
    """The team above."""

    value: Annotated[Text, CaseExact.true] = None
    """The id of the team."""

    ref: Reference["Team"] | None = _ref()  # type: ignore[type-arg]
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
    """The team's email address, in one of the company's domains."""

    members: list[Colleague] | None = None
    """The people in the team itself, without those of the teams below."""


FullUser: Any = User[EnterpriseUser | UserExtension]  # type: ignore[misc]
FullGroup: Any = Group[GroupExtension]  # type: ignore[misc]
FullTeam: Any = Team

FEATURES = {
    "message": "message",
    "note": "note",
    "event": "event",
    "task": "task",
    "folder": "folder",
    "mailinglist": "uses_mailing_list",
}
"""The switches of a group's features, by what clients call them in lower case (rule 3.1)."""
FEATURE_NAMES = {
    switch: {"mailinglist": "mailingList"}.get(name, name) for name, switch in FEATURES.items()
}
SWITCHES = {
    "visible": "is_visible",
    "notifies": "notifies",
    "masters_switch_features": "grants_features",
}
"""The other switches, by the fields of the extension."""
