"""The verbs of sales. A sale is recorded once and never edited: see `Sale`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from os import PathLike
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from simple_history.utils import bulk_create_with_history

from accounts.events import facts_changed
from accounts.imports.models import ImportRun
from accounts.people import roles
from accounts.people.models import Division, Staff
from accounts.records.models import Account
from interactions.sales.erp_file import NEW, Decision, SalesFile, decide, read_file
from interactions.sales.models import Sale, SaleSource
from interactions.sales.sale_details import Terms, check, otherwise
from mikano_cx.kit.chunks import distinct_chunks
from mikano_cx.kit.identifiers import erp_id
from mikano_cx.kit.local_time import local_date
from mikano_cx.kit.names import plain
from mikano_cx.kit.person_locks import lock_people
from mikano_cx.kit.refusal import Refused, still_there

TRIES = 3
CHUNK = 1_000


def record_sale(
    *,
    by: Staff | None,
    at: datetime,
    invoice_number: str,
    account: Account,
    sold_on: date,
    amount: Decimal,
    salesperson: Staff | None = None,
    salesperson_code: str = "",
    division: Division | None = None,
    product_line: str = "",
    source: str = SaleSource.HAND,
    idempotency_key: str | None = None,
) -> Sale:
    """Record one invoice: `sold_on` is its local day, `amount` NGN; `by` None is the command line.

    `salesperson_code` keeps what the ERP calls the salesperson, also one whom the hub doesn't know; the division is the
    account's where none is given. The same invoice again gives the row made the first time.
    Refuses: `not_your_role`, `not_your_division`, `gone`, `key_used`, `other_content` (the number is taken by a sale
    that says otherwise), and what `sales_terms.check` refuses.
    """
    terms = Terms(
        erp_id(invoice_number),
        account.pk,
        account.code,
        sold_on,
        Decimal(amount),
        salesperson.pk if salesperson else None,
        _one_line(salesperson_code) or _code_or_name(salesperson),
        division.pk if division else None,
        division.slug if division else "",
        _one_line(product_line),
    )
    return _record(terms, account, None, by=by, at=at, source=source, idempotency_key=idempotency_key)


def record_credit_note(
    *,
    by: Staff | None,
    at: datetime,
    invoice_number: str,
    credits: Sale,
    sold_on: date,
    amount: Decimal,
    source: str = SaleSource.HAND,
    idempotency_key: str | None = None,
) -> Sale:
    """Record a credit note of the invoice `credits`, with its account, salesperson, division and product line.

    `amount` is NGN, zero or less. Refuses what `record_sale` does.
    """
    invoice = still_there(Sale.objects.for_listing(), credits, field="credit_note_of")
    kept = Terms.of(invoice)
    terms = Terms(
        erp_id(invoice_number),
        kept.account_id,
        kept.account,
        sold_on,
        Decimal(amount),
        kept.salesperson_id,
        kept.salesperson,
        kept.division_id,
        kept.division,
        kept.product_line,
        kept.invoice_number,
    )
    return _record(terms, invoice.account, invoice, by=by, at=at, source=source, idempotency_key=idempotency_key)


def _record(
    terms: Terms, account: Account, invoice: Sale | None, *, by: Staff | None, at: datetime, **how: Any
) -> Sale:
    _may_record(by)
    if by is not None and not by.writes_in(account.division_id):
        raise Refused("not_your_division", "This account is another division's: its steward records its sales.")
    check(terms, today=local_date(at), invoice=Terms.of(invoice) if invoice else None)
    sale = terms.sale(recorded_at=at, created_by=by, credit_note_of=invoice, **how)
    sale._history_user = by
    try:
        with transaction.atomic():
            lock_people([terms.salesperson_id])
            held = still_there(Account.objects.select_for_update(no_key=True), account, field="account")
            sale.division_id = terms.division_id or held.division_id
            sale.is_demo = _is_demo(by, held.is_demo)
            sale.save()
            facts_changed.send(Sale, account_ids={held.pk}, at=at, by=by)
            return sale
    except IntegrityError:  # the number or the key was used before, or at this very moment
        return _sale_made_before(terms, how)


def _sale_made_before(terms: Terms, how: dict[str, Any]) -> Sale:
    """The sale that has the number (of a deal, the key) already. Refuses `other_content`, `key_used`."""
    rows, key = Sale.objects.for_listing(), how["idempotency_key"]
    made: Sale | None = rows.filter(idempotency_key=key).first() if key else None
    if made is not None and made.invoice_number != terms.invoice_number:
        raise Refused("key_used", f"This form was saved before, as {made}: open a new one.") from None
    if how["source"] != SaleSource.DEAL:
        made = made or rows.numbered(terms.invoice_number).first()
    if made is None:
        raise Refused("number_taken", f"{terms.invoice_number} is taken.", field="invoice_number") from None
    if refusal := otherwise(Terms.of(made), terms):
        refusal.field = "invoice_number"
        raise refusal from None
    return made


@dataclass(frozen=True)
class Outcome:
    """What became of a file: a decision for each of its rows, in their order."""

    file: SalesFile
    decisions: list[Decision]

    @property
    def counts(self) -> dict[str, int]:
        """Rows, by bucket (new, same, refused), and how many of them have a warning."""
        counts = dict.fromkeys(("new", "same", "refused", "warned"), 0)
        for decision in self.decisions:
            counts[decision.bucket] += 1
            counts["warned"] += any(problem.warning for problem in decision.problems)
        return {"rows": len(self.decisions), **counts}


def import_sales_csv(
    path: str | PathLike[str], *, by: Staff | None, at: datetime, dry_run: bool = False, source: str = SaleSource.CSV
) -> Outcome:
    """Record the invoices and credit notes of a file, all new rows in one transaction; `by` None is the command line.

    A row that can't be recorded is refused with its reason, the others are recorded; the same file again changes
    nothing. A dry run decides and writes nothing. Raises `SheetRefused` for what isn't a text table.
    Refuses: `not_your_role`, `no_column`, `no_rows`.
    """
    _may_record(by)
    file, today = read_file(path), local_date(at)
    may_write = by.writes_in if by else None
    how = _WriteOptions(by, at, source, file.reference, f"Sales file {file.name}"[:100])
    decisions = _decide_and_write(lambda: decide(file.rows, today=today, may_write=may_write), None if dry_run else how)
    return Outcome(file, decisions)


@dataclass(frozen=True)
class _WriteOptions:
    """By whom sales are written, when, from where, and what the history says of it."""

    by: Staff | None
    at: datetime
    source: str
    reference: str
    reason: str


def _decide_and_write(make: Callable[[], list[Decision]], how: _WriteOptions | None) -> list[Decision]:
    """The decisions that `make` gives, with the new rows written; without `how` nothing is."""
    for attempt in range(TRIES):
        try:
            with transaction.atomic():
                decisions = make()
                if how:
                    _write([one.terms for one in decisions if one.bucket == NEW and one.terms], how)
            return decisions
        except IntegrityError:  # somebody recorded one of them, or an account went, at this very moment: look again
            if attempt == TRIES - 1:
                raise
    raise AssertionError("the last try returns or raises")


def _write(terms: list[Terms], how: _WriteOptions) -> None:
    if not terms:
        return
    # In the order of numbers, so that two imports at once wait for each other rather than lock each other out.
    terms.sort(key=lambda one: (bool(one.credits), one.invoice_number))
    lock_people(one.salesperson_id for one in terms)
    accounts = Account.objects.only("division", "is_demo").in_bulk({one.account_id for one in terms})
    credited = {
        number: pk
        for chunk in distinct_chunks(one.credits for one in terms)
        for number, pk in Sale.objects.numbered(*chunk).values_list("invoice_number", "pk")
    }
    history = {"default_user": how.by, "default_change_reason": how.reason, "default_date": how.at}
    for notes, rows in groupby(terms, key=lambda one: bool(one.credits)):
        sales = [_sale(one, accounts[one.account_id], credited[one.credits] if notes else None, how) for one in rows]
        made = bulk_create_with_history(sales, Sale, batch_size=CHUNK, **history)
        credited |= {sale.invoice_number: sale.pk for sale in made}
    facts_changed.send(Sale, account_ids=set(accounts), at=how.at, by=how.by)


def _sale(terms: Terms, account: Account, credits_id: int | None, how: _WriteOptions) -> Sale:
    sale = terms.sale(
        recorded_at=how.at,
        created_by=how.by,
        source=how.source,
        import_reference=how.reference,
        credit_note_of_id=credits_id,
    )
    sale.division_id = terms.division_id or account.division_id
    sale.is_demo = _is_demo(how.by, account.is_demo)
    return sale


# --- whose it turns out to be ----------------------------------------------------------------------------------------
def attribute_sales(
    codes: Iterable[str], *, at: datetime, by: Staff | None = None, run: ImportRun | None = None
) -> int:
    """Say of sales that carry one of these ERP salesperson codes, and are nobody's, whose they are; how many were told.

    Whoever has the code now sold them, as is known from `at` on; sales that are somebody's stay so, and a signed
    ruling goes before. A thousand at a time, each a transaction with one replay of its accounts. Codes that nobody has
    are passed over.
    """
    wanted = {plain(code) for code in codes}
    people = {plain(code): pk for pk, code in Staff.objects.values_list("pk", "erp_code") if code}
    unknown = Sale.objects.filter(salesperson=None).exclude(salesperson_code="").order_by()
    written = unknown.values_list("salesperson_code", flat=True).distinct()
    whose = {text: people[plain(text)] for text in written if plain(text) in wanted & people.keys()}
    theirs = Sale.objects.filter(salesperson=None, salesperson_code__in=whose).order_by("account", "pk")
    attributed = 0
    while whose and (done := _attribute(theirs, whose, at=at, by=by, reason=run.author if run else "Whose code it is")):
        attributed += done
    return attributed


@transaction.atomic
def _attribute(theirs: QuerySet[Sale], whose: dict[str, int], *, at: datetime, by: Staff | None, reason: str) -> int:
    lock_people(whose.values())
    sales = list(theirs.select_for_update(of=("self",), no_key=True)[:CHUNK])
    if not sales:
        return 0
    for sale in sales:
        sale.salesperson_id, sale.attributed_at = whose[sale.salesperson_code], at
    for person in sorted({sale.salesperson_id for sale in sales if sale.salesperson_id}):
        Sale.objects.filter(pk__in=[sale.pk for sale in sales if sale.salesperson_id == person]).attribute(person, at)
    history = {"default_user": by, "default_change_reason": reason[:100], "default_date": at}
    Sale.history.bulk_history_create(sales, update=True, batch_size=CHUNK, **history)
    facts_changed.send(Sale, account_ids={sale.account_id for sale in sales}, at=at, by=by)
    return len(sales)


def on_codes_given(sender: Any, *, codes: Iterable[str], at: datetime, by: Staff | None, **signal: Any) -> None:
    attribute_sales(codes, at=at, by=by)


# --- small parts -----------------------------------------------------------------------------------------------------
def _may_record(by: Staff | None) -> None:
    if by is not None and not by.has_role(roles.RECORDING_SALES):
        raise Refused("not_your_role", "Data stewards and the P&BI team record sales.")


def _is_demo(by: Staff | None, account_is_demo: bool) -> bool:
    return by is not None and by.is_demo and account_is_demo


def _code_or_name(person: Staff | None) -> str:
    return (person.erp_code or person.full_name) if person else ""


def _one_line(text: str) -> str:
    return " ".join("".join(char for char in text if char >= " " or char in "\n\t").split())
