"""Keeps what an identity provider says of a person and asks for again (rule 11.2)."""

from dataclasses import dataclass

from accounts import audit
from accounts.actor import Actor
from accounts.models import Member, Provisioned
from accounts.models.named import NAME_CODE_POINTS, NAME_LENGTH
from groupadmin.base.text import check_length, clean_line

from .locks import increase_version
from .members import lock_member


@dataclass(frozen=True)
class Said:
    """The parts of somebody's name, and where they work."""

    given_name: str = ""
    family_name: str = ""
    department: str = ""

    @classmethod
    def of(cls, member: Member) -> "Said":
        """What was said last. Needs no query if the member's row is loaded."""
        row: Provisioned | None = getattr(member, "provisioned", None)
        return cls() if row is None else cls(row.given_name, row.family_name, row.department)

    def cleaned(self) -> "Said":
        """As stored. Raises Invalid."""
        lines = {field: clean_line(value) for field, value in vars(self).items()}
        for field, line in lines.items():
            check_length(field, line, NAME_LENGTH, NAME_CODE_POINTS)
        return Said(**lines)


@audit.action
def keep_said(member: Member, said: Said, *, actor: Actor) -> Member:
    """Keeps it. Raises Refused or Invalid."""
    _company, member = lock_member(member, actor, "member.update")
    said = said.cleaned()
    if changes := audit.difference(vars(Said.of(member)), vars(said)):
        Provisioned.objects.update_or_create(member=member, defaults=vars(said))
        increase_version(member, None)
        member.save(update_fields=["version"])
        audit.record(actor, "member.update", member, changes)
    return member
