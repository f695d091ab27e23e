"""Which addresses a person has: the one to sign in with, and aliases (rules 1.2, 1.6)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.actions.members import LocalAndDomain
from accounts.models import Company, Domain, Member
from accounts.models.address import as_stored


@dataclass(frozen=True)
class Addresses:
    """The domains of a company."""

    domains: dict[str, int]
    primary: str

    @classmethod
    def of(cls, company: Company) -> "Addresses":
        rows = Domain.objects.usable().filter(company=company.pk).order_by("-is_primary", "name")
        domains = dict(rows.values_list("name", "pk"))
        return cls(domains, next(iter(domains), ""))

    def split(self, email: str) -> LocalAndDomain:
        """An address as actions take it; a domain that is not the company's is refused there."""
        local_part, _at, domain = email.rpartition("@")
        return local_part, self.domains.get(domain, 0)

    def whole(self, text: str) -> LocalAndDomain:
        """An address of which the domain may be left out, if it is the primary one."""
        text = text.strip()
        return self.split(as_stored(text if "@" in text else f"{text}@{self.primary}"))

    def short(self, email: str) -> str:
        """The same, as it is read back."""
        return email.removesuffix(f"@{self.primary}")

    def email_of(self, wanted: Any, member: Member | None = None) -> str | None:
        """The address with which somebody signs in; None if there is none in the company's domains.

        The userName, if it is one; else the preferred of the emails; else the one that they have. A userName
        without a domain is one in the primary domain.
        """
        user_name = (wanted.user_name or "").strip()
        if self._is_own(user_name):
            return as_stored(user_name)
        if own := next(self._own(wanted), None):
            return own
        if member is not None:
            return member.email
        return f"{user_name.lower()}@{self.primary}" if user_name and "@" not in user_name else None

    def aliases_of(self, wanted: Any, email: str) -> frozenset[LocalAndDomain]:
        """Their other emails in the company's domains."""
        return frozenset(self.split(own) for own in self._own(wanted) if own != email)

    def own_of(self, texts: Iterable[str]) -> frozenset[LocalAndDomain]:
        """Those of the texts that are addresses in the company's domains."""
        return frozenset(self.split(as_stored(text)) for text in texts if self._is_own(text))

    def why_none(self) -> str:
        """What to mend if somebody has no address in the company's domains."""
        names = ", ".join(self.domains)
        return _("The userName or one of the emails must be an address in: %(domains)s") % {"domains": names}

    def _is_own(self, text: str) -> bool:
        return as_stored(text).rpartition("@")[2] in self.domains if "@" in text else False

    def _own(self, wanted: Any) -> Iterator[str]:
        """The emails in the company's domains, the preferred ones first."""
        emails = [one for one in wanted.emails or () if one.value and self._is_own(one.value)]
        emails.sort(key=lambda one: (not one.primary, (one.type or "").lower() != "work"))
        yield from (as_stored(one.value) for one in emails)
