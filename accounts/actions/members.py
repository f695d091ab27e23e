"""Changes a company's people (rule 1.2): each function is one transaction.

Whatever changes who administers the company has to be confirmed (rule 9.4).
"""

from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, consequences, employment, once
from accounts.actor import Actor, Refused
from accounts.audit.items import team_items
from accounts.models import Address, Company, Domain, Member, Team, TeamMembership
from accounts.permissions import check_administers
from accounts.sessions import cut_sessions
from accounts.tasks import WayIn, mail_sign_in_link, tell_way_in
from accounts.tokens import revoke_tokens_of
from groupadmin.base.errors import Invalid, Taken
from groupadmin.base.text import clean_line

from .addresses import member_address_problem, take_address, taken_message
from .details import NOTHING, Details, details_of
from .locks import increase_version, lock_company
from .names import clean_name

ALIASES_LIMIT = 20

LocalAndDomain = tuple[str, int]
"""An address as forms provide it: its local part, and the id of its domain."""


@dataclass(frozen=True)
class MemberSettings(Details):
    """The content of "Add member": all that administrators set, but whether a person is active."""

    name: str
    local_part: str
    domain_id: int
    aliases: tuple[LocalAndDomain, ...] = ()
    team_ids: frozenset[int] = frozenset()
    is_administrator: bool = False
    may_connect: bool = False

    @classmethod
    def of(cls, member: Member) -> "MemberSettings":
        """The member's current settings."""
        primary, aliases = ("", 0), []
        for address in member.addresses.exclude(domain=None).order_by("pk"):
            pair = (address.local_part, address.domain_id or 0)
            if address.kind == Address.Kind.MEMBER:
                primary = pair
            else:
                aliases.append(pair)
        return cls(
            member.name,
            *primary,
            tuple(aliases),
            frozenset(member.team_memberships.values_list("team_id", flat=True)),
            member.is_administrator,
            member.may_connect,
            **details_of(member),
        )

    def plain(self) -> dict[str, Any]:
        """The person as recorded in the audit."""
        pairs = [(self.local_part, self.domain_id), *self.aliases]
        domains = Domain.objects.in_bulk({domain_id for _local_part, domain_id in pairs})
        email, *aliases = [
            f"{local_part}@{domains[domain_id].name}".lower()
            for local_part, domain_id in pairs
            if domain_id in domains
        ] or [""]
        return {
            "name": clean_line(self.name),
            "email": email,
            "aliases": sorted(set(aliases) - {email}),
            "teams": team_items(self.team_ids),
            "is_administrator": self.is_administrator,
            "may_connect": self.may_connect,
            **self.plain_details(),
        }


@audit.action
def add_member(company: Company, settings: MemberSettings, *, actor: Actor) -> Member:
    """Adds a person, who sets a password through a link in a mail. Raises Refused or Invalid.

    Whoever is not employed today is added as inactive (rule 1.12).
    """
    company = lock_company(company.pk)
    check_administers(actor, company, "member.add")
    if settings.is_administrator:
        actor.check_confirmed()
    if there := once.made(actor, Member):
        return there
    member = Member(
        company=company,
        name=clean_name(settings.name),
        email=_email(company, settings),
        is_administrator=settings.is_administrator,
        may_connect=settings.may_connect,
        source=actor.source,
    )
    member.set_unusable_password()
    settings.set_on(member)
    outside = employment.why_outside(member.starts_on, member.ends_on)
    member.is_active, member.inactive_by_date = outside is None, outside is not None
    _save(member)
    _write_addresses(member, settings)
    _write_teams(member, settings.team_ids, actor)
    changes = audit.difference(NOTHING, plain(member))
    if outside is not None:
        changes["is_active"] = [None, False]
    audit.record(actor, "member.add", member, changes, reason=outside.reason if outside else "")
    once.keep(actor, member)
    return member


