"""Fills an empty database with a company as large as the paid plan allows, for the benchmarks."""

import itertools
import random
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from django.db import connection, models, transaction

from accounts.models import Address, Company, Domain, Member, Team, TeamMembership
from groups.models import Group, MailingList, Master, Membership

GROUPS = 100_000
MEMBERS = 100_000
TEAMS = 10_000
EVERYONE = 20

WORDS = """
    Platform Launch Robot Safety Works Summer Field Osaka Suppliers Design Research Payroll Garden Chess
    Release Incident Hiring Budget Press Legal Ärzte Zürich Façade Øresund Łódź Ελλάδα Наука Команда
    로봇 출시 안전 디자인 연구 회의 安全 委員会 工場 設計 研究 サポート チーム 開発 新製品
    شبكة فريق עיצוב टीम ทีม
""".split()  # noqa: SIM905
GIVEN = """
    Ada Min Yui Lena Jun Maya Otto Ines Tae Sven Zoë Олег Ирина 민수 서연 健 佐藤 伟 娜 ليلى משה प्रिया
""".split()  # noqa: SIM905
FAMILY = """
    Kim Park Sato Vogt Iyer Lind Novák Müller Иванов 김 박 이 田中 王 李 حداد כהן शर्मा Smith García
""".split()  # noqa: SIM905

T = TypeVar("T", bound=models.Model)


def fill(groups: int = GROUPS, members: int = MEMBERS, teams: int = TEAMS) -> Company:
    """The company, its people, teams and groups, always the same ones."""
    chance = random.Random(7)
    company = Company.objects.create(
        name="Large", plan=Company.Plan.PAID, has_core=True, connecting=Company.Connecting.EVERYBODY
    )
    domain = Domain.objects.create(company=company, name="large.example", is_primary=True, state="proven")
    people = _people(company, domain, members, chance)
    _teams(company, people, teams, chance)
    _groups(company, domain, people, groups, chance)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    return company


def _write(model: type[T], rows: Iterable[T]) -> list[T]:
    written: list[T] = []
    with transaction.atomic():
        for batch in _batches(rows):
            written += model._default_manager.bulk_create(batch)
    return written


def _batches(rows: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(rows)
    while batch := list(itertools.islice(iterator, 5_000)):
        yield batch


def _named(thing: T) -> T:
    thing.fold_name()  # type: ignore[attr-defined]
    return thing


def _people(company: Company, domain: Domain, number: int, chance: random.Random) -> list[Member]:
    people = _write(
        Member,
        (
            _named(
                Member(
                    company=company,
                    name=f"{chance.choice(GIVEN)} {chance.choice(FAMILY)} {n}",
                    email=f"person{n}@{domain.name}",
                    is_administrator=n == 0,
                    is_active=n == 0 or chance.random() > 0.02,
                )
            )
            for n in range(number)
        ),
    )
    _write(
        Address,
        (
            Address(
                email=person.email,
                local_part=f"person{n}",
                domain=domain,
                kind=Address.Kind.MEMBER,
                member=person,
            )
            for n, person in enumerate(people)
        ),
    )
    return people


def _teams(company: Company, people: list[Member], number: int, chance: random.Random) -> None:
    teams: list[Team] = []
    level: list[Team | None] = [None]
    for size in (1, 30, 500, number - 531):
        level = [
            *_write(
                Team,
                [
                    _named(Team(company=company, parent=chance.choice(level), name=f"Team {size} {n}"))
                    for n in range(size)
                ],
            )
        ]
        teams += [team for team in level if team]
    _write(
        TeamMembership,
        (
            TeamMembership(team=team, member=person)
            for person in people
            for team in chance.sample(teams[1:], 1 + (chance.random() < 0.2))
        ),
    )


def _groups(
    company: Company, domain: Domain, people: list[Member], number: int, chance: random.Random
) -> None:
    addresses = _write(
        Address,
        (
            Address(
                email=f"list-{n}@{domain.name}",
                local_part=f"list-{n}",
                domain=domain,
                kind=Address.Kind.GROUP,
            )
            for n in range(number * 6 // 10)
        ),
    )
    lists = _write(MailingList, (MailingList(address=address) for address in addresses))
    groups = _write(Group, (_group(company, n, lists, number, chance) for n in range(number)))
    now = datetime(2026, 11, 1, tzinfo=UTC)
    for n, group in enumerate(groups):
        group.created_at = now - timedelta(minutes=5 * (number - n) // 2 * 2)
    for batch in _batches(groups):
        Group.objects.bulk_update(batch, ["created_at"])
    _write(
        Master,
        (
            Master(group=group, member=person)
            for group in groups
            if chance.random() > 0.001
            for person in chance.sample(people, chance.choice((1, 1, 2, 3)))
        ),
    )
    _write(Membership, _entries(company, groups, people, chance))


def _group(company: Company, n: int, lists: list[MailingList], number: int, chance: random.Random) -> Group:
    private = chance.random() < 0.05
    external = private and chance.random() < 0.3
    listed = not external and n < len(lists)
    message = chance.random() < 0.7
    return _named(
        Group(
            company=company,
            name=f"{chance.choice(WORDS)} {chance.choice(WORDS)} {n}",
            description="All that it takes, told in one line." if n % 2 else "",
            kind="external" if external else "internal",
            is_visible=not private,
            message=message,
            note=message and n % 3 == 0,
            folder=message and n % 4 == 0,
            uses_mailing_list=listed,
            mailing_list=lists[n] if listed else None,
            form_key=uuid.UUID(int=n),
        )
    )


def _entries(
    company: Company, groups: list[Group], people: list[Member], chance: random.Random
) -> Iterator[Membership]:
    teams = list(Team.objects.filter(company=company).order_by("pk"))
    everyone = {group.pk for group in groups[-EVERYONE:]}
    for n, group in enumerate(groups):
        if group.pk in everyone:
            yield Membership(group=group, team=teams[0])
        for person in chance.sample(people, min(len(people), chance.choice((3, 8, 12, 20)))):
            yield Membership(group=group, member=person)
        if not group.is_external and chance.random() < 0.3:
            yield Membership(group=group, team=chance.choice(teams[31:]))
        if not group.is_external and n and chance.random() < 0.1:
            yield Membership(group=group, subgroup=groups[chance.randrange(n)])
