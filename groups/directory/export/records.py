"""What a company's directory has, as records of our form (rule 10.1).

Rows are read as they are written: for each table one query, and for addresses one more each so many people.
The order is that of names, so that two exports of the same directory are the same. Deleted groups are not in
it, nor people of other companies in external groups, whose addresses this company does not know (rule 6.4).
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Case, Exists, OuterRef, Prefetch, Q, QuerySet, When

from accounts.models import Address, Company, Member, Team, TeamMembership
from groups.directory.form.columns import OF_KIND
from groups.directory.form.definition import Table
from groups.directory.records import TEAM_SEPARATOR, Kind, Record
from groups.models import Designation, ExternalContact, Group, ListAlias, MailingList, Master, Membership
from groups.models.group import is_live
from groups.models.switches import SWITCHES

AT_ONCE = 2_000
# Ids last: an installation that they come into gives them others.
BY_TEAM = ("team__name_sort", "team__parent__name_sort", "team__name_key", "team_id")
NAMED = ("name_sort", "name_key", "id")

Values = dict[str, Any]
Paths = dict[int, str]


def directory_of(company: Company) -> Iterator[tuple[Table, Iterable[Record]]]:
    """Each table of the form, and what the company has in it."""
    teams = _Teams(company)
    found: dict[Kind, Iterator[Values]] = {
        Kind.TEAM: teams.values(),
        Kind.MEMBER: _members(company),
        Kind.PLACE: _places(company, teams.paths),
        Kind.GROUP: _groups(company),
        Kind.MASTER: _masters(company),
        Kind.ENTRY: _entries(company, teams.paths),
        Kind.LIST: _lists(company),
        Kind.SENDER: _senders(company, teams.paths),
        Kind.CONTACT: _contacts(company),
    }
    for kind, values in found.items():
        yield OF_KIND[kind], (Record(kind, one) for one in values)


class _Teams:
    """The company's teams, all of them: a plan allows some thousands."""

    def __init__(self, company: Company) -> None:
        teams = Team.objects.filter(company=company).select_related("address").order_by("id")
        self.teams = {team.pk: team for team in teams}
        self.paths: Paths = {}
        for team in self.teams.values():
            self._path(team)

    def _path(self, team: Team) -> str:
        if team.pk not in self.paths:
            above = self.teams.get(team.parent_id or 0)
            self.paths[team.pk] = f"{self._path(above)}{TEAM_SEPARATOR}{team.name}" if above else team.name
        return self.paths[team.pk]

    def values(self) -> Iterator[Values]:
        """Those above before those below."""
        for team in sorted(self.teams.values(), key=lambda team: self.paths[team.pk].split(TEAM_SEPARATOR)):
            yield {
                "team": self.paths[team.pk],
                "id": team.external_id,
                "source": team.source,
                "description": team.description,
                "address": str(team.address or ""),
            }


def _read(things: QuerySet[Any], *fields: str) -> Iterator[tuple[Any, ...]]:
    return things.values_list(*fields).iterator(chunk_size=AT_ONCE)


def _members(company: Company) -> Iterator[Values]:
    aliases = Address.objects.filter(kind=Address.Kind.ALIAS).order_by("email")
    members = (
        Member.objects.filter(company=company)
        .select_related("manager")
        .prefetch_related(Prefetch("addresses", aliases, to_attr="aliases"))
        .order_by("email")
    )
    for member in members.iterator(chunk_size=AT_ONCE):
        yield {
            "member": member.email,
            "name": member.name,
            "id": member.external_id,
            "source": member.source,
            "aliases": [address.email for address in getattr(member, "aliases", ())],
            "administrator": member.is_administrator,
            "may_connect": member.may_connect,
            # Who is inactive by date becomes active by date, there as here (rule 1.12).
            **({} if member.inactive_by_date else {"active": member.is_active}),
            "manager": member.manager.email if member.manager else "",
            **{name: getattr(member, name) or "" for name in _AS_THEY_ARE},
        }


_AS_THEY_ARE = (
    *("employee_number", "job_title", "site", "phone", "starts_on", "ends_on", "nickname", "reading"),
    *("language", "time_zone"),
)


