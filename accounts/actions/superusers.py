"""Changes the people who run the installation: each function is one transaction (rules 1.2, 9.4)."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.actor import Actor, Refused
from accounts.models import Address, Member
from accounts.models.address import as_stored
from accounts.permissions import check_rules_installation
from accounts.sessions import cut_sessions
from groupadmin.base.errors import Invalid

from .locks import increase_version
from .members import tell_address
from .names import clean_name

LONGEST_LOCAL_PART = 64


@audit.action
def add_superuser(name: str, email: str, *, actor: Actor) -> Member:
    """Adds a superuser without a company, without a password until one is set. Raises Refused or Invalid."""
    check_rules_installation(actor, "superuser.add")
    actor.check_confirmed()
    member = Member(name=clean_name(name), email=_clean_email(email), is_superuser=True)
    member.set_unusable_password()
    _save(member, holds_address=True)
    audit.record(actor, "superuser.add", member, audit.difference({}, _plain(member)))
    return member


@audit.action
def update_superuser(
    member: Member, name: str, email: str, is_active: bool, version: int | None = None, *, actor: Actor
) -> Member:
    """Changes a superuser without a company. Raises Refused, Invalid or Conflict (another version)."""
    member = _lock(member, actor, "superuser.update")
    if member.company_id is not None:
        raise Refused("superuser.update", gettext_lazy("This person belongs to a company."), target=member)
    if actor.member == member and not is_active:
        raise Invalid("is_active", _("You cannot deactivate yourself. Ask another administrator."))
    before, address = _plain(member), member.email
    member.name = clean_name(name)
    if is_new_email := email.strip().lower() != member.email:
        member.email = _clean_email(email, member)
    is_switched, member.is_active = member.is_active != is_active, is_active
    if changes := audit.difference(before, _plain(member)):
        actor.check_confirmed()
        increase_version(member, version)
        _save(member, holds_address=is_new_email)
        audit.record(actor, "superuser.update", member, changes)
    tell_address(member, address)
    if is_switched:
        # Also of somebody activated again, who may just have been signing in when they were deactivated.
        cut_sessions(member)
    return member


@audit.action
def set_superuser(member: Member, is_superuser: bool, *, actor: Actor) -> Member:
    """Gives a company's member access to Django admin, or revokes it. Raises Refused or Invalid."""
    member = _lock(member, actor, "superuser.set")
    if member.is_superuser == is_superuser:
        return member
    if actor.member == member:
        raise Invalid("is_superuser", _("You cannot remove your own role. Ask another superuser."))
    actor.check_confirmed()
    if member.company_id is None:
        raise Invalid(
            "is_superuser", _("People without a company are always superusers. Deactivate them instead.")
        )
    member.is_superuser = is_superuser
    increase_version(member, None)
    member.save(update_fields=["is_superuser", "version"])
    audit.record(actor, "superuser.set", member, {"is_superuser": [not is_superuser, is_superuser]})
    return member


def _lock(member: Member, actor: Actor, action: str) -> Member:
    check_rules_installation(actor, action, member)
    locked: Member = Member.objects.select_for_update(of=("self",)).get(pk=member.pk)
    return locked


def _clean_email(raw: str, member: Member | None = None) -> str:
    """An address that nobody else has: no member, team or group (rules 1.6, 1.10). Raises Invalid."""
    email = raw.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise Invalid("email", _("Enter a valid email address.")) from None
    if len(email.rpartition("@")[0]) > LONGEST_LOCAL_PART:
        raise Invalid("email", _("Enter a valid email address."))
    own = member.pk if member else 0
    others = Address.objects.filter(email=as_stored(email)).exclude(member=own)
    if others.exists() or Member.objects.filter(email=email).exclude(pk=own).exists():
        raise Invalid("email", _("This address is taken. Choose another one."))
    return email


def _save(member: Member, *, holds_address: bool) -> None:
    """The database decides if somebody takes the address at the same moment."""
    try:
        with transaction.atomic():
            member.save()
            if holds_address:
                member.hold_address()
    except IntegrityError:
        raise Invalid("email", _("This address is taken. Choose another one.")) from None


def _plain(member: Member) -> dict[str, Any]:
    return {"name": member.name, "email": member.email, "is_active": member.is_active}
