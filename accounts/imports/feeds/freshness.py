"""Whether a scheduled feed's data is older than its schedule allows: every page says so, and asks for it cheaply."""

from dataclasses import dataclass
from datetime import UTC, datetime

from accounts.imports.feeds.schedule import late_after
from accounts.imports.models import Feed, FeedFreshness, ImportRun

# Comes with whoever signs in (`accounts.people.models.staff.FETCHED_ALONG`): the feed that is, or will be, late first.
FIRST_LATE = (
    "SELECT CAST(s.late_after AS varchar(40)) || '|' || COALESCE(CAST(s.good_at AS varchar(40)), '') || '|' || f.name "
    "FROM accounts_feedfreshness s JOIN accounts_feed f ON f.id = s.feed_id "
    "WHERE s.late_after IS NOT NULL ORDER BY s.late_after LIMIT 1"
)


@dataclass(frozen=True)
class Stale:
    """A feed whose data is too old, since when that is so, and when its last good run ended."""

    name: str
    since: datetime
    good_at: datetime | None


def stale(told: str | None, at: datetime) -> Stale | None:
    """What FIRST_LATE told, as of `at`: None while no data is stale."""
    if not told:
        return None
    late, good, name = told.split("|", 2)
    since = _instant(late)
    return Stale(name, since, _instant(good) if good else None) if since <= at else None


def is_scheduled(feed: Feed) -> bool:
    return bool(feed.is_active and feed.days and feed.runs_at)


def note_good_run(run: ImportRun, *, at: datetime) -> None:
    """Keep that the run brought good data at the instant `at`, and from when on it will be stale."""
    feed = run.feed
    late = late_after(feed.days, feed.runs_at, at) if is_scheduled(feed) and feed.runs_at else None
    good = {"run": run, "good_at": at, "file_at": run.file_at, "late_after": late}
    FeedFreshness.objects.update_or_create(feed=feed, defaults=good)


def _instant(text: str) -> datetime:
    """As either database writes it: in UTC, SQLite without saying so."""
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)
