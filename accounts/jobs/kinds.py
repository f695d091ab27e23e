"""The jobs of accounts: changes that make many people leave external groups (rule 2.15)."""

from dataclasses import asdict

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.actions import company as company_actions
from accounts.actions import connections, deletion
from accounts.actor import Actor
from accounts.consequences import Departures, Progress
from accounts.models import Company, Domain, Job, PartnerDomain
from accounts.permissions import check_rules_installation
from groupadmin.base.errors import Invalid

from . import engine


def departures_in_words(departures: Departures) -> str:
    """Who left which groups, for the page of a finished job."""
    if not departures.people:
        return _("Nobody had to leave a group.")
    people = ngettext("%(count)s person left", "%(count)s people left", departures.people)
    groups = ngettext("%(count)s external group.", "%(count)s external groups.", departures.groups)
    words = [people % _count(departures.people), groups % _count(departures.groups)]
    if departures.without_master:
        left = ngettext(
            "%(count)s group is without a master now.",
            "%(count)s groups are without a master now.",
            departures.without_master,
        )
        words.append(left % _count(departures.without_master))
    return " ".join(words)


def _count(number: int) -> dict[str, str]:
    return {"count": f"{number:,}"}


def _company_of(job: Job) -> Company:
    if job.company is None:
        raise Invalid(None, _("The company is not there any more."))
    return job.company


def _update_company(job: Job, actor: Actor, progress: Progress) -> str:
    names = company_actions.CompanySettings.__dataclass_fields__
    wanted = company_actions.CompanySettings(
        **{name: job.arguments[name] for name in names if name in job.arguments}
    )
    version = job.arguments.get("version")
    effect = company_actions.apply_settings(_company_of(job), wanted, version, actor=actor, progress=progress)
    return " ".join([_("The settings were saved."), departures_in_words(effect.departures)])


def _withdraw(job: Job, actor: Actor, progress: Progress) -> str:
    departures = connections.withdraw_connection(
        _company_of(job), job.arguments["members"], actor=actor, progress=progress
    )
    return departures_in_words(departures)


def _remove_partner(job: Job, actor: Actor, progress: Progress) -> str:
    domain = PartnerDomain.objects.filter(company=job.company, pk=job.arguments["domain"]).first()
    if domain is None:
        raise Invalid(None, _("This domain was removed meanwhile."))
    return departures_in_words(connections.remove_partner_domain(domain, actor=actor, progress=progress))


def _remove_domain(job: Job, actor: Actor, progress: Progress) -> str:
    domain = Domain.objects.filter(company=job.company, pk=job.arguments["domain"]).first()
    if domain is None:
        raise Invalid(None, _("This domain was removed meanwhile."))
    return departures_in_words(company_actions.remove_domain(domain, actor=actor, progress=progress))


def _delete_company(job: Job, actor: Actor, progress: Progress) -> str:
    company = Company.objects.filter(pk=job.arguments["company"]).first()
    if company is None:
        raise Invalid(None, _("The company is not there any more."))
    departures = deletion.delete_company(company, actor=actor, progress=progress)
    return " ".join([_("The company was deleted."), departures_in_words(departures)])


KINDS = {
    "company.update": engine.Kind(
        gettext_lazy("Change the settings"),
        "accounts:settings",
        _update_company,
        back_in_admin="admin:accounts_company_changelist",
    ),
    "domain.remove": engine.Kind(
        gettext_lazy("Remove a domain"),
        "accounts:settings",
        _remove_domain,
        back_in_admin="admin:accounts_domain_changelist",
    ),
    "company.delete": engine.Kind(
        gettext_lazy("Delete a company"), "admin:accounts_company_changelist", _delete_company
    ),
    "connection.withdraw": engine.Kind(
        gettext_lazy("Take a permission away"),
        "accounts:connection",
        _withdraw,
        back_in_admin="admin:accounts_member_changelist",
    ),
    "connection.remove_company": engine.Kind(
        gettext_lazy("Remove a company from the list"), "accounts:connection_companies", _remove_partner
    ),
}


def start_update(
    company: Company, wanted: company_actions.CompanySettings, version: int | None = None, *, actor: Actor
) -> Job:
    """Changes the company's settings as a job, if the version is still the same when the job runs."""
    return engine.start("company.update", company, {**asdict(wanted), "version": version}, actor=actor)


def start_domain_removal(domain: Domain, *, actor: Actor) -> Job:
    """Removes an email domain as a job."""
    return engine.start("domain.remove", domain.company, {"domain": domain.pk}, actor=actor)


def start_deletion(company: Company, *, actor: Actor) -> Job:
    """Deletes the company as a job; the job does not belong to the company, which would delete it too."""
    check_rules_installation(actor, "company.delete", company)
    return engine.start("company.delete", None, {"company": company.pk, "name": company.name}, actor=actor)


def register() -> None:
    """Registers these kinds of jobs at start-up."""
    for name, kind in KINDS.items():
        engine.register(name, kind)
