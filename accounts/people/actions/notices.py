"""The actions that create notices and mark them as read."""

from collections.abc import Iterable
from datetime import datetime

from accounts.people.models import Notice, Staff


def give_notices(notices: list[Notice]) -> int:
    """Save the notices, leaving out those given before. Returns how many were passed in."""
    Notice.objects.bulk_create(notices, ignore_conflicts=True, batch_size=500)
    return len(notices)


def read_notices(ids: Iterable[int] | None, *, by: Staff, at: datetime) -> int:
    """Mark the person's own notices with these ids (None: all) as read. Returns how many of them were unread."""
    mine = Notice.objects.filter(to=by, read_at=None)
    return (mine if ids is None else mine.filter(pk__in=list(ids))).update(read_at=at)