@audit.action
def update_member(
    member: Member, settings: MemberSettings, version: int | None = None, *, actor: Actor
) -> Member:
    """Changes a person's name, addresses, teams, roles and details.

    Also activates or deactivates them, if their days of employment say so (rule 1.12). `version` is the one
    that the actor saw. Raises Refused, Invalid, or Conflict if it has changed.
    """
    company, member = lock_member(member, actor, "member.update")
    before, connected, email = plain(member), member.can_connect, member.email
    was_powerful = is_powerful(member)
    if member.is_administrator and not settings.is_administrator:
        check_other_administrators(member, actor)
    member.name = clean_name(settings.name)
    member.email = _email(company, settings, member)
    member.is_administrator = settings.is_administrator
    member.may_connect = settings.may_connect
    settings.set_on(member)
    _save(member)
    _write_addresses(member, settings)
    _write_teams(member, settings.team_ids, actor)
    if changes := audit.difference(before, plain(member)):
        if "is_administrator" in changes or (was_powerful and "email" in changes):
            actor.check_confirmed()  # rule 9.4: who gets at the company, also by a reset mail elsewhere
        increase_version(member, version)
        member.save(update_fields=["version"])
        audit.record(actor, "member.update", member, changes)
    tell_address(member, email)
    if member.can_connect != connected:
        groups = consequences.in_groups()
        groups.tell_connecting([member.pk], may_connect=not connected, actor=actor)
        reason = gettext_lazy("The permission to connect with other companies was removed.")
        groups.leave_by_rule(company, actor=actor, reason=reason, members=[member.pk])
    return _follow_dates(company, member, actor)


@audit.action
def follow_dates(member: Member, *, actor: Actor) -> Member:
    """Activates or deactivates a person, if their days of employment say so (rule 1.12).

    Nobody who was deactivated by hand becomes active by this. Raises Refused or Invalid.
    """
    return _follow_dates(*lock_member(member, actor, "member.update"), actor)


def _follow_dates(company: Company, member: Member, actor: Actor) -> Member:
    outside = employment.why_outside(member.starts_on, member.ends_on)
    if member.is_active and outside is not None:
        if actor.member == member:
            problem = _("You cannot deactivate yourself. Ask another administrator.")
            raise Invalid(outside.field, problem)
        return _deactivate(company, member, actor, outside)
    if member.inactive_by_date and outside is None:
        if is_powerful(member):
            actor.check_confirmed()
        mail_waits = member.sign_in_mail_waits
        member = _set_active(member, True, actor, reason=employment.BACK)
        if mail_waits:
            mail_sign_in_link.enqueue(member.pk)
    return member


@audit.action
def deactivate_member(member: Member, *, actor: Actor) -> Member:
    """Deactivates a person: no sign-in, no effective membership. Entries stay, except in external groups.

    From now on they are inactive by hand, whatever their days of employment say (rule 1.12). Raises Refused
    or Invalid.
    """
    company, member = lock_member(member, actor, "member.deactivate")
    if not member.is_active:
        return _stay_inactive(member, actor)
    if actor.member == member:
        raise Refused(
            "member.deactivate",
            gettext_lazy("You cannot deactivate yourself. Ask another administrator."),
            target=member,
        )
    return _deactivate(company, member, actor)


def _deactivate(
    company: Company, member: Member, actor: Actor, outside: employment.Outside | None = None
) -> Member:
    """By hand, or because they are not employed today."""
    field = outside.field if outside else None
    if member.is_administrator:
        check_other_administrators(member, actor, field)
    if member.is_superuser and not Member.objects.active().filter(is_superuser=True).exclude(pk=member.pk):
        raise Invalid(field, _("The installation needs at least one active superuser."))
    if is_powerful(member):
        actor.check_confirmed()
    member = _set_active(
        member, False, actor, by_date=outside is not None, reason=outside.reason if outside else ""
    )
    consequences.in_groups().member_deactivated(company, member, actor=actor)
    return member


