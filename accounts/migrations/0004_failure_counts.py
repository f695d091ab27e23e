"""Failed sign-ins are counted in the database (rule 9.5), and allauth's copies of addresses go.

allauth took them for signing in, also after a person's own address had changed.
"""

from django.db import migrations, models


def forget_copies(apps, schema_editor):
    apps.get_model("account", "EmailAddress").objects.all().delete()


DOORS = [
    ("web", "Web"),
    ("admin", "Django admin"),
    ("import", "Import"),
    ("mail", "Email"),
    ("system", "System"),
    ("shell", "Command line"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_command_line"),
        ("account", "0001_initial"),
    ]
    operations = [
        migrations.CreateModel(
            name="FailureCount",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("count", models.PositiveIntegerField()),
                ("until", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="door",
            field=models.CharField(choices=DOORS, max_length=6, verbose_name="source"),
        ),
        migrations.AlterField(
            model_name="job",
            name="door",
            field=models.CharField(choices=DOORS, max_length=6),
        ),
        migrations.RunPython(forget_copies, migrations.RunPython.noop),
    ]
