"""The five divisions with their default working hours, and PostgreSQL's trigram indexes for search.

SQLite's full-text tables are made after each migration (see accounts.records.search), because SQLite drops triggers
whenever a later migration rebuilds their table.
"""

from datetime import time

from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations

DIVISIONS = [
    ("motors", "Motors"),
    ("power", "Power & Industrial"),
    ("medical", "Medical"),
    ("gras", "GRAS Restaurant"),
    ("cube65", "Cube 65 Clinic"),
]
INDEXES = {"account_search": "accounts_account", "contact_search": "accounts_contact"}


def create_divisions(apps, schema_editor):
    Division = apps.get_model("accounts", "Division")
    WorkingHours = apps.get_model("accounts", "WorkingHours")
    for position, (slug, name) in enumerate(DIVISIONS):
        division = Division.objects.create(slug=slug, name=name, position=position)
        days = [WorkingHours(division=division, weekday=d, opens=time(8), closes=time(17)) for d in range(5)]
        if slug == "motors":
            days.append(WorkingHours(division=division, weekday=5, opens=time(9), closes=time(14)))
        WorkingHours.objects.bulk_create(days)


def create_indexes(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name, table in INDEXES.items():
            schema_editor.execute(f"CREATE INDEX {name} ON {table} USING gin (search_text gin_trgm_ops)")


def drop_indexes(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in INDEXES:
            schema_editor.execute(f"DROP INDEX {name}")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        TrigramExtension(),
        migrations.RunPython(create_indexes, drop_indexes),
        migrations.RunPython(create_divisions, migrations.RunPython.noop),
    ]
