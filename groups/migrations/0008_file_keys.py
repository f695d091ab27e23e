"""Names of files and folders are compared as they are written (rule 3.9), no longer folded."""

import hashlib
import unicodedata

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

AT_ONCE = 1000


def write_keys(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """New keys for all names. What was different when folded is different as it is written."""
    for name in ("Folder", "FolderFile"):
        model = apps.get_model("groups", name)
        last = 0
        while rows := list(model.objects.filter(pk__gt=last).order_by("pk").only("name")[:AT_ONCE]):
            for row in rows:
                written = unicodedata.normalize("NFC", row.name)
                row.name_key = hashlib.sha256(written.encode()).hexdigest()
            model.objects.bulk_update(rows, ["name_key"])
            last = rows[-1].pk


class Migration(migrations.Migration):
    dependencies = [("groups", "0007_queued_emails")]

    operations = [migrations.RunPython(write_keys, migrations.RunPython.noop)]
