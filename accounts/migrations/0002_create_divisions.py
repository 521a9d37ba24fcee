"""The five divisions with their default working hours."""

from datetime import time

from django.db import migrations

DIVISIONS = [
    ("motors", "Motors"),
    ("power", "Power & Industrial"),
    ("medical", "Medical"),
    ("gras", "GRAS Restaurant"),
    ("cube65", "Cube 65 Clinic"),
]


def create_divisions(apps, schema_editor):
    Division = apps.get_model("accounts", "Division")
    WorkingHours = apps.get_model("accounts", "WorkingHours")
    for position, (slug, name) in enumerate(DIVISIONS):
        division = Division.objects.create(slug=slug, name=name, position=position)
        days = [WorkingHours(division=division, weekday=d, opens=time(8), closes=time(17)) for d in range(5)]
        if slug == "motors":
            days.append(WorkingHours(division=division, weekday=5, opens=time(9), closes=time(14)))
        WorkingHours.objects.bulk_create(days)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RunPython(create_divisions, migrations.RunPython.noop)]
