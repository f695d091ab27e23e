"""Addresses of the list's own company, which are no external contacts (rule 4.8)."""

from collections.abc import Collection

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.models import Address
from accounts.models.address import as_stored

CHUNK = 5_000

_GROUPS = gettext_lazy("A group of your company has this address. Add the group as a member.")
WHOSE: dict[str, str | Promise] = {
    Address.Kind.MEMBER: gettext_lazy("A member of your company has this address. Add them as a member."),
    Address.Kind.ALIAS: gettext_lazy("A member of your company has this address. Add them as a member."),
    Address.Kind.TEAM: gettext_lazy("A team of your company has this address. Add the team as a member."),
    Address.Kind.GROUP: _GROUPS,
    Address.Kind.GROUP_ALIAS: _GROUPS,
}


def own_addresses(company_id: int, emails: Collection[str]) -> dict[str, str]:
    """Which of these the company has, with the kind of owner, and nothing else about it (rule 4.2)."""
    stored = {as_stored(email): email for email in emails}
    asked = sorted(stored)
    found: dict[str, str] = {}
    for start in range(0, len(asked), CHUNK):
        own = Address.objects.filter(email__in=asked[start : start + CHUNK], domain__company=company_id)
        found |= {stored[email]: str(WHOSE[kind]) for email, kind in own.values_list("email", "kind")}
    return found
