"""Rule 8.3: nobody changes or deletes entries of the audit, which the database itself sees to."""

from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from unittest.mock import patch

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import override_settings
from django.utils import timezone

from accounts import audit
from accounts.actions.audit import purge_audit
from accounts.actor import Actor, Refused
from accounts.models import AuditEntry, Company, Member
from groups.tasks import tidy_up
from tests.helpers import ActorOf

pytestmark = pytest.mark.django_db

migration = import_module("accounts.migrations.0002_audit_append_only")
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no such thing")
Write = Callable[[int], AuditEntry]


@pytest.fixture
def guarded(company: Company) -> None:
    """The database as the migrations leave it: with what conftest takes out for the tests' own sake."""
    guards = {"postgresql": migration.POSTGRESQL[2:], "sqlite": migration.SQLITE[2:]}
    with connection.cursor() as cursor:
        for statement in guards[connection.vendor]:
            cursor.execute(statement)


@pytest.fixture
def written(company: Company) -> Write:
    """written(5) is an entry of five days ago."""

    def write(days: int) -> AuditEntry:
        with patch("django.utils.timezone.now", return_value=timezone.now() - timedelta(days=days)):
            return audit.record(Actor.system(), "company.update", company)

    return write


def refuses(do: Callable[[], object]) -> bool:
    """Whether the database does not let it happen."""
    try:
        with transaction.atomic():
            do()
    except DatabaseError as error:
        return "of the audit are not" in str(error)
    return False


def sql(*statements: str) -> Callable[[], None]:
    def run() -> None:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    return run


@pytest.mark.parametrize("days", [0, 40, 400])
def test_entries_are_never_changed(written: Write, days: int) -> None:
    entry = written(days)
    entry.reason = "made up"
    assert refuses(entry.save)
    assert refuses(lambda: AuditEntry.objects.filter(pk=entry.pk).update(actor_name="Somebody else"))
    assert refuses(sql("UPDATE accounts_auditentry SET at = at"))
    assert AuditEntry.objects.get(pk=entry.pk).reason == ""


@pytest.mark.usefixtures("guarded")
@pytest.mark.parametrize("days", [0, 29])
def test_young_entries_are_not_deleted(written: Write, days: int) -> None:
    entry = written(days)
    assert refuses(entry.delete)
    assert refuses(sql(f"DELETE FROM accounts_auditentry WHERE id = {entry.pk}"))
    if connection.vendor == "postgresql":
        say = "SET LOCAL groupadmin.audit_purge = 'on'"
        assert refuses(sql(say, "DELETE FROM accounts_auditentry"))
    assert AuditEntry.objects.filter(pk=entry.pk).exists()


@on_postgresql
@pytest.mark.usefixtures("guarded")
def test_old_entries_are_deleted_only_by_a_transaction_that_says_so(written: Write) -> None:
    entry = written(31)
    assert refuses(sql("DELETE FROM accounts_auditentry"))
    assert refuses(sql("SET LOCAL groupadmin.audit_purge = 'off'", "DELETE FROM accounts_auditentry"))
    assert not refuses(sql("SET LOCAL groupadmin.audit_purge = 'on'", "DELETE FROM accounts_auditentry"))
    assert not AuditEntry.objects.filter(pk=entry.pk).exists()


@on_postgresql
@pytest.mark.usefixtures("guarded")
def test_the_table_is_not_emptied(written: Write) -> None:
    written(400)
    assert refuses(sql("TRUNCATE accounts_auditentry"))
    assert refuses(sql("SET LOCAL groupadmin.audit_purge = 'on'", "TRUNCATE accounts_auditentry"))


@pytest.mark.usefixtures("guarded")
@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite alone replaces rows")
def test_an_entry_is_not_replaced(written: Write) -> None:
    entry = written(0)
    columns = "door, action, target_kind, target_name, changes, result, reason, at"
    columns += ", actor_name, actor_email, actor_company_name, people_folded, groups_folded"
    values = f"{entry.pk}, 'web', 'x', '', '', '{{}}', 'done', 'made up', '2020-01-01', '', '', '', '', ''"
    assert refuses(sql(f"INSERT OR REPLACE INTO accounts_auditentry (id, {columns}) VALUES ({values})"))


@pytest.mark.usefixtures("guarded")
def test_what_is_old_is_purged_and_that_is_audited(
    written: Write, company: Company, other_company: Company
) -> None:
    """In batches; each company finds how many of its entries went, and until when."""
    kept = [written(days).pk for days in (0, 31, 179)]
    for days in (181, 200, 500):
        written(days)
    with patch("django.utils.timezone.now", return_value=timezone.now() - timedelta(days=300)):
        audit.record(Actor.system(), "company.update", other_company)
    with patch("accounts.actions.audit.PURGED_AT_ONCE", 2):
        tidy_up.call()

    assert (
        list(AuditEntry.objects.exclude(action="audit.purge").order_by("pk").values_list("pk", flat=True))
        == kept
    )
    own = AuditEntry.objects.filter(action="audit.purge", company_id=company.pk)
    assert sorted(entry.changes["entries"][1] for entry in own) == [1, 2]
    assert {entry.door for entry in own} == {"system"}
    theirs = AuditEntry.objects.get(action="audit.purge", company_id=other_company.pk)
    assert theirs.changes["entries"] == [None, 1]
    assert theirs.changes["until"][1] < timezone.now().isoformat()
    assert purge_audit(actor=Actor.system()) == 0


def test_only_the_system_purges(written: Write, administrator: Member, actor_of: ActorOf) -> None:
    written(200)
    with pytest.raises(Refused):
        purge_audit(actor=actor_of(administrator))
    assert AuditEntry.objects.filter(action="company.update").exists()


@on_postgresql
@pytest.mark.usefixtures("guarded")
def test_a_purge_leaves_no_door_open(written: Write) -> None:
    """Even within one transaction the words are taken back."""
    written(200)
    assert purge_audit(actor=Actor.system()) == 1
    written(200)
    assert refuses(sql("DELETE FROM accounts_auditentry"))


@pytest.mark.parametrize(("days", "errors"), [(29, ["accounts.E001"]), (30, []), (0, ["accounts.E001"])])
def test_it_is_kept_for_a_month_at_least(days: int, errors: list[str]) -> None:
    with override_settings(AUDIT_KEPT_DAYS=days):
        found = run_checks()
    assert [error.id for error in found if str(error.id).startswith("accounts.")] == errors


def test_the_suite_itself_empties_all_tables(transactional_db: None, company: Company) -> None:
    """What conftest takes out suffices for a flush; else all live servers' tests fail at their end."""
    audit.record(Actor.system(), "company.update", company)
    call_command("flush", interactive=False, verbosity=0)
    assert not AuditEntry.objects.exists()


def test_ids_are_given_once(written: Write) -> None:
    """An entry cannot be put in the place of another one."""
    entry = written(0)
    with pytest.raises(IntegrityError), transaction.atomic():
        entry.save(force_insert=True)
