"""The ERP's sales and credit notes: each is recorded once and stays (see `Sale`), and is a fact of ownership.

A row is compared with what the hub has under its number. One that says otherwise is held, for a sale isn't edited; one
of a customer who isn't in the hub yet is held until the customer is, and taken up then.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import ProtectedError

from accounts.events import facts_changed
from accounts.imports.files.columns import Column, Problem
from accounts.imports.files.file_reader import FeedRows, open_rows
from accounts.imports.files.layout import Layout
from accounts.imports.models import Feed, ImportRow, ImportRun
from accounts.imports.runs.registry import (
    COMMON,
    Changed,
    Divisions,
    FeedKind,
    known_id,
    left_out,
    refused,
    register,
    settle_twice,
    understood,
)
from accounts.imports.runs.stage import Stage, copied, moment, recorded, staged, truth
from accounts.people.models import Staff
from accounts.records.models import Account
from interactions.sales.actions import attribute_sales
from interactions.sales.erp_file import People
from interactions.sales.models import Sale, SaleSource
from interactions.sales.sale_rows import LINE_COLUMNS, SALE_COLUMNS, SALE_HEAD_COLUMNS, line, sale
from mikano_cx.kit.local_time import local_date
from mikano_cx.kit.money import LIMIT
from mikano_cx.kit.person_locks import lock_people
from mikano_cx.kit.refusal import Refused
from mikano_cx.kit.sheets import Cell

KOBO = 100
OWN = {
    "run_id": "bigint",
    "leader": "integer",  # the row that stands for all of its invoice
    "customer": "text",
    "sold_on": "date",
    "kobo": "bigint",
    "person": "text",
    "person_id": "bigint",
    "division_id": "bigint",
    "product_line": "text",
    "credit_of": "text",
    "account_id": "bigint",
    "credits_id": "bigint",
}
HEAD = ("customer", "sold_on", "person", "credit_of")  # what the lines of one invoice share
# A recorded sale s with the row's number, and that s, with the invoice i that it credits, says what the row says.
_RECORDED = "s.source <> 'deal' AND s.invoice_number = {stage}.external_id"
_SAME = (
    f"s.sold_on = {{stage}}.sold_on AND CAST(ROUND(s.amount * {KOBO}) AS BIGINT) = {{stage}}.kobo"
    " AND (s.salesperson_code = {stage}.person OR s.salesperson_id = {stage}.person_id)"
    " AND COALESCE(i.invoice_number, '') = {stage}.credit_of"
)
_ALONE = "{stage}.leader = {stage}.row AND {stage}.credit_of = ''"  # it rests on no other row
WAITS = ("no_account", "customer_waits")  # why a held row may be taken up later


def reference(run: ImportRun) -> str:
    """What the run's sales carry as `import_reference`."""
    return f"feed run {run.pk}"


