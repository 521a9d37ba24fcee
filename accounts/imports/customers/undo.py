"""Takes an applied run of customers back: removes what it made, gives back what it changed. Inside a transaction."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.db.models import Exists, OuterRef, ProtectedError, Q, QuerySet
from simple_history.utils import bulk_update_with_history

from accounts.imports.customers.comparison import ACCOUNT_SHOWN, MIRRORED
from accounts.imports.models import ErpCustomer, ImportRow, ImportRun
from accounts.people.models import Staff
from accounts.records.models import Account, Contact
from mikano_cx.kit.chunks import chunks
from mikano_cx.kit.refusal import Refused

BATCH = 1_000
NAMED = 12


def undo_customers(run: ImportRun, *, by: Staff | None, at: datetime) -> None:
    """The hub as it was before the run. Refuses `touched`, naming what was worked on since."""
    made = Account.objects.filter(erp_customer__first_run=run, created_at__gte=run.started_at, created_by=None)
    ids = list(made.order_by("pk").values_list("pk", flat=True))
    ours = Account.history.filter(history_change_reason__startswith=f"Import {run.pk}: ", history_type="~")
    versions = dict(ours.values_list("id", "version"))
    edited = _edited_since(versions | dict.fromkeys(ids, 1))
    touched = list(dict.fromkeys((*_worked_on(made), *_decided_since(run), *edited)))
    if touched:
        _refuse(touched)
    reason = f"{run.author} undone"[:100]
    _give_back_accounts(run, sorted(versions), by, at, reason)
    _give_back_mirrors(run)
    ErpCustomer.objects.filter(source=run.feed.source, vanished_at=run.started_at).update(vanished_at=None)
    ErpCustomer.objects.filter(first_run=run).delete()
    _remove(ids, by, at, reason)


def _refuse(touched: list[str]) -> None:
    more = f" and {len(touched) - NAMED:,} more" if len(touched) > NAMED else ""
    words = ", ".join(touched[:NAMED]) + more
    raise Refused("touched", f"This import can't be undone: what it brought was worked on since ({words}).")


def _worked_on(made: QuerySet[Account]) -> Iterator[str]:
    used = Exists(Contact.objects.filter(account=OuterRef("pk"))) | Exists(
        Account.objects.filter(parent=OuterRef("pk"))
    )
    seen = Q(owner__isnull=False) | Q(last_interaction_at__isnull=False) | Q(used)
    yield from (account.code_and_name for account in made.filter(seen).order_by("pk"))


def _decided_since(run: ImportRun) -> Iterator[str]:
    """Customers of the run that a steward has accepted, matched or left out since."""
    its = Q(first_run=run) | Q(last_run=run)
    for customer in ErpCustomer.objects.filter(its, checked_at__gte=run.finished_at).select_related("account"):
        yield customer.account.code_and_name if customer.account else str(customer)


def _edited_since(versions: dict[int, int]) -> Iterator[str]:
    """Accounts with a version later than the one that the run gave them, and not by an import that was undone since."""
    for ids in chunks(sorted(versions), BATCH):
        by_imports = Account.history.filter(id__in=ids, history_change_reason__startswith="Import ")
        known = set(by_imports.values_list("id", "version"))
        for account in Account.objects.filter(pk__in=ids).order_by("pk"):
            later = range(versions[account.pk] + 1, account.version + 1)
            if any((account.pk, version) not in known for version in later):
                yield account.code_and_name


def _give_back_accounts(run: ImportRun, ids: list[int], by: Staff | None, at: datetime, reason: str) -> None:
    how: dict[str, Any] = {"default_user": by, "default_change_reason": reason, "default_date": at, "batch_size": BATCH}
    for part in chunks(ids, BATCH):
        rows = ImportRow.objects.filter(run=run, bucket=ImportRow.Bucket.CHANGED, account__in=part)
        told = dict(rows.values_list("account", "changes"))
        accounts = []
        for account in Account.objects.select_for_update(no_key=True).filter(pk__in=part).order_by("pk"):
            for name, label in ACCOUNT_SHOWN.items():
                if label in told[account.pk]:
                    setattr(account, name, told[account.pk][label][0])
            account.version += 1
            accounts.append(account.prepare())
        bulk_update_with_history(accounts, Account, [*ACCOUNT_SHOWN, "name_key", "search_text", "version"], **how)


def _give_back_mirrors(run: ImportRun) -> None:
    changed = run.decided.filter(bucket=ImportRow.Bucket.CHANGED).exclude(cells={})
    for part in chunks(list(changed.values_list("external_id", "cells")), BATCH):
        was = dict(part)
        mirrors = list(ErpCustomer.objects.filter(source=run.feed.source, external_id__in=list(was)))
        for mirror in mirrors:
            for name, value in was[mirror.external_id].items():
                setattr(mirror, name, _instant(value) if name == "vanished_at" else value)
        ErpCustomer.objects.bulk_update(mirrors, MIRRORED, batch_size=BATCH)


def _remove(ids: list[int], by: Staff | None, at: datetime, reason: str) -> None:
    for part in chunks(ids, BATCH):
        rows = Account.objects.filter(pk__in=part)
        names = [account.code_and_name for account in rows]
        try:
            rows.delete()
        except ProtectedError:
            _refuse(names)
        gone = Account.history.filter(id__in=part, history_type="-")
        gone.update(history_user=by, history_date=at, history_change_reason=reason)


def _instant(text: str | None) -> datetime | None:
    read = datetime.fromisoformat(text) if text else None
    return read.replace(tzinfo=UTC) if read and not read.tzinfo else read
