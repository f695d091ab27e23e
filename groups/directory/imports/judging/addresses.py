"""Whether a thing may have its addresses: at domains of the company, not reserved, and nobody else's."""

from collections.abc import Collection, Mapping, Sequence

from django.utils.translation import gettext as _

from accounts.actions.addresses import list_address_problem, member_address_problem, taken_reason
from accounts.models import Address, Domain
from accounts.models.address import own_senders
from groups.directory.records import Kind

from .. import keys
from ..rows import Row
from .work import Work, capital

_OF_GROUPS = ("mailing_list__group__id", "list_alias__mailing_list__group__id")


class Claims:
    """Who has these addresses now, and who else says so in the import."""

    def __init__(self, work: Work, emails: Collection[str]) -> None:
        self.work = work
        self.owners: dict[str, tuple[str, int | None]] = {
            email: (kind, member or team or group or other)
            for email, kind, member, team, group, other in Address.objects.filter(
                email__among=emails
            ).values_list("email", "kind", "member_id", "team__id", *_OF_GROUPS)
        }
        self.claimed = work.directory.claims({keys.address(email): email for email in emails})
        self.senders = own_senders()

    def problem(self, email: str, kind: str, subject: str, pk: int | None) -> str:
        """Why the thing cannot have the address; empty if it can."""
        local_part, at, name = email.rpartition("@")
        if not at:
            return _("“%(email)s” is no email address.") % {"email": email}
        if (kind_of_owner := self.owners.get(email)) and self._is_own(kind_of_owner, kind, pk):
            return ""
        domain = self.work.domains.get(name)
        if domain is None:
            return _("%(domain)s is not a domain of your company.") % {"domain": name}
        if not domain.is_usable:
            return self._unusable(domain)
        check = member_address_problem(local_part, domain) if kind == Kind.MEMBER else ""
        check = check or (list_address_problem(local_part) if kind != Kind.MEMBER else "")
        owner = self.owners.get(email)
        if problem := check or taken_reason(email, owner[0] if owner else None, self.senders):
            return problem
        claim = self.claimed.get(keys.address(email))
        if claim is not None and claim != (kind, subject):
            return self._claimed(email, *claim)
        return ""

    def _is_own(self, owner: tuple[str, int | None], kind: str, pk: int | None) -> bool:
        kinds: Mapping[str, Collection[str]] = {
            "member": (Address.Kind.MEMBER, Address.Kind.ALIAS),
            "team": (Address.Kind.TEAM,),
            "group": (Address.Kind.GROUP, Address.Kind.GROUP_ALIAS),
        }
        return pk is not None and owner[1] == pk and owner[0] in kinds[kind]

    def _unusable(self, domain: Domain) -> str:
        if domain.state == Domain.State.LOST:
            return _("%(domain)s belongs to another company now.") % {"domain": domain.name}
        return _("%(domain)s is not proven yet. Prove it in the company's settings first.") % {
            "domain": domain.name
        }

    def _claimed(self, email: str, kind: str, subject: str) -> str:
        row = self.work.directory.defining(kind, [subject]).get(subject)
        if row is not None and row.is_refused:
            return ""
        place = f" ({row.place})" if row is not None else ""
        owners = {"member": _("a member"), "team": _("a team"), "group": _("a group")}
        return _("%(email)s is also the address of %(kind)s of this import%(place)s.") % {
            "email": email,
            "kind": owners.get(kind, kind),
            "place": place,
        }


def ids_of_others(work: Work, kind: str, chunk: Sequence[Row]) -> dict[int, str]:
    """Why rows cannot have their external IDs, which things in rows before them have (rule 10.4)."""
    wanted = {row.pk: keys.external_id(kind, row.values["id"]) for row in chunk if row.values.get("id")}
    claimed = work.directory.claims(set(wanted.values()))
    others = {
        row.pk: subject
        for row in chunk
        if row.pk in wanted
        and (subject := claimed[wanted[row.pk]][1]) != row.subject
        and not subject.startswith(keys.UNRESOLVED)
    }
    defining = work.directory.defining(kind, set(others.values()))
    # Exports have things of several sources, and an ID is one within its source.
    sources = {row.pk: row.values.get("source") for row in chunk}
    return {
        pk: _("%(place)s has the same external ID.") % {"place": capital(other.place)}
        for pk, subject in others.items()
        if (other := defining.get(subject)) is not None
        and not other.is_refused
        and other.values.get("source") == sources[pk]
    }
