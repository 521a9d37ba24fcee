"""What an import of many rows pays for and nobody gains by: to check for each row that its run is there, which the same
transaction holds locked, and to index what is blank in nearly every row.

The indexes change on PostgreSQL only; a lookup of a value finds them as before.
"""

import django.db.models.deletion
from django.db import migrations, models


def leave_blanks_out(schema_editor, *columns):
    """Make the index of each (table, column) one of what isn't NULL, under its old name."""
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        for table, column in columns:
            for name, about in schema_editor.connection.introspection.get_constraints(cursor, table).items():
                if about["columns"] != [column] or about["foreign_key"] or about["check"] or not name.startswith(table):
                    continue
                unique = about["unique"]
                schema_editor.execute(
                    f"ALTER TABLE {table} DROP CONSTRAINT {name}" if unique else f"DROP INDEX {name}"
                )
                schema_editor.execute(
                    f"CREATE {'UNIQUE ' if unique else ''}INDEX {name} ON {table} ({column}) WHERE {column} IS NOT NULL"
                )


def narrow(apps, schema_editor):
    leave_blanks_out(
        schema_editor,
        ("accounts_account", "idempotency_key"),
        ("accounts_account", "import_run_id"),
        ("accounts_account", "parent_id"),
        ("accounts_feedrow", "account_id"),
    )


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0021_vacuum_what_lists_count'),
    ]

    operations = [
        migrations.AlterField(
            model_name='erpcustomer',
            name='first_run',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.feedrun'),
        ),
        migrations.AlterField(
            model_name='erpcustomer',
            name='last_run',
            field=models.ForeignKey(db_constraint=False, help_text='Changed it.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.feedrun'),
        ),
        migrations.AlterField(
            model_name='feedrow',
            name='run',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='decided', to='accounts.feedrun'),
        ),
        migrations.RunPython(narrow, migrations.RunPython.noop),
    ]
