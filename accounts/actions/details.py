"""What a company knows of a person besides name, addresses, teams and permissions (rule 1.12)."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from accounts import tree_sql
from accounts.audit.items import people_items
from accounts.models import Member
from accounts.models.named import NAME_CODE_POINTS, NAME_LENGTH
from groupadmin.base.errors import Invalid
from groupadmin.base.sql import query, sql
from groupadmin.base.text import check_length, clean_line, isolated

CODE_LENGTH = 100
LINES = {
    "employee_number": (CODE_LENGTH, CODE_LENGTH),
    "job_title": (NAME_LENGTH, NAME_CODE_POINTS),
    "site": (NAME_LENGTH, NAME_CODE_POINTS),
    "phone": (CODE_LENGTH, CODE_LENGTH),
    "nickname": (NAME_LENGTH, NAME_CODE_POINTS),
    "reading": (NAME_LENGTH, NAME_CODE_POINTS),
}
"""The fields that are a line of text, with their lengths: as people count, and in code points."""
NOTHING: dict[str, Any] = dict.fromkeys((*LINES, "starts_on", "ends_on"), "") | {"manager": []}
"""The details of somebody without any, as recorded in the audit."""


@dataclass(frozen=True, kw_only=True)
class Details:
    """The details as forms and files provide them. The two days decide who is active."""

    employee_number: str = ""
    job_title: str = ""
    site: str = ""
    phone: str = ""
    nickname: str = ""
    reading: str = ""
    manager_id: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None

    def set_on(self, member: Member) -> None:
        """Sets these fields, cleaned; the caller saves, under the company's lock. Raises Invalid."""
        for field, (most, code_points) in LINES.items():
            line = clean_line(getattr(self, field))
            check_length(field, line, most, code_points)
            setattr(member, field, line)
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise Invalid("ends_on", _("The last day comes before the first day."))
        member.starts_on, member.ends_on = self.starts_on, self.ends_on
        if self.manager_id != member.manager_id:
            check_manager(member, self.manager_id)
            member.manager_id = self.manager_id

    def plain_details(self) -> dict[str, Any]:
        """The details as recorded in the audit."""
        return {
            **{field: clean_line(getattr(self, field)) for field in LINES},
            "manager": people_items([self.manager_id]) if self.manager_id else [],
            "starts_on": self.starts_on.isoformat() if self.starts_on else "",
            "ends_on": self.ends_on.isoformat() if self.ends_on else "",
        }


def details_of(member: Member) -> dict[str, Any]:
    """The member's current details, as arguments."""
    return {name: getattr(member, name) for name in Details.__dataclass_fields__}


def check_manager(member: Member, manager_id: int | None) -> None:
    """A manager is somebody else of the company, who does not report to the person. Raises Invalid."""
    if manager_id is None:
        return
    if manager_id == member.pk:
        raise Invalid("manager", _("Nobody can be their own manager. Choose someone else."))
    manager = Member.objects.filter(company=member.company_id, pk=manager_id).first()
    if manager is None:
        raise Invalid("manager", _("This person is no longer available. Choose again."))
    if member.pk is not None and member.pk in managers_above(manager_id):
        raise Invalid(
            "manager",
            _("%(manager)s reports to this person, directly or through others. Choose someone else.")
            % {"manager": isolated(manager.name)},
        )


def managers_above(member_id: int) -> frozenset[int]:
    """The person's manager, their manager, and so on, by id."""
    above = tree_sql.managers_above(member_id)
    return frozenset(pk for (pk,) in query(sql("SELECT id FROM manager_above"), above).rows())
