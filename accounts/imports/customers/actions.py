"""The stewards' queue: what the ERP gives is looked at once, and matched with an account that the hub has already."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.events import facts_changed
from accounts.imports.customers.comparison import take_over
from accounts.imports.models import ErpCustomer
from accounts.imports.models.feeds import ERP_OWNED
from accounts.imports.runs.registry import TAKE_UP
from accounts.jobs.queue import enqueue
from accounts.people import roles
from accounts.people.models import Staff
from accounts.records import actions
from accounts.records.models import Account, CodeSeries
from accounts.records.models.accounts import Origin
from mikano_cx.kit.refusal import Refused

Check = ErpCustomer.Check
OPEN = (Check.WAITING, Check.MATCH)


def queue_of(person: Staff, states: Iterable[str] = OPEN) -> QuerySet[ErpCustomer]:
    """The customers that wait for a look, or are in those `states`: a steward's are of their divisions and of none."""
    rows = ErpCustomer.objects.filter(check_state__in=states).select_related("account", "account__owner", "division")
    if not person.has_role(roles.VALIDATING):
        return rows.none()
    if person.has_role(roles.ALL_DIVISIONS):
        return rows
    return rows.filter(Q(division=None) | Q(division__in=person.divisions.values("pk")))


def accept(customers: Iterable[ErpCustomer], *, by: Staff, at: datetime) -> int:
    """Take customers as the ERP gives them; one that looked like an account of the hub gets an account of its own.

    How many were accepted: those that somebody decided meanwhile are left alone. Refuses `not_your_role`,
    and `has_erp_id` (an account of the hub has the customer's ID).
    """
    wanted = sorted({customer.pk for customer in customers})
    with transaction.atomic():
        held = list(_held(by).filter(pk__in=wanted).order_by("pk"))
        _check_free(customer.external_id for customer in held if customer.account_id is None)
        made = [_account(customer, at) for customer in held if customer.account_id is None]
        for account in made:
            account.code = CodeSeries.take(CodeSeries.of_accounts(demo=account.is_demo))[0]
            account._history_user = by
            account.save()
        by_erp = {account.erp_customer_id: account for account in made}
        for customer in held:
            customer.account = customer.account or by_erp[customer.external_id]
            _close(customer, Check.VALID, by, at)
        ErpCustomer.objects.bulk_update(held, ["account", "check_state", "checked_by", "checked_at"], batch_size=500)
        _tell(held, {account.pk for account in made}, by, at)
    return len(held)


def correct(customer: ErpCustomer, *, by: Staff, at: datetime, values: dict[str, Any], seen_version: int) -> Account:
    """Accept a customer and set what is the hub's of its account (division, address, phone).

    Refuses what `edit_account` does, and `decided`.
    """
    with transaction.atomic():
        held = _one(customer, by)
        if held.account is None:
            accept([held], by=by, at=at)
            held.refresh_from_db()
        else:
            _close(held, Check.VALID, by, at)
            held.save(update_fields=["check_state", "checked_by", "checked_at"])
        assert held.account is not None
        seen = seen_version if customer.account_id else held.account.version
        return actions.edit_account(held.account, by=by, at=at, values=values, seen_version=seen)


def match(customer: ErpCustomer, account: Account, *, by: Staff, at: datetime) -> Account:
    """The customer is that account of the hub: the account takes the ERP's ID and what is the ERP's.

    Refuses `not_your_role`, `decided`, `has_erp_id` (the account is another customer), `has_account` (an account was
    made for the customer already).
    """
    with transaction.atomic():
        held = _one(customer, by)
        kept = Account.objects.select_for_update().get(pk=account.pk)
        if held.account_id is not None:
            raise Refused("has_account", f"{held} has an account of its own already.")
        of_another_source = ErpCustomer.objects.filter(account=kept).exists()
        if of_another_source or (kept.erp_customer_id and kept.erp_customer_id != held.external_id):
            words = f"{kept.code_and_name} is the ERP's customer {kept.erp_customer_id}: it can't be {held} too."
            raise Refused("has_erp_id", words, field="account")
        held.account = kept
        _close(held, Check.VALID, by, at)
        held.save(update_fields=["account", "check_state", "checked_by", "checked_at"])
        take_over([kept.pk], f"Matched with {held}", at, by=by)
        _tell([held], {kept.pk}, by, at)
    kept.refresh_from_db()
    return kept


