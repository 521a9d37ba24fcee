"""The receiver of `facts_changed`, which replays the accounts concerned in the sender's transaction."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from accounts.imports.models import ImportRun
from accounts.people.models import Staff
from interactions.log.models import Interaction
from mikano_cx.kit.prepared_queries import Composed
from ownership.engine.rules import ORPHAN
from ownership.replay.actions.replay import affected_by, replay_accounts
from ownership.replay.models import Tenure


def on_facts_changed(
    sender: Any,
    *,
    account_ids: Iterable[int],
    at: datetime,
    by: Staff | None = None,
    staff_ids: Iterable[int] = (),
    run: ImportRun | None = None,
    entry: Interaction | None = None,
    next_at: datetime | None = None,
    **signal: Any,
) -> list[tuple[int, str, str, str]]:
    """Replay the accounts that may have changed, and return those that changed hands.

    Each is (primary key, name, holder before, holder after); "" means nobody. `entry` is given when a new entry of the
    log is the only change: the sender then holds the account's row lock, and `next_at` is that row's value.
    """
    if entry is not None and _changes_nothing(entry, next_at):
        return []
    ids = set(account_ids)
    if staff_ids:
        ids |= affected_by(staff_ids)
    moved = [
        change
        for change in replay_accounts(ids, at=at, by=by, run=run)
        if change.before.owner_id != change.after.owner_id
    ]
    people = Staff.objects.in_bulk({pk for one in moved for pk in (one.before.owner_id, one.after.owner_id) if pk})
    names = {None: ""} | {pk: person.full_name for pk, person in people.items()}
    return [(one.account.pk, one.account.name, names[one.before.owner_id], names[one.after.owner_id]) for one in moved]


_current = Composed(
    lambda account: Tenure.objects.current().filter(account=account).only("state", "start", "account").order_by("pk"),
    int,
)


def _changes_nothing(entry: Interaction, next_at: datetime | None) -> bool:
    """Whether the new entry leaves the account's time line as it is.

    An entry can only claim an orphan or begin the time line. No other claim or void is missed, because the sender holds
    the account's row lock.
    """
    if next_at is not None and next_at <= entry.logged_at:
        return False
    current = _current.of(entry.account_id)
    if not current:
        return False
    claims = current[0].state == ORPHAN and entry.substantive and entry.by_salesperson
    return current[0].start < entry.logged_at and not claims
