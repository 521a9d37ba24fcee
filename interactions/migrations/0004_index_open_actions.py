"""An account's page shows its open actions, few among thousands of entries, by their due days.

Without an index in that very order PostgreSQL walks every due day of the hub (SQLite filters the account's entries).
"""

from django.db import migrations

INDEX = (
    "CREATE INDEX open_action_by_account ON interactions_interaction "
    "(account_id, due_on DESC NULLS LAST, occurred_at DESC, id DESC) "
    "WHERE done_at IS NULL AND voided_at IS NULL AND next_action <> ''"
)


def create_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(INDEX)


def drop_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX open_action_by_account")


class Migration(migrations.Migration):
    dependencies = [("interactions", "0003_index_notes_and_due_days")]

    operations = [migrations.RunPython(create_index, drop_index)]
