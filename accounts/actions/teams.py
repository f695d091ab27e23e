"""Changes the organization chart: each function is one transaction (rule 1.3)."""

from collections.abc import Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import regex
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, consequences, once
from accounts.actor import Actor
from accounts.audit.items import Item, people_items
from accounts.models import Address, Company, Domain, Member, Team, TeamMembership, name_key
from accounts.permissions import check_administers
from accounts.tree import path_text, people_of_teams, team_path
from groupadmin.base.errors import Invalid, Taken
from groupadmin.base.text import clean_line, clean_text, isolated

from .addresses import take_address
from .locks import increase_version, lock_company
from .names import clean_description, clean_name

NAMED_AT_MOST = 5

# Persian and Indian scripts need joiners for spelling; marks belong to their letters.
_FORBIDDEN = regex.compile(r"[^\p{L}\p{M}\p{N}\p{Zs}\u200c\u200d.!@&()\-–_+\[\]{}]")


@dataclass(frozen=True)
class TeamSettings:
    """The content of "Add team". Without a local part the team has no address."""

    name: str
    description: str = ""
    local_part: str = ""
    domain_id: int | None = None

    @classmethod
    def of(cls, team: Team) -> "TeamSettings":
        """The team's current settings."""
        address = team.address
        if address is None:
            return cls(team.name, team.description)
        return cls(team.name, team.description, address.local_part, address.domain_id)

    def plain(self) -> dict[str, Any]:
        """The team as recorded in the audit, except for its place in the chart."""
        domain = Domain.objects.filter(pk=self.domain_id or 0).first() if self.local_part else None
        return {
            "name": clean_line(self.name),
            "description": clean_text(self.description),
            "address": f"{self.local_part.lower()}@{domain}" if domain else "",
        }


@audit.action
def add_team(company: Company, settings: TeamSettings, parent: Team | None = None, *, actor: Actor) -> Team:
    """Adds a team, at the top or below another one. Raises Refused or Invalid."""
    company = lock_company(company.pk)
    check_administers(actor, company, "team.add")
    if there := once.made(actor, Team):
        return there
    if Team.objects.filter(company=company).count() >= company.team_limit:
        raise Invalid(None, team_limit_reached(company))
    name = clean_team_name(settings.name)
    parent = _parent(company, parent)
    _check_name_is_free(company, name, parent)
    team = Team(
        company=company,
        name=name,
        parent=parent,
        description=clean_description(settings.description),
        source=actor.source,
    )
    _write_address(team, settings)
    team.save()
    audit.record(actor, "team.add", team, audit.difference({}, _plain(team)))
    once.keep(actor, team)
    return team


@audit.action
def update_team(team: Team, settings: TeamSettings, version: int | None = None, *, actor: Actor) -> Team:
    """Changes a team's name, description and address.

    `version` is the one that the actor saw. Raises Refused, Invalid, or Conflict if it has changed.
    """
    company, team = _lock(team, actor, "team.update")
    before = _plain(team)
    name = clean_team_name(settings.name)
    if name != team.name:
        _check_name_is_free(company, name, team.parent, team)
    team.name = name
    team.description = clean_description(settings.description)
    old = team.address
    _write_address(team, settings)
    team.save()
    if old is not None and old != team.address:
        old.delete()
    if changes := audit.difference(before, _plain(team)):
        increase_version(team, version)
        team.save(update_fields=["version"])
        audit.record(actor, "team.update", team, changes)
    return team


@audit.action
def move_team(team: Team, parent: Team | None, version: int | None = None, *, actor: Actor) -> Team:
    """Moves a team, with everything below it, below another one or to the top.

    `version` is the one that the actor saw. Raises Refused, Invalid, or Conflict if it has changed.
    """
    company, team = _lock(team, actor, "team.move")
    parent = _parent(company, parent)
    if parent == team.parent:
        return team
    if parent is not None:
        _check_loop(team, parent)
    _check_name_is_free(company, team.name, parent, team)
    before = _plain(team)
    moved = [team.pk, parent.pk] if parent else [team.pk]
    with _movements(team, actor, teams=moved):
        team.parent, team.moved_at = parent, timezone.now()
        increase_version(team, version)
        team.save(update_fields=["parent", "moved_at", "version"])
    audit.record(actor, "team.move", team, audit.difference(before, _plain(team)))
    return team


@audit.action
def set_team_people(team: Team, added: frozenset[int], removed: frozenset[int], *, actor: Actor) -> Team:
    """Adds people to a team and removes others; the rest stay as they are.

    Raises Refused or Invalid.
    """
    company, team = _lock(team, actor, "team.set_people")
    # Only those who are named: a team may have many more.
    named = team.memberships.filter(member__in=added | removed)
    present = frozenset(named.values_list("member_id", flat=True))
    own = frozenset(named.filter(source=actor.source).values_list("member_id", flat=True))
    # A system takes away only the places that it gave (rule 10.4).
    new, gone = added - removed - present, removed & (own if actor.source else present)
    people = Member.objects.all() if actor.provisions else Member.objects.active()
    choosable = people.filter(company=company, pk__in=new)
    if new - set(choosable.values_list("pk", flat=True)):
        raise Invalid(
            "people", _("Some of the people you chose are inactive or not in your company. Choose again.")
        )
    names = {"people_added": _names(new), "people_removed": _names(gone)}
    memberships = (TeamMembership(team=team, member_id=pk, source=actor.source) for pk in sorted(new))
    with consequences.in_groups().movements(actor, people=new | gone, leaving=gone, teams=[team.pk]):
        team.memberships.filter(member__in=gone).delete()
        TeamMembership.objects.bulk_create(memberships, batch_size=1000)
    if new or gone:
        Member.objects.filter(pk__in=new | gone).update(version=F("version") + 1)
        increase_version(team, None)
        team.save(update_fields=["version"])
        changes: audit.Changes = {key: [None, people] for key, people in names.items() if people}
        audit.record(actor, "team.set_people", team, changes)
    return team


