"""Calendar days in Lagos. Instants are aware datetimes, stored in UTC; days are local dates."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LAGOS = ZoneInfo("Africa/Lagos")


def local_date(at: datetime) -> date:
    """The day in Lagos on which the instant `at` falls."""
    return at.astimezone(LAGOS).date()


def day_start(on: date) -> datetime:
    """00:00 in Lagos of the day `on`."""
    return datetime.combine(on, time.min, tzinfo=LAGOS)


def end_after(on: date, days: int) -> datetime:
    """The instant at which something ends that has `days` whole days left on the local day `on`."""
    return day_start(on + timedelta(days=days + 1))


def last_day(until: datetime, zone: ZoneInfo = LAGOS) -> date:
    """The last local day of something that ends at the instant `until`; if that is midnight, the day before."""
    return (until - timedelta(microseconds=1)).astimezone(zone).date()


def days_left(until: datetime, on: date, zone: ZoneInfo = LAGOS) -> int:
    """The whole days left, on the local day `on`, of something that ends at the instant `until`.

    90 on the day on which a lead of 90 days begins, 0 on its last day, negative once it is over.
    """
    return (last_day(until, zone) - on).days


def days_left_text(left: int) -> str:
    """The words for a number of days left: 90 days left, 1 day left, last day, ended."""
    if left > 0:
        return f"{left:,} day{'' if left == 1 else 's'} left"
    return "ended" if left else "last day"


def day_text(on: date) -> str:
    """A day as text: 21 Nov 2026."""
    return f"{on.day} {on:%b %Y}"


def next_weekday(after: date, weekday: int) -> date:
    """The first day after `after`, never `after` itself, that falls on `weekday` (Monday is 0)."""
    return after + timedelta(days=(weekday - after.weekday() - 1) % 7 + 1)