def reject(customer: ErpCustomer, *, by: Staff, at: datetime, why: str) -> ErpCustomer:
    """Leave the customer out of the hub from now on; the ERP's rows of it are left out too.

    Refuses `not_your_role`, `decided`, `why_missing`, `has_account` (what is in the hub stays there).
    """
    why = " ".join(why.split())
    if not why:
        raise Refused("why_missing", "Say why the hub doesn't want it.", field="why")
    with transaction.atomic():
        held = _one(customer, by)
        if held.account_id is not None:
            raise Refused("has_account", f"{held} is in the hub already: accept or correct it.")
        held.why = why[:200]
        _close(held, Check.REJECTED, by, at)
        held.save(update_fields=["why", "check_state", "checked_by", "checked_at"])
    return held


def reconsider(customer: ErpCustomer, *, by: Staff, at: datetime) -> ErpCustomer:
    """Have a rejected customer wait for a look again; why it was rejected stays. Refuses `not_your_role`, `decided`."""
    with transaction.atomic():
        held = _one(customer, by, (Check.REJECTED,))
        _close(held, Check.MATCH, by, at)
        held.save(update_fields=["check_state", "checked_by", "checked_at"])
    return held


# --- parts -----------------------------------------------------------------------------------------------------------
def _held(by: Staff, states: Iterable[str] = OPEN) -> QuerySet[ErpCustomer]:
    if not by.has_role(roles.VALIDATING):
        raise Refused("not_your_role", "The division's steward looks at what the ERP brings.")
    return queue_of(by, states).select_for_update(of=("self",))


def _check_free(external_ids: Iterable[str]) -> None:
    if taken := Account.objects.filter(erp_customer_id__in=list(external_ids)).order_by("pk").first():
        words = f"{taken.code_and_name} has the ERP ID {taken.erp_customer_id} already: say that it is this one."
        raise Refused("has_erp_id", words)


def _one(customer: ErpCustomer, by: Staff, states: Iterable[str] = OPEN) -> ErpCustomer:
    held = _held(by, states).filter(pk=customer.pk).first()
    if held is None:
        raise Refused("decided", f"{customer} was decided by somebody else, or is another division's.")
    return held


def _account(customer: ErpCustomer, at: datetime) -> Account:
    given = {name: getattr(customer, name) for name in ("name", "industry", "address", "main_phone", "is_demo")}
    return Account(
        **given, erp_customer_id=customer.external_id, division=customer.division, origin=Origin.ERP, created_at=at
    )


def _close(customer: ErpCustomer, state: str, by: Staff, at: datetime) -> None:
    customer.check_state, customer.checked_by, customer.checked_at = state, by, at


def _tell(customers: Iterable[ErpCustomer], concerned: set[int], by: Staff, at: datetime) -> None:
    if concerned:
        facts_changed.send(ErpCustomer, account_ids=concerned, at=at, by=by)
    for source in sorted({customer.source for customer in customers}):
        enqueue(TAKE_UP, source, at=at)


def refuse_erp_fields(account: Account, changed: Collection[str]) -> None:
    """What the ERP gives of a customer is changed there alone. Asked only where such a field would change."""
    fields = [name for name in ERP_OWNED if name in changed]
    customer = ErpCustomer.objects.filter(account=account).first() if fields else None
    for name in fields:
        if customer and name in customer.owns:
            words = f"The {customer.owns[name]} comes from the ERP (customer {customer.external_id}): change it there."
            raise Refused("erp_owns", words, field=name)
