from accounts.models import Company


def lock_company(company_id: int) -> Company:
    """The company, locked until the transaction ends: changes that count, name or nest things wait in line.

    Plan limits, names, addresses and loops are checked under this lock (spec 1.3, 1.6, 2.2, 2.4, 2.11).
    On SQLite the immediate transaction is the lock.
    """
    return Company.objects.select_for_update().get(pk=company_id)
