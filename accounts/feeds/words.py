"""What feeds, runs and problems are called on pages and in mails. Hours and days are those of Lagos."""

from datetime import datetime

from accounts.feeds.schedule import GRACE
from accounts.models import Feed
from mikano_cx.kit.timing import LAGOS, day_text

ON = {Feed.Days.DAILY: "every day", Feed.Days.WEEKDAYS: "Monday to Friday", Feed.Days.WEEKLY: "every Monday"}
BUCKETS = {
    "new": "new",
    "changed": "changed",
    "same": "as before",
    "left_out": "left out",
    "held": "held",
    "refused": "refused",
}
BESIDE_ROWS = {"vanished": "vanished", "moved": "changed hands"}


def schedule_words(feed: Feed) -> str:
    """every day at 02:00 Lagos time; not by itself."""
    if not feed.is_active:
        return "not in use"
    if not feed.days or feed.runs_at is None:
        return "not by itself"
    return f"{ON[Feed.Days(feed.days)]} at {feed.runs_at:%H:%M} Lagos time"


def moment_words(at: datetime) -> str:
    """21 Nov 2026, 02:04."""
    local = at.astimezone(LAGOS)
    return f"{day_text(local.date())}, {local:%H:%M}"


def freshness_words(good_at: datetime | None, late_after: datetime | None, at: datetime) -> str:
    """How fresh a feed's data is at the instant `at`."""
    good = f"last good run {moment_words(good_at)}" if good_at else "no good run yet"
    if late_after is None:
        return good
    if late_after <= at:
        return f"{good}; late since {moment_words(late_after)}"
    return f"{good}; the next by {moment_words(late_after - GRACE)}"


def problem_words(kind: str) -> str:
    """A kind of problem for people: future_date is future date."""
    return kind.replace("_", " ")


def time_words(seconds: float) -> str:
    """4 s, 2 min 5 s, 1 h 3 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
