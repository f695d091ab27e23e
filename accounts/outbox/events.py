"""The events of webhooks (rule 11.5), and which audited action is told as which.

Each area of the product registers its own; those of companies and people are here. An action stands either in
`told` or in `silent`, so that nobody forgets to decide (tests/accounts/webhooks/test_events.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

TEST = "webhook.test"
"""Sent when somebody asks for a test; nobody subscribes to it."""


@dataclass(frozen=True)
class Events:
    """The events of an area of the product."""

    heading: Promise
    labels: Mapping[str, Promise]
    """The types, each with what it says."""
    told: Mapping[str, str]
    """Audited actions, and the type of event that tells of each."""
    silent: frozenset[str] = frozenset()
    """Audited actions that nobody is told of: what was only looked at, sign-ins, and what is in rooms."""


_areas: list[Events] = []
_told: dict[str, str] = {}


def register(events: Events) -> None:
    """Adds an area's events, in front of those of the areas below it."""
    _areas.insert(0, events)
    _told.update(events.told)


def type_of(action: str) -> str | None:
    """The type of the event that tells of an audited action, if any does."""
    return _told.get(action)


def headings() -> dict[Promise, dict[str, Promise]]:
    """All types that one can subscribe to, with their labels, by heading."""
    found: dict[Promise, dict[str, Promise]] = {}
    for area in _areas:
        found.setdefault(area.heading, {}).update(area.labels)
    return found


def known() -> set[str]:
    """All types that one can subscribe to."""
    return {name for area in _areas for name in area.labels}


def decided() -> set[str]:
    """All audited actions that are told of, or not, on purpose."""
    return {name for area in _areas for name in (*area.told, *area.silent)}


MEMBERS = Events(
    gettext_lazy("Members"),
    labels={
        "member.created": gettext_lazy("A member was added"),
        "member.updated": gettext_lazy("A member was edited"),
        "member.activated": gettext_lazy("A member was activated"),
        "member.deactivated": gettext_lazy("A member was deactivated"),
        "member.deleted": gettext_lazy("A member was deleted"),
    },
    told={
        "member.add": "member.created",
        "member.update": "member.updated",
        "member.update_profile": "member.updated",
        "member.set_photo": "member.updated",
        "member.set_origin": "member.updated",
        "member.activate": "member.activated",
        "member.deactivate": "member.deactivated",
        "member.delete": "member.deleted",
        "superuser.set": "member.updated",
    },
    silent=frozenset(
        {
            *("member.see", "member.pick", "member.download", "member.download_groups"),
            *("member.change_password", "member.reset_password", "member.set_password"),
            *("member.send_sign_in_mail", "member.add_to_teams", "member.remove_from_teams"),
            *("sign_in.done", "sign_in.failed", "sign_in.ended", "sign in"),
            *("session.end", "session.end_of_member", "session.expire", "session.end_by_provider"),
            *("identity.join", "identity.separate"),
            *("factor.add", "factor.rename", "factor.remove", "factor.new_codes"),
            *("factor.use_code", "factor.fail", "factor.reset"),
            *("contact.see", "contact.ask", "contact.take_back", "contact.accept"),
            *("contact.block", "contact.unblock", "contact.remove", "contact.put_back"),
            *("superuser.add", "superuser.update"),
        }
    ),
)
TEAMS = Events(
    gettext_lazy("Teams"),
    labels={
        "team.created": gettext_lazy("A team was added"),
        "team.updated": gettext_lazy("A team was edited or moved"),
        "team.people_changed": gettext_lazy("Somebody joined or left a team"),
        "team.deleted": gettext_lazy("A team was deleted"),
    },
    told={
        "team.add": "team.created",
        "team.update": "team.updated",
        "team.move": "team.updated",
        "team.set_origin": "team.updated",
        "team.set_people": "team.people_changed",
        "team.delete": "team.deleted",
    },
    silent=frozenset({"team.see", "team.download"}),
)
COMPANY = Events(
    gettext_lazy("Company"),
    labels={
        "company.updated": gettext_lazy("The company’s settings were edited"),
        "domain.changed": gettext_lazy("A domain was added, proven, lost or removed"),
        "token.created": gettext_lazy("An access token was made"),
        "token.revoked": gettext_lazy("An access token was revoked"),
    },
    told={
        "company.rename": "company.updated",
        "company.update": "company.updated",
        "connection.update": "company.updated",
        "connection.grant": "company.updated",
        "connection.withdraw": "company.updated",
        "connection.add_company": "company.updated",
        "connection.remove_company": "company.updated",
        "provider.add": "company.updated",
        "provider.update": "company.updated",
        "provider.remove": "company.updated",
        "domain.add": "domain.changed",
        "domain.remove": "domain.changed",
        "domain.prove": "domain.changed",
        "domain.approve": "domain.changed",
        "domain.lose": "domain.changed",
        "domain.lapse": "domain.changed",
        "domain.make_primary": "domain.changed",
        "token.create": "token.created",
        "token.revoke": "token.revoked",
    },
    silent=frozenset(
        {
            *("company.create", "company.delete", "connection.see", "token.see"),
            *("provider.see", "provider.try"),
            *("bulk.change", "job.see", "task.retry", "queued_mail.retry"),
            *("audit.see", "audit.export", "audit.see_mail", "audit.export_mail", "audit.purge"),
            "company.see_first_steps",
            *("webhook.see", "webhook.create", "webhook.update", "webhook.delete", "webhook.rotate"),
            *("webhook.pause", "webhook.resume", "webhook.test", "webhook.send_again"),
        }
    ),
)
for _events in (COMPANY, TEAMS, MEMBERS):
    register(_events)
