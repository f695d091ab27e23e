"""Which groups of a company nobody runs (rule 2.15), fast enough for a page."""

from django.core.cache import cache
from django.db.models import Exists, OuterRef

from accounts.models import AuditEntry, Company
from groups.models import Group, Master, is_live

REMEMBERED = 300
_MASTERS_EACH = 4


def some_without_master(company: Company, most: int) -> list[Group]:
    """Up to `most` of them.

    If there are some, the database stops at the first ones. If there are none, it has to look at all
    groups: that answer is cached until something happens in the company.
    """
    last = AuditEntry.objects.filter(company_id=company.pk).values_list("pk", flat=True).first()
    key = f"masterless:{company.pk}:{company.created_at.timestamp()}:{last}"
    if last is not None and cache.get(key):
        return []
    found = _find(company, most)
    if not found and last is not None:
        cache.set(key, True, REMEMBERED)
    return found


def _find(company: Company, most: int) -> list[Group]:
    """In two steps, each served by indexes: groups with no master, and with none who is active."""
    live = Group.objects.live().filter(company=company)
    masters = Master.objects.filter(group=OuterRef("pk"))
    found = list(live.filter(~Exists(masters)).order_by("pk")[:most])
    if room := most - len(found):
        active = Master.objects.active().filter(group=OuterRef("group"))
        inactive = Master.objects.filter(
            is_live("group__"), ~Exists(active), member__is_active=False, group__company=company
        )
        ids = dict.fromkeys(inactive.order_by().values_list("group", flat=True)[: room * _MASTERS_EACH])
        found += Group.objects.filter(pk__in=[*ids][:room]).order_by("pk")
    return found
