"""The company that benchmarks measure: that of `manage.py populate`."""

from django.core.management import call_command

from accounts.models import Company, Member
from groupadmin.demo import large


def get_or_fill(size: large.Size | None = None) -> Company:
    """The company, which is added to an empty database the first time."""
    call_command("migrate", verbosity=0)
    found = Company.objects.filter(domains__name=large.DOMAIN).first()
    return found or large.fill(size or large.Size())


def administrator() -> Member:
    return Member.objects.get(company__domains__name=large.DOMAIN, is_administrator=True)


def member() -> Member:
    """Somebody who is in groups and administers nothing."""
    return Member.objects.filter(company=administrator().company, is_active=True).order_by("pk")[5]
