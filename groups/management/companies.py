"""Which company a command is about."""

from django.core.management.base import CommandError

from accounts.models import Company
from groupadmin.base.text import clean_line


def company_of(domain: str, *, returncode: int) -> Company:
    """The company that has the domain, or the only one if none is named. Raises CommandError."""
    companies = Company.objects.order_by("pk")
    if domain:
        found = companies.filter(domains__name=domain.strip().lower()).first()
        if found is None:
            raise CommandError(
                f"There is no company with the domain {clean_line(domain)}.", returncode=returncode
            )
        return found
    first = list(companies[:2])
    if len(first) != 1:
        why = "There are several companies: say which by" if first else "There is no company. Add one before"
        raise CommandError(f"{why} --company DOMAIN.", returncode=returncode)
    return first[0]
