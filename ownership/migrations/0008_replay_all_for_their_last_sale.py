"""The day of an account's last sale is a column now: the next sweep replays them all, and fills it."""

from datetime import UTC, datetime

from django.db import migrations


def fall_due(apps, schema_editor):
    apps.get_model("accounts", "Account").objects.update(next_at=datetime(2000, 1, 1, tzinfo=UTC))


class Migration(migrations.Migration):
    dependencies = [
        ("ownership", "0007_keep_who_asked"),
        ("accounts", "0016_keep_the_last_sale"),
    ]

    operations = [migrations.RunPython(fall_due, migrations.RunPython.noop, elidable=True)]
