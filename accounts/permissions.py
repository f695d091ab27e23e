"""The only place that decides who administers, and what one person may see of another (rules 6.4, 7, 11.1).

What a person may do with a group is decided in groups/permissions.py.
"""

from dataclasses import dataclass

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .actor import Actor, Refused
from .models import Company, Member


@dataclass(frozen=True)
class Verdict:
    """Yes, or no with what would be needed."""

    allowed: bool
    reason: str | Promise = ""

    def __bool__(self) -> bool:
        return self.allowed


YES = Verdict(True)


# Who administers


def is_administrator_of(member: Member, company_id: int | None) -> bool:
    """Whether the member administers that company."""
    return member.is_active and member.is_administrator and member.company_id == company_id is not None


def may_administer(actor: Actor, company: Company | None) -> Verdict:
    """Whether the actor may manage the company's settings, teams, members and audit."""
    if actor.rules_everything:
        return YES
    member = actor.reader
    if member is not None and company is not None and is_administrator_of(member, company.pk):
        return YES
    return Verdict(False, _("Only administrators can do this."))


def check_administers(actor: Actor, company: Company | None, action: str) -> None:
    """Raises Refused if the actor is not an administrator of the company."""
    if not (verdict := may_administer(actor, company)):
        raise Refused(action, verdict.reason, target=company, company=company)


def check_rules_installation(actor: Actor, action: str, target: object = None) -> None:
    """Raises Refused unless the actor is the system or a superuser in Django admin."""
    if not actor.rules_everything:
        raise Refused(action, _("Only superusers can do this, in Django admin."), target=target)


# What one person sees of another


@dataclass(frozen=True)
class ShownPerson:
    """A person as one viewer sees them (rule 6.4): name, company and photo; of colleagues also the rest.

    The photo is shown wherever the person is; groups.permissions.get_person_for decides who may fetch its
    file.
    """

    member: Member
    company: str
    """The name of their company; empty if it is also the viewer's."""
    email: str
    """Their address; empty if they are not a colleague."""
    is_colleague: bool
    """Whether their teams are shown too, and their name links to their page."""


def shown_to(viewer: Member, person: Member) -> ShownPerson:
    """What the viewer sees of the person; needs no query if both have their company loaded."""
    colleague = is_colleague(viewer, person)
    return ShownPerson(
        member=person,
        company=person.company.name if person.company and is_foreign(viewer, person.company_id) else "",
        email=person.email if colleague else "",
        is_colleague=colleague,
    )


def is_foreign(viewer: Member, company_id: int | None) -> bool:
    """Whether it is another company: then its name is shown next to its people and groups."""
    return viewer.company_id is None or viewer.company_id != company_id


def sees_people_of(viewer: Member, company_id: int | None) -> bool:
    """Whether the viewer may see everything about that company's people: superusers, or one of them."""
    return viewer.is_staff or not is_foreign(viewer, company_id)


def is_colleague(viewer: Member, person: Member) -> bool:
    """Whether the viewer may know a person's address and teams."""
    return sees_people_of(viewer, person.company_id)


def colleagues(viewer: Member) -> Q:
    """The same as a condition on members, such as for finding people by address."""
    return Q(company__isnull=False) if viewer.is_staff else Q(company=viewer.company_id)
