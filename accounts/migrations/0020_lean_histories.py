"""Histories are asked by the record alone, so every other index of theirs only makes each change cost more; as do indexes
that another one begins with, and those for LIKE.

They go on PostgreSQL. SQLite, which has one writer at a time anyway, would copy the whole table for it.
"""

from django.db import migrations

KEPT = {
    "accounts_historicalaccount": ("id",),
    "accounts_historicalcontact": ("id", "account_id"),
}
GONE = (
    "accounts_account_industry_20827425_like",
    "accounts_account_name_key_63eaad1b_like",
    "accounts_erpcustomer_checked_by_id_d509c801",
    "accounts_erpcustomer_division_id_4a18163b",
    "accounts_erpcustomer_source_7eadb7e7",
    "accounts_erpcustomer_source_7eadb7e7_like",
    "accounts_feedrow_run_id_bb1d604e",
)


def drop(apps, schema_editor, kept=KEPT, gone=GONE):
    if schema_editor.connection.vendor != "postgresql":
        return
    found = []
    with schema_editor.connection.cursor() as cursor:
        for table, columns in kept.items():
            constraints = schema_editor.connection.introspection.get_constraints(cursor, table)
            found += [
                name
                for name, about in constraints.items()
                if about["index"] and not about["primary_key"] and (about["columns"] or [""])[0] not in columns
            ]
    for name in (*found, *gone):
        schema_editor.execute(f"DROP INDEX IF EXISTS {schema_editor.quote_name(name)}")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0019_count_divisions_by_index"),
    ]

    operations = [
        migrations.RunPython(drop, migrations.RunPython.noop),
    ]
