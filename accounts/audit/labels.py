"""Texts for the audit's tasks, kinds and fields (rule 8.1).

Each area of the product registers the labels of what it audits; those of companies and people are here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import Company


class Words(NamedTuple):
    """An action's label in lists, and its phrase after the name of somebody who did it."""

    label: Promise
    told: Promise | None = None


@dataclass(frozen=True)
class Labels:
    """The labels of what an area of the product audits."""

    sections: Mapping[Promise, Mapping[str, Words]]
    """Its actions, under the headings of the list of tasks."""
    kinds: Mapping[str, Promise] = field(default_factory=dict)
    """The kinds of objects that actions change."""
    facts: Mapping[str, Promise | str] = field(default_factory=dict)
    """Keys of changes. "group/name" is for the name of a group, if it differs from other names."""
    values: Mapping[str, type[TextChoices]] = field(default_factory=dict)
    """Keys of changes whose values are choices."""
    order: Sequence[str] = ()
    """The order in which fields are shown, also those of other areas; the database preserves none."""


_areas: list[Labels] = []


def register(labels: Labels) -> None:
    """Adds an area's labels, in front of those of the areas below it."""
    _areas.insert(0, labels)


def sections() -> dict[Promise, Mapping[str, Words]]:
    """The labels of all actions, by heading."""
    return {heading: words for area in _areas for heading, words in area.sections.items()}


def actions() -> dict[str, Words]:
    """The labels of all actions, by name."""
    return {name: words for tasks in sections().values() for name, words in tasks.items()}


def task(action: str) -> str:
    """An action's label; an unknown name, from an older or newer version, is made readable."""
    words = actions().get(action)
    return str(words.label) if words else action.replace(".", ": ").replace("_", " ")


def told(action: str) -> str:
    """What somebody did, to follow their name: "changed the group"."""
    known = actions()
    kind = action.partition(".")[0]
    for name in (action, f"{kind}.edit", f"{kind}.update"):
        if name in known and (text := known[name].told):
            return str(text)
    return _("changed something")


def kind(name: str) -> str:
    return str(next((area.kinds[name] for area in _areas if name in area.kinds), name))


def fact(key: str, kind: str = "") -> str:
    """The label of a field that changed, for that kind of object."""
    for name in (f"{kind}/{key}", key):
        for area in _areas:
            if name in area.facts:
                return str(area.facts[name])
    return key.replace("_", " ")


def reason(kept: str) -> str:
    """Why something was done or refused, in the reader's language if there is a translation."""
    return _(kept) if kept else ""


def value(key: str, raw: Any) -> str:
    """A single value as text."""
    if isinstance(raw, bool):
        return _("on") if raw else _("off")
    for area in _areas:
        if key in area.values and raw in area.values[key].values:
            return str(area.values[key](raw).label)
    if key == "photo" and raw:
        return _("a photo")
    return "" if raw is None else str(raw)


def in_order(changes: dict[str, list[Any]]) -> Iterator[tuple[str, list[Any]]]:
    """The changes in the order in which they are shown."""
    order = [key for area in _areas for key in (*area.order, *area.facts)]
    places = {key: place for place, key in reversed([*enumerate(order)])}
    yield from sorted(changes.items(), key=lambda change: places.get(change[0], len(order)))


