"""Who left by the staff records, and who sourced an account, as facts; names known from files alone count as gone."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import migrations
from django.db.models import F

LAGOS = ZoneInfo("Africa/Lagos")
SELLING = ("sales", "head")


def record(apps, schema_editor):
    Staff, Movement = apps.get_model("accounts", "Staff"), apps.get_model("accounts", "Movement")
    for person in Staff.objects.exclude(last_working_day=None, is_active=True):
        if person.last_working_day:
            day = person.last_working_day + timedelta(days=1)
        else:
            day = person.created_at.astimezone(LAGOS).date()
        at = datetime.combine(day, time.min, tzinfo=LAGOS)
        Movement.objects.create(staff=person, kind="departure", at=at, recorded_at=person.created_at)
    sellers = apps.get_model("accounts", "StaffRole").objects.filter(role__in=SELLING).values("staff")
    apps.get_model("accounts", "Account").objects.filter(origin="hub", created_by__in=sellers).update(
        sourced_by=F("created_by")
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0010_movements_leave_and_product_lines")]

    operations = [migrations.RunPython(record, migrations.RunPython.noop, elidable=True)]
