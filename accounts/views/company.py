"""Company: its plan, domains, sign-in, and how long things are kept (rules 1.1, 1.9, 8.3, 9.2)."""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts import consequences
from accounts.actions.company import CompanySettings, check_plan
from accounts.forms.company import CompanyForm, DomainForm
from accounts.models import Address, Company, Domain, Member, Team
from accounts.request import MemberRequest
from groupadmin.base.asking import Question, Touched

from .settings import Part, show_part

RESERVED_SHOWN = 20


@dataclass(frozen=True)
class Usage:
    """How much of the plan is used."""

    groups: int
    teams: int
    members: int

    @classmethod
    def of(cls, company: Company) -> "Usage":
        return cls(
            consequences.in_groups().count_groups(company),
            Team.objects.filter(company=company).count(),
            Member.objects.active().filter(company=company).count(),
        )


KEPT: dict[str, Promise] = {
    "AUDIT_KEPT_DAYS": gettext_lazy("Audit"),
    "MAIL_CONTENT_KEPT_DAYS": gettext_lazy("Text of mail to lists"),
    "DELETED_GROUPS_KEPT_DAYS": gettext_lazy("Deleted groups"),
    "FORMER_PLACES_KEPT_DAYS": gettext_lazy("Groups and teams of inactive people"),
    "NOTIFICATIONS_KEPT_DAYS": gettext_lazy("Notifications"),
}
"""What is kept for how many days, by the name of the installation's setting."""


def around_company(company: Company) -> dict[str, object]:
    """What "Company" shows besides its form."""
    return {
        "domain_form": DomainForm(),
        "domains": _domains(company),
        "reserved": Address.objects.filter(domain__company=company, predates_rule=True)[:RESERVED_SHOWN],
        "usage": Usage.of(company),
        "kept": [(label, getattr(settings, name)) for name, label in KEPT.items()],
    }


def _domains(company: Company) -> QuerySet[Domain]:
    in_use = Exists(Address.objects.filter(domain=OuterRef("pk")))
    return Domain.objects.filter(company=company).annotate(is_used=in_use)


def lower_plan(company: Company, wanted: CompanySettings) -> Question | None:
    """Asks before the plan goes down, with what is used of what it allows (rule 10.12). Raises Invalid."""
    plan = Company.Plan(wanted.plan)
    lower = Company(plan=plan)
    if lower.group_limit >= company.group_limit and lower.team_limit >= company.team_limit:
        return None
    check_plan(company, wanted.plan)
    used = Usage.of(company)
    at_most = _("At most %(limit)s groups instead of %(present)s. You have %(used)s.")
    teams = _("At most %(limit)s teams instead of %(present)s. You have %(used)s.")
    rows = (
        ("users", at_most, lower.group_limit, company.group_limit, used.groups),
        ("network", teams, lower.team_limit, company.team_limit, used.teams),
    )
    return Question(
        heading=_("Change the plan to “%(plan)s”?") % {"plan": plan.label},
        answer=_("Change plan"),
        back="",
        lines=[
            Touched(icon, text % {"limit": f"{most:,}", "present": f"{present:,}", "used": f"{number:,}"})
            for icon, text, most, present, number in rows
        ],
        name=company.name,
        is_plain=True,
    )


COMPANY = Part(CompanyForm, "accounts/company.html", "accounts:company", around_company, lower_plan)


@require_http_methods(["GET", "HEAD", "POST"])
def company(request: MemberRequest) -> HttpResponse:
    """Plan, Core, who needs a second factor, domains."""
    return show_part(request, COMPANY)
