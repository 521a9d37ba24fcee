"""The page of the Adoption Rate."""

from collections.abc import Mapping
from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.people.access import allow
from accounts.people.models import Division
from accounts.people.roles import EVERYONE
from kpis.metrics.facts import WEEK, entries_logged, every_division, expected_to_log
from kpis.metrics.measures import Share, share
from kpis.metrics.models import Definition
from mikano_cx.kit.local_time import local_date


@allow(EVERYONE)
@require_safe
def adoption(request: HttpRequest) -> HttpResponse:
    """The Adoption Rate by division in an ISO week (`?week=2026-W12`, default: this week).

    `?division=` shows the people of one division.
    """
    today = local_date(timezone.now())
    this_monday = _monday_of(today)
    monday = min(_week_asked(request.GET.get("week", "")) or this_monday, this_monday)
    sunday = monday + timedelta(days=6)
    entries = entries_logged(monday)
    rooms = every_division()
    figures, before = _figures(rooms, monday, entries), _figures(rooms, monday - WEEK, entries_logged(monday - WEEK))
    chosen = next((room for room in rooms if room.slug == request.GET.get("division")), None)
    context = {
        "rows": [(room, figures[room.pk], before[room.pk]) for room in rooms],
        "chosen": chosen,
        "people": figures[chosen.pk] if chosen else None,
        "logged": [(person, entries[person.pk]) for person in figures[chosen.pk].yes] if chosen else [],
        "definition": _definition(monday),
        "monday": monday,
        "sunday": sunday,
        "as_of": min(today, sunday),
        "week": _week(monday),
        "earlier": _week(monday - WEEK),
        "later": _week(monday + WEEK) if monday < this_monday else "",
    }
    return render(request, "kpis/adoption.html", context)


def _figures(rooms: list[Division], monday: date, entries: Mapping[int, int]) -> dict[int, Share]:
    """The share of the people expected to log who did, by the division's key, with the target of that week."""
    expected, target = expected_to_log(monday), _definition(monday).target
    return {
        room.pk: share(
            expected.get(room.pk, []), [p for p in expected.get(room.pk, []) if p.pk in entries], target=target
        )
        for room in rooms
    }


def _definition(monday: date) -> Definition:
    return Definition.objects.in_force(Definition.Metric.ADOPTION, monday)


def _monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _week_asked(week: str) -> date | None:
    """The Monday of a week such as "2026-W12"; None for anything else, and for weeks before 2001."""
    try:
        monday = date.fromisoformat(f"{week}-1") if len(week) == 8 else None
    except ValueError:
        return None
    return monday if monday and monday.year > 2000 else None


def _week(monday: date) -> str:
    return f"{monday:%G-W%V}"