@audit.action
def delete_team(team: Team, *, actor: Actor) -> None:
    """Deletes a team without teams below it. Groups that contain it lose the entry (rule 2.22).

    Raises Refused or Invalid.
    """
    _company, team = _lock(team, actor, "team.delete")
    if below := [isolated(child.name) for child in team.children.all()[: NAMED_AT_MOST + 1]]:
        names = ", ".join(below[:NAMED_AT_MOST]) + (" …" if len(below) > NAMED_AT_MOST else "")
        raise Invalid(None, _("Move or delete its subteams first: %(names)s") % {"names": names})
    contained_in = consequences.in_groups().team_leaves_groups(team, actor=actor)
    audit.record(actor, "team.delete", team, {**_gone(team), "contained_in": [contained_in, []]})
    address = team.address
    Member.objects.filter(team_memberships__team=team).update(version=F("version") + 1)
    with _movements(team, actor, teams=[team.pk]):
        team.delete()
    if address is not None:
        address.delete()


def team_limit_reached(company: Company) -> str:
    """Why the company can have no more teams (rule 1.3)."""
    return _("Your company has reached the limit of %(limit)s teams on the “%(plan)s” plan.") % {
        "limit": f"{company.team_limit:,}",
        "plan": company.get_plan_display(),
    }


def no_parent() -> str:
    """What is said where the team above is not there."""
    return _("The parent team is no longer available. Choose another one.")


def clean_team_name(raw: str) -> str:
    """A team's name, cleaned (rule 1.3). Raises Invalid."""
    name = clean_name(raw)
    if wrong := sorted(set(_FORBIDDEN.findall(name))):
        raise Invalid(
            "name",
            _("Use only letters, digits, spaces and . ! @ & ( ) - – _ + [ ] { }. Not allowed: %(wrong)s")
            % {"wrong": isolated(" ".join(wrong))},
        )
    return name


def _lock(team: Team, actor: Actor, action: str) -> tuple[Company, Team]:
    """The company and the team, freshly read, if the actor may change the chart."""
    company = lock_company(team.company_id)
    check_administers(actor, company, action)
    teams = Team.objects.select_related("address__domain", "parent").filter(pk=team.pk)
    locked = teams.select_for_update(of=("self",)).first()
    if locked is None:
        raise Invalid(None, _("This team was deleted in the meantime."))
    return company, locked


def _movements(team: Team, actor: Actor, *, teams: Collection[int]) -> AbstractContextManager[None]:
    """Wraps a change that moves all people of the team and of the teams below it."""
    people = people_of_teams([team.pk]).values_list("pk", flat=True)
    return consequences.in_groups().movements(actor, people=people, teams=teams)


def _parent(company: Company, parent: Team | None) -> Team | None:
    """The parent, freshly read; it must be one of the company's teams."""
    if parent is None:
        return None
    present = Team.objects.filter(company=company, pk=parent.pk).first()
    if present is None:
        raise Invalid("parent", no_parent())
    return present


def _check_name_is_free(company: Company, name: str, parent: Team | None, team: Team | None = None) -> None:
    siblings = Team.objects.filter(company=company, parent=parent, name_key=name_key(name))
    if not siblings.exclude(pk=team.pk if team else 0).exists():
        return
    if parent is None:
        raise Taken(
            "name", _("There is already a team with this name at the top level. Choose another name.")
        )
    raise Taken(
        "name",
        _("There is already a team with this name in %(parent)s. Choose another name.")
        % {"parent": isolated(parent.name)},
    )


def _check_loop(team: Team, parent: Team) -> None:
    path = team_path(parent)
    if team in path:
        chain = path_text([*path[path.index(team) :], team])
        raise Invalid("parent", _("A team cannot be inside itself: %(chain)s") % {"chain": chain})


def _write_address(team: Team, settings: TeamSettings) -> None:
    """Takes the address if it is a new one; the caller saves the team and frees the old one."""
    old = team.address
    if not settings.local_part:
        team.address = None
        return
    if old is not None and (old.local_part, old.domain_id) == (settings.local_part, settings.domain_id):
        return
    domain = Domain.objects.usable().filter(company=team.company_id, pk=settings.domain_id or 0).first()
    if domain is None:
        raise Invalid("domain", _("Choose one of your company's domains."))
    team.address = take_address(settings.local_part, domain, Address.Kind.TEAM, field="local_part")


def _plain(team: Team) -> dict[str, Any]:
    """A team as recorded in the audit."""
    return TeamSettings.of(team).plain() | {"parent": team.parent.name if team.parent else ""}


def _gone(team: Team) -> audit.Changes:
    changes: audit.Changes = {key: [value, None] for key, value in _plain(team).items()}
    ids = frozenset(team.memberships.values_list("member_id", flat=True))
    changes["people"] = [_names(ids), []]
    return changes


def _names(ids: frozenset[int]) -> list[Item]:
    return people_items(ids)
