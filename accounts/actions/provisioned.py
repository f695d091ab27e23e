"""Keeps what an identity provider says of a person and asks for again (rule 11.2)."""

from dataclasses import asdict, dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actor import Actor
from accounts.models import Member, Provisioned
from accounts.models.named import NAME_CODE_POINTS, NAME_LENGTH
from accounts.models.provisioned import USER_NAME_LENGTH
from groupadmin.base.errors import Invalid, Taken
from groupadmin.base.text import check_length, clean_line

from .locks import increase_version
from .members import deactivate_member, lock_member
from .origin import take_id

LINES = ("given_name", "family_name", "department")
VALUES_AT_MOST = 50


@dataclass(frozen=True)
class Said:
    """How a provider calls somebody, the parts of their name, where they work, and how they are reached."""

    user_name: str = ""
    given_name: str = ""
    family_name: str = ""
    department: str = ""
    emails: tuple[dict[str, Any], ...] = ()
    phones: tuple[dict[str, Any], ...] = ()

    @classmethod
    def of(cls, member: Member) -> "Said | None":
        """What was said last, if anything. Needs no query if the member's row is loaded."""
        row: Provisioned | None = getattr(member, "provisioned", None)
        if row is None:
            return None
        lines = {field: getattr(row, field) for field in ("user_name", *LINES)}
        return cls(**lines, emails=tuple(row.emails), phones=tuple(row.phones))

    def cleaned(self) -> "Said":
        """As stored. Raises Invalid."""
        lines = {field: clean_line(getattr(self, field)) for field in LINES}
        for field, line in lines.items():
            check_length(field, line, NAME_LENGTH, NAME_CODE_POINTS)
        user_name = clean_line(self.user_name)
        check_length("user_name", user_name, USER_NAME_LENGTH, USER_NAME_LENGTH)
        if max(len(self.emails), len(self.phones)) > VALUES_AT_MOST:
            raise Invalid(
                "emails", _("These are too many values. %(limit)d are kept.") % {"limit": VALUES_AT_MOST}
            )
        for value in (*self.emails, *self.phones):
            check_length("emails", str(value.get("value", "")), USER_NAME_LENGTH, USER_NAME_LENGTH)
        return Said(user_name, **lines, emails=self.emails, phones=self.phones)

    def plain(self) -> dict[str, str]:
        """As the audit shows it."""
        texts = {field: str(getattr(self, field)) for field in ("user_name", *LINES)}
        emails = ", ".join(str(one.get("value", "")) for one in self.emails)
        return texts | {"provider_emails": emails, "provider_phones": _numbers(self.phones)}


def _numbers(phones: tuple[dict[str, Any], ...]) -> str:
    return ", ".join(str(one.get("value", "")) for one in phones)


@audit.action
def keep_said(member: Member, said: Said, *, actor: Actor) -> Member:
    """Keeps it; a person who was deleted there is there again. Raises Refused or Invalid."""
    company, member = lock_member(member, actor, "member.update")
    said, before = said.cleaned(), Said.of(member)
    if said == before and member.provisioned.left_at is None:
        return member
    taken = Provisioned.objects.filter(company=company, user_name__iexact=said.user_name)
    if said.user_name and taken.exclude(member=member).exists():
        raise Taken("user_name", _("Somebody else has this user name."))
    values = asdict(said) | {"company": company, "left_at": None}
    values |= {"emails": list(said.emails), "phones": list(said.phones)}
    Provisioned.objects.update_or_create(member=member, defaults=values)
    if changes := audit.difference((before or Said()).plain(), said.plain()):
        increase_version(member, None)
        member.save(update_fields=["version"])
        audit.record(actor, "member.update", member, changes)
    return member


@audit.action
def take_leave(member: Member, *, actor: Actor) -> Member:
    """A provider deletes a person: they are deactivated (rule 2.23), and it forgets them (rule 11.2).

    Their groups, teams and address wait for them. Raises Refused or Invalid.
    """
    company, member = lock_member(member, actor, "member.deactivate")
    member = deactivate_member(member, actor=actor)
    member = take_id(member, "", actor=actor)
    left = {"company": company, "left_at": timezone.now()}
    Provisioned.objects.update_or_create(member=member, defaults=left)
    return member
