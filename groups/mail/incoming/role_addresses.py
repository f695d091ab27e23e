"""Mail to postmaster@ and abuse@ of a company's domain, which goes to its administrators (rule 1.10).

The rest of the world writes there when something is wrong with a domain, mail servers with bounces too. So
nothing is refused but what is too large to be read.
"""

from django.conf import settings

from accounts.models import Company, Domain, Member
from groups.mail.arrival import Arrival, Decision
from groups.models import FailingAddress, MailContent

from . import acceptance, policy

LOCAL_PARTS = frozenset({"postmaster", "abuse"})
LIST_NAME = "Administrators"


def company_at(address: str) -> Company | None:
    """The company whose administrators get the mail to this address; None if it is no such address."""
    local_part, _at, name = address.lower().rpartition("@")
    if local_part not in LOCAL_PARTS or "\x00" in name:
        return None
    domain = Domain.objects.usable().select_related("company").filter(name=name).first()
    return domain.company if domain is not None else None


def take_in(
    arrival: Arrival, company: Company, address: str, content: MailContent | None
) -> tuple[Decision, MailContent | None]:
    """Stores the mail for the administrators. One that came back from them ends here, without a reply."""
    address = address.lower()
    context = policy.PolicyContext(address, size_limit=settings.MAIL_MAX_BYTES)
    decision = policy.to_administrators(arrival, context)
    if not decision.accepted:
        acceptance.refuse(arrival, None, address, decision)
        return decision, content
    reaches = [] if decision.rule == policy.CAME_BACK else _administrators(company, address)
    accepted = acceptance.accept_for(reaches, arrival, company, address, LIST_NAME, decision, content=content)
    return decision, accepted.mail.content


def _administrators(company: Company, address: str) -> list[str]:
    """Those whose mail arrives; superusers if there are none, so that it reaches somebody."""
    people = Member.objects.active().exclude(email=address)
    paused = FailingAddress.objects.paused().values("address")
    for those in (people.filter(company=company, is_administrator=True), people.filter(is_superuser=True)):
        if found := list(those.exclude(email__in=paused).order_by("pk").values_list("email", flat=True)):
            return found
    return []
