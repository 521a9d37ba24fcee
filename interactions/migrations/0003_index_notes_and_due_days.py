"""PostgreSQL's indexes for the list of interactions: words in notes, the order of due days, the few voided."""

from django.db import migrations

INDEXES = {
    "interaction_notes": "USING gin (upper(notes) gin_trgm_ops)",
    "interaction_by_due": "(due_on DESC NULLS LAST, id DESC)",
    "interaction_voided": "(occurred_at DESC, id DESC) WHERE voided_at IS NOT NULL",
}


def create_indexes(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name, how in INDEXES.items():
            schema_editor.execute(f"CREATE INDEX {name} ON interactions_interaction {how}")


def drop_indexes(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in INDEXES:
            schema_editor.execute(f"DROP INDEX {name}")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_divisions_and_search"), ("interactions", "0002_kinds_of_interaction")]

    operations = [migrations.RunPython(create_indexes, drop_indexes)]
