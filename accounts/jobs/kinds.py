"""The jobs of accounts: changes that make many people leave external groups (rule 2.15)."""

from collections.abc import Sequence
from dataclasses import asdict

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.actions import company as company_actions
from accounts.actions import connections, deactivation, deletion, domains
from accounts.actions.losses import check_people_leave
from accounts.actions.members import is_powerful
from accounts.actor import Actor
from accounts.consequences import Departures, Progress
from accounts.models import Company, Domain, Job, Member, PartnerDomain
from accounts.permissions import check_administers, check_rules_installation
from groupadmin.base.errors import Invalid

from . import engine


def describe_departures(departures: Departures) -> str:
    """Who left which groups, for the page of a finished job."""
    if not departures.people:
        return _("Nobody had to leave a group.")
    if departures.people == 1:
        left = ngettext(
            "1 person left %(groups)s external group.",
            "1 person left %(groups)s external groups.",
            departures.groups,
        )
    else:
        left = ngettext(
            "%(people)s people left %(groups)s external group.",
            "%(people)s people left %(groups)s external groups.",
            departures.groups,
        )
    sentences = [left % {"people": f"{departures.people:,}", "groups": f"{departures.groups:,}"}]
    if departures.without_master:
        masterless = ngettext(
            "%(count)s group now has no master.",
            "%(count)s groups now have no master.",
            departures.without_master,
        )
        sentences.append(masterless % {"count": f"{departures.without_master:,}"})
    return " ".join(sentences)


def _company_of(job: Job) -> Company:
    if job.company is None:
        raise Invalid(None, _("This company was deleted in the meantime."))
    return job.company


def _update_company(job: Job, actor: Actor, progress: Progress) -> str:
    names = company_actions.CompanySettings.__dataclass_fields__
    wanted = company_actions.CompanySettings(
        **{name: job.arguments[name] for name in names if name in job.arguments}
    )
    version = job.arguments.get("version")
    effect = company_actions.apply_settings(_company_of(job), wanted, version, actor=actor, progress=progress)
    return " ".join([_("The settings were saved."), describe_departures(effect.departures)])


def _withdraw(job: Job, actor: Actor, progress: Progress) -> str:
    departures = connections.withdraw_connection(
        _company_of(job), job.arguments["members"], actor=actor, progress=progress
    )
    return describe_departures(departures)


def _remove_partner(job: Job, actor: Actor, progress: Progress) -> str:
    domain = PartnerDomain.objects.filter(company=job.company, pk=job.arguments["domain"]).first()
    if domain is None:
        raise Invalid(None, _("This domain was removed in the meantime."))
    return describe_departures(connections.remove_partner_domain(domain, actor=actor, progress=progress))


def _remove_domain(job: Job, actor: Actor, progress: Progress) -> str:
    domain = Domain.objects.filter(company=job.company, pk=job.arguments["domain"]).first()
    if domain is None:
        raise Invalid(None, _("This domain was removed in the meantime."))
    return describe_departures(domains.remove_domain(domain, actor=actor, progress=progress))


def _delete_company(job: Job, actor: Actor, progress: Progress) -> str:
    company = Company.objects.filter(pk=job.arguments["company"]).first()
    if company is None:
        raise Invalid(None, _("This company was deleted in the meantime."))
    departures = deletion.delete_company(company, actor=actor, progress=progress)
    return " ".join([_("The company was deleted."), describe_departures(departures)])


def _deactivate(job: Job, actor: Actor, progress: Progress) -> str:
    count = deactivation.deactivate_members(job.arguments["members"], actor=actor, progress=progress)
    return ngettext("%(count)s person was deactivated.", "%(count)s people were deactivated.", count) % {
        "count": f"{count:,}"
    }


KINDS = {
    "company.update": engine.Kind(
        gettext_lazy("Edit company settings"),
        "accounts:settings",
        _update_company,
        back_in_admin="admin:accounts_company_changelist",
    ),
    "domain.remove": engine.Kind(
        gettext_lazy("Remove domain"),
        "accounts:company",
        _remove_domain,
        back_in_admin="admin:accounts_domain_changelist",
    ),
    "company.delete": engine.Kind(
        gettext_lazy("Delete company"), "admin:accounts_company_changelist", _delete_company
    ),
    "member.deactivate": engine.Kind(
        gettext_lazy("Deactivate people"),
        "accounts:member_list",
        _deactivate,
        back_in_admin="admin:accounts_member_changelist",
    ),
    "connection.withdraw": engine.Kind(
        gettext_lazy("Remove permission to connect"),
        "accounts:connection",
        _withdraw,
        back_in_admin="admin:accounts_member_changelist",
    ),
    "connection.remove_company": engine.Kind(
        gettext_lazy("Remove company"), "accounts:connection_companies", _remove_partner
    ),
}


def start_update(
    company: Company, wanted: company_actions.CompanySettings, version: int | None = None, *, actor: Actor
) -> Job:
    """Changes the company's settings as a job, if the version is still the same when the job runs."""
    return engine.start("company.update", company, {**asdict(wanted), "version": version}, actor=actor)


def start_domain_removal(domain: Domain, *, actor: Actor) -> Job:
    """Removes an email domain as a job, whose actor has confirmed (rule 9.4)."""
    actor.check_confirmed()
    return engine.start("domain.remove", domain.company, {"domain": domain.pk}, actor=actor)


def start_deactivation(members: Sequence[Member], *, actor: Actor) -> Job:
    """Deactivates people as a job, all or none (rule 2.23); confirmed if one administers (rule 9.4).

    Raises LosesMany, as the job itself can ask nobody (rule 10.5).
    """
    companies = {member.company for member in members if member.company is not None}
    for owner in companies:
        check_administers(actor, owner, "member.deactivate")
    if any(is_powerful(member) for member in members):
        actor.check_confirmed()
    check_people_leave([member.pk for member in members], actor)
    arguments = {"members": [member.pk for member in members]}
    company = companies.pop() if len(companies) == 1 else None
    return engine.start("member.deactivate", company, arguments, actor=actor)


def start_deletion(company: Company, *, actor: Actor) -> Job:
    """Deletes the company as a job; the job does not belong to the company, which would delete it too."""
    check_rules_installation(actor, "company.delete", company)
    actor.check_confirmed()
    return engine.start("company.delete", None, {"company": company.pk, "name": company.name}, actor=actor)


def register() -> None:
    """Registers these kinds of jobs at start-up."""
    for name, kind in KINDS.items():
        engine.register(name, kind)
