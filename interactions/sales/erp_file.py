"""A file of the ERP's sales, read and decided: every row is new, the same as in the hub, or refused with a reason.

The order of rows changes nothing: a credit note may stand before its invoice, and of two rows that give one number
otherwise neither is recorded. `docs/sales.md` is the page for people.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import file_digest
from os import PathLike
from pathlib import Path
from typing import TypeVar

from django.db.models import Q

from accounts.imports.files.cell_parsers import Unreadable, amount, day, said_in
from accounts.imports.files.columns import CUSTOMER, DIVISION, ODD_ROWS, REPEATED_HEADER, key, odd_row
from accounts.imports.files.layout import DMY
from accounts.people.models import Division, Staff, StaffAlias
from accounts.records.models import Account
from interactions.sales.models import Sale
from interactions.sales.sale_details import Terms, check, otherwise
from interactions.sales.sale_rows import AMOUNT, CREDIT_NOTE_OF, INVOICE, PRODUCT_LINE, SALESPERSON, SOLD_ON
from mikano_cx.kit import sheets
from mikano_cx.kit.chunks import distinct_chunks
from mikano_cx.kit.identifiers import erp_id, hub_code
from mikano_cx.kit.names import person_key, plain
from mikano_cx.kit.refusal import Refused

T = TypeVar("T")
NEW, SAME, REFUSED = "new", "same", "refused"
COLUMNS = (
    *(INVOICE, CUSTOMER.also(name="account", needed=True), SOLD_ON, AMOUNT),
    *(SALESPERSON, DIVISION, CREDIT_NOTE_OF, PRODUCT_LINE),
)
FIELDS_OF = {"sold_on": "date"}  # a field of `Terms`: its column, where it has another name


@dataclass(frozen=True)
class FileRow:
    """A row as written: `number` is the sheet's own, from 1; `cells` are by field, without blanks at the ends."""

    number: int
    cells: dict[str, str]
    as_written: list[str]
    overflows: bool = False  # more cells than the header
    odd: str = ""  # no data (see `columns.odd_row`)


@dataclass(frozen=True)
class SalesFile:
    """`reference` names the file and the digest of its bytes; `remarks` are for whoever brings it in."""

    name: str
    reference: str
    header: list[str]
    rows: list[FileRow]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Problem:
    """`field` is the column's name; a warning doesn't keep the row out."""

    field: str
    kind: str
    message: str
    warning: bool = False


@dataclass
class Decision:
    row: FileRow
    bucket: str = NEW
    terms: Terms | None = None
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, field: str, kind: str, message: str) -> None:
        self.bucket = REFUSED
        self.problems.append(Problem(field, kind, message))

    def warn(self, field: str, kind: str, message: str) -> None:
        self.problems.append(Problem(field, kind, message, warning=True))


def read_file(path: str | PathLike[str]) -> SalesFile:
    """The rows of a text table in any encoding and with any separator that the sheet reader knows.

    Raises `SheetRefused`. Refuses `no_rows`, `no_column`, `column_twice`.
    """
    with Path(path).open("rb") as content:
        digest = file_digest(content, "sha256").hexdigest()
    name = Path(path).name[:80]
    with sheets.stream(path, kinds=("csv",), csv_unescape=True) as stream:
        rows = ((row.number, [" ".join(sheets.text_of(cell).split()) for cell in row.values]) for row in stream)
        _, header = next(rows, (0, []))
        places, remarks = _places(header)
        found = [
            FileRow(
                number,
                {name: said_in(cells[at]) for name, at in places.items() if at < len(cells)},
                cells,
                any(cells[len(header) :]),
                odd_row(cells, header),
            )
            for number, cells in rows
        ]
    if not found:
        raise Refused("no_rows", "The file has no rows under its header.")
    return SalesFile(name, f"{name} sha256:{digest[:24]}", header, found, remarks)


def _places(header: Sequence[str]) -> tuple[dict[str, int], tuple[str, ...]]:
    """Where each column is. One that is called as the hub calls it goes before one of another name."""
    keys = [key(title) for title in header]
    places: dict[str, int] = {}
    for column in COLUMNS:
        own = [at for at, said in enumerate(keys) if said == key(column.name)]
        found = own or [at for at, said in enumerate(keys) if said in column.names]
        if len(found) > 1:
            both = " and ".join(f"“{header[at]}”" for at in found[:2])
            raise Refused("column_twice", f"The file has two columns for {column.name}: {both}.")
        if found:
            places[column.name] = found[0]
        elif column.needed:
            has = ", ".join(f"“{title}”" for title in header if title) or "none"
            raise Refused("no_column", f"The file has no column “{column.name}”; its columns are {has}.")
    left = ", ".join(f"“{title}”" for at, title in enumerate(header) if title and at not in places.values())
    return places, (f"Columns left alone: {left}.",) if left else ()