@register
class Sales(FeedKind):
    name, label = "sales", "Sales and credit notes"
    fills = ("interactions_sale",)
    brings = "new sale"
    settings = ("lines_pattern",)
    lines = LINE_COLUMNS
    columns = COMMON | OWN
    kept = ("customer", "sold_on", "kobo", "person", "person_id", "division_id", "product_line", "credit_of")

    def fields(self, feed: Feed) -> tuple[Column, ...]:
        return SALE_HEAD_COLUMNS if feed.lines_pattern else SALE_COLUMNS

    def reader(self, feed: Feed, on: date) -> Callable[[Sequence[Cell]], Any]:
        return _reader(feed, on, has_lines=bool(feed.lines_pattern))

    def line_reader(self, feed: Feed) -> Callable[[Sequence[Cell]], Any]:
        return partial(line, layout=Layout.of_lines(feed), prefix=feed.id_prefix)

    def rows(self, run: ImportRun, file: FeedRows, *, at: datetime) -> Iterator[Sequence[Any]]:
        prefix = run.feed.id_prefix
        people, divisions, empty = People(), Divisions(run.feed), (None,) * (len(OWN) - 2)
        read_row = _reader(run.feed, local_date(at), has_lines=bool(run.lines_file))
        ours = run.pk
        for row in file:
            number = row.number
            if row.left_out:
                yield *left_out(row), ours, number, *empty
                continue
            read, division = divisions.of(understood(row, read_row))
            if isinstance(read, Problem):
                yield *refused(row, prefix, read, row.cells[1]), ours, number, *empty
                continue
            invoice, customer, sold_on, naira, said, _, product_line, credit_of = read
            kobo = None if naira is None else int(naira * KOBO)
            person = people.of(said)
            unknown = f"Nobody had the code {said}." if said and person is None else ""
            yield (
                number, invoice, customer, "", unknown and "unknown_salesperson", "", unknown, ours, number,
                customer, sold_on, kobo, said, person, division, product_line, credit_of, None, None,
            )  # fmt: skip

    # --- deciding ----------------------------------------------------------------------------------------------------
    def decide(self, run: ImportRun, stage: Stage, *, at: datetime) -> None:
        if run.lines_file:
            self._add_lines(run, stage)
        if run.feed.rows_are_lines:
            stage.ready("external_id")
            self._group(stage)
        else:
            self._refuse_twice(stage)
        self.place(run.feed, stage)

    def place(self, feed: Feed, stage: Stage) -> None:
        """Find each undecided row's account, invoice and earlier self, and decide it."""
        if feed.rows_are_lines or feed.lines_pattern:
            too_much = f"ABS(kobo) >= {int(LIMIT) * KOBO}"
            _refuse(stage, too_much, "amount_unfit", "amount", "'Its lines add up to more money than there is.'")
        self._find_accounts(feed, stage)
        self._compare(stage)
        self._check_credits(stage)
        stage.sql("UPDATE {stage} SET bucket = 'new' WHERE bucket = '' AND leader = row")
        stage.sql(
            "UPDATE {stage} SET bucket = o.bucket, problem = o.problem, kind = o.kind, field = o.field FROM {stage} o"
            " WHERE {stage}.bucket = '' AND o.row = {stage}.leader AND o.run_id = {stage}.run_id"
        )

    def _add_lines(self, run: ImportRun, stage: Stage) -> None:
        """Each invoice's amount is the sum of its lines in the second file."""
        read = self.line_reader(run.feed)
        columns = {"external_id": "text", "kobo": "bigint", "problem": "text"}
        with open_rows(run.lines_file.path, Layout.of_lines(run.feed), self.lines) as file:
            lines = Stage(columns, "feed_lines")
            lines.fill(_line(row, read, run.feed.id_prefix) for row in file)
        stage.sql(
            "UPDATE {stage} SET kobo = l.kobo, bucket = CASE WHEN l.problem <> '' THEN 'refused' ELSE bucket END,"
            " problem = CASE WHEN l.problem <> '' THEN l.problem ELSE {stage}.problem END,"
            " kind = CASE WHEN l.problem <> '' THEN 'line_refused' ELSE kind END FROM (SELECT external_id,"
            " CAST(SUM(kobo) AS BIGINT) AS kobo, MAX(problem) AS problem FROM feed_lines GROUP BY external_id) l"
            " WHERE l.external_id = {stage}.external_id AND {stage}.bucket = ''"
        )
        _refuse(stage, "kobo IS NULL", "no_lines", "amount", "'The file of lines has none for this invoice.'")
        lines.drop()

    def _group(self, stage: Stage) -> None:
        """Rows of one invoice are its lines: the first stands for them all, with their sum."""
        for problem, wrong in (
            ("'Another line of this invoice is refused.'", "MAX(CASE WHEN bucket = 'refused' THEN 1 ELSE 0 END) = 1"),
            ("'The lines of this invoice differ in ' || 'customer, date, salesperson or credited invoice.'",
             " OR ".join(f"COUNT(DISTINCT {name}) > 1" for name in HEAD)),
        ):  # fmt: skip
            _refuse(
                stage,
                "external_id IN (SELECT external_id FROM {stage} WHERE external_id <> '' AND bucket <> 'left_out'"
                f" GROUP BY external_id HAVING {wrong})",
                "line_refused",
                "invoice_number",
                problem,
            )
        stage.sql(
            "UPDATE {stage} SET leader = l.leader,"
            " kobo = CASE WHEN {stage}.row = l.leader THEN l.kobo ELSE {stage}.kobo END"
            " FROM (SELECT external_id, MIN(row) AS leader, CAST(SUM(kobo) AS BIGINT) AS kobo FROM {stage}"
            " WHERE bucket = '' GROUP BY external_id) l"
            " WHERE l.external_id = {stage}.external_id AND {stage}.bucket = ''"
        )

    def _refuse_twice(self, stage: Stage) -> None:
        alike = " AND ".join(f"COALESCE(CAST(o.{name} AS text), '') = COALESCE(CAST({{stage}}.{name} AS text), '')"
                             for name in (*HEAD, "kobo", "product_line"))  # fmt: skip
        settle_twice(stage, "invoice_number", alike)

    def _find_accounts(self, feed: Feed, stage: Stage) -> None:
        """Each row's account. What is the same as the hub's, nearly all of it, leaves the stage at once."""
        undecided = "{stage}.bucket = ''"
        stage.settle(
            f"LEFT JOIN accounts_erpcustomer c ON {undecided} AND c.source = %s AND c.external_id = {{stage}}.customer"
            f" LEFT JOIN interactions_sale s ON {undecided} AND {_RECORDED}"
            " LEFT JOIN interactions_sale i ON i.id = s.credit_note_of_id",
            # A line says only a part of its invoice, and who waited since an earlier night isn't forgotten.
            f"{truth(not feed.rows_are_lines)} AND {undecided} AND c.check_state <> 'rejected'"
            f" AND c.account_id = s.account_id AND {_SAME} AND {{stage}}.external_id NOT IN (SELECT external_id"
            " FROM accounts_importrow WHERE bucket = 'held' AND settled_at IS NULL)",
            {
                "account_id": "COALESCE(c.account_id, {stage}.account_id)",
                "division_id": "COALESCE({stage}.division_id, c.division_id)",
                "bucket": "CASE WHEN c.check_state = 'rejected' THEN 'left_out' WHEN c.id IS NOT NULL AND c.account_id"
                f" IS NULL THEN 'held' WHEN c.id IS NOT NULL AND s.id IS NULL AND {_ALONE} THEN 'new'"
                " ELSE {stage}.bucket END",
                "kind": "CASE WHEN c.check_state <> 'rejected' AND c.account_id IS NULL THEN 'customer_waits'"
                " ELSE {stage}.kind END",
                "field": "CASE WHEN c.id IS NOT NULL THEN 'customer' ELSE {stage}.field END",
                "problem": "CASE WHEN c.id IS NOT NULL AND c.account_id IS NULL THEN 'Its customer ' || c.external_id"
                " || ' ' || c.name || ' waits for the steward.' ELSE {stage}.problem END",
            },
            [feed.source],
        )
        stage.ready("external_id")
        stage.sql(
            "UPDATE {stage} SET account_id = a.id FROM accounts_account a"
            " WHERE bucket = '' AND account_id IS NULL AND a.erp_customer_id = {stage}.customer"
        )
        stage.sql(
            "UPDATE {stage} SET bucket = 'held', kind = 'no_account', field = 'customer', problem ="
            " 'The hub doesn''t know the customer ' || customer || ' yet.' WHERE bucket = '' AND account_id IS NULL"
            " AND leader = row"
        )

    def _compare(self, stage: Stage) -> None:
        """What the hub has under the number: the same, or held because a recorded sale stays."""
        same = f"s.account_id = {{stage}}.account_id AND {_SAME}"
        stage.sql(
            f"UPDATE {{stage}} SET bucket = CASE WHEN {same} THEN 'same' ELSE 'held' END, field = 'invoice_number',"
            f" kind = CASE WHEN {same} THEN '' ELSE 'other_content' END, problem = CASE WHEN {same} THEN '' ELSE"
            " 'The hub has it with ' || CAST(s.sold_on AS text) || ', NGN ' || CAST(s.amount AS text) || ', '"
            " || s.salesperson_code || ': a sale stays as recorded. Send a credit note, or ask for a ruling.' END"
            " FROM interactions_sale s LEFT JOIN interactions_sale i ON i.id = s.credit_note_of_id"
            f" WHERE {{stage}}.bucket = '' AND {{stage}}.leader = {{stage}}.row AND {_RECORDED}"
        )

    def _check_credits(self, stage: Stage) -> None:
        notes = "{stage}.bucket = '' AND {stage}.leader = {stage}.row AND {stage}.credit_of <> ''"
        if not stage.rows(f"SELECT 1 FROM {{stage}} WHERE {notes} LIMIT 1"):
            return
        stage.sql(
            "UPDATE {stage} SET credits_id = s.id, kind = CASE"
            " WHEN s.credit_note_of_id IS NOT NULL THEN 'credits_a_credit_note'"
            " WHEN s.account_id <> {stage}.account_id THEN 'another_account'"
            " WHEN s.sold_on > {stage}.sold_on THEN 'before_its_invoice' ELSE {stage}.kind END"
            f" FROM interactions_sale s WHERE {notes} AND s.source <> 'deal' AND s.invoice_number = {{stage}}.credit_of"
        )
        stage.sql(
            "UPDATE {stage} SET credits_id = 0, kind = CASE"
            " WHEN o.credit_of <> '' THEN 'credits_a_credit_note' WHEN o.bucket IN ('refused', 'held') THEN"
            " 'invoice_' || o.bucket WHEN o.account_id <> {stage}.account_id THEN 'another_account'"
            " WHEN o.sold_on > {stage}.sold_on THEN 'before_its_invoice' ELSE {stage}.kind END"
            f" FROM {{stage}} o WHERE {notes} AND {{stage}}.credits_id IS NULL AND o.leader = o.row"
            " AND o.external_id = {stage}.credit_of"
        )
        _refuse(stage, f"{notes} AND credits_id IS NULL", "unknown_invoice", "credit_note_of",
                "'There is no invoice ' || credit_of || ' in the hub or in this file.'")  # fmt: skip
        _refuse(stage, f"{notes} AND kobo > 0", "adds", "amount",
                "'A credit note takes away: its amount is zero or less.'")  # fmt: skip
        for kind, words in CREDIT_PROBLEMS.items():
            _refuse(stage, f"{notes} AND kind = '{kind}'", kind, "credit_note_of", words)
        stage.sql(
            "UPDATE {stage} SET bucket = 'held', field = 'credit_note_of',"
            f" problem = 'Its invoice ' || credit_of || ' is held.' WHERE {notes} AND kind = 'invoice_held'"
        )

    def changes(self, run: ImportRun, stage: Stage) -> Iterator[Changed]:
        return iter(())  # a sale isn't changed

    # --- writing -----------------------------------------------------------------------------------------------------
    def apply(self, run: ImportRun, stage: Stage, *, at: datetime) -> None:
        self.write(stage, at=at, reason=run.author)
        stage.sql(  # held in an earlier night, and here again: one row waits, the newest
            "UPDATE accounts_importrow SET settled_at = %s WHERE bucket = 'held' AND settled_at IS NULL"
            " AND run_id <> %s AND run_id IN (SELECT id FROM accounts_importrun WHERE feed_id = %s)"
            " AND external_id IN (SELECT external_id FROM {stage} WHERE bucket IN ('held', 'new', 'same'))",
            [moment(at), run.pk, run.feed_id],
        )

    def write(self, stage: Stage, *, at: datetime, reason: str) -> None:
        """Record the new rows, invoices before credit notes, and note on their accounts that they wait for a replay."""
        new = "bucket = 'new' AND leader = row"
        lock_people([pk for (pk,) in stage.rows(f"SELECT DISTINCT person_id FROM {{stage}} WHERE {new}")])
        concerned = f"SELECT account_id FROM {stage.name} WHERE {new}"
        if connection.vendor == "postgresql":  # in one order, so that nobody waits for each other
            stage.rows(f"SELECT 1 FROM accounts_account WHERE id IN ({concerned}) ORDER BY id FOR NO KEY UPDATE")
        amount = "kobo / 100.0" if connection.vendor == "sqlite" else "s.kobo::numeric / 100"
        given = {
            "invoice_number": "s.external_id",
            "account": "s.account_id",
            "sold_on": "s.sold_on",
            "recorded_at": "%s",
            "amount": amount,
            "salesperson": "s.person_id",
            "salesperson_code": "s.person",
            "division": "COALESCE(s.division_id, a.division_id)",
            "product_line": "s.product_line",
            "source": f"'{SaleSource.ERP}'",
            "import_reference": "'feed run ' || s.run_id",
            "is_demo": "(SELECT r.is_demo FROM accounts_importrun r WHERE r.id = s.run_id)",
        }
        source = f"{stage.name} s JOIN accounts_account a ON a.id = s.account_id"
        mine = "s.bucket = 'new' AND s.leader = s.row"
        copied(Sale, f"{source} WHERE {mine} AND s.credit_of = '' ORDER BY s.row", given, [moment(at)])
        copied(
            Sale,
            f"{source} JOIN interactions_sale i ON i.invoice_number = s.credit_of AND i.source <> 'deal'"
            f" WHERE {mine} AND s.credit_of <> '' ORDER BY s.row",
            given | {"credit_note_of": "i.id"},
            [moment(at)],
        )
        ours = f"SELECT DISTINCT 'feed run ' || run_id FROM {stage.name}"
        recorded(Sale, f"import_reference IN ({ours}) AND recorded_at = %s", [moment(at)], at=at, reason=reason)
        stage.sql(  # within COALESCE: PostgreSQL guesses half; of few it would look for each in the whole file
            f"UPDATE accounts_account SET next_at = %s WHERE id IN ({concerned}) AND COALESCE(next_at > %s, TRUE)",
            [moment(at), moment(at)],
        )

    def touched(self, run: ImportRun, *, at: datetime) -> list[int]:
        sold = Sale.objects.filter(import_reference=reference(run)).values("account")
        return list(Account.objects.filter(pk__in=sold, next_at__lte=at).order_by("pk").values_list("pk", flat=True))

    def after(self, run: ImportRun, *, at: datetime) -> None:
        """A code that became somebody's while the file was read was still nobody's to it."""
        unknown = Sale.objects.filter(import_reference=reference(run), salesperson=None).exclude(salesperson_code="")
        attribute_sales(set(unknown.order_by().values_list("salesperson_code", flat=True)), at=at, run=run)

    def undo(self, run: ImportRun, *, by: Staff | None, at: datetime) -> set[int]:
        sales = Sale.objects.filter(import_reference=reference(run))
        concerned = set(sales.values_list("account", flat=True))
        list(Account.objects.select_for_update(no_key=True).filter(pk__in=concerned).order_by("pk").values_list("pk"))
        try:
            sales.erase()
            ImportRow.objects.filter(run__feed=run.feed, bucket="held", settled_at=run.started_at).update(
                settled_at=None
            )
        except ProtectedError as error:
            words = ", ".join(sorted(str(one) for one in error.protected_objects)[:5])
            raise Refused("touched", f"This import can't be undone: others rest on its sales ({words}).") from error
        return concerned


