"""The actions of division heads on single accounts: assigning those that nobody holds, and marking flags as seen.

Source: operational playbook, "Sales Conflict Resolution Rules", Orphan Account Rule.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Count

from accounts.events import facts_changed
from accounts.people import roles
from accounts.people.models import Staff
from accounts.records.models import Account
from accounts.records.models.accounts import OwnershipState
from mikano_cx.kit.local_time import local_date
from mikano_cx.kit.person_locks import lock_people
from mikano_cx.kit.refusal import Refused
from ownership.facts.models import Assignment
from ownership.replay.models import OwnershipFlag

FREE = (OwnershipState.UNASSIGNED, OwnershipState.ORPHAN)


@dataclass(frozen=True)
class Load:
    """A salesperson with the numbers of accounts they own and lead; `near` when they share a division with the head."""

    staff: Staff
    owned: int
    led: int
    near: bool

    @property
    def words(self) -> str:
        return f"{self.staff} ({self.owned:,} owned, {self.led:,} led)"


def assignable(*, by: Staff, at: datetime) -> list[Load]:
    """The salespeople who work here on the local day of `at`, with what they hold. A fixed number of queries."""
    held: Counter[tuple[int, str]] = Counter()
    rows = Account.objects.filter(owner__isnull=False).order_by().values_list("owner", "ownership_state")
    for owner, state, count in rows.annotate(count=Count("pk")):
        held[owner, state] = count
    sellers = Staff.objects.filter(roles__role__in=roles.SELLING).values("pk")
    near = set(Staff.objects.filter(divisions__in=by.division_ids).values_list("pk", flat=True))
    return [
        Load(person, held[person.pk, OwnershipState.OWNED], held[person.pk, OwnershipState.LED], person.pk in near)
        for person in Staff.objects.working(on=local_date(at)).filter(pk__in=sellers)
    ]


@transaction.atomic
def assign_accounts(
    accounts: Iterable[Account],
    *,
    by: Staff,
    at: datetime,
    assignee: Staff,
    reason: str = "",
    idempotency_key: str | None = None,
) -> list[Assignment]:
    """Assign accounts that nobody holds to somebody (rule 4); all of them or none.

    The same idempotency key assigns once. Refuses: `nothing_chosen`, `gone` (an account isn't in the hub any more, or
    the assignee doesn't work here), `not_sales`, `not_your_division`, `held` (naming the accounts).
    """
    account_ids = sorted({account.pk for account in accounts})
    lock_people([assignee.pk])
    locked = Account.objects.select_for_update(of=("self",), no_key=True).select_related("owner")
    rows = list(locked.filter(pk__in=account_ids).order_by("pk"))
    if not account_ids:
        raise Refused("nothing_chosen", "Choose at least one account.", field="accounts")
    if again := _earlier_assignments(idempotency_key, rows):
        return again
    if len(rows) < len(account_ids):
        raise Refused("gone", "Some of these accounts aren't in the hub any more: choose again.", field="accounts")
    _check_assignee(assignee, at)
    _check_free(rows, by)
    made = [
        Assignment(
            account=account,
            assignee=assignee,
            by=by,
            at=at,
            reason=" ".join(reason.split())[:300],
            idempotency_key=_key(idempotency_key, account),
            is_demo=account.is_demo and by.is_demo,
        )
        for account in rows
    ]
    try:
        with transaction.atomic():
            Assignment.objects.bulk_create(made)
    except IntegrityError:
        again = _earlier_assignments(idempotency_key, rows)
        if not again:
            raise
        return again
    facts_changed.send(Assignment, account_ids={account.pk for account in rows}, at=at, by=by)
    return made


@transaction.atomic
def see_flag(flag: OwnershipFlag, *, by: Staff, at: datetime) -> OwnershipFlag:
    """Note that a head has seen the flag. A second call changes nothing. Refuses `not_your_division`."""
    locked = OwnershipFlag.objects.select_for_update(of=("self",)).select_related("account").get(pk=flag.pk)
    if not by.heads(locked.account.division_id):
        raise Refused("not_your_division", "The head of the account's division looks at this.")
    if locked.seen_at is None:
        locked.seen_at, locked.seen_by = at, by
        locked.save(update_fields=["seen_at", "seen_by"])
    return locked


def _check_free(accounts: list[Account], by: Staff) -> None:
    for account in accounts:
        if not by.heads(account.division_id):
            raise Refused("not_your_division", f"The head of its division assigns {account}.")
    held = [account for account in accounts if account.ownership_state not in FREE]
    if held:
        names = ", ".join(f"{account} ({account.owner})" for account in held[:5])
        raise Refused("held", f"Only an account that nobody holds is assigned: {names}. A dispute can change more.")


def _check_assignee(assignee: Staff, at: datetime) -> None:
    if not Staff.objects.working(on=local_date(at)).filter(pk=assignee.pk).exists():
        raise Refused("gone", f"{assignee} doesn't work here (any more).", field="assignee")
    if not assignee.has_role(roles.SELLING):
        raise Refused("not_sales", f"{assignee} isn't in sales: only salespeople hold accounts.", field="assignee")


def _key(key: str | None, account: Account) -> str | None:
    return f"{key}:{account.pk}" if key else None


def _earlier_assignments(key: str | None, accounts: list[Account]) -> list[Assignment]:
    if not key:
        return []
    return list(Assignment.objects.filter(idempotency_key__in=[_key(key, account) for account in accounts]))
