"""Rule 12.2: what names are found by, and the orders that they are sorted in."""

from django.contrib.postgres.operations import CreateCollation
from django.db import migrations, models

from groupadmin.base.refolding import refold
from groupadmin.base.search_indexes import GRAMS, finding, in_order, on_postgresql, order_names, without
from groupadmin.base.search_text import search_text

COLLATIONS = (
    "und ko ja zh zh-Hant ar bg cs da el es et fa fi he hi hr hu is lt lv nb pl ro ru sk sl sr sv th tr uk vi"
).split()
FOUND = {
    "member_search": ("accounts_member", "name_search"),
    "member_called_search": ("accounts_member", "called_folded"),
    "member_work_search": ("accounts_member", "work_folded"),
    "team_search": ("accounts_team", "name_search"),
}
ORDERED = {"member_by": "accounts_member", "team_by": "accounts_team"}


def derive(apps, schema_editor):
    for name in ("Company", "Team"):
        refold(apps.get_model("accounts", name), ["name"], ["name_search"], lambda name: [search_text(name)])
    said = ["name", "nickname", "reading", "email", "employee_number", "job_title", "site"]
    derived = ["name_search", "called_folded", "work_folded"]
    refold(apps.get_model("accounts", "Member"), said, derived, of_member)


def of_member(name, nickname, reading, email, *at_work):
    called = (name, nickname, reading, email.partition("@")[0])
    return search_text(name), search_text(*called), search_text(*called, *at_work)


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0020_time_zones"),
    ]

    operations = [
        *(
            migrations.AddField(name, "name_search", models.TextField(default="", editable=False))
            for name in ("company", "member", "team")
        ),
        migrations.RemoveIndex("member", "member_by_name"),
        migrations.RemoveIndex("team", "team_by_name"),
        *(
            CreateCollation(f"names_{language.lower().replace('-', '_')}", f"{language}-u-kn-true", provider="icu")
            for language in COLLATIONS
        ),
        migrations.AlterModelOptions(
            "company",
            {"ordering": ["name_sort__collated", "id"], "verbose_name": "company", "verbose_name_plural": "companies"},
        ),
        migrations.AlterModelOptions(
            "member",
            {"ordering": ["name_sort__collated", "id"], "verbose_name": "member", "verbose_name_plural": "members"},
        ),
        migrations.AlterModelOptions(
            "team",
            {"ordering": ["name_sort__collated", "id"], "verbose_name": "team", "verbose_name_plural": "teams"},
        ),
        migrations.RunPython(derive, migrations.RunPython.noop),
        migrations.RunPython(
            on_postgresql(
                GRAMS,
                *(finding(name, table, column) for name, (table, column) in FOUND.items()),
                finding("address_search", "accounts_address", "local_part", "WHERE kind <> 'member'"),
                *(
                    index
                    for name, table in ORDERED.items()
                    for index in in_order(order_names(name), table, ["company_id"])
                ),
            ),
            on_postgresql(
                without("address_search", *FOUND, *(one for name in ORDERED for one in order_names(name))),
                "DROP FUNCTION search_grams(text)",
            ),
        ),
    ]
