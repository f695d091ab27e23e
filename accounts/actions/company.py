"""Changes a company's settings (rules 1.1, 1.4, 1.5, 1.7, 9.2): each function is one transaction.

Plan and sign-in settings have to be confirmed (rule 9.4).
"""

from dataclasses import asdict, dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit, consequences
from accounts.actor import Actor
from accounts.consequences import Departures, Progress
from accounts.models import Company, Member, Team
from accounts.permissions import check_administers, check_rules_installation
from groupadmin.base import zones
from groupadmin.base.errors import Invalid

from .domains import add_domain
from .locks import increase_version, lock_company
from .names import clean_name


@dataclass(frozen=True)
class CompanySettings:
    """The content of the settings page."""

    plan: str
    has_core: bool
    connecting: str
    group_creators: str
    partners: str = Company.Partners.ANY
    recall_hours: int = 24
    second_factor: str = Company.SecondFactor.NOBODY
    time_zone: str = ""

    @classmethod
    def of(cls, company: Company) -> "CompanySettings":
        """The company's current settings."""
        return cls(**{name: getattr(company, name) for name in cls.__dataclass_fields__})


DELICATE = {"plan", "has_core", "second_factor"}
"""The settings that are changed only after confirming (rule 9.4)."""


@dataclass(frozen=True)
class SettingsEffect:
    """How a change of settings affects people: who leaves, and how many gain or lose the permission."""

    departures: Departures = field(default_factory=Departures)
    connected: int = 0
    disconnected: int = 0

    @property
    def size(self) -> int:
        """How many rows to write."""
        return self.departures.entries + self.connected + self.disconnected


@audit.action
def create_company(
    name: str, region: str, domain: str, settings: CompanySettings, *, actor: Actor
) -> Company:
    """Adds a company with its first domain, the primary one (rule 1.1). Raises Refused or Invalid."""
    check_rules_installation(actor, "company.create")
    actor.check_confirmed()
    _check_choices(settings)
    company = Company(name=clean_name(name), **asdict(settings))
    _set_region(company, region)
    company.save()
    changes = audit.difference({}, {"name": company.name, "region": region, **asdict(settings)})
    audit.record(actor, "company.create", company, changes)
    try:
        add_domain(company, domain, actor=actor)
    except Invalid as problem:
        raise Invalid("domain", problem.message) from None
    return company


@audit.action
def rename_company(
    company: Company, name: str, region: str, version: int | None = None, *, actor: Actor
) -> Company:
    """Changes a company's name and region, which only superusers may do.

    Raises Refused, Invalid, or Conflict if the company's version has changed.
    """
    company = lock_company(company.pk)
    check_rules_installation(actor, "company.rename")
    before = {"name": company.name, "region": company.region}
    company.name = clean_name(name)
    _set_region(company, region)
    if changes := audit.difference(before, {"name": company.name, "region": company.region}):
        increase_version(company, version)
        company.save()
        audit.record(actor, "company.rename", company, changes)
    return company


def _set_region(company: Company, region: str) -> None:
    """Raises Invalid if the company's plan does not exist in the region (rule 1.7)."""
    if region not in Company.Region.values:
        raise Invalid("region", _("Choose one of the options."))
    if region == Company.Region.TAIWAN and company.plan == Company.Plan.FREE:
        raise Invalid("plan", _("The free plan is not available in the Taiwan region."))
    company.region = region


def update_settings(
    company: Company, settings: CompanySettings, version: int | None = None, *, actor: Actor
) -> Company:
    """Changes a company's plan, Core, and who may connect and create groups.

    Anyone who may no longer connect leaves all external groups at once (rule 2.15). Raises Refused, Invalid,
    or Conflict if the company's version has changed.
    """
    apply_settings(company, settings, version, actor=actor)
    return Company.objects.get(pk=company.pk)


