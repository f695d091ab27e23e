"""What becomes of people (rule 1.2): new ones, and what a row changes of those who are there."""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from accounts import employment
from accounts.actions.members import ALIASES_LIMIT
from accounts.actions.names import clean_name
from accounts.models import Address, Member
from groupadmin.base.errors import Invalid
from groupadmin.base.text import has_visible
from groups.directory.records import Kind

from .. import rows
from ..member_fields import DATES, FLAGS, TEXTS, clean_text_field, not_here
from ..rows import Row
from .addresses import Claims, ids_of_others
from .work import ADD, CHANGE, Work, again, apart, origin_in

_PEOPLE = (Address.Kind.MEMBER, Address.Kind.ALIAS)


def judge(work: Work) -> None:
    """Gives each person's row its verdict; who manages them is asked once all have theirs."""
    judge = _Judge(work)
    for chunk in work.chunks(work.to_judge(Kind.MEMBER), "subject", "id"):
        judge.chunk(chunk)
    work.directory.forget()


class _Judge:
    def __init__(self, work: Work) -> None:
        self.work = work
        self.last: Row | None = None
        people = Member.objects.active().filter(company=work.company, is_administrator=True)
        self.administrators = set(people.values_list("pk", flat=True))

    def chunk(self, chunk: list[Row]) -> None:
        known = [*chunk, self.last] if self.last is not None else chunk
        emails = {row.values["member"] for row in known if row.values.get("member")}
        emails |= {email for row in known for email in row.values.get("aliases", ())}
        claims = Claims(self.work, emails)
        there = self._there(chunk, claims)
        of_others = ids_of_others(self.work, Kind.MEMBER, chunk)
        for row in chunk:
            if reason := of_others.get(row.pk):
                row.refuse(reason)
                continue
            if self.last is not None and self.last.subject == row.subject:
                if again(self.last, row, lambda first: self._judge(first, claims, there)):
                    rows.write([self.last], ("values", *rows.JUDGED))
                continue
            self.last = row
            try:
                self._judge(row, claims, there)
            except Invalid as invalid:
                row.refuse(invalid.message)

    def _there(self, chunk: list[Row], claims: Claims) -> dict[str, Member]:
        """The people who are there already, by the subject of their row: found by id, else by an address."""
        company = self.work.company
        by_id = {}
        if ids := {row.values["id"] for row in chunk if row.values.get("id")}:
            known = Member.objects.filter(company=company, source=self.work.source, external_id__in=ids)
            by_id = {member.external_id: member for member in known}
        pks = {pk for kind, pk in claims.owners.values() if kind in _PEOPLE and pk}
        members = (
            Member.objects.filter(company=company)
            .prefetch_related("addresses__domain")
            .in_bulk([*pks, *(member.pk for member in by_id.values())])
        )
        found: dict[str, Member] = {}
        for row in chunk:
            member = by_id.get(row.values.get("id", ""))
            owner = claims.owners.get(row.values.get("member", ""))
            at_address = members.get(owner[1] or 0) if owner and owner[0] in _PEOPLE else None
            if member is not None:
                found[row.subject] = members[member.pk]
            elif at_address is not None:
                found[row.subject] = at_address
        return found

    def _judge(self, row: Row, claims: Claims, there: dict[str, Member]) -> None:
        email, member = row.values.get("member", ""), there.get(row.subject)
        if not email:
            raise Invalid(None, _("The row has no email address of a person."))
        pk = member.pk if member else None
        aliases = row.values.get("aliases")
        for one in (email, *(aliases or ())):
            if problem := claims.problem(one, Kind.MEMBER, row.subject, pk):
                raise Invalid(None, problem)
        after = self._wanted(row, email, member)
        if aliases is not None:
            after["aliases"] = sorted(set(aliases) - {str(after.get("email", email))})
            if len(aliases) > ALIASES_LIMIT:
                limit = _("A person can have at most %(limit)d aliases.")
                raise Invalid(None, limit % {"limit": ALIASES_LIMIT})
        name = str(after.get("name") or (member.name if member else email))
        row.name = named(name, email)
        if member is None:
            row.verdict, row.after, row.target = ADD, {"email": email, **after}, None
            self._check_dates(after)
            return
        row.target = member.pk
        before = present(member)
        self._check_dates({**before, **after})
        apart(row, before, after)
        if row.verdict == CHANGE:
            self._check_rights(row, member)

    def _wanted(self, row: Row, email: str, member: Member | None) -> dict[str, Any]:
        """What the row says, cleaned, by the names of fields (rule 10.1)."""
        values, after = row.values, dict[str, Any]()
        if has_visible(values.get("name", "")):
            after["name"] = clean_name(values["name"])
        elif member is None:
            # Somebody without a name is called by their address.
            after["name"] = email
        if member is not None and email != member.email and not self._is_alias(email, member):
            after["email"] = email
        after |= {name: values[name] for name in FLAGS if name in values}
        for name in TEXTS:
            if name in values:
                if problem := not_here(name, values[name]):
                    row.reason = problem
                else:
                    after[name] = clean_text_field(name, values[name])
        after |= {name: _day(values[name]) for name in DATES if name in values}
        self._follow_dates(after, member)
        return after | origin_in(row, self.work.source, member)

    def _follow_dates(self, after: dict[str, Any], member: Member | None) -> None:
        """Outside of their first and last day a person is inactive (rule 1.12)."""
        days = {
            name: date.fromisoformat(after[name]) if after.get(name) else None
            for name in DATES
            if name in after or member is None
        }
        days = {name: days[name] if name in days else getattr(member, name) for name in DATES}
        if employment.why_outside(days["starts_on"], days["ends_on"]) is not None:
            after["active"] = False
        elif member is not None and member.inactive_by_date:
            after.setdefault("active", True)

    def _is_alias(self, email: str, member: Member) -> bool:
        """A person's alias is the person."""
        return any(address.email == email for address in member.addresses.all())

    def _check_dates(self, values: dict[str, Any]) -> None:
        first, last = values.get("starts_on"), values.get("ends_on")
        if first and last and first > last:
            raise Invalid(None, _("The last day is before the first day."))

    def _check_rights(self, row: Row, member: Member) -> None:
        """As accounts.actions.members: superusers, one's own role, and the last administrator."""
        after = row.after or {}
        if member.is_superuser and not self.work.actor.rules_everything:
            raise Invalid(None, _("Superusers can only be edited in Django admin."))
        loses_role = after.get("administrator") is False
        if after.get("active") is False and self.work.actor.member == member:
            raise Invalid(None, _("You cannot deactivate yourself. Ask another administrator."))
        if loses_role and self.work.actor.member == member:
            raise Invalid(None, _("You cannot remove your own role. Ask another administrator."))
        if (loses_role or after.get("active") is False) and member.pk in self.administrators:
            if len(self.administrators) == 1:
                raise Invalid(None, _("A company needs at least one active administrator."))
            self.administrators.discard(member.pk)


def named(name: str, email: str) -> str:
    """What people call somebody's row."""
    return email if name == email else f"{name} <{email}>"[: rows.NAME_SHOWN]


def present(member: Member) -> dict[str, Any]:
    """What is there of a person, as rows say it. Needs their addresses."""
    addresses = [address for address in member.addresses.all() if address.kind == Address.Kind.ALIAS]
    return {
        "email": member.email,
        "name": member.name,
        "aliases": sorted(address.email for address in addresses),
        "administrator": member.is_administrator,
        "may_connect": member.may_connect,
        "active": member.is_active,
        "id": member.external_id,
        "source": member.source,
        **{name: getattr(member, name) for name in TEXTS},
        **{name: day.isoformat() if (day := getattr(member, name)) else "" for name in DATES},
    }


def _day(text: str) -> str:
    if not text:
        return ""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Invalid(None, _("“%(text)s” is no date.") % {"text": text[:100]}) from None