CREDIT_PROBLEMS = {
    "credits_a_credit_note": "credit_of || ' is a credit note itself: name the invoice.'",
    "another_account": "credit_of || ' is an invoice of another customer.'",
    "before_its_invoice": "'Its invoice ' || credit_of || ' is of a later day.'",
    "invoice_refused": "'Its invoice ' || credit_of || ' is refused.'",
}


def take_up_held(source: str, *, at: datetime) -> int:
    """Record the sales that were held because their customer had no account, and has one now; how many there were."""
    waiting = ImportRow.objects.filter(bucket="held", settled_at=None, problem_kind__in=(*WAITS, "invoice_held"))
    waiting = waiting.filter(run__feed__source=source, run__kind=Sales.name, run__state="applied")
    kind = Sales()
    with transaction.atomic(), staged(Sales.columns) as stage:
        stage.fill([_held_again(row) for row in waiting.order_by("run", "row").iterator()])
        stage.ready()
        kind.place(Feed(source=source), stage)
        kind.write(stage, at=at, reason=f"Held sales of {source}")
        stage.sql(
            "UPDATE accounts_importrow SET settled_at = %s, bucket = 'new' FROM {stage} s WHERE s.bucket = 'new'"
            " AND accounts_importrow.run_id = s.run_id AND accounts_importrow.row = s.row",
            [moment(at)],
        )
        ids = [pk for (pk,) in stage.rows("SELECT DISTINCT account_id FROM {stage} WHERE bucket = 'new'")]
        facts_changed.send(ImportRun, account_ids=set(ids), at=at, by=None)
        return int(stage.value("SELECT COUNT(*) FROM {stage} WHERE bucket = 'new'"))


def _held_again(row: ImportRow) -> Sequence[Any]:
    kept = row.cells
    return (
        *(row.row, row.external_id, row.label, "", "", "", "", row.run_id, row.row),
        *(kept[name] for name in Sales.kept),
        *(None, None),
    )


def _reader(feed: Feed, on: date, *, has_lines: bool) -> Callable[[Sequence[Cell]], Any]:
    return partial(sale, layout=Layout.of(feed), prefix=feed.id_prefix, on=on, has_lines=has_lines)


def _line(row: Any, read: Callable[[Sequence[Cell]], Any], prefix: str) -> Sequence[Any]:
    said = understood(row, read)
    if isinstance(said, Problem):
        number = known_id(row.cells[0], prefix)
        return number, None, f"Row {row.number:,} of the lines: {said.text}"[:300]
    return said.invoice_number, int(Decimal(said.amount) * KOBO), ""


def _refuse(stage: Stage, where: str, kind: str, field: str, problem: str) -> None:
    """Refuse undecided rows; `problem` is SQL."""
    stage.sql(
        f"UPDATE {{stage}} SET bucket = 'refused', kind = '{kind}', field = '{field}', problem = {problem}"
        f" WHERE bucket = '' AND {where}"
    )
