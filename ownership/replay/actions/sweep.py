"""The sweep, which replays accounts whose clock has run out, and the audit, which compares all accounts."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from accounts.records.models import Account
from mikano_cx.kit.chunks import chunks
from mikano_cx.kit.local_time import day_start, local_date
from mikano_cx.kit.person_locks import let_others_write
from ownership.engine import rules
from ownership.engine.rules import Timeline
from ownership.facts.models import Policy
from ownership.facts.queries import facts_of, policy_in_force
from ownership.replay.actions.notices import tell_endings
from ownership.replay.actions.replay import (
    BATCH,
    accounts_that_differ,
    holder_and_state,
    next_replay_at,
    replay_accounts,
    replay_latest,
)
from ownership.replay.models import OwnerReview, Sweep

SWEEP_JOB = "ownership_sweep"
CHUNK = 500
NIGHT = timedelta(days=1)
DIFFERENCES_KEPT = 100
Step = Callable[[int, int], None]


def catch_up(*, at: datetime, step: Step | None = None) -> list[Sweep]:
    """Sweep as of every local midnight since the last sweep, in order, then as of the full hour of `at`.

    A replay takes one policy. After a change of policy, nights missed before its first day are therefore skipped: the
    sweep of its first midnight replays all accounts. If that midnight and the hour are swept already, the sweep is as
    of `at` itself.
    """
    last = Sweep.objects.filter(kind=Sweep.Kind.SWEEP).order_by("-as_of").first()
    return [sweep(as_of=instant, at=at, step=step) for instant in _instants(last, at)]


def _instants(last: Sweep | None, at: datetime) -> Iterator[datetime]:
    hour = at.replace(minute=0, second=0, microsecond=0)
    if last is None:
        yield hour
        return
    policy, _ = policy_in_force(at)
    day = local_date(last.as_of) + NIGHT
    if policy.pk != last.policy_id:
        day = max(day, policy.effective_from)
    while (midnight := day_start(day)) <= at:
        yield midnight
        day += NIGHT
    if hour > last.as_of:
        yield hour
    elif policy.pk != last.policy_id:
        yield at


def sweep(*, as_of: datetime, at: datetime, step: Step | None = None) -> Sweep:
    """Replay the accounts whose `next_at` has come, as of `as_of`; all accounts after a change of policy.

    Changes are recorded at `at`. Each chunk is its own transaction, so a killed sweep goes on where it stopped, and a
    repeated one changes nothing. Only the sweep of today's midnight tells of clocks about to end; that of a missed
    night doesn't.
    """
    if done := Sweep.objects.filter(kind=Sweep.Kind.SWEEP, as_of=as_of).first():
        return done
    policy, _ = policy_in_force(max(as_of, at))
    work = _all_accounts() if _policy_is_new(policy, as_of) else _due_accounts(as_of)
    replayed = changed = 0
    for ids in work:
        changed += len(replay_accounts(ids, as_of=as_of, at=at))
        replayed += len(ids)
        let_others_write()
        if step:
            step(replayed, replayed)
    if as_of == day_start(local_date(as_of)) and local_date(as_of) >= local_date(at):
        tell_endings(at=as_of)
    return _save_once(
        Sweep(kind=Sweep.Kind.SWEEP, as_of=as_of, policy=policy, finished_at=at, replayed=replayed, changed=changed)
    )


def _policy_is_new(policy: Policy, as_of: datetime) -> bool:
    """Whether accounts may still be as the policy before left them, so that all have to be replayed.

    That is so at the first sweep under the policy, and for a day after a policy was set on its own first day, because
    an import that was open then may still write under the old one. A policy set for a later day needs no such day:
    every replay before it takes its first midnight as `next_at`.
    """
    last = Sweep.objects.filter(kind=Sweep.Kind.SWEEP, as_of__lt=as_of).order_by("-as_of").first()
    if last is not None and last.policy_id != policy.pk:
        return True
    return policy.set_late and policy.created_at <= as_of < policy.created_at + NIGHT


def audit(*, at: datetime, repair: bool = False, step: Step | None = None) -> Sweep:
    """Replay every account, compare with what is stored, and save the result; `repair` stores the replay.

    There should be no difference. The first 100 are kept in the result's `differences`.
    """
    policy, rules_policy = policy_in_force(at)
    all_accounts = Account.objects.count()
    differences: list[dict[str, Any]] = []
    differing = seen = 0
    for ids in _all_accounts():
        with transaction.atomic():
            differing_rows = list(_differences(ids, policy, rules_policy, at))
            if repair and differing_rows:
                replay_accounts([difference["account_id"] for difference in differing_rows], at=at)
        let_others_write()
        differing += len(differing_rows)
        differences += differing_rows[: DIFFERENCES_KEPT - len(differences)]
        seen += len(ids)
        if step:
            step(seen, all_accounts)
    return _save_once(
        Sweep(
            kind=Sweep.Kind.AUDIT,
            as_of=at,
            policy=policy,
            finished_at=at,
            replayed=seen,
            changed=differing,
            differences=differences,
        )
    )


def _differences(ids: list[int], in_force: Policy, policy: rules.Clocks, at: datetime) -> Iterator[dict[str, Any]]:
    locked = Account.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids).order_by("pk")
    accounts = {account.pk: account for account in locked}
    facts = facts_of(accounts)
    reviewed = set(
        OwnerReview.objects.filter(account__in=ids, state__in=OwnerReview.OPEN).values_list("account", flat=True)
    )
    timelines = {pk: replay_latest(facts[pk], policy, at) for pk in accounts}
    tenures = accounts_that_differ(timelines)
    for pk, account in accounts.items():
        wrong = ["the time line"] if pk in tenures else []
        wrong += _columns_that_differ(account, timelines[pk], in_force, under_review=pk in reviewed)
        if wrong:
            yield {"account_id": pk, "account": account.code, "differs": wrong}


def _columns_that_differ(account: Account, timeline: Timeline, policy: Policy, *, under_review: bool) -> list[str]:
    """The columns that differ from the replay; `next_at` may also be the policy's end, if that is earlier."""
    holder, state = holder_and_state(timeline)
    wanted: dict[str, Any] = {"last_sale_on": timeline.last_sale_on}
    if not under_review:
        since = timeline.current.start if timeline.current else None
        wanted |= {"owner_id": holder, "ownership_state": state, "owned_since": since}
        wanted["expires_at"] = timeline.expires_at
    wrong = [name for name, value in wanted.items() if getattr(account, name) != value]
    if account.next_at not in (timeline.next_at, next_replay_at(timeline.next_at, policy.ends_at)):
        wrong.append("next_at")
    return wrong


def _due_accounts(as_of: datetime) -> Iterator[list[int]]:
    due = Account.objects.filter(next_at__lte=as_of).order_by("next_at", "pk").values_list("pk", flat=True)
    while ids := list(due[:CHUNK]):  # each replay moves its accounts' `next_at` beyond `as_of`
        yield ids


def _all_accounts() -> Iterator[list[int]]:
    return chunks(Account.objects.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=BATCH))


def _save_once(made: Sweep) -> Sweep:
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError:  # another worker saved the same sweep at this moment
        return Sweep.objects.get(kind=made.kind, as_of=made.as_of)
    return made
