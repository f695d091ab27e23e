"""Which company a command is about."""

from django.core.management.base import CommandError

from accounts.models import Company, Domain

NAMED_AT_MOST = 20


def company_of(domain: str) -> Company:
    """The company that uses a domain, or without one the only company there is. Raises CommandError."""
    if domain:
        used = (
            Domain.objects.usable().filter(name=domain.strip().lower().rstrip(".")).select_related("company")
        )
        if (found := used.first()) is None:
            raise CommandError(f"No company uses the domain {domain}.")
        return found.company
    companies = list(Company.objects.order_by("id")[: NAMED_AT_MOST + 1])
    if not companies:
        raise CommandError("There is no company yet.")
    if len(companies) > 1:
        domains = Domain.objects.filter(is_primary=True).order_by("name").values_list("name", flat=True)
        names = ", ".join(domains[:NAMED_AT_MOST])
        raise CommandError(f"There are several companies. Say which one: --company DOMAIN, of {names}.")
    return companies[0]
