"""Adoption Rate, the first of the pilot's Big 4 (operational playbook, Pilot Success Metrics)."""

from datetime import date, datetime, timezone
from decimal import Decimal

from django.db import migrations

TEXT = (
    "Staff of the division who logged at least one interaction in the ISO week, divided by the staff of the division "
    "who are expected to log (active, of a logging role)."
)


def create_definition(apps, schema_editor):
    apps.get_model("kpis", "Definition").objects.create(
        metric="adoption",
        effective_from=date(2000, 1, 1),
        target=Decimal("80"),
        text=TEXT,
        created_at=datetime(2000, 1, 1, tzinfo=timezone.utc),
    )


class Migration(migrations.Migration):
    dependencies = [("kpis", "0001_initial")]

    operations = [migrations.RunPython(create_definition, migrations.RunPython.noop)]
