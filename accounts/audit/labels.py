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

from accounts.factors import Factor
from accounts.models import Company, Domain, IdentityProvider


class ActionLabel(NamedTuple):
    """An action's label in lists, and its phrase after the name of somebody who did it."""

    label: Promise
    told: Promise | None = None


@dataclass(frozen=True)
class Labels:
    """The labels of what an area of the product audits."""

    sections: Mapping[Promise, Mapping[str, ActionLabel]]
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


def sections() -> dict[Promise, Mapping[str, ActionLabel]]:
    """The labels of all actions, by heading."""
    return {heading: words for area in _areas for heading, words in area.sections.items()}


def actions() -> dict[str, ActionLabel]:
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


MEMBERS: dict[str, ActionLabel] = {
    "member.add": ActionLabel(gettext_lazy("Add member")),
    "member.update": ActionLabel(gettext_lazy("Edit member"), gettext_lazy("edited the person")),
    "member.update_profile": ActionLabel(gettext_lazy("Edit own profile")),
    "member.set_photo": ActionLabel(gettext_lazy("Edit own photo")),
    "member.activate": ActionLabel(gettext_lazy("Activate member"), gettext_lazy("activated the person")),
    "member.deactivate": ActionLabel(
        gettext_lazy("Deactivate member"), gettext_lazy("deactivated the person")
    ),
    "member.delete": ActionLabel(gettext_lazy("Delete member")),
    "member.set_origin": ActionLabel(gettext_lazy("Edit where a member comes from")),
    "member.see": ActionLabel(gettext_lazy("View members")),
    "member.pick": ActionLabel(gettext_lazy("Choose members")),
}
SIGN_IN: dict[str, ActionLabel] = {
    "sign_in.done": ActionLabel(gettext_lazy("Sign in")),
    "sign_in.failed": ActionLabel(gettext_lazy("Failed sign-in")),
    "sign_in.ended": ActionLabel(gettext_lazy("Sign out")),
    "member.change_password": ActionLabel(gettext_lazy("Change password")),
    "member.reset_password": ActionLabel(gettext_lazy("Choose password by a link in an email")),
    "member.set_password": ActionLabel(gettext_lazy("Set a member's password")),
    "member.send_sign_in_mail": ActionLabel(gettext_lazy("Send sign-in email")),
    "session.end": ActionLabel(gettext_lazy("End own session")),
    "session.end_of_member": ActionLabel(gettext_lazy("Sign a member out")),
    "session.expire": ActionLabel(gettext_lazy("Session ended by its age")),
    "sign in": ActionLabel(gettext_lazy("Open a page without signing in")),
}
TOKENS: dict[str, ActionLabel] = {
    "token.create": ActionLabel(gettext_lazy("Add access token")),
    "token.revoke": ActionLabel(gettext_lazy("Revoke access token")),
    "token.see": ActionLabel(gettext_lazy("View access tokens")),
}
WEBHOOKS: dict[str, ActionLabel] = {
    "webhook.create": ActionLabel(gettext_lazy("Add webhook")),
    "webhook.update": ActionLabel(gettext_lazy("Edit webhook")),
    "webhook.delete": ActionLabel(gettext_lazy("Delete webhook")),
    "webhook.rotate": ActionLabel(gettext_lazy("Make new secret of a webhook")),
    "webhook.pause": ActionLabel(gettext_lazy("Pause webhook")),
    "webhook.resume": ActionLabel(gettext_lazy("Resume webhook")),
    "webhook.test": ActionLabel(gettext_lazy("Send test event")),
    "webhook.send_again": ActionLabel(gettext_lazy("Send events again")),
    "webhook.see": ActionLabel(gettext_lazy("View webhooks")),
}
FACTORS: dict[str, ActionLabel] = {
    "factor.add": ActionLabel(gettext_lazy("Add second factor")),
    "factor.rename": ActionLabel(gettext_lazy("Rename passkey")),
    "factor.remove": ActionLabel(gettext_lazy("Remove second factor")),
    "factor.new_codes": ActionLabel(gettext_lazy("Make new recovery codes")),
    "factor.use_code": ActionLabel(gettext_lazy("Use a recovery code")),
    "factor.fail": ActionLabel(gettext_lazy("Enter a code")),
    "factor.reset": ActionLabel(gettext_lazy("Reset a member's second factors")),
}
SINGLE_SIGN_ON: dict[str, ActionLabel] = {
    "provider.add": ActionLabel(gettext_lazy("Add identity provider")),
    "provider.update": ActionLabel(
        gettext_lazy("Edit identity provider"), gettext_lazy("edited the identity provider")
    ),
    "provider.remove": ActionLabel(gettext_lazy("Remove identity provider")),
    "provider.try": ActionLabel(gettext_lazy("Check an identity provider's address")),
    "provider.see": ActionLabel(gettext_lazy("View identity providers")),
    "identity.join": ActionLabel(gettext_lazy("First sign-in by an identity provider")),
    "identity.separate": ActionLabel(gettext_lazy("Forget a member's identity at a provider")),
    "session.end_by_provider": ActionLabel(gettext_lazy("Session ended by an identity provider")),
}
TEAMS: dict[str, ActionLabel] = {
    "team.add": ActionLabel(gettext_lazy("Add team")),
    "team.update": ActionLabel(gettext_lazy("Edit team"), gettext_lazy("edited the team")),
    "team.move": ActionLabel(gettext_lazy("Move team"), gettext_lazy("moved the team")),
    "team.set_people": ActionLabel(
        gettext_lazy("Edit team members"), gettext_lazy("edited the people in the team")
    ),
    "team.delete": ActionLabel(gettext_lazy("Delete team")),
    "team.set_origin": ActionLabel(gettext_lazy("Edit where a team comes from")),
    "team.see": ActionLabel(gettext_lazy("View teams")),
}
CONNECTIONS: dict[str, ActionLabel] = {
    "connection.update": ActionLabel(gettext_lazy("Edit connection with other companies")),
    "connection.grant": ActionLabel(gettext_lazy("Allow members to connect")),
    "connection.withdraw": ActionLabel(gettext_lazy("Remove permission to connect")),
    "connection.add_company": ActionLabel(gettext_lazy("Allow connecting with a company")),
    "connection.remove_company": ActionLabel(gettext_lazy("Stop connecting with a company")),
    "connection.see": ActionLabel(gettext_lazy("View connection with other companies")),
    "contact.see": ActionLabel(gettext_lazy("View contacts")),
    "contact.ask": ActionLabel(gettext_lazy("Send contact request")),
    "contact.take_back": ActionLabel(gettext_lazy("Withdraw contact request")),
    "contact.accept": ActionLabel(gettext_lazy("Accept contact request")),
    "contact.block": ActionLabel(gettext_lazy("Block person of another company")),
    "contact.unblock": ActionLabel(gettext_lazy("Unblock person of another company")),
    "contact.remove": ActionLabel(gettext_lazy("Remove contact")),
    "contact.put_back": ActionLabel(gettext_lazy("Undo removing or blocking a contact")),
}
COMPANY: dict[str, ActionLabel] = {
    "company.create": ActionLabel(gettext_lazy("Add company")),
    "company.rename": ActionLabel(gettext_lazy("Rename company"), gettext_lazy("renamed the company")),
    "company.update": ActionLabel(gettext_lazy("Edit company settings"), gettext_lazy("edited the settings")),
    "company.see_first_steps": ActionLabel(gettext_lazy("View first steps")),
    "company.delete": ActionLabel(gettext_lazy("Delete company")),
    "domain.add": ActionLabel(gettext_lazy("Add domain")),
    "domain.remove": ActionLabel(gettext_lazy("Remove domain")),
    "domain.prove": ActionLabel(gettext_lazy("Prove domain")),
    "domain.approve": ActionLabel(gettext_lazy("Approve domain")),
    "domain.lose": ActionLabel(gettext_lazy("Domain goes to another company")),
    "domain.lapse": ActionLabel(gettext_lazy("Remove domains that were not proven")),
    "domain.make_primary": ActionLabel(gettext_lazy("Make domain primary")),
    "superuser.add": ActionLabel(gettext_lazy("Add superuser")),
    "superuser.update": ActionLabel(gettext_lazy("Edit superuser")),
    "superuser.set": ActionLabel(
        gettext_lazy("Edit superuser role of a member"), gettext_lazy("edited the person")
    ),
    "bulk.change": ActionLabel(gettext_lazy("Change many at once")),
    "member.add_to_teams": ActionLabel(gettext_lazy("Add members to teams")),
    "member.remove_from_teams": ActionLabel(gettext_lazy("Remove members from teams")),
    "job.see": ActionLabel(gettext_lazy("View background job")),
    "task.retry": ActionLabel(gettext_lazy("Try task again")),
    "queued_mail.retry": ActionLabel(gettext_lazy("Send waiting email now")),
}
AUDIT: dict[str, ActionLabel] = {
    "audit.see": ActionLabel(gettext_lazy("View audit")),
    "member.download": ActionLabel(gettext_lazy("Download list of members")),
    "member.download_groups": ActionLabel(gettext_lazy("Download a person's groups")),
    "team.download": ActionLabel(gettext_lazy("Download list of teams or their people")),
    "audit.export": ActionLabel(gettext_lazy("Download audit")),
    "audit.see_mail": ActionLabel(gettext_lazy("View mail audit")),
    "audit.export_mail": ActionLabel(gettext_lazy("Download mail audit")),
    "audit.purge": ActionLabel(gettext_lazy("Remove old audit entries")),
}
FACTS: dict[str, Promise] = {
    "name": gettext_lazy("Name"),
    "description": gettext_lazy("Description"),
    "people": gettext_lazy("People"),
    "people_added": gettext_lazy("People"),
    "people_removed": gettext_lazy("People"),
    "address": gettext_lazy("Address"),
    "parent": gettext_lazy("Parent team"),
    "email": gettext_lazy("Email address"),
    "aliases": gettext_lazy("Aliases"),
    "teams": gettext_lazy("Teams"),
    "given_name": gettext_lazy("Given name"),
    "family_name": gettext_lazy("Family name"),
    "department": gettext_lazy("Department"),
    "user_name": gettext_lazy("User name"),
    "provider_emails": gettext_lazy("Email addresses at the identity provider"),
    "provider_phones": gettext_lazy("Phone numbers at the identity provider"),
    "employee_number": gettext_lazy("Employee number"),
    "job_title": gettext_lazy("Job title"),
    "site": gettext_lazy("Site"),
    "phone": gettext_lazy("Phone"),
    "nickname": gettext_lazy("Nickname"),
    "reading": gettext_lazy("Reading of the name"),
    "manager": gettext_lazy("Manager"),
    "starts_on": gettext_lazy("First day"),
    "ends_on": gettext_lazy("Last day"),
    "source": gettext_lazy("Source"),
    "external_id": gettext_lazy("External ID"),
    "is_administrator": gettext_lazy("Administrator"),
    "is_superuser": gettext_lazy("Superuser"),
    "is_active": gettext_lazy("Active"),
    "may_connect": gettext_lazy("Connect with other companies"),
    "language": gettext_lazy("Language"),
    "time_zone": gettext_lazy("Time zone"),
    "browser_zone": gettext_lazy("Time zone of the browser"),
    "declined_zone": gettext_lazy("Time zone not wanted"),
    "notified_by": gettext_lazy("Notifications"),
    "plan": gettext_lazy("Plan"),
    "region": gettext_lazy("Region"),
    "has_core": gettext_lazy("Core"),
    "connecting": gettext_lazy("Connecting with other companies"),
    "partners": gettext_lazy("Companies to connect with"),
    "group_creators": gettext_lazy("Authority to create group"),
    "second_factor": gettext_lazy("Second factor required of"),
    "factor": gettext_lazy("Second factor"),
    "factors": gettext_lazy("Second factors"),
    "codes_left": gettext_lazy("Recovery codes left"),
    "recall_hours": gettext_lazy("Time for masters to take back messages"),
    "domain": gettext_lazy("Domain"),
    "domain_state": gettext_lazy("State of the domain"),
    "primary_domain": gettext_lazy("Primary domain"),
    "company": gettext_lazy("Company"),
    "device": gettext_lazy("Device"),
    "scopes": gettext_lazy("Permissions"),
    "expires_at": gettext_lazy("Ends"),
    "client_id": gettext_lazy("Client ID"),
    "default_master": gettext_lazy("Default master"),
    "accepts_loss": gettext_lazy("May remove many people at once"),
    "provider": gettext_lazy("Identity provider"),
    "by_address": gettext_lazy("Found by the email address"),
    "identities": gettext_lazy("People who have signed in by it"),
    "discovery_url": gettext_lazy("Discovery address"),
    "issuer": gettext_lazy("Issuer"),
    "client_secret": gettext_lazy("Client secret"),
    "domains": gettext_lazy("Domains"),
    "provider_use": gettext_lazy("Use"),
    "emergency_administrator": gettext_lazy("Emergency administrator"),
    "asks_factor": gettext_lazy("Ask for our second factor too"),
    "url": gettext_lazy("Web address"),
    "event_types": gettext_lazy("Events"),
    "is_on": pgettext_lazy("webhook", "On"),
    "webhook/events": gettext_lazy("Events sent again"),
    "sessions": gettext_lazy("Sessions"),
    "filters": gettext_lazy("Filters"),
    "count": pgettext_lazy("audit", "Number"),
    "task": gettext_lazy("Task"),
    "entries": pgettext_lazy("audit", "Entries removed"),
    "until": pgettext_lazy("audit", "Older than"),
}

register(
    Labels(
        sections={
            gettext_lazy("Members"): MEMBERS,
            gettext_lazy("Signing in"): SIGN_IN,
            gettext_lazy("Second factors"): FACTORS,
            gettext_lazy("Access tokens"): TOKENS,
            gettext_lazy("Single sign-on"): SINGLE_SIGN_ON,
            gettext_lazy("Webhooks"): WEBHOOKS,
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
            "identityprovider": gettext_lazy("Identity provider"),
            "accesstoken": gettext_lazy("Access token"),
            "webhook": gettext_lazy("Webhook"),
            "partnerdomain": gettext_lazy("Domain of another company"),
            "contactrequest": gettext_lazy("Contact request"),
        },
        facts=FACTS,
        values={
            "plan": Company.Plan,
            "domain_state": Domain.State,
            "region": Company.Region,
            "connecting": Company.Connecting,
            "partners": Company.Partners,
            "group_creators": Company.Creators,
            "second_factor": Company.SecondFactor,
            "factor": Factor,
            "provider_use": IdentityProvider.Use,
        },
    )
)
