"""The customers of the ERP: compared with the customers it gave before, and with the accounts of the hub.

The ERP's own fields are the official name, its ID, the credit status, and the industry where it gives one. Address and
phone are the hub's: a new account begins with the ERP's.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from django.db import connection
from simple_history.utils import bulk_update_with_history

from accounts.imports.customers import rows
from accounts.imports.files import row_values
from accounts.imports.files.columns import Column, Problem
from accounts.imports.files.file_reader import FeedRows
from accounts.imports.files.layout import Layout
from accounts.imports.models import ErpCustomer, Feed, ImportRow, ImportRun
from accounts.imports.runs.registry import (
    COMMON,
    SAME,
    TAKE_UP,
    Changed,
    Divisions,
    FeedKind,
    has_twice,
    known_id,
    left_out,
    refuse_twice,
    refused,
    register,
    understood,
)
from accounts.imports.runs.stage import Stage, copied, indexed_at_once, moment, recorded, truth
from accounts.jobs.queue import enqueue
from accounts.people.models import Staff
from accounts.records.models import Account, CodeSeries
from accounts.records.models.accounts import Origin, OwnerBasis
from mikano_cx.kit.chunks import chunks
from mikano_cx.kit.local_time import local_date
from mikano_cx.kit.names import plain
from mikano_cx.kit.phones import doubt
from mikano_cx.kit.sheets import Cell

BATCH = 1_000
OWNED = ("name", "industry", "credit_status", "address", "main_phone")  # what the mirror keeps of a row
SHOWN = ("Company name", "Industry", "Credit status", "ERP address", "ERP phone")
ACCOUNT_SHOWN = {"name": "Company name", "industry": "Industry", "erp_customer_id": "ERP customer ID"}
MIRRORED = (*OWNED, "name_key", "digest", "last_run_id", "vanished_at")  # what an undo gives back
Check = ErpCustomer.Check


@register
class Customers(FeedKind):
    name, label = "customers", "Customers"
    fills = ("accounts_account", "accounts_erpcustomer")
    brings = "new account"
    settings = ("holds", "most_vanished")
    columns = COMMON | {
        "digest": "text",
        **dict.fromkeys(OWNED, "text"),
        "name_key": "text",
        "search_text": "text",
        "division_id": "bigint",
        "erp_id": "bigint",
        "account_id": "bigint",
    }

    def fields(self, feed: Feed) -> tuple[Column, ...]:
        return rows.CUSTOMER_COLUMNS

    def reader(self, feed: Feed, on: date) -> Callable[[Sequence[Cell]], Any]:
        return partial(rows.customer, layout=Layout.of(feed), prefix=feed.id_prefix)

    def rows(self, run: ImportRun, file: FeedRows, *, at: datetime) -> Iterator[Sequence[Any]]:
        feed = run.feed
        known = set(ErpCustomer.objects.filter(source=feed.source).values_list("digest", flat=True).iterator())
        divisions, nothing = Divisions(feed), (None,) * (len(OWNED) + 5)
        read_row = self.reader(feed, local_date(at))
        for row in file:
            if row.left_out:
                yield *left_out(row), "", *nothing
                continue
            digest = row_values.digest(row.cells)
            if digest in known:
                found = known_id(row.cells[0], feed.id_prefix)
                yield row.number, found, "", SAME, "", "", "", digest, *nothing
                continue
            read, division = divisions.of(understood(row, read_row))
            if isinstance(read, Problem):
                yield *refused(row, feed.id_prefix, read, row.cells[1]), digest, *nothing
                continue
            odd = doubt(read.main_phone)
            noted = ("bad_phone", "main_phone", odd) if odd else ("", "", "")
            words = (plain(read.name), plain(read.name_key), plain(read.external_id), read.search_digits)
            yield (
                *(row.number, read.external_id, read.name[:120], "", *noted, digest),
                *(read.name, read.industry, read.credit_status, read.address, read.main_phone),
                *(read.name_key, "|".join(filter(None, words)), division, None, None),
            )

    def decide(self, run: ImportRun, stage: Stage, *, at: datetime) -> None:
        stage.ready("external_id")
        if has_twice(stage):
            stage.sql(
                "UPDATE {stage} SET bucket = 'same' WHERE bucket = '' AND EXISTS (SELECT 1 FROM {stage} o WHERE"
                " o.external_id = {stage}.external_id AND o.digest = {stage}.digest AND o.row < {stage}.row)"
            )
            refuse_twice(stage, "external_id", "bucket <> 'refused'", "COUNT(DISTINCT digest) > 1")
        stage.sql(  # a row that is known to be the same, nearly each, is left alone
            "UPDATE {stage} SET erp_id = c.id, account_id = c.account_id,"
            " bucket = CASE WHEN c.check_state = 'rejected' AND {stage}.bucket <> 'refused' THEN 'left_out'"
            " ELSE {stage}.bucket END"
            " FROM accounts_erpcustomer c LEFT JOIN accounts_account a ON a.id = c.account_id"
            " WHERE c.source = %s AND c.external_id = {stage}.external_id"
            f" AND ({{stage}}.bucket <> 'same' OR c.check_state = 'rejected' OR {_ADRIFT})",
            [run.feed.source],
        )
        self._decide_unknown(run, stage)
        self._decide_known(stage)

    def _decide_unknown(self, run: ImportRun, stage: Stage) -> None:
        stage.sql(
            "UPDATE {stage} SET bucket = 'refused', kind = 'other_source', field = 'external_id', problem ="
            " {stage}.external_id || ' is a customer of the source ' || c.source || ' already: one of the two feeds"
            " needs a prefix of IDs.' FROM accounts_erpcustomer c WHERE {stage}.bucket = '' AND {stage}.erp_id IS NULL"
            " AND c.external_id = {stage}.external_id AND c.source <> %s AND c.check_state <> 'rejected'",
            [run.feed.source],
        )
        stage.sql(
            "UPDATE {stage} SET account_id = a.id, bucket = 'changed' FROM accounts_account a"
            " WHERE {stage}.bucket = '' AND {stage}.erp_id IS NULL AND a.erp_customer_id = {stage}.external_id"
        )
        for same in (
            "a.name_key = {stage}.name_key AND a.name_key <> ''",
            "a.main_phone = {stage}.main_phone AND a.main_phone LIKE '+%%'",
        ):
            stage.sql(
                "UPDATE {stage} SET bucket = 'held', kind = 'looks_same', field = 'name', problem ="
                " 'Looks like ' || a.code || ' ' || a.name || ': the steward decides.' FROM accounts_account a"
                " WHERE {stage}.bucket = '' AND {stage}.erp_id IS NULL AND a.erp_customer_id IS NULL AND " + same,
                [],
            )
        stage.sql("UPDATE {stage} SET bucket = 'new' WHERE bucket = '' AND erp_id IS NULL")

    def _decide_known(self, stage: Stage) -> None:
        alike = " AND ".join(f"c.{name} = {{stage}}.{name}" for name in OWNED)
        stage.sql(
            f"UPDATE {{stage}} SET bucket = CASE WHEN {alike} THEN 'same' ELSE 'changed' END"
            " FROM accounts_erpcustomer c WHERE {stage}.bucket = '' AND c.id = {stage}.erp_id"
        )
        stage.sql(
            "UPDATE {stage} SET bucket = 'changed' FROM accounts_erpcustomer c"
            " LEFT JOIN accounts_account a ON a.id = c.account_id WHERE {stage}.bucket = 'same'"
            f" AND c.id = {{stage}}.erp_id AND {_ADRIFT}"
        )

    def changes(self, run: ImportRun, stage: Stage) -> Iterator[Changed]:
        new = ", ".join(f"COALESCE(s.{name}, c.{name})" for name in OWNED)
        old = ", ".join(f"c.{name}" for name in MIRRORED)
        rows = stage.rows(
            f"SELECT s.row, s.account_id, s.erp_id, s.external_id, a.name, a.industry, a.erp_customer_id, {new}, {old}"
            " FROM {stage} s LEFT JOIN accounts_erpcustomer c ON c.id = s.erp_id"
            " LEFT JOIN accounts_account a ON a.id = s.account_id WHERE s.bucket = 'changed' ORDER BY s.row"
        )
        for row, account, mirror, ident, name, industry, held_as, *both in rows:
            now, before = both[: len(OWNED)], dict(zip(MIRRORED, both[len(OWNED) :], strict=True))
            was = [before[name] or "" for name in OWNED]
            if account is not None:
                was[0], was[1] = name, industry
                now[1] = now[1] or industry
            told = {label: [a, b] for label, a, b in zip(SHOWN, was, now, strict=True) if a != b}
            if account is not None and held_as != ident:
                told[ACCOUNT_SHOWN["erp_customer_id"]] = [held_as, ident]
            if mirror is None:
                told["ERP record"] = ["", "linked"]
            elif before["vanished_at"] is not None:
                told["In the ERP"] = ["vanished", "back"]
                before["vanished_at"] = str(before["vanished_at"])
            yield row, account, told, before if mirror else {}

    def vanished(self, run: ImportRun, stage: Stage) -> tuple[int, int]:
        known = ErpCustomer.objects.filter(source=run.feed.source, vanished_at=None).exclude(check_state=Check.REJECTED)
        if run.feed.holds != Feed.Holds.ALL:
            return 0, known.count()
        return stage.value(
            f"SELECT COUNT(*) FROM accounts_erpcustomer c WHERE {_MISSING}", [run.feed.source]
        ), known.count()

    def keep_vanished(self, run: ImportRun, stage: Stage) -> None:
        copied(
            ImportRow,
            f"accounts_erpcustomer c WHERE {_MISSING}".replace("{stage}", stage.name),
            {"run": str(run.pk), "row": "0", "bucket": "'vanished'", "external_id": "c.external_id"}
            | {"label": "substr(c.name, 1, 120)", "account": "c.account_id", "cells": "'{}'", "changes": "'{}'"},
            [run.feed.source],
        )

    # --- writing -----------------------------------------------------------------------------------------------------
    def apply(self, run: ImportRun, stage: Stage, *, at: datetime) -> None:
        self._change(run, stage, at)
        self._add(run, stage, at)
        if run.vanished:
            stage.sql(
                f"UPDATE accounts_erpcustomer AS c SET vanished_at = %s WHERE {_MISSING}", [moment(at), run.feed.source]
            )

    def _change(self, run: ImportRun, stage: Stage, at: datetime) -> None:
        """The mirror first, then the accounts as the mirror says."""
        put = ", ".join(f"{name} = COALESCE({stage.name}.{name}, accounts_erpcustomer.{name})" for name in OWNED)
        stage.sql(
            f"UPDATE accounts_erpcustomer SET {put}, digest = {{stage}}.digest, vanished_at = NULL,"
            " name_key = COALESCE({stage}.name_key, accounts_erpcustomer.name_key),"
            f" last_run_id = CASE WHEN {{stage}}.bucket = 'changed' THEN {run.pk} ELSE last_run_id END"
            " FROM {stage} WHERE accounts_erpcustomer.id = {stage}.erp_id AND ({stage}.bucket = 'changed'"
            " OR ({stage}.bucket = 'same' AND {stage}.name IS NOT NULL))"
        )
        self._mirror(run, stage, "s.bucket = 'changed' AND s.erp_id IS NULL", Check.VALID)
        ids = [pk for (pk,) in stage.rows(
            "SELECT account_id FROM {stage} WHERE bucket = 'changed' AND account_id IS NOT NULL ORDER BY account_id"
        )]  # fmt: skip
        for part in chunks(ids, BATCH):
            take_over(part, run.author, at)

    def _add(self, run: ImportRun, stage: Stage, at: datetime) -> None:
        count = stage.value("SELECT COUNT(*) FROM {stage} WHERE bucket = 'new'")
        if count:
            series = CodeSeries.of_accounts(demo=run.is_demo)
            first = CodeSeries.take(series, count)[0].removeprefix(series)
            code = f"printf('{series}%%03d', s.n)"
            if connection.vendor == "postgresql":
                code = f"'{series}' || lpad(s.n::text, greatest(3, length(s.n::text)), '0')"
            with indexed_at_once("account_search"):
                copied(
                    Account,
                    f"(SELECT o.*, ROW_NUMBER() OVER (ORDER BY row) + {int(first) - 1} AS n"
                    f" FROM {stage.name} o WHERE bucket = 'new') s",
                    {name: f"s.{name}" for name in ("name", "name_key", "industry", "address", "main_phone")}
                    | {
                        "code": code,
                        "erp_customer_id": "s.external_id",
                        "division": "s.division_id",
                        "origin": f"'{Origin.ERP}'",
                        "owner_basis": f"'{OwnerBasis.RULES}'",
                        "search_text": f"lower({code}) || '|' || s.search_text",
                        "created_at": "%s",
                        "next_at": "%s",
                        "is_demo": truth(run.is_demo),
                    },
                    [moment(at), moment(at)],
                )
            recorded(
                Account,
                f"erp_customer_id IN (SELECT external_id FROM {stage.name} WHERE bucket = 'new')",
                at=at,
                reason=run.author,
            )
        self._mirror(run, stage, "s.bucket = 'new'", Check.WAITING)
        self._mirror(run, stage, "s.bucket = 'held' AND s.erp_id IS NULL", Check.MATCH)

    def _mirror(self, run: ImportRun, stage: Stage, where: str, check: str) -> None:
        copied(
            ErpCustomer,
            f"{stage.name} s LEFT JOIN accounts_account a ON a.erp_customer_id = s.external_id WHERE {where}",
            {name: f"s.{name}" for name in (*OWNED, "name_key", "search_text", "digest", "external_id")}
            | {
                "source": f"'{run.feed.source}'",
                "account": "a.id",
                "division": "s.division_id",
                "check_state": f"'{check}'",
                "is_demo": truth(run.is_demo),
                "first_run": str(run.pk),
                "last_run": str(run.pk),
            },
        )

    def touched(self, run: ImportRun, *, at: datetime) -> list[int]:
        new = Account.objects.filter(erp_customer__first_run=run, next_at__lte=at)
        return list(new.order_by("pk").values_list("pk", flat=True))

    def after(self, run: ImportRun, *, at: datetime) -> None:
        enqueue(TAKE_UP, run.feed.source, at=at)

    def undo(self, run: ImportRun, *, by: Staff | None, at: datetime) -> set[int]:
        from accounts.imports.customers.undo import undo_customers

        undo_customers(run, by=by, at=at)
        return set()  # no fact of ownership


# The mirror's c and its account a say otherwise, though the ERP's row is as it was.
_ADRIFT = (
    "(c.vanished_at IS NOT NULL OR a.name <> c.name OR (c.industry <> '' AND a.industry <> c.industry)"
    " OR a.erp_customer_id <> c.external_id)"
)
_MISSING = (
    "c.source = %s AND c.vanished_at IS NULL AND c.check_state <> 'rejected'"
    " AND NOT EXISTS (SELECT 1 FROM {stage} s WHERE s.external_id = c.external_id)"
)


def take_over(ids: Sequence[int], reason: str, at: datetime, by: Staff | None = None) -> None:
    """Give the accounts what their ERP customers say; the hub's own fields stay."""
    rows = Account.objects.select_for_update(no_key=True, of=("self",)).select_related("erp_customer")
    changed = []
    for account in rows.filter(pk__in=ids, erp_customer__isnull=False).order_by("pk"):
        erp = account.erp_customer
        before = (account.name, account.industry, account.erp_customer_id)
        account.name, account.erp_customer_id = erp.name, erp.external_id
        account.industry = erp.industry or account.industry
        if before != (account.name, account.industry, account.erp_customer_id):
            account.version += 1
            changed.append(account.prepare())
    bulk_update_with_history(
        changed,
        Account,
        ["name", "name_key", "industry", "erp_customer_id", "search_text", "version"],
        batch_size=BATCH,
        default_user=by,
        default_change_reason=reason[:100],
        default_date=at,
    )
