"""A company of any size, written straight into the tables: to try how the product feels when it is full.

Always the same for the same numbers. Nothing goes through the actions, so the audit starts empty.
"""

import itertools
import random
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from django.db import connection, models, transaction
from django.db.models import F, Value
from django.utils import timezone

from accounts.models import Address, Company, Domain, Member, Named, Team, TeamMembership
from groups.models import Group, MailingList, Master, Membership

from . import names

COMPANY, DOMAIN = "Large", "large.example"
BATCH = 5_000
DEPARTMENTS, DIVISIONS = 30, 500
EVERYBODY = 20
"""So many of the newest groups hold everybody."""
MINUTES_APART = 5

Tell = Callable[[str, int, int], None]
"""Hears what is written, how many rows are done, and of how many."""

PLACES = """
    Seoul Busan 평택 Osaka 東京 台北 Singapore Hamburg Zürich Malmö Kraków Wien Lisboa Dublin Austin Montréal
    دبي חיפה मुंबई กรุงเทพ Київ Αθήνα
""".split()  # noqa: SIM905
TOPICS = """
    Platform Robotics Safety Payroll Design Research Garden Chess Release Incident Hiring Budget Press Legal
    Field Suppliers Ärzte Façade Øresund Łódź Ελλάδα Наука Команда 로봇 출시 안전 디자인 연구 회의 安全 委員会
    工場 設計 研究 サポート 開発 新製品 شبكة עיצוב टीम ทีม
""".split()  # noqa: SIM905
KINDS = """
    Team Guild Committee Launch Review On-call Announcements Planning Alumni Newcomers Suppliers Workshop
    모임 部会
""".split()  # noqa: SIM905
TITLES = "Engineer Designer Analyst Buyer Nurse Lawyer Technician Accountant 대리 과장 課長 主任".split()  # noqa: SIM905

T = TypeVar("T", bound=models.Model)
N = TypeVar("N", bound=Named)


@dataclass(frozen=True)
class Size:
    """How many of each the company has."""

    groups: int = 100_000
    members: int = 100_000
    teams: int = 10_000


def fill(size: Size, tell: Tell = lambda _what, _done, _total: None) -> Company:
    """Adds the company with its people, teams and groups. Raises IntegrityError if it is there already."""
    chance = random.Random(7)  # noqa: S311  (a demonstration, not a secret)
    company = Company.objects.create(
        name=COMPANY, plan=Company.Plan.PAID, has_core=True, connecting=Company.Connecting.EVERYBODY
    )
    domain = Domain.objects.create(company=company, name=DOMAIN, is_primary=True, state=Domain.State.PROVEN)
    people = _people(company, domain, size.members, chance, tell)
    teams = _teams(company, people, size.teams, chance, tell)
    _groups(company, domain, _Cast(people, teams), size.groups, chance, tell)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # The planner knows nothing of rows that came a moment ago.
            cursor.execute("ANALYZE")
    return company


@dataclass(frozen=True)
class _Cast:
    """Who can be in a group: people, and teams from the top down."""

    people: list[Member]
    teams: list[Team]


def _write(model: type[T], rows: Iterable[T], what: str, total: int, tell: Tell) -> list[T]:
    """Writes the rows in batches, each a transaction, and gives them back with their ids."""
    written: list[T] = []
    iterator = iter(rows)
    while batch := list(itertools.islice(iterator, BATCH)):
        with transaction.atomic():
            written += model._default_manager.bulk_create(batch)
        tell(what, len(written), max(total, len(written)))
    return written


def _named(thing: N) -> N:
    thing.fold_name()
    return thing


def _people(company: Company, domain: Domain, number: int, chance: random.Random, tell: Tell) -> list[Member]:
    """The people; the first is the administrator, and one in fifty has left."""
    people = _write(Member, (_person(company, n, chance) for n in range(number)), "People", number, tell)
    _write(
        Address,
        (
            Address(
                email=person.email,
                local_part=person.email.partition("@")[0],
                domain=domain,
                kind=Address.Kind.MEMBER,
                member=person,
            )
            for person in people
        ),
        "Addresses",
        number,
        tell,
    )
    return people


def _person(company: Company, n: int, chance: random.Random) -> Member:
    name, local_part = chance.choice(names.HANBIT_MIX).name(chance)
    return _named(
        Member(
            company=company,
            name=name,
            email=f"{local_part}.{n}@{DOMAIN}",
            job_title=chance.choice(TITLES),
            site=chance.choice(PLACES),
            employee_number=f"{n:06}",
            is_administrator=n == 0,
            is_active=n == 0 or chance.random() > 0.02,
        )
    )


