"""The replay of accounts, which stores what the rules say in tenures, flags, reviews and the accounts' owner columns.

It runs in the transaction of the action that changed a fact and locks the accounts' rows, so the stored owner always
agrees with the facts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from accounts.imports.models import ImportRun
from accounts.people.models import Staff
from accounts.records.models import Account
from accounts.records.models.accounts import Origin, OwnerBasis, OwnershipState
from mikano_cx.kit.chunks import chunks
from ownership.engine import rules
from ownership.engine.rules import Timeline, replay
from ownership.facts.models import Policy
from ownership.facts.queries import accounts_naming, facts_of, policy_in_force
from ownership.replay.actions.notices import tell_changes
from ownership.replay.changes import CLOCK_COLUMNS, OWNER_COLUMNS, OwnershipChange, OwnershipColumns
from ownership.replay.models import OwnerReview, OwnershipFlag, Tenure

BATCH = 1000


@transaction.atomic
def replay_accounts(
    account_ids: Iterable[int],
    *,
    at: datetime,
    by: Staff | None = None,
    run: ImportRun | None = None,
    as_of: datetime | None = None,
) -> list[OwnershipChange]:
    """Replay these accounts as of `as_of` (default: `at`), store what differs, tell people, and return the changes.

    `at` is when it is recorded; the policy is the one in force at the later of the two instants. `by` is who caused the
    replay, `run` the import that did. An owner that an import would change waits for the division head's review, and
    the account goes on showing the owner it had.
    """
    ids = sorted(set(account_ids))
    changes: list[OwnershipChange] = []
    as_of = as_of or at
    policy = policy_in_force(max(as_of, at))
    for chunk in chunks(ids):
        changes += _replay_chunk(chunk, policy, as_of=as_of, at=at, by=by, run=run)
    tell_changes(changes, by=by, at=as_of)
    return changes


def affected_by(staff_ids: Iterable[int]) -> set[int]:
    """The accounts that may change when these people leave or come back."""
    return accounts_naming(staff_ids)


def _replay_chunk(
    ids: list[int],
    policy: tuple[Policy, rules.Clocks],
    *,
    as_of: datetime,
    at: datetime,
    by: Staff | None,
    run: ImportRun | None,
) -> list[OwnershipChange]:
    locked = Account.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids).order_by("pk")
    accounts = {account.pk: account for account in locked}
    facts = facts_of(accounts)
    timelines = {pk: replay_latest(facts[pk], policy[1], as_of) for pk in accounts}
    store_tenures(timelines)
    new_flags = _store_flags(timelines)
    reviews = _OpenReviews.of(ids)
    changes, owners, clocks = [], [], []
    for pk, account in accounts.items():
        before, timeline = OwnershipColumns.of(account), timelines[pk]
        after = _columns_after(account, timeline, reviews, at=at, run=run)
        after = replace(after, next_at=next_replay_at(after.next_at, policy[0].ends_at))
        for name in (*OWNER_COLUMNS, *CLOCK_COLUMNS):
            setattr(account, name, getattr(after, name))
        rule = timeline.current.rule if timeline.current else ""
        if any(getattr(before, name) != getattr(after, name) for name in OWNER_COLUMNS):
            owners.append(account)
        elif before != after:
            clocks.append(account)
        if before != after or new_flags.get(pk):
            changes.append(OwnershipChange(account, before, after, rule, new_flags.get(pk, ())))
    reviews.store()
    _write([*owners, *clocks])
    Account.history.bulk_history_create(
        owners,
        update=True,
        batch_size=500,
        default_user=by,
        default_change_reason="By the rules of engagement",
        default_date=at,
    )
    return changes


def _write(accounts: Sequence[Account]) -> None:
    """Store the columns of ownership: one statement, executed for each account.

    Django's `bulk_update` takes ten times as long to compose its statement.
    """
    fields: list[Any] = [Account._meta.get_field(name) for name in (*OWNER_COLUMNS, *CLOCK_COLUMNS)]
    put = ", ".join(f'"{field.column}" = %s' for field in fields)
    rows = [
        [*(field.get_db_prep_save(getattr(account, field.attname), connection) for field in fields), account.pk]
        for account in accounts
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(f"UPDATE accounts_account SET {put} WHERE id = %s", rows)  # noqa: S608 - our columns


def replay_latest(facts: Sequence[rules.Fact], policy: rules.Clocks, at: datetime) -> Timeline:
    """The time line as of `at`, or as of the last fact's `recorded_at` if that is later.

    A writer that waited for the account's lock, or catches up on a missed night, would otherwise lose facts that were
    recorded meanwhile.
    """
    return replay(facts, policy, max([at, *(fact.recorded_at for fact in facts)]))


def next_replay_at(next_at: datetime | None, ends_at: datetime | None) -> datetime | None:
    """The instant of the account's next replay: the earlier of its own next change and its policy's end."""
    return min(filter(None, (next_at, ends_at)), default=None)


def holder_and_state(timeline: Timeline) -> tuple[int | None, str]:
    """The primary key of the current holder (or None) and the state; without segments the account is an orphan."""
    current = timeline.current
    if current is None:
        return None, OwnershipState.ORPHAN.value
    return (None if current.holder is None else int(current.holder)), current.state


def _columns_after(
    account: Account, timeline: Timeline, reviews: "_OpenReviews", *, at: datetime, run: ImportRun | None
) -> OwnershipColumns:
    holder, state = holder_and_state(timeline)
    review = reviews.open.get(account.pk)
    if holder != account.owner_id and (review is not None or _needs_review(account, run)):
        reviews.put(account, timeline, review or OwnerReview(account=account, import_run=run, created_at=at))
        return replace(
            OwnershipColumns.of(account), expires_at=None, next_at=timeline.next_at, last_sale_on=timeline.last_sale_on
        )
    if review is not None:
        reviews.agreed.append(review.pk)
    current = timeline.current
    return OwnershipColumns(
        holder,
        state,
        OwnerBasis.RULES.value,
        current.start if current else None,
        timeline.expires_at,
        timeline.next_at,
        timeline.last_sale_on,
    )


def _needs_review(account: Account, run: ImportRun | None) -> bool:
    """Whether a change of owner waits for a review: one that an import causes, or one of the workbook's owner."""
    if run is not None or account.owner_basis == OwnerBasis.WORKBOOK:
        return True
    return account.owner_basis == OwnerBasis.NONE and account.origin == Origin.WORKBOOK


