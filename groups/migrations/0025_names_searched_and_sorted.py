"""Rule 12.2: what names are found by, and the orders that they are sorted in."""

from django.db import migrations, models

from groupadmin.base.refolding import refold
from groupadmin.base.search_indexes import finding, in_order, on_postgresql, order_names, without
from groupadmin.base.search_text import search_text

ORDERED = {
    "group_by": ("groups_group", ["company_id"]),
    "folder_by": ("groups_folder", ["group_id", "parent_id"]),
    "folder_file_by": ("groups_folderfile", ["group_id", "folder_id"]),
}


def derive(apps, schema_editor):
    for name in ("Group", "Folder", "FolderFile"):
        refold(apps.get_model("groups", name), ["name"], ["name_search"], lambda name: [search_text(name)])


class Migration(migrations.Migration):

    dependencies = [
        ("groups", "0024_signing_keys"),
        ("accounts", "0021_names_searched_and_sorted"),
    ]

    operations = [
        *(
            migrations.AddField(name, "name_search", models.TextField(default="", editable=False))
            for name in ("group", "folder", "folderfile")
        ),
        migrations.RemoveIndex("group", "group_by_name"),
        migrations.AlterModelOptions(
            "group",
            {"ordering": ["name_sort__collated", "id"], "verbose_name": "group", "verbose_name_plural": "groups"},
        ),
        migrations.RunPython(derive, migrations.RunPython.noop),
        migrations.RunPython(
            on_postgresql(
                finding("group_search", "groups_group", "name_search"),
                *(
                    index
                    for name, (table, columns) in ORDERED.items()
                    for index in in_order(order_names(name), table, columns)
                ),
            ),
            on_postgresql(without("group_search", *(one for name in ORDERED for one in order_names(name)))),
        ),
    ]