def _stay_inactive(member: Member, actor: Actor) -> Member:
    """Somebody who is inactive by date: they no longer become active by themselves."""
    if member.inactive_by_date:
        member.inactive_by_date = member.sign_in_mail_waits = False
        increase_version(member, None)
        member.save(update_fields=["inactive_by_date", "sign_in_mail_waits", "version"])
        audit.record(actor, "member.deactivate", member)
    return member


@audit.action
def activate_member(member: Member, *, actor: Actor) -> Member:
    """Lets a person sign in again. Raises Refused, or Invalid if they are not employed today (rule 1.12)."""
    _company, member = lock_member(member, actor, "member.activate")
    if member.is_active:
        return member
    if outside := employment.why_outside(member.starts_on, member.ends_on):
        raise Invalid(None, outside.advice)
    if is_powerful(member):
        actor.check_confirmed()
    return _set_active(member, True, actor)


@audit.action
def send_sign_in_mail(member: Member, *, actor: Actor) -> None:
    """Mails a person the link to set a password; on their first day, if that is to come. Raises Refused or
    Invalid.

    Nobody else sees the link: with it an administrator could read rooms in the person's name (rule 3.6).
    """
    _company, member = lock_member(member, actor, "member.send_sign_in_mail")
    if employment.is_waiting(member):
        return _send_on_first_day(member, actor)
    if not member.is_active:
        raise Invalid(None, _("Activate this person first."))
    if once.made(actor, Member, "sign-in email"):
        return
    audit.record(actor, "member.send_sign_in_mail", member)
    mail_sign_in_link.enqueue(member.pk)
    once.keep(actor, member, "sign-in email")


def _send_on_first_day(member: Member, actor: Actor) -> None:
    if not member.sign_in_mail_waits:
        member.sign_in_mail_waits = True
        member.save(update_fields=["sign_in_mail_waits"])
        audit.record(actor, "member.send_sign_in_mail", member, reason=employment.ON_FIRST_DAY)


def tell_address(member: Member, before: str) -> None:
    """Tells a person at both addresses that they sign in with another one now (rule 9.1)."""
    if member.email != before:
        for address in (before, member.email):
            tell_way_in(member, WayIn.ADDRESS, to=address)


def lock_member(member: Member, actor: Actor, action: str) -> tuple[Company, Member]:
    """The company and the person, freshly read, if the actor may change the person."""
    if member.company_id is None:
        raise Refused(action, gettext_lazy("This person is not in any company."), target=member)
    company = lock_company(member.company_id)
    check_administers(actor, company, action)
    # Locks all but the key, so that inserts for the person, such as notifications, need not wait.
    member = Member.objects.select_for_update(of=("self",), no_key=True).get(pk=member.pk)
    if member.is_superuser and not actor.rules_everything:
        # Changing a superuser's address would be a way to take over the installation.
        raise Refused(action, gettext_lazy("Superusers can only be edited in Django admin."), target=member)
    return company, member


def is_powerful(member: Member) -> bool:
    """Whether changes of their way in have to be confirmed (rule 9.4): administrators and superusers."""
    return member.is_administrator or member.is_superuser


def check_other_administrators(member: Member, actor: Actor, field: str | None = "is_administrator") -> None:
    """A company always has an active administrator, and nobody removes their own role."""
    if actor.member == member:
        raise Invalid(field, _("You cannot remove your own role. Ask another administrator."))
    others = Member.objects.active().filter(company=member.company_id, is_administrator=True)
    if member.is_active and not others.exclude(pk=member.pk).exists():
        raise Invalid(field, _("A company needs at least one active administrator."))


