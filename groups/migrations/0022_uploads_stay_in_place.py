"""Files that arrive in pieces arrive where they stay."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("groups", "0021_directory_import_doors"),
    ]

    operations = [
        migrations.AddField(
            model_name="upload",
            name="mark",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AlterField(
            model_name="upload",
            name="file",
            field=models.FileField(upload_to="rooms/%Y/%m/"),
        ),
    ]
