"""When two people change the same object: they wait in line, and overwrite nothing silently (rule 2.18)."""

from collections.abc import Iterable

from accounts.models import Company, IdentityProvider, Member, Team
from groupadmin.base.errors import Conflict


def lock_company(company_id: int) -> Company:
    """The company, locked until the transaction ends: changes that count, name or nest objects wait in line.

    Plan limits, names, addresses and loops are checked under this lock (rules 1.3, 1.6, 2.2, 2.4, 2.11). On
    SQLite the immediate transaction is the lock.
    """
    return Company.objects.select_for_update(no_key=True).get(pk=company_id)


def lock_companies(company_ids: Iterable[int]) -> dict[int, Company]:
    """Several companies, locked in the order of their ids, so that two transactions cannot deadlock.

    For changes that involve people of other companies: who may connect is written under the lock of the
    person's own company (rules 1.4, 2.15), so it cannot change until the transaction ends.
    """
    companies = Company.objects.select_for_update(no_key=True).filter(pk__in=set(company_ids)).order_by("pk")
    return {company.pk: company for company in companies}


def increase_version(thing: Company | IdentityProvider | Member | Team, seen: int | None) -> None:
    """Increments the version of a locked object; the caller saves it, or rolls back.

    `seen` is the version that the person saw, None if that does not matter. Raises Conflict if somebody else
    has changed the object since. Call it only if something changes: a form sent twice changes nothing the
    second time.
    """
    if seen is not None and seen != thing.version:
        raise Conflict(thing.version)
    thing.version += 1