def decide(
    rows: Sequence[FileRow], *, today: date, may_write: Callable[[int | None], bool] | None = None
) -> list[Decision]:
    """A decision for each row, in the order of the file. `may_write` says so of a division's accounts."""
    lookup = _Lookup(rows)
    decisions = [_read(row, lookup, today, may_write) for row in rows]
    settle(decisions, today=today)
    return decisions


def settle(decisions: Iterable[Decision], *, today: date) -> None:
    """Decide the rows that could be read, by what the hub has and what the others of them say. Three queries a
    thousand numbers at most."""
    groups: dict[str, list[tuple[Decision, Terms]]] = {}
    for one in decisions:
        if one.terms:
            groups.setdefault(one.terms.invoice_number, []).append((one, one.terms))
    kept = _kept(
        {number for group in groups.values() for _, terms in group for number in (terms.invoice_number, terms.credits)}
    )
    in_file = {number: group[0] for number, group in groups.items()}
    for notes in (False, True):  # a credit note's invoice is decided before it
        for group in groups.values():
            if bool(group[0][1].credits) is notes:
                _settle(group, kept, in_file, today)


def _settle(
    group: list[tuple[Decision, Terms]],
    kept: dict[str, Terms],
    in_file: dict[str, tuple[Decision, Terms]],
    today: date,
) -> None:
    """Decide the rows of one number: one of them is new at most, and what the hub has already is the same."""
    first, terms = group[0]
    if known := kept.get(terms.invoice_number):
        for one, asked in group:
            one.bucket = SAME
            if refusal := otherwise(known, asked):
                _refuse(one, refusal)
        return
    if any(other != terms for _, other in group):
        rows = ", ".join(f"{one.row.number:,}" for one, _ in group)
        for one, _ in group:
            said = f"{terms.invoice_number} stands in rows {rows} with different content: keep the right one."
            one.refuse("invoice_number", "twice_in_file", said)
        return
    _check(first, terms, kept, in_file, today)
    for one, _ in group[1:]:
        one.bucket, one.problems = (SAME if first.bucket == NEW else REFUSED), first.problems


def _check(
    one: Decision,
    terms: Terms,
    kept: dict[str, Terms],
    in_file: dict[str, tuple[Decision, Terms]],
    today: date,
) -> None:
    invoice = kept.get(terms.credits)
    if invoice is None and terms.credits in in_file:
        decided, invoice = in_file[terms.credits]
        if decided.bucket == REFUSED and not invoice.credits:
            said = f"Its invoice {terms.credits} (row {decided.row.number:,}) is refused."
            one.refuse("credit_note_of", "invoice_refused", said)
            return
    try:
        check(terms, today=today, invoice=invoice)
    except Refused as refusal:
        _refuse(one, refusal)


def _refuse(one: Decision, refusal: Refused) -> None:
    name = refusal.field or "invoice_number"
    one.refuse(FIELDS_OF.get(name, name), refusal.code, refusal.message)


def _kept(numbers: set[str]) -> dict[str, Terms]:
    return {
        sale.invoice_number: Terms.of(sale)
        for chunk in distinct_chunks(numbers)
        for sale in Sale.objects.for_listing().numbered(*chunk)
    }


class _Lookup:
    """What the rows' words mean in the hub, asked in batches."""

    def __init__(self, rows: Sequence[FileRow]) -> None:
        self.by_code: dict[str, Account] = {}
        self.by_erp: dict[str, Account] = {}
        for chunk in distinct_chunks(
            spelt(row.cells.get("account", "")) for row in rows for spelt in (hub_code, erp_id)
        ):
            found = Account.objects.only("code", "name", "erp_customer_id", "division_id")
            for account in found.filter(Q(code__in=chunk) | Q(erp_customer_id__in=chunk)):
                self.by_code[account.code] = account
                if account.erp_customer_id:
                    self.by_erp[account.erp_customer_id] = account
        self.divisions = {plain(word): one for one in Division.objects.all() for word in (one.slug, one.name)}
        self.people = People()

    def accounts(self, text: str) -> list[Account]:
        """The account with that code and the one with that ERP customer ID: one, or two, or none."""
        found = (self.by_code.get(hub_code(text)), self.by_erp.get(erp_id(text)))
        return list({one.pk: one for one in found if one}.values())


