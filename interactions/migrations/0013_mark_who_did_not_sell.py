"""What was logged by people who aren't in sales claims nothing."""

from django.db import migrations


def mark(apps, schema_editor):
    sellers = apps.get_model("accounts", "StaffRole").objects.filter(role__in=("sales", "head")).values("staff")
    entries = apps.get_model("interactions", "Interaction").objects.exclude(source="import")
    entries.exclude(logged_by__in=sellers).update(by_salesperson=False)


class Migration(migrations.Migration):
    dependencies = [("interactions", "0012_tell_who_sold")]

    operations = [migrations.RunPython(mark, migrations.RunPython.noop, elidable=True)]
