"""Indexes that no query uses cost every entry of the log time: those that another begins with, and those for LIKE.

They go on PostgreSQL. SQLite, which has one writer at a time anyway, would copy the whole table for it.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

GONE = (
    "interactions_interaction_account_id_0b9c001f",
    "interactions_interaction_code_f04d7461_like",
    "interactions_interaction_contact_id_7f321ce7",
    "interactions_interaction_done_by_id_2cb40f3f",
    "interactions_interaction_idempotency_key_8d14edba_like",
    "interactions_interaction_logged_by_id_bf4e8701",
    "interactions_interaction_voided_by_id_b6351930",
)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in GONE:
            schema_editor.execute(f"DROP INDEX IF EXISTS {name}")


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0017_drop_what_no_query_uses'),
        ('interactions', '0016_hand_actions_over'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(drop, migrations.RunPython.noop),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name='interaction',
                    name='account',
                    field=models.ForeignKey(db_index=False, help_text="The contact's at that time.", on_delete=django.db.models.deletion.PROTECT, related_name='interactions', to='accounts.account'),
                ),
                migrations.AlterField(
                    model_name='interaction',
                    name='contact',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='interactions', to='accounts.contact'),
                ),
                migrations.AlterField(
                    model_name='interaction',
                    name='done_by',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
                ),
                migrations.AlterField(
                    model_name='interaction',
                    name='logged_by',
                    field=models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='interactions', to=settings.AUTH_USER_MODEL),
                ),
                migrations.AlterField(
                    model_name='interaction',
                    name='voided_by',
                    field=models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
                ),
            ]
        ),
    ]
