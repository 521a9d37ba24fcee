"""Queries that gather what the figures are computed from. Their number doesn't depend on the number of rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q

from accounts.people.models import Division, Staff
from accounts.people.roles import LOGGING
from interactions.log.models import Interaction, Source
from mikano_cx.kit.local_time import day_start

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class ExpectedLogger:
    pk: int
    name: str


def expected_to_log(monday: date) -> dict[int, list[ExpectedLogger]]:
    """The people who are expected to log in the week of `monday`, by the key of their division, sorted by name.

    They are the active staff of a logging role who hadn't left before the week's Friday, with the roles and divisions
    that they have today.
    """
    friday = monday + timedelta(days=4)
    staff = (
        Staff.objects.filter(Q(last_working_day=None) | Q(last_working_day__gte=friday), is_active=True)
        .filter(roles__role__in=LOGGING)
        .values_list("divisions", "pk", "full_name")
        .distinct()
        .order_by("full_name", "pk")
    )
    people: dict[int, list[ExpectedLogger]] = {}
    for division_id, pk, name in staff:
        if division_id is not None:
            people.setdefault(division_id, []).append(ExpectedLogger(pk, name))
    return people


def entries_logged(monday: date) -> Mapping[int, int]:
    """The number of interactions that each member of staff, by key, logged in the local week of `monday`.

    The week is that of the logging, not of the interaction. Imported rows and void entries don't count, because
    adoption is about using the hub.
    """
    return dict(
        Interaction.objects.valid()
        .filter(logged_at__gte=day_start(monday), logged_at__lt=day_start(monday + WEEK))
        .filter(source__in=(Source.WEB, Source.API), logged_by__isnull=False)
        .order_by()
        .values_list("logged_by")
        .annotate(entries=Count("pk"))
    )


def every_division() -> list[Division]:
    return list(Division.objects.all())
