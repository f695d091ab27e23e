"""What groups and people look like in the API, and how one group is found (rules 2.21, 5.3, 6.4)."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from django.db.models import QuerySet
from pydantic import Field

from accounts.actions.locks import lock_company
from accounts.models import Company, Member, Scope, Team
from accounts.permissions import is_administrator_of, is_foreign, shown_to
from groupadmin.base.ids import parse_id
from groups import permissions
from groups.membership import effective
from groups.models import Feature, Group
from groups.permissions import Act

from ..callers import Call
from ..fields import In, Moment, Out, Ref, one

READ, WRITE = Scope.DIRECTORY_READ, Scope.GROUPS_WRITE

Kind = Literal["internal", "external"]
FEATURES: Mapping[str, Feature] = {
    "message": Feature.MESSAGE,
    "note": Feature.NOTE,
    "event": Feature.EVENT,
    "task": Feature.TASK,
    "folder": Feature.FOLDER,
    "mailing_list": Feature.MAILING_LIST,
}
"""What the features are called here (rule 3.1)."""
FIELD_NAMES = {
    "members": "entries",
    **{feature.value: f"features.{name}" for name, feature in FEATURES.items()},
}
"""What the actions' fields are called here."""


class FeaturesOut(Out):
    """Which features are on (rule 3.1). External groups have no tasks and no mailing list."""

    message: bool
    note: bool
    event: bool
    task: bool
    folder: bool
    mailing_list: bool


class FeaturesIn(In):
    """Which features to switch; what is not sent stays. All but the mailing list need Message (rule 3.2)."""

    message: bool = Field(default_factory=bool)
    note: bool = Field(default_factory=bool)
    event: bool = Field(default_factory=bool)
    task: bool = Field(default_factory=bool)
    folder: bool = Field(default_factory=bool)
    mailing_list: bool = Field(default_factory=bool)


class GroupOut(Out):
    """A group, without its people, who are lists of their own."""

    id: int
    kind: Kind
    name: str
    description: str
    company: str = Field(description="The name of the company that owns it.")
    features: FeaturesOut
    notifies: bool = Field(description="Send group notifications to all members (rule 5.1).")
    grants_features: bool = Field(description="Masters may switch the features (rule 5.2).")
    is_visible: bool = Field(description="Others of the company can find it (rule 5.3).")
    address: str = Field(description="Of its mailing list; empty while that is off.")
    has_photo: bool
    people_count: int | None = Field(
        description="How many people are in it effectively (rule 2.10), if `count` was asked for."
    )
    source: str | None = Field(
        description="The system that it comes from; empty if none. For administrators."
    )
    external_id: str | None = Field(description="Its id there. For administrators.")
    created_at: Moment
    version: int = Field(
        description="Also the ETag. Each change of the group, its entries and masters raises it."
    )


class GroupNamedOut(Out):
    """A group by its name."""

    id: int
    name: str


class TeamNamedOut(Out):
    """A team by its name."""

    id: int
    name: str


class PersonOut(Out):
    """A person as the caller may know them: of other companies only name and company (rule 6.4)."""

    id: int
    name: str
    email: str | None = Field(description="Null for people of other companies.")
    company: str | None = Field(
        description="The name of their company, if it is another one than the caller's."
    )
    is_active: bool = Field(description="Inactive people are in no group until they are active again.")


class VersionOut(Out):
    """The group after a change of its people."""

    id: int
    version: int = Field(description="Also the ETag.")


GroupRef = Annotated[Ref, Field(description="A group: its id, or `ext:SOURCE:ID` for administrators.")]


def group_of(call: Call, ref: str, act: Act = Act.SEE) -> Group:
    """The group, if the caller may do this to it. Raises Http404, NotVisible or Refused."""
    pk = parse_id(ref)
    if pk is None:
        found = permissions.visible_groups(call.reader).filter(company=call.company)
        pk = one(found if call.administers else found.none(), ref).pk
    return permissions.get_group_for(call.actor, pk, act)


def locked(call: Call, ref: str, act: Act) -> Group:
    """The group, which nobody else changes until the transaction ends, at the version of If-Match.

    For actions that are not told the version. Raises Http404, Refused or Conflict.
    """
    group = group_of(call, ref)
    lock_company(group.company_id)
    group = permissions.get_group_for(call.actor, group.pk, act, lock=True)
    call.check_version(group)
    return group


def with_shown(groups: QuerySet[Group]) -> QuerySet[Group]:
    """The groups with what `shown_groups` needs of each."""
    return groups.select_related("company", "mailing_list__address__domain")


def shown_groups(call: Call, groups: Sequence[Group], *, counts: bool = False) -> list[GroupOut]:
    """The groups as the caller may know them; the number of queries is constant."""
    people: Mapping[int, int | None] = effective.count_people(groups) if counts else {}
    return [_shown(call, group, people.get(group.pk)) for group in groups]


def shown_group(call: Call, group: Group, *, counts: bool = False) -> GroupOut:
    return shown_groups(call, [group], counts=counts)[0]


def again(call: Call, pk: int) -> GroupOut:
    """The group as it is after a change."""
    return shown_group(call, with_shown(Group.objects.all()).get(pk=pk))


def _shown(call: Call, group: Group, people: int | None) -> GroupOut:
    administers = is_administrator_of(call.reader, group.company_id)
    return GroupOut(
        id=group.pk,
        kind="external" if group.is_external else "internal",
        name=group.name,
        description=group.description,
        company=group.company.name,
        features=shown_features(group),
        notifies=group.notifies,
        grants_features=group.grants_features,
        is_visible=group.is_visible,
        address=group.address,
        has_photo=bool(group.photo),
        people_count=people,
        source=group.source if administers else None,
        external_id=group.external_id if administers else None,
        created_at=group.created_at,
        version=group.version,
    )


def shown_features(group: Group) -> FeaturesOut:
    return FeaturesOut(**{name: group.has(feature) for name, feature in FEATURES.items()})


def version_of(group: Group) -> VersionOut:
    return VersionOut(id=group.pk, version=group.version)


def shown_person(call: Call, person: Member) -> PersonOut:
    """Needs no query if the person has their company loaded."""
    return PersonOut(**_of_person(call, person))


def _of_person(call: Call, person: Member) -> dict[str, Any]:
    shown = shown_to(call.reader, person)
    return {
        "id": person.pk,
        "name": person.name,
        "email": shown.email if shown.is_colleague else None,
        "company": shown.company or None,
        "is_active": person.is_active,
    }


def named_group(group: Group) -> GroupNamedOut:
    return GroupNamedOut(id=group.pk, name=group.name)


def named_team(team: Team) -> TeamNamedOut:
    return TeamNamedOut(id=team.pk, name=team.name)


def is_own(call: Call, company: Company) -> bool:
    """Whether it is the caller's company."""
    return not is_foreign(call.reader, company.pk)
