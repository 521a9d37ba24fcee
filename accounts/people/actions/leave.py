"""The actions that record leave: local days on which a person takes no new inquiries."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.people import roles
from accounts.people.models import Leave, Staff
from mikano_cx.kit.local_time import day_text, local_date
from mikano_cx.kit.refusal import Refused

LONGEST = timedelta(days=366)


def may_record_leave(by: Staff, person: Staff) -> bool:
    """Whether `by` may record leave for the person: the person, or the head of one of the person's divisions."""
    return by == person or (by.has_role(roles.HEADING) and bool(by.division_ids & person.division_ids))


@transaction.atomic
def add_leave(person: Staff, *, by: Staff, at: datetime, first_day: date, last_day: date) -> Leave:
    """Record that the person is away on these local days, both included. Repeating the days returns the same leave.

    Refuses: `not_your_colleague`, `bad_dates` (over already, ends before it begins, longer than a year), `overlap`.
    """
    _check_may(by, person)
    if last_day < first_day:
        raise Refused("bad_dates", "The last day comes before the first.", field="last_day")
    if last_day < local_date(at):
        raise Refused("bad_dates", "These days are over: nobody is routed to in the past.", field="last_day")
    if last_day - first_day > LONGEST:
        raise Refused("bad_dates", "A leave takes at most a year. Who leaves for good departs.", field="last_day")
    Staff.objects.select_for_update(no_key=True).get(pk=person.pk)  # keeps two leaves from overlapping
    other = Leave.objects.filter(staff=person, first_day__lte=last_day, last_day__gte=first_day).first()
    if other and (other.first_day, other.last_day) == (first_day, last_day):
        return other
    if other:
        days = f"{day_text(other.first_day)} to {day_text(other.last_day)}"
        raise Refused("overlap", f"{person} is on leave from {days} already.", field="first_day")
    leave = Leave(staff=person, first_day=first_day, last_day=last_day, recorded_by=by)
    _write_by(leave, by).save()
    return leave


@transaction.atomic
def remove_leave(leave: Leave, *, by: Staff, at: datetime) -> None:
    """Delete a leave; its history stays. Deleting it twice changes nothing. Refuses `not_your_colleague`."""
    _check_may(by, leave.staff)
    locked = Leave.objects.select_for_update(of=("self",)).filter(pk=leave.pk).first()
    if locked is not None:
        _write_by(locked, by).delete()


def _check_may(by: Staff, person: Staff) -> None:
    if not may_record_leave(by, person):
        raise Refused("not_your_colleague", f"{person}, or the head of a division of theirs, records this leave.")


def _write_by(leave: Any, by: Staff) -> Any:
    leave._history_user = by
    return leave
