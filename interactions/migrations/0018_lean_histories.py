"""As accounts.0020: histories are asked by the record alone, and indexes that another one begins with say nothing new."""

from importlib import import_module

from django.db import migrations

lean = import_module("accounts.migrations.0020_lean_histories")


def drop(apps, schema_editor):
    lean.drop(
        apps,
        schema_editor,
        kept={"interactions_historicalinteraction": ("id",), "interactions_historicalsale": ("id",)},
        gone=(
            "interactions_sale_account_id_ea4e5127",
            "interactions_sale_created_by_id_36d736e8",
            "interactions_sale_division_id_d8d67449",
            "interactions_sale_idempotency_key_d0a5bf71_like",
            "interactions_sale_salesperson_id_6decd795",
        ),
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0020_lean_histories"),
        ("interactions", "0017_drop_what_no_query_uses"),
    ]

    operations = [
        migrations.RunPython(drop, migrations.RunPython.noop),
    ]