class People:
    """Who is meant by the ERP's code for a salesperson, or by a name."""

    def __init__(self) -> None:
        self.codes: dict[str, int] = {}
        self.names: dict[str, set[int]] = {}
        for pk, erp, name in Staff.objects.values_list("pk", "erp_code", "name_key"):
            self.names.setdefault(name, set()).add(pk)
            if erp:
                self.codes[plain(erp)] = pk
        self.names |= {name: {pk} for name, pk in StaffAlias.objects.values_list("name_key", "staff_id")}
        self.known: dict[str, set[int]] = {}

    def found(self, text: str) -> set[int]:
        """One by the code, or everybody with that name."""
        if text not in self.known:
            code = self.codes.get(plain(text))
            self.known[text] = {code} if code else self.names.get(person_key(text), set())
        return self.known[text]

    def of(self, text: str) -> int | None:
        """The one who is meant; None where that is nobody, or could be several."""
        found = self.found(text)
        return next(iter(found)) if len(found) == 1 else None


def _read(row: FileRow, lookup: _Lookup, today: date, may_write: Callable[[int | None], bool] | None) -> Decision:
    """The row's cells as terms, or refused by what can't be read; every cell is looked at."""
    one, said = Decision(row), {column.name: row.cells.get(column.name, "") for column in COLUMNS}
    number = erp_id(said["invoice_number"])
    if row.overflows:
        one.refuse("", "ragged", "This row has more cells than the header has columns: is a comma not quoted?")
    if not number:
        one.refuse("invoice_number", "number_missing", "This row has no invoice number.")
    account = _account(one, said["account"], lookup, may_write)
    on = _parsed(one, "date", said["date"], lambda text: day(text, DMY, today))
    naira = _parsed(one, "amount", said["amount"], lambda text: amount(text, None))
    division = lookup.divisions.get(plain(said["division"]))
    if said["division"] and division is None:
        one.refuse("division", "unknown_division", f"There is no division “{said['division'][:40]}”.")
    person = _person(one, said["salesperson"], lookup)
    if row.odd == REPEATED_HEADER or (row.odd and one.bucket == REFUSED):
        one.problems = []
        one.refuse("", row.odd, ODD_ROWS[row.odd])
    if one.bucket == NEW and account is not None and on is not None and naira is not None:
        one.terms = Terms(
            number,
            account.pk,
            account.code,
            on,
            naira,
            person,
            said["salesperson"],
            division.pk if division else None,
            division.slug if division else "",
            said["product_line"],
            erp_id(said["credit_note_of"]),
        )
    return one


def _account(
    one: Decision, text: str, lookup: _Lookup, may_write: Callable[[int | None], bool] | None
) -> Account | None:
    found = lookup.accounts(text) if text else []
    if not text:
        one.refuse("account", "missing_account", "This row has no account.")
    elif not found:
        one.refuse("account", "unknown_account", f"No account has the code or ERP customer ID “{text[:40]}”.")
    elif len(found) > 1:
        names = " and ".join(f"{account.name} ({account.code})" for account in found)
        one.refuse(
            "account", "two_accounts", f"“{text[:40]}” is the code of one account and the ERP ID of another: {names}."
        )
    elif may_write and not may_write(found[0].division_id):
        one.refuse("account", "not_your_division", "This account is another division's: its steward records its sales.")
    return found[0] if found else None


def _parsed(one: Decision, name: str, text: str, parse: Callable[[str], T]) -> T | None:
    """What the cell of that column says; refused where it is empty, or can't be read."""
    if not text:
        one.refuse(name, f"missing_{name}", f"This row has no {name}.")
        return None
    try:
        return parse(text)
    except Unreadable as error:
        one.refuse(name, f"bad_{name}", str(error))
        return None


def _person(one: Decision, text: str, lookup: _Lookup) -> int | None:
    """The one member of staff with that ERP code or name; else nobody, with a warning."""
    found = lookup.people.found(text) if text else set()
    if len(found) == 1:
        return next(iter(found))
    if text:
        why = "Several people have the name" if found else "Nobody has the ERP code or name"
        one.warn("salesperson", "unknown_salesperson", f"{why} “{text[:40]}”: the sale is nobody's until a ruling.")
    return None
