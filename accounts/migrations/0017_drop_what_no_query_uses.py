"""Indexes that no query uses cost every entry of the log time: those that another begins with, and those for LIKE.

They go on PostgreSQL. SQLite, which has one writer at a time anyway, would copy the whole table for it.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

GONE = (
    "account_by_touch",
    "contact_by_touch",
    "accounts_account_code_5c4b5cab_like",
    "accounts_account_created_by_id_96988f15",
    "accounts_account_division_id_797cdd5a",
    "accounts_account_erp_customer_id_770509ac_like",
    "accounts_account_idempotency_key_0146846e_like",
    "accounts_account_owner_id_7b1fcbd0",
    "accounts_contact_account_id_2026f578",
    "accounts_contact_code_e8a5161f_like",
    "accounts_contact_created_by_id_33de7ba9",
    "accounts_contact_idempotency_key_e07ea093_like",
)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in GONE:
            schema_editor.execute(f"DROP INDEX IF EXISTS {name}")


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0016_keep_the_last_sale'),
    ]

    operations = [
        migrations.RunPython(drop, migrations.RunPython.noop),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name='account',
                    name='created_by',
                    field=models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='accounts_created', to=settings.AUTH_USER_MODEL),
                ),
                migrations.AlterField(
                    model_name='account',
                    name='division',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='accounts', to='accounts.division'),
                ),
                migrations.AlterField(
                    model_name='account',
                    name='owner',
                    field=models.ForeignKey(blank=True, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='accounts_owned', to=settings.AUTH_USER_MODEL, verbose_name='account owner'),
                ),
                migrations.AlterField(
                    model_name='contact',
                    name='account',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='contacts', to='accounts.account'),
                ),
                migrations.AlterField(
                    model_name='contact',
                    name='created_by',
                    field=models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='contacts_created', to=settings.AUTH_USER_MODEL),
                ),
            ]
        ),
    ]
