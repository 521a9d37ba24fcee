"""Lists sorted by last touch put who was never touched at the old end; PostgreSQL needs an index that says so.

(SQLite sorts missing values that way by itself.)
"""

from django.db import migrations

INDEXES = {"account_by_latest_touch": "accounts_account", "contact_by_latest_touch": "accounts_contact"}


def create_indexes(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name, table in INDEXES.items():
            schema_editor.execute(f"CREATE INDEX {name} ON {table} (last_interaction_at DESC NULLS LAST, id DESC)")


def drop_indexes(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in INDEXES:
            schema_editor.execute(f"DROP INDEX {name}")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_tell_what_an_import_decided")]

    operations = [migrations.RunPython(create_indexes, drop_indexes)]
