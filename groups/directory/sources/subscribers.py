"""Who the subscribers of lists are in a company: people, teams, lists, or external contacts (rule 10.9).

A program for mailing lists knows addresses and perhaps names beside them, which may be nicknames. So it gives
names only to people whom the company does not have yet.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Address, Company, Domain
from accounts.models.address import as_stored
from groups.directory.records import Kind, Problem, Record
from groups.directory.sources.own_domain import at_home

AT_ONCE = 1_000


Noting = Callable[[Record], object]


def settled(
    records: Iterable[Record | Problem], company: Company, note: Noting | None = None
) -> Iterator[Record | Problem]:
    """The records, with what the subscribers in them are in this company, and its people among them first.

    Other records pass as they are. Asks the database once for a thousand records. `note` is called with each
    record while it still says whether mail is sent to what it names (`receives`).
    """
    # The primary one comes first.
    names = list(company.domains.filter(state__in=Domain.USABLE).values_list("name", flat=True))
    domains, home = frozenset(names), next(iter(names), "")
    # Whom there was a record of, and whether with a name.
    met: dict[str, bool] = {}
    remaining = (at_home(one, home) for one in records)
    while batch := list(islice(remaining, AT_ONCE)):
        owners = _owners(company, _subscribers_in(batch))
        for one in batch:
            for found in _settled(one, domains, owners, met):
                if note is not None and isinstance(found, Record):
                    note(found)
                yield _as_brought_in(found)


@dataclass(frozen=True, slots=True)
class _Owner:
    kind: str
    person: str = ""
    """The first address of the person whose it is."""


def _subscribers_in(batch: Iterable[Record | Problem]) -> set[str]:
    return {
        one.values["subscriber"] for one in batch if isinstance(one, Record) and "subscriber" in one.values
    }


def _owners(company: Company, emails: Collection[str]) -> dict[str, _Owner]:
    if not emails:
        return {}
    stored = {as_stored(email): email for email in emails}
    found = Address.objects.filter(email__in=stored, domain__company=company)
    return {
        stored[email]: _Owner(kind, person or "")
        for email, kind, person in found.values_list("email", "kind", "member__email")
    }


def _as_brought_in(one: Record | Problem) -> Record | Problem:
    """Without what only a comparison wants to know."""
    if isinstance(one, Problem) or "receives" not in one.values:
        return one
    return replace(one, values={name: value for name, value in one.values.items() if name != "receives"})


def _settled(
    record: Record | Problem, domains: Collection[str], owners: dict[str, _Owner], met: dict[str, bool]
) -> Iterator[Record | Problem]:
    if isinstance(record, Problem) or "subscriber" not in record.values:
        is_list = isinstance(record, Record) and "also_known_as" in record.values
        yield _with_own_aliases(record, domains) if isinstance(record, Record) and is_list else record
        return
    values = dict(record.values)
    email, name = values.pop("subscriber"), values.pop("name", "")
    owner = owners.get(email)
    if owner is not None and not owner.person:
        # A team's or a group's. What runs a group is a person, which judging the row says.
        said = "member" if record.kind is Kind.MASTER else "thing"
        yield replace(record, values=values | {said: email})
        return
    if owner is None and _domain(email) not in domains:
        yield _outside(record, values, email, name)
        return
    person = owner.person if owner else email
    named = {"name": name} if name and owner is None else {}
    # Again if only now somebody is named; an import takes both together.
    if not met.get(person, False) and (named or person not in met):
        met[person] = bool(named)
        yield Record(Kind.MEMBER, {"member": person, **named}, record.file, record.row)
    yield replace(record, values=values | {"member": person})


def _outside(record: Record, values: dict[str, Any], email: str, name: str) -> Record | Problem:
    """What somebody outside the company can be: an external contact (rule 4.8)."""
    if record.kind is Kind.ENTRY:
        named = {"name": name} if name else {}
        return Record(Kind.CONTACT, values | {"email": email, **named}, record.file, record.row)
    if record.kind is Kind.MASTER:
        reason = _("%(address)s is not of your company, and masters are.")
    else:
        reason = _("%(address)s is not of your company, and designated members are.")
    return Problem(
        reason % {"address": email}, values.get("group", ""), record.file, record.row, is_foreign=True
    )


def _with_own_aliases(record: Record, domains: Collection[str]) -> Record:
    """With the other addresses at the company's domains; a list elsewhere may answer to any.

    If there are none, nothing is said of them, so that those added here stay.
    """
    values = dict(record.values)
    if own := [alias for alias in values.pop("also_known_as") if _domain(alias) in domains]:
        values["aliases"] = own
    return replace(record, values=values)


def _domain(email: str) -> str:
    return as_stored(email).rpartition("@")[2]