def _places(company: Company, paths: Paths) -> Iterator[Values]:
    places = TeamMembership.objects.filter(team__company=company)
    found = _read(places.order_by("member__email", *BY_TEAM), "team_id", "member__email", "source")
    for team, member, source in found:
        yield {"team": paths[team], "member": member, "source": source}


def _groups(company: Company) -> Iterator[Values]:
    switches = [switch.name for switch in SWITCHES]
    groups = Group.objects.live().filter(company=company).order_by(*NAMED)
    groups = groups.annotate(is_whole=_is_whole(company))
    found = _read(groups, "name", "external_id", "source", "kind", "description", "is_whole", *switches)
    for name, known_as, source, kind, description, whole, *on in found:
        values = {"group": name, "id": known_as, "source": source, "kind": kind, "description": description}
        yield values | dict(zip(switches, on, strict=True)) | {"incomplete": not whole}


def _is_whole(company: Company) -> Case:
    """Whether somebody of the company runs the group, and an internal one has members (rules 2.7, 2.8)."""
    run = Exists(Master.objects.active().filter(group=OuterRef("pk"), member__company=company))
    filled = Exists(Membership.objects.filter(group=OuterRef("pk")))
    return Case(When(run & (Q(kind=Group.Kind.EXTERNAL) | filled), then=True), default=False)


def _of_live(company: Company) -> dict[str, Any]:
    return {"group__company": company, "group__deleted_at__isnull": True}


def _by_group(*fields: str, group: str = "group") -> list[str]:
    return [*(f"{group}__{field}" for field in NAMED), *fields]


def _masters(company: Company) -> Iterator[Values]:
    masters = Master.objects.filter(member__company=company, **_of_live(company)).order_by(
        *_by_group("member__email")
    )
    for group, member, source in _read(masters, "group__name", "member__email", "source"):
        yield {"group": group, "member": member, "source": source}


def _entries(company: Company, paths: Paths) -> Iterator[Values]:
    ours = Q(member__company=company) | Q(member=None)
    entries = Membership.objects.filter(is_live("subgroup__"), ours, **_of_live(company))
    ordered = entries.order_by(
        *_by_group("member__email", *BY_TEAM, "subgroup__name_sort", "subgroup__name_key")
    )
    found = _read(ordered, "group__name", "member__email", "team_id", "subgroup__name", "source")
    for group, member, team, subgroup, source in found:
        yield {"group": group, **_thing(member, team, subgroup, paths), "source": source}


def _thing(member: str | None, team: int | None, subgroup: str | None, paths: Paths) -> Values:
    if member:
        return {"member": member}
    return {"team": paths[team]} if team else {"subgroup": subgroup}


def _lists(company: Company) -> Iterator[Values]:
    aliases = ListAlias.objects.select_related("address").order_by("address__email")
    lists = (
        MailingList.objects.filter(address__isnull=False, **_of_live(company))
        .select_related("group", "address")
        .prefetch_related(Prefetch("aliases", aliases))
        .order_by(*_by_group())
    )
    for one in lists.iterator(chunk_size=AT_ONCE):
        yield {
            "group": one.group.name,
            "address": str(one.address),
            "aliases": [str(alias) for alias in one.aliases.all()],
            "blocks_external_domains": one.blocks_external_domains,
            "who_can_send": one.who_can_send,
        }


def _senders(company: Company, paths: Paths) -> Iterator[Values]:
    of_list = {f"mailing_list__{name}": value for name, value in _of_live(company).items()}
    senders = Designation.objects.filter(is_live("group__"), **of_list).order_by(
        *_by_group(
            "purpose",
            "member__email",
            *BY_TEAM,
            "group__name_sort",
            "group__name_key",
            group="mailing_list__group",
        )
    )
    found = _read(senders, "mailing_list__group__name", "purpose", "member__email", "team_id", "group__name")
    for group, purpose, member, team, subgroup in found:
        yield {"group": group, "purpose": purpose, **_thing(member, team, subgroup, paths)}


def _contacts(company: Company) -> Iterator[Values]:
    of_list = {f"mailing_list__{name}": value for name, value in _of_live(company).items()}
    contacts = ExternalContact.objects.filter(**of_list).order_by(
        *_by_group("email", group="mailing_list__group")
    )
    for group, email, name in _read(contacts, "mailing_list__group__name", "email", "name"):
        yield {"group": group, "email": email, "name": name}
