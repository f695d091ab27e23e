from collections.abc import Iterable

from accounts.models import Company


def lock_company(company_id: int) -> Company:
    """The company, locked until the transaction ends: changes that count, name or nest things wait in line.

    Plan limits, names, addresses and loops are checked under this lock (spec 1.3, 1.6, 2.2, 2.4, 2.11).
    On SQLite the immediate transaction is the lock.
    """
    return Company.objects.select_for_update(no_key=True).get(pk=company_id)


def lock_companies(company_ids: Iterable[int]) -> dict[int, Company]:
    """Several companies, locked in the order of their ids, so that no two transactions wait for each other.

    For changes that people of other companies take part in: who may connect is written under the lock of the
    person's own company (spec 1.4, 2.15), so it stays as it was read until the transaction ends.
    """
    companies = Company.objects.select_for_update(no_key=True).filter(pk__in=set(company_ids)).order_by("pk")
    return {company.pk: company for company in companies}
