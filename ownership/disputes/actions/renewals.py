"""The action that renews a fact: it records anew a first logging or an assignment that a ruling struck out by mistake.

A sale or an interaction that was struck out is restored by another ruling instead (docs/ownership.md, "For a division
head").
"""

from datetime import datetime

from django.db import transaction

from accounts.events import facts_changed
from accounts.people.models import Staff
from accounts.records.models import Account
from mikano_cx.kit.local_time import local_date
from mikano_cx.kit.person_locks import lock_people
from mikano_cx.kit.refusal import Refused
from ownership.disputes.actions.disputes import may_judge
from ownership.disputes.models import Dispute
from ownership.engine.rules import RULINGS, Fact, apply_rulings
from ownership.facts.models import Renewal, Ruling
from ownership.facts.queries import facts_of, staff_key


@transaction.atomic
def renew_fact(account: Account, *, by: Staff, at: datetime, target: str, reason: str) -> Renewal:
    """Record the account's struck fact `target` anew, under a new id.

    It takes effect when the struck fact did and is known from `at` on. A head who could sign the ruling that struck it
    out may renew it, unless the fact is about that head. A second call for the same fact returns the first renewal.
    Refuses: `unknown_fact`, `wrong_kind` (a sale or an interaction), `not_yours`, `not_struck`, `reason_missing`.
    """
    fact, struck = _fact_and_whether_struck(account, target)
    lock_people([int(fact.by)] if fact.by else [])
    locked = Account.objects.select_for_update(of=("self",), no_key=True).get(pk=account.pk)
    if not _may_renew(account, fact.by, by=by, at=at, dispute=_dispute_of(account, target)):
        raise Refused("not_yours", "A head who could rule on the account, and isn't concerned, records it anew.")
    if made := Renewal.objects.filter(target=target).first():
        return made
    if not struck:
        raise Refused("not_struck", "No ruling strikes this out: there is nothing to undo.")
    if not reason.strip():
        raise Refused("reason_missing", "Say why it counts after all: it is kept with it.", field="reason")
    made = Renewal(
        account=locked,
        target=target,
        kind=fact.kind,
        person_id=int(fact.by) if fact.by else None,
        at=fact.at,
        recorded_at=at,
        author=by,
        reason=reason.strip(),
        is_demo=locked.is_demo and by.is_demo,
    )
    made._history_user = by
    made.save()
    facts_changed.send(Renewal, account_ids={locked.pk}, at=at, by=by)
    return made


def _may_renew(account: Account, whose: str | None, *, by: Staff, at: datetime, dispute: Dispute | None) -> bool:
    """Whether `by` may renew a fact about the person with the key `whose`; `dispute` is where it was struck out."""
    if whose == staff_key(by.pk):
        return False
    return by.heads(account.division_id) if dispute is None else may_judge(dispute, by, on=local_date(at))


def _fact_and_whether_struck(account: Account, target: str) -> tuple[Fact, bool]:
    """The fact, and whether a ruling strikes it out. Refuses `unknown_fact`, `wrong_kind`."""
    facts = facts_of([account.pk])[account.pk]
    fact = next((fact for fact in facts if fact.id == target and fact.kind not in RULINGS), None)
    if fact is None:
        raise Refused("unknown_fact", "Choose one of the account's facts.", field="target")
    if fact.kind not in Renewal.Kind.values:
        raise Refused("wrong_kind", "Another ruling on it restores a sale or an interaction.", field="target")
    return fact, target not in {counts.id for counts in apply_rulings(facts)}


def _dispute_of(account: Account, target: str) -> Dispute | None:
    """The dispute in which the fact was struck out."""
    ruling = Ruling.objects.filter(account=account, target=target).order_by("at", "pk").last()
    return ruling.dispute if ruling else None
