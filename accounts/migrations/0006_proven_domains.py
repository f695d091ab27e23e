"""A domain is its company's once that is proven (rule 1.9). Those in use stay so, and are to be proven."""

import django.utils.timezone
from django.db import migrations, models
from django.db.models import Q

import accounts.models.domain
from accounts.models.domain import new_token

STATES = [
    ("claimed", "To be proven"),
    ("existing", "In use, to be proven"),
    ("proven", "Proven"),
    ("lost", "Proven by another company"),
]


def give_tokens(apps, schema_editor):
    """Each row its own: the default has given all of them the same."""
    Domain = apps.get_model("accounts", "Domain")
    domains = list(Domain.objects.only("pk"))
    for domain in domains:
        domain.token = new_token()
    Domain.objects.bulk_update(domains, ["token"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_reserved_addresses")]
    operations = [
        migrations.AddField(
            "domain",
            "state",
            models.CharField(choices=STATES, default="existing", max_length=8, verbose_name="state"),
        ),
        migrations.AlterField(
            "domain",
            "state",
            models.CharField(choices=STATES, default="claimed", max_length=8, verbose_name="state"),
        ),
        migrations.AddField(
            "domain",
            "token",
            models.CharField(default=accounts.models.domain.new_token, editable=False, max_length=64),
        ),
        migrations.AddField(
            "domain",
            "claimed_at",
            models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="added"),
        ),
        migrations.AddField(
            "domain", "proven_at", models.DateTimeField(editable=False, null=True, verbose_name="proven")
        ),
        migrations.AddField(
            "domain", "checked_at", models.DateTimeField(editable=False, null=True, verbose_name="last checked")
        ),
        migrations.AddField("domain", "problem", models.CharField(blank=True, editable=False, max_length=12)),
        migrations.AddField("domain", "asked_at", models.DateTimeField(editable=False, null=True)),
        migrations.AddField(
            "domain", "check_due_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)
        ),
        migrations.RunPython(give_tokens, migrations.RunPython.noop),
        migrations.AlterField(
            "domain", "name", models.CharField(db_index=True, max_length=253, verbose_name="name")
        ),
        migrations.AddIndex(
            "domain",
            models.Index(
                condition=Q(state__in=["claimed", "existing"]), fields=["check_due_at"], name="domain_check_due"
            ),
        ),
        migrations.AddConstraint(
            "domain", models.UniqueConstraint(fields=("company", "name"), name="domain_once_per_company")
        ),
        migrations.AddConstraint(
            "domain",
            models.UniqueConstraint(
                condition=Q(state__in=["existing", "proven"]), fields=("name",), name="domain_used_by_one_company"
            ),
        ),
        migrations.AddConstraint(
            "domain",
            models.CheckConstraint(
                condition=Q(is_primary=False) | Q(state__in=["existing", "proven"]),
                name="domain_primary_is_usable",
            ),
        ),
    ]
