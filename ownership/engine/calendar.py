"""Days, months and midnights in a policy's time zone. Instants are compared in UTC."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from typing import overload
from zoneinfo import ZoneInfo


class Calendar:
    """The local calendar of one time zone."""

    def __init__(self, timezone: str) -> None:
        self.zone = ZoneInfo(timezone)

    @classmethod
    @cache
    def of(cls, timezone: str) -> "Calendar":
        return cls(timezone)

    def day(self, instant: datetime) -> date:
        """The local day of an instant."""
        return instant.astimezone(self.zone).date()

    @lru_cache(maxsize=8192)  # noqa: B019 - a calendar lives as long as the process
    def midnight(self, day: date) -> datetime:
        """The instant (UTC) at which the local day begins."""
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)

    def after_days(self, day: date, days: int) -> datetime | None:
        """00:00 of the day after (`day` + `days`), or None when the calendar ends before."""
        try:
            return self.midnight(day + timedelta(days=days + 1))
        except OverflowError:
            return None

    @lru_cache(maxsize=8192)  # noqa: B019
    def after_months(self, day: date, months: int) -> datetime | None:
        """00:00 of the day after (`day` + calendar `months`, the day of the month clamped), or None as above.

        29 Feb 2024 and 12 months give 28 Feb 2025, so the answer is 1 Mar 2025 00:00.
        """
        years, month = divmod(day.month - 1 + months, 12)
        if day.year + years > date.max.year:
            return None
        last = monthrange(day.year + years, month + 1)[1]
        return self.after_days(date(day.year + years, month + 1, min(day.day, last)), 0)

    @overload
    def local(self, instant: datetime) -> datetime: ...
    @overload
    def local(self, instant: None) -> None: ...
    def local(self, instant: datetime | None) -> datetime | None:
        """The same instant in local time."""
        return None if instant is None else instant.astimezone(self.zone)