@audit.action
def apply_settings(
    company: Company,
    settings: CompanySettings,
    version: int | None = None,
    *,
    actor: Actor,
    progress: Progress | None = None,
) -> SettingsEffect:
    """Like update_settings, but returns how people were affected."""
    company = lock_company(company.pk)
    check_administers(actor, company, "company.update")
    before = asdict(CompanySettings.of(company))
    connecting = _connecting_ids(company)
    check_settings(company, settings)
    if DELICATE & audit.difference(before, asdict(settings)).keys():
        actor.check_confirmed()
    for name, value in asdict(settings).items():
        setattr(company, name, value)
    if changes := audit.difference(before, asdict(settings)):
        increase_version(company, version)
        company.save()
        audit.record(actor, "company.update", company, changes)
    if not changes.keys() & {"connecting", "partners"}:
        return SettingsEffect()
    gained, lost = _gained_and_lost(connecting, company)
    groups = consequences.in_groups()
    groups.tell_connecting(gained, may_connect=True, actor=actor)
    groups.tell_connecting(lost, may_connect=False, actor=actor)
    reason = gettext_lazy("The company changed who its people can connect with.")
    departures = groups.leave_by_rule(company, actor=actor, reason=reason, progress=progress)
    return SettingsEffect(departures, len(gained), len(lost))


def check_settings(company: Company, settings: CompanySettings) -> None:
    """Raises Invalid if the company cannot have these settings."""
    _check_choices(settings)
    if settings.plan != company.plan:
        check_plan(company, settings.plan)


def effect_of(company: Company, settings: CompanySettings) -> SettingsEffect:
    """How apply_settings would affect people, to ask for confirmation."""
    if (settings.connecting, settings.partners) == (company.connecting, company.partners):
        return SettingsEffect()
    _check_choices(settings)
    moved: list[set[int]] = []

    def change() -> None:
        changed = lock_company(company.pk)
        before = _connecting_ids(changed)
        changed.connecting, changed.partners = settings.connecting, settings.partners
        changed.save(update_fields=["connecting", "partners"])
        moved.extend(_gained_and_lost(before, changed))

    departures = consequences.in_groups().departures_if(company, change)
    gained, lost = moved
    return SettingsEffect(departures, len(gained), len(lost))


def _connecting_ids(company: Company) -> set[int]:
    return set(Member.objects.connecting().filter(company=company).values_list("pk", flat=True))


def _gained_and_lost(before: set[int], company: Company) -> tuple[set[int], set[int]]:
    """Who may connect now but could not before, and the reverse (rule 1.4)."""
    now = _connecting_ids(company)
    return now - before, before - now


def _check_choices(settings: CompanySettings) -> None:
    for name, choices in (
        ("plan", Company.Plan),
        ("connecting", Company.Connecting),
        ("partners", Company.Partners),
        ("group_creators", Company.Creators),
        ("second_factor", Company.SecondFactor),
    ):
        if getattr(settings, name) not in choices.values:
            raise Invalid(name, _("Choose one of the options."))
    if settings.recall_hours not in dict(Company.RECALL_HOURS):
        raise Invalid("recall_hours", _("Choose one of the options."))
    if settings.time_zone and settings.time_zone not in zones.known():
        raise Invalid("time_zone", _("Choose a time zone from the list."))


def check_plan(company: Company, plan: str) -> None:
    """Raises Invalid if the region lacks the plan, or the company is too large (rules 1.3, 1.7, 2.2)."""
    if plan == Company.Plan.FREE and company.region == Company.Region.TAIWAN:
        raise Invalid("plan", _("The free plan is not available in the Taiwan region."))
    wanted = Company.Plan(plan)
    name = {"plan": wanted.label}
    groups = consequences.in_groups().count_groups(company)
    if groups > (limit := Company.GROUP_LIMITS[wanted]):
        counts = {"count": f"{groups:,}", "limit": f"{limit:,}"}
        message = _("The “%(plan)s” plan allows %(limit)s groups, but your company has %(count)s.")
        raise Invalid("plan", message % (name | counts))
    teams = Team.objects.filter(company=company).count()
    if teams > (limit := Company.TEAM_LIMITS[wanted]):
        counts = {"count": f"{teams:,}", "limit": f"{limit:,}"}
        message = _("The “%(plan)s” plan allows %(limit)s teams, but your company has %(count)s.")
        raise Invalid("plan", message % (name | counts))
