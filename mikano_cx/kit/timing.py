"""Calendar days in Lagos. Instants are aware datetimes (stored in UTC); days are local dates."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LAGOS = ZoneInfo("Africa/Lagos")


def local_date(at: datetime) -> date:
    """The day in Lagos on which the instant `at` falls."""
    return at.astimezone(LAGOS).date()


def day_start(on: date) -> datetime:
    """00:00 in Lagos of the day `on`."""
    return datetime.combine(on, time.min, tzinfo=LAGOS)


def day_text(on: date) -> str:
    """21 Nov 2026."""
    return f"{on.day} {on:%b %Y}"


def next_weekday(after: date, weekday: int) -> date:
    """The first day after `after` that falls on `weekday` (Monday is 0): never `after` itself."""
    return after + timedelta(days=(weekday - after.weekday() - 1) % 7 + 1)
