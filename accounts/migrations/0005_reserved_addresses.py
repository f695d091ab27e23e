"""Every address is in one table, whole, also those of superusers; and some are nobody's (rule 1.10).

What has been taken before stays: a reserved address is marked, and a superuser whose address belongs to
somebody else gets no row. "manage.py check --database default" names both.
"""

import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models
from django.db.models import F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Concat

LONGEST_LOCAL_PART = 64
LOCAL_PARTS = [
    *("abuse", "admin", "administrator", "bounce", "hostmaster", "info-ca", "mailer-daemon", "no-reply"),
    *("noreply", "postmaster", "root", "security", "ssladmin", "ssladministrator", "sslwebmaster", "webmaster"),
]


def write_whole_addresses(apps, schema_editor):
    Address, Domain = apps.get_model("accounts", "Address"), apps.get_model("accounts", "Domain")
    names = Domain.objects.filter(pk=OuterRef("domain")).values("name")
    Address.objects.update(email=Concat(F("local_part"), Value("@"), Subquery(names)))
    reserved = Q(local_part__in=LOCAL_PARTS) | Q(local_part__startswith="bounce+")
    Address.objects.filter(reserved).update(predates_rule=True)
    Member = apps.get_model("accounts", "Member")
    for superuser in Member.objects.filter(company=None):
        local_part, _at, domain = superuser.email.rpartition("@")
        try:
            domain = domain.rstrip(".").encode("idna").decode("ascii")
        except UnicodeError:
            pass
        email = f"{local_part}@{domain}"
        if len(local_part) <= LONGEST_LOCAL_PART and not Address.objects.filter(email=email).exists():
            Address.objects.create(email=email, local_part=local_part, kind="super", member=superuser)
    if schema_editor.connection.vendor == "postgresql":
        # Their foreign keys are checked now: the table cannot be altered while that is due.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        schema_editor.execute("SET CONSTRAINTS ALL DEFERRED")


def forget_superusers_addresses(apps, schema_editor):
    apps.get_model("accounts", "Address").objects.filter(kind="super").delete()
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        schema_editor.execute("SET CONSTRAINTS ALL DEFERRED")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_failure_counts")]
    operations = [
        migrations.RemoveConstraint("address", "address_is_lower_case"),
        migrations.RemoveConstraint("address", "address_belongs_to_its_kind"),
        migrations.RemoveConstraint("address", "address_one_primary_per_member"),
        migrations.AddField(
            "address", "email", models.CharField(editable=False, max_length=320, null=True, verbose_name="address")
        ),
        migrations.AddField(
            "address",
            "predates_rule",
            models.BooleanField(default=False, editable=False, verbose_name="reserved, but taken before"),
        ),
        migrations.AlterField(
            "address",
            "kind",
            models.CharField(
                choices=[
                    ("member", "member"),
                    ("alias", "member (alias)"),
                    ("team", "team"),
                    ("group", "group"),
                    ("super", "superuser"),
                ],
                max_length=6,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            "address",
            "domain",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="addresses",
                to="accounts.domain",
                verbose_name="domain",
            ),
        ),
        migrations.RunPython(write_whole_addresses, forget_superusers_addresses),
        migrations.AlterField(
            "address",
            "email",
            models.CharField(editable=False, max_length=320, unique=True, verbose_name="address"),
        ),
        migrations.AddConstraint(
            "address",
            models.CheckConstraint(
                condition=Q(
                    local_part=django.db.models.functions.text.Lower(F("local_part")),
                    email=django.db.models.functions.text.Lower(F("email")),
                ),
                name="address_is_lower_case",
            ),
        ),
        migrations.AddConstraint(
            "address",
            models.CheckConstraint(
                condition=Q(email__startswith=Concat(F("local_part"), Value("@"))), name="address_is_whole"
            ),
        ),
        migrations.AddConstraint(
            "address",
            models.CheckConstraint(
                condition=Q(kind__in=["member", "alias"], member__isnull=False, domain__isnull=False)
                | Q(kind__in=["team", "group"], member__isnull=True, domain__isnull=False)
                | Q(kind="super", member__isnull=False, domain__isnull=True),
                name="address_belongs_to_its_kind",
            ),
        ),
        migrations.AddConstraint(
            "address",
            models.UniqueConstraint(
                fields=["member"],
                condition=Q(kind__in=["member", "super"]),
                name="address_one_primary_per_member",
            ),
        ),
        migrations.AddConstraint(
            "address",
            models.CheckConstraint(
                condition=~(Q(local_part__in=LOCAL_PARTS) | Q(local_part__startswith="bounce+"))
                | Q(kind="super")
                | Q(predates_rule=True),
                name="address_is_not_reserved",
            ),
        ),
    ]