def _teams(
    company: Company, people: list[Member], number: int, chance: random.Random, tell: Tell
) -> list[Team]:
    """A tree four levels deep, and everybody in one or two of its teams."""
    teams: list[Team] = []
    above: list[Team | None] = [None]
    for level, size in enumerate(_levels(number)):
        rows = (_team(company, chance.choice(above), level, n, chance) for n in range(size))
        # Typed so that the next level can hang below it.
        above = [*_write(Team, rows, "Teams", number, lambda *_: None)]
        teams += [team for team in above if team]
        tell("Teams", len(teams), number)
    _write(
        TeamMembership,
        (
            TeamMembership(team=team, member=person)
            for person in people
            for team in chance.sample(teams[-max(1, len(teams) - 1) :], min(len(teams), _one_or_two(chance)))
        ),
        "People in teams",
        len(people),
        tell,
    )
    return teams


def _levels(number: int) -> list[int]:
    """How many teams each level has, from the one above all on."""
    levels: list[int] = []
    for wish in (1, DEPARTMENTS, DIVISIONS, number):
        levels.append(min(wish, number - sum(levels)))
    return [level for level in levels if level > 0]


def _one_or_two(chance: random.Random) -> int:
    return 1 + (chance.random() < 0.2)


def _team(company: Company, parent: Team | None, level: int, n: int, chance: random.Random) -> Team:
    topic, place = chance.choice(TOPICS), chance.choice(PLACES)
    name = company.name if parent is None else f"{topic} {place}" if level > 1 else topic
    return _named(Team(company=company, parent=parent, name=f"{name} {n + 1}" if parent else name))


def _groups(
    company: Company, domain: Domain, cast: _Cast, number: int, chance: random.Random, tell: Tell
) -> None:
    """The groups with their masters and entries; six of ten have a mailing list."""
    listed = number * 6 // 10
    addresses = _write(
        Address,
        (
            Address(
                email=f"list-{n}@{DOMAIN}", local_part=f"list-{n}", domain=domain, kind=Address.Kind.GROUP
            )
            for n in range(listed)
        ),
        "Addresses of lists",
        listed,
        tell,
    )
    lists = _write(
        MailingList, (MailingList(address=address) for address in addresses), "Mailing lists", listed, tell
    )
    groups = _write(Group, (_group(company, n, lists, chance) for n in range(number)), "Groups", number, tell)
    _spread_over_time(company, groups)
    _write(Master, _masters(groups, cast, chance), "Masters", number * 7 // 4, tell)
    _write(Membership, _entries(groups, cast, chance), "Entries", number * 11, tell)


def _group(company: Company, n: int, lists: list[MailingList], chance: random.Random) -> Group:
    private = chance.random() < 0.05
    external = private and chance.random() < 0.3
    listed = not external and n < len(lists)
    message = chance.random() < 0.7
    return _named(
        Group(
            company=company,
            name=f"{chance.choice(TOPICS)} {chance.choice(KINDS)} {n}",
            description=f"What {chance.choice(TOPICS)} in {chance.choice(PLACES)} needs." if n % 2 else "",
            kind=Group.Kind.EXTERNAL if external else Group.Kind.INTERNAL,
            is_visible=not private,
            message=message,
            note=message and n % 3 == 0,
            folder=message and n % 4 == 0,
            uses_mailing_list=listed,
            mailing_list=lists[n] if listed else None,
            form_key=uuid.UUID(int=n),
        )
    )


def _spread_over_time(company: Company, groups: list[Group]) -> None:
    """Makes the newest group as old as now, and each earlier one older."""
    if groups:
        age = models.ExpressionWrapper(
            (Value(groups[-1].pk) - F("pk")) * Value(timedelta(minutes=MINUTES_APART)), models.DurationField()
        )
        moment = models.ExpressionWrapper(Value(timezone.now()) - age, models.DateTimeField())
        Group.objects.filter(company=company).update(created_at=moment)


def _masters(groups: list[Group], cast: _Cast, chance: random.Random) -> Iterator[Master]:
    """One to three masters; one group in a thousand has none."""
    for group in groups:
        if chance.random() > 0.001:
            for person in chance.sample(cast.people, min(len(cast.people), chance.choice((1, 1, 2, 3)))):
                yield Master(group=group, member=person)


def _entries(groups: list[Group], cast: _Cast, chance: random.Random) -> Iterator[Membership]:
    """Some people, in a third of the groups a team besides, and in a tenth an older group."""
    everybody = {group.pk for group in groups[-EVERYBODY:]} if cast.teams else set()
    small = cast.teams[1 + DEPARTMENTS :]
    for n, group in enumerate(groups):
        if group.pk in everybody and not group.is_external:
            yield Membership(group=group, team=cast.teams[0])
        for person in chance.sample(cast.people, min(len(cast.people), chance.choice((3, 8, 12, 20)))):
            yield Membership(group=group, member=person)
        if small and not group.is_external and chance.random() < 0.3:
            yield Membership(group=group, team=chance.choice(small))
        if not group.is_external and n and chance.random() < 0.1:
            inner = groups[chance.randrange(n)]
            if not inner.is_external:
                yield Membership(group=group, subgroup=inner)