MEMBERS: dict[str, Words] = {
    "member.add": Words(gettext_lazy("Add member")),
    "member.update": Words(gettext_lazy("Edit member"), gettext_lazy("changed the person")),
    "member.update_profile": Words(gettext_lazy("Edit own profile")),
    "member.set_photo": Words(gettext_lazy("Set own photo")),
    "member.activate": Words(gettext_lazy("Activate member"), gettext_lazy("activated the person")),
    "member.deactivate": Words(gettext_lazy("Deactivate member"), gettext_lazy("deactivated the person")),
    "member.delete": Words(gettext_lazy("Delete member")),
    "member.set_password": Words(gettext_lazy("Set password of a member")),
    "member.send_sign_in_mail": Words(gettext_lazy("Send sign-in mail")),
    "member.see": Words(gettext_lazy("See members")),
    "member.pick": Words(gettext_lazy("Choose members")),
    "sign in": Words(gettext_lazy("Use a page without signing in")),
}
TEAMS: dict[str, Words] = {
    "team.add": Words(gettext_lazy("Add team")),
    "team.update": Words(gettext_lazy("Edit team"), gettext_lazy("changed the team")),
    "team.move": Words(gettext_lazy("Move team"), gettext_lazy("moved the team")),
    "team.set_people": Words(
        gettext_lazy("Edit people of a team"), gettext_lazy("changed the people of the team")
    ),
    "team.delete": Words(gettext_lazy("Delete team")),
    "team.see": Words(gettext_lazy("See teams")),
}
CONNECTIONS: dict[str, Words] = {
    "connection.update": Words(gettext_lazy("Change connection with other companies")),
    "connection.grant": Words(gettext_lazy("Permit members to connect")),
    "connection.withdraw": Words(gettext_lazy("Withdraw permission to connect")),
    "connection.add_company": Words(gettext_lazy("Add company to connect with")),
    "connection.remove_company": Words(gettext_lazy("Remove company to connect with")),
    "connection.see": Words(gettext_lazy("See connection with other companies")),
    "contact.see": Words(gettext_lazy("See contacts")),
    "contact.ask": Words(gettext_lazy("Ask for a contact")),
    "contact.take_back": Words(gettext_lazy("Take back request for a contact")),
    "contact.accept": Words(gettext_lazy("Accept contact")),
    "contact.block": Words(gettext_lazy("Block person of another company")),
    "contact.unblock": Words(gettext_lazy("Unblock person of another company")),
    "contact.remove": Words(gettext_lazy("Remove contact")),
}
COMPANY: dict[str, Words] = {
    "company.create": Words(gettext_lazy("Add company")),
    "company.rename": Words(gettext_lazy("Rename company"), gettext_lazy("renamed the company")),
    "company.update": Words(gettext_lazy("Change company settings"), gettext_lazy("changed the settings")),
    "company.delete": Words(gettext_lazy("Delete company")),
    "domain.add": Words(gettext_lazy("Add domain")),
    "domain.remove": Words(gettext_lazy("Remove domain")),
    "domain.make_primary": Words(gettext_lazy("Make domain the primary one")),
    "superuser.add": Words(gettext_lazy("Add superuser")),
    "superuser.update": Words(gettext_lazy("Edit superuser")),
    "superuser.set": Words(
        gettext_lazy("Make member a superuser, or no longer"), gettext_lazy("changed the person")
    ),
    "job.see": Words(gettext_lazy("See background job")),
}
AUDIT: dict[str, Words] = {
    "audit.see": Words(gettext_lazy("See audit")),
    "audit.export": Words(gettext_lazy("Download audit")),
    "audit.see_mail": Words(gettext_lazy("See audit of mail")),
    "audit.export_mail": Words(gettext_lazy("Download audit of mail")),
    "audit.purge": Words(gettext_lazy("Remove old audit entries")),
}
FACTS: dict[str, Promise] = {
    "name": gettext_lazy("Name"),
    "description": gettext_lazy("Description"),
    "people": gettext_lazy("People"),
    "people_added": gettext_lazy("People"),
    "people_removed": gettext_lazy("People"),
    "address": gettext_lazy("Address"),
    "parent": gettext_lazy("Team above"),
    "email": gettext_lazy("Email address"),
    "aliases": gettext_lazy("Other addresses"),
    "teams": gettext_lazy("Teams"),
    "is_administrator": gettext_lazy("Administrator"),
    "is_superuser": gettext_lazy("Superuser"),
    "is_active": gettext_lazy("Active"),
    "may_connect": gettext_lazy("Connect with other companies"),
    "language": gettext_lazy("Language"),
    "time_zone": gettext_lazy("Time zone"),
    "notified_by": gettext_lazy("Notifications"),
    "plan": gettext_lazy("Plan"),
    "region": gettext_lazy("Region"),
    "has_core": gettext_lazy("Core"),
    "connecting": gettext_lazy("Connecting with other companies"),
    "partners": gettext_lazy("Companies to connect with"),
    "group_creators": gettext_lazy("Authority to create group"),
    "recall_hours": gettext_lazy("Hours in which masters can take back messages"),
    "domain": gettext_lazy("Domain"),
    "primary_domain": gettext_lazy("Primary domain"),
    "company": gettext_lazy("Company"),
    "filters": gettext_lazy("Filters"),
    "count": pgettext_lazy("audit", "Number"),
    "entries": pgettext_lazy("audit", "Entries removed"),
    "until": pgettext_lazy("audit", "From before"),
}

register(
    Labels(
        sections={
            gettext_lazy("Members"): MEMBERS,
            gettext_lazy("Teams"): TEAMS,
            gettext_lazy("Other companies"): CONNECTIONS,
            gettext_lazy("Company"): COMPANY,
            gettext_lazy("Audit"): AUDIT,
        },
        kinds={
            "member": gettext_lazy("Member"),
            "team": gettext_lazy("Team"),
            "company": gettext_lazy("Company"),
            "domain": gettext_lazy("Domain"),
            "partnerdomain": gettext_lazy("Domain of another company"),
            "contactrequest": gettext_lazy("Request for a contact"),
        },
        facts=FACTS,
        values={
            "plan": Company.Plan,
            "region": Company.Region,
            "connecting": Company.Connecting,
            "partners": Company.Partners,
            "group_creators": Company.Creators,
        },
    )
)
