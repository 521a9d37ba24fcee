"""The policy of the seeds: 12 months, 90 days (strategy v9, Rules of Engagement)."""

from datetime import date, datetime, timezone

from django.db import migrations


def create_policy(apps, schema_editor):
    apps.get_model("ownership", "Policy").objects.create(
        effective_from=date(2000, 1, 1),
        reason="As the strategy states it.",
        created_at=datetime(2000, 1, 1, tzinfo=timezone.utc),
    )


class Migration(migrations.Migration):
    dependencies = [("ownership", "0001_initial")]

    operations = [migrations.RunPython(create_policy, migrations.RunPython.noop)]
