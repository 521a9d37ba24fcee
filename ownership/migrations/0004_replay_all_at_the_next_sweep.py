"""Accounts that were there before the rules were: the next sweep replays them all."""

from datetime import datetime, timezone

from django.db import migrations


def fall_due(apps, schema_editor):
    apps.get_model("accounts", "Account").objects.update(next_at=datetime(2000, 1, 1, tzinfo=timezone.utc))


class Migration(migrations.Migration):
    dependencies = [
        ("ownership", "0003_tenures_disputes_and_routing"),
        ("accounts", "0011_record_who_left"),
        ("interactions", "0013_mark_who_did_not_sell"),
    ]

    operations = [migrations.RunPython(fall_due, migrations.RunPython.noop, elidable=True)]
