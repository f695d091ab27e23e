"""The database itself keeps the audit: entries are added, not changed, and not deleted before their time (rule 8.3).

A later migration that rewrites old entries has to take the guard off before and put it on again after;
on SQLite one that rebuilds the table has to put it on again.
"""

from django.db import migrations

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


class Migration(migrations.Migration):
    # Databases from before the migrations were brought together know it by this name.
    replaces = [("accounts", "0003_audit_append_only")]
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(guard, unguard)]