def _set_active(
    member: Member, is_active: bool, actor: Actor, *, by_date: bool = False, reason: str | Promise = ""
) -> Member:
    member.is_active, member.inactive_by_date, member.sign_in_mail_waits = is_active, by_date, False
    increase_version(member, None)
    member.save(update_fields=["is_active", "inactive_by_date", "sign_in_mail_waits", "version"])
    # Or they would go on where they were, once they are activated again (rule 9.3): also where they were just
    # signing in when they were deactivated.
    cut_sessions(member)
    revoke_tokens_of(member)
    action = "member.activate" if is_active else "member.deactivate"
    audit.record(actor, action, member, {"is_active": [not is_active, is_active]}, reason=reason)
    return member


def _email(company: Company, settings: MemberSettings, member: Member | None = None) -> str:
    """The primary address as text, for signing in; no other person may have it (rule 1.6)."""
    domain = _domains(company.pk, {settings.domain_id}, "domain")[settings.domain_id]
    if problem := member_address_problem(settings.local_part, domain):
        raise Invalid("local_part", problem)
    email = f"{settings.local_part}@{domain.name}".lower()
    if Member.objects.filter(email=email).exclude(pk=member.pk if member else 0).exists():
        raise Taken(
            "local_part",
            taken_message(settings.local_part, domain) or _("This address is taken. Choose another one."),
        )
    return email


def _domains(company_id: int | None, ids: set[int], field: str) -> dict[int, Domain]:
    domains = Domain.objects.usable().filter(company=company_id).in_bulk(ids)
    if ids - domains.keys():
        raise Invalid(field, _("Choose one of your company's domains."))
    return domains


def _save(member: Member) -> None:
    try:
        with transaction.atomic():
            member.save()
    except IntegrityError:
        raise Taken("local_part", _("This address is taken. Choose another one.")) from None


def _write_addresses(member: Member, settings: MemberSettings) -> None:
    """Makes this primary address and these aliases the person's only addresses (rule 1.6)."""
    primary = (settings.local_part.lower(), settings.domain_id)
    aliases = {(local.lower(), domain_id) for local, domain_id in settings.aliases} - {primary}
    if len(aliases) > ALIASES_LIMIT:
        raise Invalid("aliases", _("A person can have at most %(limit)d aliases.") % {"limit": ALIASES_LIMIT})
    present = {(address.local_part, address.domain_id): address for address in member.addresses.all()}
    gone = [address.pk for key, address in present.items() if key not in aliases | {primary}]
    member.addresses.filter(pk__in=gone).delete()
    # Aliases first: the database allows only one primary address at any moment.
    for key in sorted(aliases):
        _write_address(member, key, present.get(key), Address.Kind.ALIAS, "aliases")
    _write_address(member, primary, present.get(primary), Address.Kind.MEMBER, "local_part")


def _write_address(
    member: Member, key: LocalAndDomain, own: Address | None, kind: Address.Kind, field: str
) -> None:
    if own is not None:
        if own.kind != kind:
            own.kind = kind
            own.save(update_fields=["kind"])
        return
    local_part, domain_id = key
    domain = _domains(member.company_id, {domain_id}, field)[domain_id]
    take_address(local_part, domain, kind, field=field, member=member)


def _write_teams(member: Member, wanted: frozenset[int], actor: Actor) -> None:
    present = set(member.team_memberships.values_list("team_id", flat=True))
    new = wanted - present
    if new - set(Team.objects.filter(company=member.company_id, pk__in=new).values_list("pk", flat=True)):
        raise Invalid("teams", _("One of the teams you chose is no longer available. Choose again."))
    if not (changed := present ^ wanted):
        return
    with consequences.in_groups().movements(actor, people=[member.pk], teams=changed):
        member.team_memberships.filter(team__in=present - wanted).delete()
        TeamMembership.objects.bulk_create(
            TeamMembership(team_id=pk, member=member, source=actor.source) for pk in sorted(new)
        )
    Team.objects.filter(pk__in=changed).update(version=F("version") + 1)


def plain(member: Member) -> dict[str, Any]:
    """A person as recorded in the audit."""
    return MemberSettings.of(member).plain()
