"""When a feed is due: pure. Instants are aware; days and hours are those of Lagos."""

from datetime import date, datetime, time, timedelta

from mikano_cx.kit.local_time import LAGOS, local_date

DAILY, WEEKDAYS, WEEKLY = "daily", "weekdays", "weekly"
RUNS_ON = {DAILY: range(7), WEEKDAYS: range(5), WEEKLY: range(1)}  # Monday is 0
GRACE = timedelta(hours=2)  # for the file to come, and for the run


def next_due(days: str, runs_at: time, after: datetime) -> datetime:
    """The first instant after `after` at which a feed that runs on `days` (a key of RUNS_ON) is due."""
    return _due(days, runs_at, after, step=1)


def last_due(days: str, runs_at: time, at: datetime) -> datetime:
    """The last instant, not after `at`, at which it was due."""
    return _due(days, runs_at, at, step=-1)


def late_after(days: str, runs_at: time, good_at: datetime) -> datetime:
    """From when on data of a good run that ended at `good_at` is stale: GRACE after the next run was due."""
    return next_due(days, runs_at, good_at) + GRACE


def _due(days: str, runs_at: time, at: datetime, *, step: int) -> datetime:
    on = local_date(at)
    while not (_runs_on(days, on) and (_instant(on, runs_at) > at) is (step > 0)):
        on += timedelta(days=step)
    return _instant(on, runs_at)


def _runs_on(days: str, on: date) -> bool:
    return on.weekday() in RUNS_ON[days]


def _instant(on: date, runs_at: time) -> datetime:
    return datetime.combine(on, runs_at, tzinfo=LAGOS)
