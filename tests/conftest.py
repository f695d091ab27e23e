"""A fixture for each of the cast, who are introduced in tests.cast, and what all tests share."""

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from django.apps import apps
from django.db import connection
from django.test import Client, SimpleTestCase, TransactionTestCase, override_settings
from django.utils import timezone
from hypothesis.configuration import set_hypothesis_home_dir
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import Company, Member, Team
from groupadmin.base import clock as database_clock
from groups.models import Group

from . import cast, helpers
from .emptying import empty_again
from .settings import SCRATCH

set_hypothesis_home_dir(str(SCRATCH / "hypothesis"))
hypothesis.settings.register_profile(
    "suite",
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(hypothesis.HealthCheck),
)
hypothesis.settings.load_profile("suite")


# Beyond a thousand, where a number in a template is written with a separator that no address understands.
FIRST_ID = 1_000_000
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup", "live_server"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What asks no database, such as a test of a parser, need not be asked twice."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if (
            not item.get_closest_marker("django_db")
            and fixtures.isdisjoint(DATABASE_FIXTURES)
            and not (isinstance(item, pytest.Function) and item.cls and issubclass(item.cls, SimpleTestCase))
        ):
            item.add_marker(pytest.mark.one_database)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Ids as a company has them after years; and no connection of a server's thread outlives the suite."""
    with django_db_blocker.unblock():
        count_ids_from(FIRST_ID)
        _let_the_audit_be_emptied()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty_again)
        yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


def _let_the_audit_be_emptied() -> None:
    """Tests with transactions of their own empty all tables after them, which the database refuses in use.

    That is taken out here, in the test database, so that in use there is no such door. Entries still cannot
    be changed; tests/accounts/audit/test_append_only.py puts back what is taken out.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DROP TRIGGER IF EXISTS accounts_auditentry_not_emptied ON accounts_auditentry")
        else:
            cursor.execute("DROP TRIGGER IF EXISTS accounts_auditentry_kept")


def count_ids_from(first: int) -> None:
    tables = [
        model._meta.db_table
        for model in apps.get_models()
        if model._meta.app_label in ("accounts", "groups") and model._meta.auto_field is not None
    ]
    with connection.cursor() as cursor:
        for table in tables:
            if connection.vendor == "postgresql":
                cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, first])
            else:
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
                cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, first])


@pytest.fixture(autouse=True)
def media(tmp_path: Path) -> Iterator[Path]:
    """Where one test's uploads lie, out of the way of the others'."""
    with override_settings(MEDIA_ROOT=tmp_path / "media"):
        yield tmp_path / "media"


@pytest.fixture
def company(db: None) -> Company:
    return cast.company("company")


@pytest.fixture
def other_company(db: None) -> Company:
    return cast.company("other_company")


@pytest.fixture
def administrator(company: Company) -> Member:
    return cast.person("administrator", company)


@pytest.fixture
def master(company: Company) -> Member:
    return cast.person("master", company)


@pytest.fixture
def member(company: Company) -> Member:
    return cast.person("member", company)


@pytest.fixture
def teammate(company: Company) -> Member:
    return cast.person("teammate", company)


@pytest.fixture
def insider(company: Company) -> Member:
    return cast.person("insider", company)


@pytest.fixture
def outsider(company: Company) -> Member:
    return cast.person("outsider", company)


@pytest.fixture
def guest(other_company: Company) -> Member:
    return cast.person("guest", other_company)


@pytest.fixture
def stranger(other_company: Company) -> Member:
    return cast.person("stranger", other_company)


@pytest.fixture
def other_administrator(other_company: Company) -> Member:
    return cast.person("other_administrator", other_company)


@pytest.fixture
def superuser(db: None) -> Member:
    return cast.superuser()


@pytest.fixture
def team(company: Company, teammate: Member) -> Team:
    """A team of the teammate."""
    return cast.team(company, teammate)


@pytest.fixture
def group(company: Company, master: Member, member: Member, team: Team) -> Group:
    """Internal and public, with Message and a mailing list, platform@hanbit.example."""
    return cast.group(company, master, member, team)


@pytest.fixture
def private_group(company: Company, insider: Member) -> Group:
    """Internal and private."""
    return cast.private_group(company, insider)


@pytest.fixture
def external_group(company: Company, master: Member, member: Member, guest: Member) -> Group:
    """Hanbit's, with a guest from Nordlicht."""
    return cast.external_group(company, master, member, guest)


@pytest.fixture
def deleted_group(company: Company, master: Member, member: Member) -> Group:
    """Recently deleted."""
    return cast.deleted_group(company, master, member)


@pytest.fixture
def client_of() -> helpers.ClientOf:
    """client_of(member) is a test client signed in as the member."""
    return helpers.client_of


@pytest.fixture
def actor_of() -> helpers.ActorOf:
    """actor_of(member) is the member as the actor of an action."""
    return helpers.actor_of


@pytest.fixture
def admin(superuser: Member) -> Client:
    """The superuser's browser, for Django admin."""
    return helpers.client_of(superuser)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> helpers.Clock:
    """What time it is: now, until the test says otherwise."""
    clock = helpers.Clock()
    monkeypatch.setattr(timezone, "now", lambda: clock.now)
    for name in ("now", "read"):
        monkeypatch.setattr(database_clock, name, lambda: clock.now)
    return clock
