"""The verbs of notices: giving them, and marking them as read."""

from collections.abc import Iterable
from datetime import datetime

from accounts.people.models import Notice, Staff


def give_notices(notices: list[Notice]) -> int:
    Notice.objects.bulk_create(notices, ignore_conflicts=True, batch_size=500)
    return len(notices)


def read_notices(ids: Iterable[int] | None, *, by: Staff, at: datetime) -> int:
    """Mark one's own notices as read (None: all of them). How many were unread."""
    mine = Notice.objects.filter(to=by, read_at=None)
    return (mine if ids is None else mine.filter(pk__in=list(ids))).update(read_at=at)
