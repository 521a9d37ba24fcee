"""The what if: a replay of all accounts with other clocks, compared with the policy in force."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.jobs.queue import enqueue
from accounts.people import roles
from accounts.people.models import Staff
from accounts.records.models import Account
from accounts.records.models.accounts import OwnershipState
from mikano_cx.kit.chunks import chunks
from mikano_cx.kit.refusal import Refused
from ownership.engine import rules
from ownership.engine.rules import replay
from ownership.facts.queries import facts_of, policy_in_force
from ownership.policies.actions.policies import check_clocks
from ownership.policies.models import WhatIf, WhatIfChange
from ownership.replay.actions.replay import holder_and_state

WHAT_IF = "ownership_what_if"
KEPT = timedelta(days=30)
HELD = (OwnershipState.OWNED.value, OwnershipState.LED.value)


@transaction.atomic
def ask_what_if(*, by: Staff, at: datetime, orphan_after_months: int, lead_days: int) -> WhatIf:
    """Ask which accounts would be in other hands now under these clocks; a job answers.

    Questions older than 30 days are deleted. P&BI only. Refuses: `not_your_role`, `not_positive`, `too_long`,
    `same_clocks`.
    """
    if not by.has_role(roles.DEFINING):
        raise Refused("not_your_role", "The P&BI team tries out policies.")
    check_clocks(orphan_after_months=orphan_after_months, lead_days=lead_days)
    policy, _ = policy_in_force(at)
    if (policy.orphan_after_months, policy.lead_days) == (orphan_after_months, lead_days):
        raise Refused("same_clocks", "These are the clocks of today: change one of them.", field="lead_days")
    WhatIf.objects.filter(as_of__lt=at - KEPT).delete()
    what_if = WhatIf.objects.create(
        orphan_after_months=orphan_after_months, lead_days=lead_days, policy=policy, as_of=at, by=by
    )
    what_if.job = enqueue(WHAT_IF, str(what_if.pk), at=at)
    what_if.save(update_fields=["job"])
    return what_if


def compare_policies(
    what_if: WhatIf, *, step: Callable[[int, int], None] | None = None
) -> tuple[Counter[str], list[WhatIfChange]]:
    """Replay every account under both clocks as of the question's instant, and compare. It only reads.

    Returns the unsaved changes, and counts: `accounts`, `changed`, `now_` and `then_` with each state, and each kind of
    change.
    """
    policy = what_if.policy
    now = rules.Clocks(policy.orphan_after_months, policy.lead_days, policy.timezone)
    then = rules.Clocks(what_if.orphan_after_months, what_if.lead_days, policy.timezone)
    everything = Account.objects.order_by("pk").values_list("pk", flat=True)
    total = everything.count()
    counts: Counter[str] = Counter(accounts=0, changed=0)
    changes: list[WhatIfChange] = []
    for ids in chunks(everything.iterator(chunk_size=2000)):
        for pk, facts in facts_of(ids).items():
            before, after = (holder_and_state(replay(facts, clocks, what_if.as_of)) for clocks in (now, then))
            counts[f"now_{before[1]}"] += 1
            counts[f"then_{after[1]}"] += 1
            if before != after:
                changes.append(_what_if_change(what_if, pk, before, after))
        counts["accounts"] += len(ids)
        if step:
            step(counts["accounts"], max(total, counts["accounts"]))
    counts.update(change.kind for change in changes)
    counts["changed"] = len(changes)
    return counts, changes


def store_comparison(what_if: WhatIf, counts: Counter[str], changes: list[WhatIfChange], *, at: datetime) -> None:
    """Store the answer to the question, in place of an earlier one."""
    WhatIfChange.objects.filter(what_if=what_if).delete()
    WhatIfChange.objects.bulk_create(changes, batch_size=2000)
    WhatIf.objects.filter(pk=what_if.pk).update(counts=dict(counts), finished_at=at)


def _what_if_change(what_if: WhatIf, account_id: int, before: tuple[Any, str], after: tuple[Any, str]) -> WhatIfChange:
    kinds = WhatIfChange.Kind
    (owner_now, state_now), (owner_then, state_then) = before, after
    if owner_now == owner_then:
        kind = kinds.STATE
    elif owner_then is None:
        kind = kinds.FREED
    else:
        kind = kinds.OTHER if owner_now is not None else kinds.HELD
    return WhatIfChange(
        what_if=what_if,
        account_id=account_id,
        kind=kind.value,
        owner_now_id=owner_now,
        state_now=state_now,
        owner_then_id=owner_then,
        state_then=state_then,
    )
