"""The demonstration's two companies, their teams and their people."""

from collections.abc import Iterator
from dataclasses import dataclass

from accounts.actions.domains import add_domain
from accounts.actions.members import MemberSettings, add_member
from accounts.actions.teams import TeamSettings, add_team
from accounts.actor import Actor
from accounts.models import Company, Domain, Member, Team

from . import names

ACTOR = Actor.system()


@dataclass(frozen=True)
class Chart:
    """A team of the chart: its name, the local part of its address, its own people, the teams below it."""

    name: str
    local_part: str
    size: int
    below: tuple["Chart", ...] = ()


@dataclass
class Cast:
    """A company for the groups' data to refer to: people by key, teams by name."""

    company: Company
    domain: Domain
    people: dict[str, Member]
    teams: dict[str, Team]

    def team_people(self, team: str) -> list[Member]:
        """The people of the team itself, in a fixed order."""
        memberships = self.teams[team].memberships.select_related("member").order_by("member__email")
        return [membership.member for membership in memberships]


HANBIT_CHART = (
    Chart(
        "Engineering",
        "engineering",
        2,
        (
            Chart(
                "Platform",
                "platform",
                4,
                (
                    Chart("SRE", "sre", 5, (Chart("Seoul shift", "", 5), Chart("Berlin shift", "", 4))),
                    Chart("Data & Telemetry", "telemetry", 6),
                    Chart("Developer tools", "devtools", 5),
                ),
            ),
            Chart(
                "Robotics",
                "robotics",
                3,
                (
                    Chart(
                        "Perception",
                        "perception",
                        4,
                        (Chart("Vision", "", 6), Chart("Lidar [prototype]", "", 3)),
                    ),
                    Chart("Motion control", "motion", 7),
                    Chart("Firmware", "firmware", 6),
                ),
            ),
            Chart("Quality", "quality", 6),
        ),
    ),
    Chart(
        "Product & Design",
        "product",
        2,
        (Chart("Product management", "pm", 6), Chart("Design", "design", 5, (Chart("Research", "", 4),))),
    ),
    Chart(
        "제조",
        "manufacturing",
        2,
        (
            Chart("평택 공장", "pyeongtaek", 3, (Chart("조립 A라인", "", 8), Chart("조립 B라인", "", 8))),
            Chart("Supply chain", "supply", 6),
        ),
    ),
    Chart(
        "Sales",
        "sales",
        2,
        (
            Chart("東アジア営業", "sales-east-asia", 3, (Chart("東京", "", 5), Chart("台北", "", 4))),
            Chart("Europe", "sales-europe", 3, (Chart("DACH", "", 4), Chart("Nordics – Baltics", "", 3))),
            Chart("الشرق الأوسط", "sales-mena", 4),
        ),
    ),
    Chart("People & Culture", "people", 6),
    Chart(
        "Finance & Legal", "finance", 4, (Chart("Legal", "legal", 3), Chart("Controlling", "controlling", 4))
    ),
    Chart("Executive office", "", 3),
)

NORDLICHT_CHART = (
    Chart("Disposition", "disposition", 5, (Chart("Nachtschicht", "", 4),)),
    Chart("Lager Hamburg", "lager", 6, (Chart("Kühlhaus", "", 4),)),
    Chart("Kundendienst", "service", 6),
    Chart("Geschäftsleitung", "", 3),
)

# Key, name, local part, team, administrator: the people who sign in, and one who has left.
HANBIT_CAST = (
    ("administrator", "김지우", "jiwoo.kim", "People & Culture", True),
    ("second administrator", "Tobias Lehmann", "tobias.lehmann", "Executive office", True),
    ("master", "Hana Sato 佐藤 花", "hana.sato", "SRE", False),
    ("member", "Priya Nair", "priya.nair", "Vision", False),
    ("leaver", "Ingrid Holm", "ingrid.holm", "Research", False),
)
NORDLICHT_CAST = (
    ("other administrator", "Maren Böttcher", "maren.boettcher", "Geschäftsleitung", True),
    ("other", "Lena Brandt", "lena.brandt", "Disposition", False),
)
CONNECTING = {"administrator", "second administrator", "master", "member"}


def hanbit() -> Cast:
    """A paid company with Core, where administrators create the groups and chosen people connect."""
    company = Company.objects.create(
        name="Hanbit Robotics",
        plan=Company.Plan.PAID,
        has_core=True,
        connecting=Company.Connecting.CHOSEN,
        time_zone="Asia/Seoul",
    )
    return _populate(company, "hanbit.example", HANBIT_CHART, HANBIT_CAST, names.HANBIT_MIX)


def nordlicht() -> Cast:
    """A company on the free plan, without Core, where everybody creates groups and connects."""
    company = Company.objects.create(
        name="Nordlicht Logistik",
        connecting=Company.Connecting.EVERYBODY,
        group_creators=Company.Creators.EVERYBODY,
        time_zone="Europe/Berlin",
    )
    return _populate(company, "nordlicht.example", NORDLICHT_CHART, NORDLICHT_CAST, names.NORDLICHT_MIX)


def _populate(
    company: Company,
    domain_name: str,
    chart: tuple[Chart, ...],
    people: tuple[tuple[str, str, str, str, bool], ...],
    mix: list[names.Culture],
) -> Cast:
    domain = add_domain(company, domain_name, actor=ACTOR)
    cast = Cast(company, domain, {}, {})
    _add_teams(cast, chart, None)
    for key, name, local_part, team, is_administrator in people:
        settings = MemberSettings(
            name,
            local_part,
            domain.pk,
            team_ids=frozenset({cast.teams[team].pk}),
            is_administrator=is_administrator,
            may_connect=key in CONNECTING,
        )
        cast.people[key] = add_member(company, settings, actor=ACTOR)
    _fill(cast, _sizes(chart), names.people(mix, {local_part for _k, _n, local_part, *_ in people}))
    return cast


def _add_teams(cast: Cast, chart: tuple[Chart, ...], parent: Team | None) -> None:
    for node in chart:
        settings = TeamSettings(node.name, local_part=node.local_part, domain_id=cast.domain.pk)
        team = add_team(cast.company, settings, parent, actor=ACTOR)
        cast.teams[node.name] = team
        _add_teams(cast, node.below, team)


def _sizes(chart: tuple[Chart, ...]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for node in chart:
        sizes |= {node.name: node.size} | _sizes(node.below)
    return sizes


def _fill(cast: Cast, sizes: dict[str, int], people: Iterator[tuple[str, str]]) -> None:
    """Fills the teams; every third person may connect, every twelfth is in a second team as well."""
    teams = list(cast.teams.values())
    count = 0
    for team_name, size in sizes.items():
        for _place in range(size):
            count += 1
            name, local_part = next(people)
            alias = (f"{local_part.partition('.')[0]}{count}", cast.domain.pk)
            second_team = teams[count % len(teams)].pk
            settings = MemberSettings(
                name,
                local_part,
                cast.domain.pk,
                aliases=(alias,) if count % 20 == 0 else (),
                team_ids=frozenset({cast.teams[team_name].pk, *([second_team] if count % 12 == 0 else [])}),
                may_connect=count % 3 == 0,
            )
            add_member(cast.company, settings, actor=ACTOR)
