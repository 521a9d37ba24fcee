"""As accounts.0022: few sales are credit notes, and fewer were recorded by hand."""

from importlib import import_module

from django.db import migrations

less = import_module("accounts.migrations.0022_less_to_check")


def narrow(apps, schema_editor):
    less.leave_blanks_out(
        schema_editor, ("interactions_sale", "credit_note_of_id"), ("interactions_sale", "idempotency_key")
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0022_less_to_check"),
        ("interactions", "0018_lean_histories"),
    ]

    operations = [
        migrations.RunPython(narrow, migrations.RunPython.noop),
    ]
