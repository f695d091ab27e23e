"""The audit knows whose person somebody was, is searched by its own text, and is only added to (spec 8.3).

A later migration that rewrites old entries has to take the guard off before and put it on again after;
on SQLite one that rebuilds the table has to put it on again.
"""

import re

from django.db import migrations, models
from django.db.models import OuterRef, Subquery

from groupadmin.base.text import fold

BATCH = 2_000

POSTGRESQL = [
    """
    CREATE FUNCTION accounts_auditentry_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND current_setting('groupadmin.audit_purge', true) = 'on'
           AND OLD.at < now() - interval '30 days' THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'Entries of the audit are not changed, and not deleted before their time'
            USING ERRCODE = 'restrict_violation';
    END
    $$
    """,
    """
    CREATE TRIGGER accounts_auditentry_kept BEFORE UPDATE OR DELETE ON accounts_auditentry
        FOR EACH ROW EXECUTE FUNCTION accounts_auditentry_guard()
    """,
    """
    CREATE TRIGGER accounts_auditentry_not_emptied BEFORE TRUNCATE ON accounts_auditentry
        FOR EACH STATEMENT EXECUTE FUNCTION accounts_auditentry_guard()
    """,
]
SQLITE = [
    """
    CREATE TRIGGER accounts_auditentry_not_changed BEFORE UPDATE ON accounts_auditentry
    BEGIN SELECT RAISE(ABORT, 'Entries of the audit are not changed'); END
    """,
    """
    CREATE TRIGGER accounts_auditentry_not_replaced BEFORE INSERT ON accounts_auditentry
    WHEN EXISTS (SELECT 1 FROM accounts_auditentry WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'Entries of the audit are not changed'); END
    """,
    """
    CREATE TRIGGER accounts_auditentry_kept BEFORE DELETE ON accounts_auditentry
    WHEN OLD.at > datetime('now', '-30 days')
    BEGIN SELECT RAISE(ABORT, 'Entries of the audit are not deleted before their time'); END
    """,
]
UNDO = {
    "postgresql": [
        "DROP TRIGGER accounts_auditentry_kept ON accounts_auditentry",
        "DROP TRIGGER accounts_auditentry_not_emptied ON accounts_auditentry",
        "DROP FUNCTION accounts_auditentry_guard()",
    ],
    "sqlite": [
        "DROP TRIGGER accounts_auditentry_not_changed",
        "DROP TRIGGER accounts_auditentry_not_replaced",
        "DROP TRIGGER accounts_auditentry_kept",
    ],
}


def guard(apps, schema_editor):
    for statement in {"postgresql": POSTGRESQL, "sqlite": SQLITE}[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def unguard(apps, schema_editor):
    for statement in UNDO[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def fill(apps, schema_editor):
    """What entries of before can tell: whose person it was, by the account or else by the address."""
    entries = apps.get_model("accounts", "AuditEntry").objects
    members = apps.get_model("accounts", "Member").objects
    people = entries.filter(actor_id__isnull=False)
    account = members.filter(pk=OuterRef("actor_id"))
    people.update(actor_company_id=Subquery(account.values("company_id")[:1]))
    superusers = members.filter(company=None).values("pk")
    unknown = people.filter(actor_company_id=None).exclude(actor_id__in=superusers)
    for name, company in apps.get_model("accounts", "Domain").objects.values_list("name", "company_id"):
        unknown.filter(actor_email__endswith=f"@{name}").update(actor_company_id=company)
    for pk, name in apps.get_model("accounts", "Company").objects.values_list("pk", "name"):
        people.filter(actor_company_id=pk).exclude(company_id=pk).update(actor_company_name=name)
    last = 0
    while batch := list(entries.filter(pk__gt=last).order_by("pk")[:BATCH]):
        for entry in batch:
            entry.people_folded, entry.groups_folded = _searched(entry)
        entries.bulk_update(batch, ["people_folded", "groups_folded"], batch_size=500)
        last = batch[-1].pk


def _searched(entry):
    people, groups = [fold(entry.actor_name)], []
    if entry.actor_company_id is not None and entry.actor_company_id == entry.company_id:
        people.append(entry.actor_email.lower())
    if entry.target_kind == "member":
        people.append(fold(entry.target_name))
    if entry.target_kind == "group":
        groups.append(fold(entry.target_name))
    for key, values in entry.changes.items():
        for item in (item for value in values if isinstance(value, list) for item in value):
            if key == "contained_in" or str(item).startswith("group "):
                groups.append(fold(str(item).removeprefix("group ")))
            elif not str(item).startswith("team "):
                people.append(fold(re.sub(r" <[^<>]*>$", "", str(item))))
    return "\n".join(filter(None, people)), "\n".join(groups)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_connections_contacts_jobs")]

    operations = [
        migrations.AddField(
            model_name="auditentry",
            name="actor_company_id",
            field=models.BigIntegerField(null=True, verbose_name="company of who did it"),
        ),
        migrations.AddField(
            model_name="auditentry",
            name="actor_company_name",
            field=models.CharField(blank=True, max_length=1000, verbose_name="name of that company"),
        ),
        migrations.AddField(
            model_name="auditentry",
            name="groups_folded",
            field=models.TextField(blank=True, editable=False),
        ),
        migrations.AddField(
            model_name="auditentry",
            name="people_folded",
            field=models.TextField(blank=True, editable=False),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["company_id", "action", "-at", "-id"], name="audit_by_action"),
        ),
        migrations.RunPython(guard, unguard),
    ]
