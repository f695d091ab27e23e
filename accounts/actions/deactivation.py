"""What deactivating people touches, to show before confirming, and many at once (rule 2.23)."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts import audit, consequences
from accounts.actor import Actor
from accounts.consequences import Progress
from accounts.models import Member
from accounts.sessions import sessions_of
from groupadmin.base.errors import Invalid
from groupadmin.base.text import isolated

from .locks import lock_companies
from .losses import check_people_leave
from .members import deactivate_member


@dataclass(frozen=True)
class DeactivationTouches:
    """What a person's deactivation affects. `external` of the groups are left, and can be given back;
    `calendars` are private addresses of calendars, which end.
    """

    groups: int
    external: int
    masterships: int
    without_master: int
    lists: int
    calendars: int
    sessions: int


def touches_of_deactivation(member: Member) -> DeactivationTouches:
    """What deactivate_member would affect."""
    groups = consequences.in_groups().groups_of_member(member)
    return DeactivationTouches(
        groups=groups.inside,
        external=groups.external,
        masterships=groups.run,
        without_master=groups.run_alone,
        lists=groups.lists,
        calendars=groups.calendars,
        sessions=sessions_of(member).count(),
    )


@audit.action
def deactivate_members(members: Sequence[int], *, actor: Actor, progress: Progress | None = None) -> int:
    """Deactivates many people, by id: all of them, or none. Returns how many were active.

    Raises Refused, or Invalid, which names the person; LosesMany if that is not agreed to (rule 10.5).
    """
    done = 0
    lock_companies(Member.objects.filter(pk__in=members).values_list("company", flat=True))
    check_people_leave(members, actor)
    people = Member.objects.filter(pk__in=members).order_by("company", "pk")
    for number, member in enumerate(people.active(), start=1):
        try:
            deactivate_member(member, actor=actor)
        except Invalid as invalid:
            named = {"name": isolated(member.name), "problem": invalid.message}
            raise Invalid(None, _("%(name)s: %(problem)s") % named) from None
        done += 1
        if progress is not None:
            progress(number, len(members))
    return done