@dataclass
class _OpenReviews:
    """The open reviews of some accounts, with their changes; `store` writes them in three statements at most."""

    open: dict[int, OwnerReview]
    new: list[OwnerReview] = field(default_factory=list)
    changed: list[OwnerReview] = field(default_factory=list)
    agreed: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, account_ids: Iterable[int]) -> "_OpenReviews":
        rows = OwnerReview.objects.filter(account__in=account_ids, state__in=OwnerReview.OPEN)
        return cls({review.account_id: review for review in rows})

    def put(self, account: Account, timeline: Timeline, review: OwnerReview) -> None:
        """Bring the review up to date: the holder by the rules, and the owner that the account shows meanwhile."""
        holder, state = holder_and_state(timeline)
        current = timeline.current
        computed = {
            "workbook_owner_id": account.owner_id,
            "computed_owner_id": holder,
            "computed_state": state,
            "computed_since": current.start if current else None,
            "rule": current.rule if current else "",
            "evidence": list(current.evidence) if current else [],
        }
        differs = any(getattr(review, name) != value for name, value in computed.items())
        for name, value in computed.items():
            setattr(review, name, value)
        if review._state.adding:
            self.new.append(review)
        elif differs:
            self.changed.append(review)

    def store(self) -> None:
        OwnerReview.objects.bulk_create(self.new, batch_size=BATCH)
        columns = ["workbook_owner", "computed_owner", "computed_state", "computed_since", "rule", "evidence"]
        OwnerReview.objects.bulk_update(self.changed, columns, batch_size=200)
        OwnerReview.objects.filter(pk__in=self.agreed).update(state=OwnerReview.State.AGREED)


def store_tenures(timelines: dict[int, Timeline]) -> None:
    """Store the segments of the time lines by account; segments that are stored already are left alone."""
    stale: list[int] = []
    new: list[Tenure] = []
    for old, wanted in _tenure_differences(timelines).values():
        stale += [tenure.pk for tenure in old]
        new += wanted
    if stale:
        Tenure.objects.filter(pk__in=stale).delete()
    Tenure.objects.bulk_create(new, batch_size=500)


def accounts_that_differ(timelines: dict[int, Timeline]) -> set[int]:
    """The accounts whose stored segments aren't those of the time lines."""
    return {pk for pk, (old, wanted) in _tenure_differences(timelines).items() if old or wanted}


def _tenure_differences(timelines: dict[int, Timeline]) -> dict[int, tuple[list[Tenure], list[Tenure]]]:
    """The stored segments to delete and the segments to store in their place, by account."""
    stored: dict[int, list[Tenure]] = {pk: [] for pk in timelines}
    for tenure in Tenure.objects.filter(account__in=timelines).order_by("account", "start"):
        stored[tenure.account_id].append(tenure)
    compared = {}
    for pk, timeline in timelines.items():
        wanted = [_tenure(pk, segment) for segment in timeline.segments]
        same = _same_start(stored[pk], wanted)
        compared[pk] = (stored[pk][same:], wanted[same:])
    return compared


def _tenure(account_id: int, segment: rules.Segment) -> Tenure:
    return Tenure(
        account_id=account_id,
        state=segment.state,
        holder_id=None if segment.holder is None else int(segment.holder),
        start=segment.start,
        end=segment.end,
        rule=segment.rule,
        evidence=list(segment.evidence),
    )


def _same_start(stored: Sequence[Tenure], wanted: Sequence[Tenure]) -> int:
    """How many segments, counted from the first, are equal in both."""
    names = ("state", "holder_id", "start", "end", "rule", "evidence")
    for place, (one, other) in enumerate(zip(stored, wanted, strict=False)):
        if any(getattr(one, name) != getattr(other, name) for name in names):
            return place
    return min(len(stored), len(wanted))


def _store_flags(timelines: dict[int, Timeline]) -> dict[int, tuple[rules.Flag, ...]]:
    """Store the flags of the time lines and return the new ones by account; kept flags keep who has seen them."""
    stored: dict[tuple[Any, ...], int] = {}
    for flag in OwnershipFlag.objects.filter(account__in=timelines):
        stored[flag.account_id, flag.kind, flag.at, tuple(flag.evidence)] = flag.pk
    new: dict[int, tuple[rules.Flag, ...]] = {}
    for pk, timeline in timelines.items():
        added = tuple(
            flag for flag in timeline.flags if stored.pop((pk, flag.cause, flag.at, flag.evidence), None) is None
        )
        if added:
            new[pk] = added
    if stored:
        OwnershipFlag.objects.filter(pk__in=stored.values()).delete()
    OwnershipFlag.objects.bulk_create(
        OwnershipFlag(account_id=pk, kind=flag.cause, at=flag.at, evidence=list(flag.evidence))
        for pk, flags in new.items()
        for flag in flags
    )
    return new
