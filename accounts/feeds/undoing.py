"""Takes an applied run of customers back: removes what it made, gives back what it changed. Inside a transaction."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef, ProtectedError, Q, QuerySet
from simple_history.utils import bulk_update_with_history

from accounts.feeds.customers import OWNED, SHOWN
from accounts.models import Account, Contact, ErpCustomer, FeedRow, FeedRun, Staff
from mikano_cx.kit.refusal import Refused

BATCH = 1_000
NAMED = 12
FIELD_OF = dict(zip(SHOWN, OWNED, strict=True))
STALE = "undone"  # no row has this digest: the ERP's next file is compared cell by cell


def undo_customers(run: FeedRun, *, by: Staff | None, at: datetime) -> set[int]:
    """The hub as it was before the run; the accounts that stay. Refuses `touched`, naming what was worked on since."""
    made = Account.objects.filter(erp_customer__first_run=run, created_at__gte=run.started_at, created_by=None)
    changed = {row.account_id: row for row in run.decided.filter(bucket=FeedRow.Bucket.CHANGED, account__isnull=False)}
    touched = [*_worked_on(made), *_changed_again(run, changed)]
    if touched:
        _refuse(touched)
    reason = f"{run.author} undone"
    _give_back(run, changed, by, at, reason)
    ErpCustomer.objects.filter(source=run.feed.source, vanished_at=run.started_at).update(vanished_at=None)
    ids = list(made.values_list("pk", flat=True))
    ErpCustomer.objects.filter(first_run=run).delete()
    for start in range(0, len(ids), BATCH):
        rows = Account.objects.filter(pk__in=ids[start : start + BATCH])
        names = list(rows.values_list("code", flat=True))
        try:
            rows.delete()
        except ProtectedError:
            _refuse(names)
    return {pk for pk in changed if pk is not None}


def _refuse(touched: list[str]) -> None:
    more = f" and {len(touched) - NAMED:,} more" if len(touched) > NAMED else ""
    words = ", ".join(touched[:NAMED]) + more
    raise Refused("touched", f"This import can't be undone: what it brought was worked on since ({words}).")


def _worked_on(made: QuerySet[Account]) -> Iterator[str]:
    used = Exists(Contact.objects.filter(account=OuterRef("pk"))) | Exists(
        Account.objects.filter(parent=OuterRef("pk"))
    )
    seen = Q(version__gt=1) | Q(owner__isnull=False) | Q(last_interaction_at__isnull=False) | Q(used)
    yield from made.filter(seen).order_by("pk").values_list("code", flat=True)


def _changed_again(run: FeedRun, changed: dict[int | None, FeedRow]) -> Iterator[str]:
    """Accounts that have a version later than the one that the run's entry in their history has."""
    ours = dict(
        Account.history.filter(id__in=changed, history_change_reason=run.author[:100]).values_list("id", "version")
    )
    for pk, code, version in Account.objects.filter(pk__in=ours).order_by("pk").values_list("pk", "code", "version"):
        if version != ours[pk]:
            yield code


def _give_back(run: FeedRun, changed: dict[int | None, FeedRow], by: Staff | None, at: datetime, reason: str) -> None:
    was = {pk: {FIELD_OF[label]: old for label, (old, _) in row.changes.items() if label in FIELD_OF}
           for pk, row in changed.items()}  # fmt: skip
    linked = {pk for pk, row in changed.items() if "ERP record" in row.changes}
    accounts = []
    for account in Account.objects.select_for_update().filter(pk__in=list(changed)).order_by("pk"):
        old = was[account.pk]
        account.name, account.industry = old.get("name", account.name), old.get("industry", account.industry)
        account.version += 1
        accounts.append(account.prepare())
    fields = ["name", "name_key", "industry", "search_text", "version"]
    bulk_update_with_history(
        accounts, Account, fields, default_user=by, default_change_reason=reason, default_date=at, batch_size=BATCH
    )
    mirrors = list(ErpCustomer.objects.filter(account__in=[pk for pk in changed if pk not in linked]))
    for mirror in mirrors:
        for name, old in was[mirror.account_id].items():
            setattr(mirror, name, old)
        mirror.digest = STALE
    ErpCustomer.objects.bulk_update(mirrors, [*OWNED, "digest"], batch_size=BATCH)
