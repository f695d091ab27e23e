"""Takes and frees email addresses (rules 1.6, 1.10)."""

import re
from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Address, Domain, Member
from accounts.models.address import is_reserved, own_senders
from groupadmin.base.errors import Invalid, Taken

_LIST_LOCAL_PART = re.compile(r"[a-z0-9.\-_!#]+")


def list_address_problem(local_part: str) -> str:
    """What is wrong with the local part of a list's or team's address (rule 4.1); empty if nothing."""
    if local_part != local_part.lower():
        return _("Use lower-case letters.")
    if not 2 <= len(local_part) <= 40:
        return _("Use 2 to 40 characters.")
    if not _LIST_LOCAL_PART.fullmatch(local_part):
        return _("Use only a–z, 0–9 and . - _ ! #")
    if local_part.startswith(".") or local_part.endswith(".") or ".." in local_part:
        return _("Dots cannot come first or last, or next to each other.")
    return ""


def member_address_problem(local_part: str, domain: Domain) -> str:
    """What is wrong with the local part of a person's address; empty if nothing."""
    try:
        EmailValidator()(f"{local_part}@{domain.name}")
    except ValidationError:
        return _("Enter a valid email address.")
    if not local_part.isascii() or len(local_part) > 64 or '"' in local_part:
        return _("Enter a valid email address.")
    return ""


def taken_message(local_part: str, domain: Domain) -> str:
    """Why the address cannot be taken: reserved (rule 1.10), or by what kind of owner (rule 4.2); else empty.

    Superusers' addresses are not told from reserved ones: who runs the installation is nobody's business.
    """
    address = f"{local_part.lower()}@{domain.name}"
    taken = Address.objects.filter(email=address).first()
    return taken_reason(address, taken.kind if taken is not None else None, own_senders())


def taken_reason(address: str, owner: str | None, own: Collection[str]) -> str:
    """The same for an address whose kind of owner is known, None if nobody has it; `own` is own_senders()."""
    kind = Address.Kind(owner) if owner is not None else None
    if kind is Address.Kind.SUPERUSER or is_reserved(address.rpartition("@")[0]) or address in own:
        return _("%(address)s is reserved. Choose another one.") % {"address": address}
    if kind is None:
        return ""
    group = _("a group")
    kinds = {
        Address.Kind.TEAM: _("a team"),
        Address.Kind.GROUP: group,
        Address.Kind.GROUP_ALIAS: group,
    }
    return _("%(address)s is taken by %(kind)s. Choose another one.") % {
        "address": address,
        "kind": kinds.get(kind, _("a member")),
    }


def take_address(
    local_part: str, domain: Domain, kind: Address.Kind, *, field: str, member: Member | None = None
) -> Address:
    """Takes an address for its new owner. Raises Invalid if it breaks a rule or is taken."""
    lists = kind in (Address.Kind.GROUP, Address.Kind.GROUP_ALIAS, Address.Kind.TEAM)
    problem = list_address_problem(local_part) if lists else member_address_problem(local_part, domain)
    if problem:
        raise Invalid(field, problem)
    if taken := taken_message(local_part, domain):
        raise Taken(field, taken)
    try:
        with transaction.atomic():
            return Address.objects.create(
                local_part=local_part.lower(), domain=domain, kind=kind, member=member
            )
    except IntegrityError:
        raise Taken(
            field, taken_message(local_part, domain) or _("This address is taken. Choose another one.")
        ) from None
