"""What a row of a feed's file says, or what keeps it out. Pure.

Amounts are NGN, days are those of Lagos. `digest` is cheap, so that a row that is known needn't be understood again.
"""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache, wraps
from hashlib import blake2b
from typing import NamedTuple, ParamSpec, TypeVar

from accounts.imports.files.cell_parsers import Unreadable, amount, day, line_amount, number, said_in, share, text
from accounts.imports.files.columns import Problem, looks_id
from accounts.imports.files.layout import Layout
from mikano_cx.kit import phones
from mikano_cx.kit.identifiers import erp_id
from mikano_cx.kit.local_time import day_text
from mikano_cx.kit.money import NotMoney
from mikano_cx.kit.names import company_key
from mikano_cx.kit.sheets import Cell, text_of

LONGEST_ID = 40

P = ParamSpec("P")
T = TypeVar("T")


class _Wrong(Exception):
    def __init__(self, *problem: str) -> None:
        self.problem = Problem(*problem)


class CustomerRow(NamedTuple):
    external_id: str
    name: str
    name_key: str
    industry: str
    credit_status: str
    address: str
    main_phone: str
    search_digits: str
    division: str


class SaleRow(NamedTuple):
    """`amount` None: it stands in the file of lines. `division` and `salesperson` are as written."""

    invoice_number: str
    customer: str
    on: date
    amount: Decimal | None
    salesperson: str
    division: str
    product_line: str
    credit_note_of: str


class LineRow(NamedTuple):
    invoice_number: str
    amount: Decimal


class ReviewRow(NamedTuple):
    """`out_of` is what the best rating is: 5 where the file doesn't say."""

    external_id: str
    on: date
    rating: Decimal
    out_of: Decimal
    platform: str
    author: str
    text: str
    division: str
    customer: str


def digest(cells: Sequence[Cell]) -> str:
    """32 hexadecimal digits of the cells as written: the same digest, the same row."""
    try:
        whole = "\x1f".join(cells)  # type: ignore[arg-type]  # nearly always texts: the other way is slower
    except TypeError:
        whole = "\x1f".join(map(text_of, cells))
    return blake2b(whole.encode(errors="replace"), digest_size=16).hexdigest()


def _or_problem(read: Callable[P, T]) -> Callable[P, T | Problem]:
    """The row function with its problems returned."""

    @wraps(read)
    def reading(*args: P.args, **kwargs: P.kwargs) -> T | Problem:
        try:
            return read(*args, **kwargs)
        except _Wrong as wrong:
            return wrong.problem

    return reading


@_or_problem
def customer(cells: Sequence[Cell], layout: Layout, prefix: str) -> CustomerRow:
    """The row of a customer file; cells as in CUSTOMER_FIELDS. Or its Problem."""
    external_id, name, industry, credit_status, address, address2, phone, division = cells
    official = _text("name", name, 200)
    if not official:
        raise _Wrong("name", "missing_name", "This row has no name.")
    external = _id("external_id", external_id, prefix)
    if not external:
        raise _Wrong("external_id", "missing_id", "This row has no ERP customer ID.")
    if not looks_id(said_in(external_id)) and said_in(external_id) != official:
        raise _Wrong("external_id", "bad_id", f"“{said_in(external_id)[:40]}” is no ERP customer ID.")
    place = ", ".join(filter(None, (said_in(address), said_in(address2))))
    main_phone = phones.e164_or_typed(_text("main_phone", phone, 60))
    return CustomerRow(
        external,
        official,
        company_key(official)[:200],
        _word("industry", industry, 80),
        _word("credit_status", credit_status, 40),
        _text("address", place, 300),
        main_phone,
        phones.search_digits(main_phone),
        _word("division", division, 80),
    )


@_or_problem
def sale(cells: Sequence[Cell], layout: Layout, prefix: str, on: date, *, has_lines: bool = False) -> SaleRow:
    """The row of a sales file; cells as in SALE_FIELDS. `on` is the local day of the run. Or its Problem.

    With `has_lines` a row needs no amount: the file of lines has it.
    """
    invoice, customer_id, sold_on, given, unit_price, quantity, discount, salesperson, division, line_, credits = cells
    number_ = _id("invoice_number", invoice, prefix)
    if not number_:
        raise _Wrong("invoice_number", "number_missing", "This row has no invoice number.")
    buyer = _id("customer", customer_id, prefix)
    if not buyer:
        raise _Wrong("customer", "missing_customer", "This row has no customer.")
    sold = _day("date", sold_on, layout, on)
    if sold > on:
        raise _Wrong("date", "future_date", f"{day_text(sold)} is still to come.")
    return SaleRow(
        number_,
        buyer,
        sold,
        _amount(given, unit_price, quantity, discount, layout, needed=not has_lines),
        _word("salesperson", salesperson, 120),
        _word("division", division, 80),
        _word("product_line", line_, 80),
        _id("credit_note_of", credits, prefix),
    )


@_or_problem
def line(cells: Sequence[Cell], layout: Layout, prefix: str) -> LineRow:
    """The row of a file of invoices' lines; cells as in LINE_FIELDS. Or its Problem."""
    invoice, given, unit_price, quantity, discount = cells
    number_ = _id("invoice_number", invoice, prefix)
    if not number_:
        raise _Wrong("invoice_number", "number_missing", "This row has no invoice number.")
    value = _amount(given, unit_price, quantity, discount, layout, needed=True)
    assert value is not None
    return LineRow(number_, value)


@_or_problem
def review(cells: Sequence[Cell], layout: Layout, prefix: str, on: date) -> ReviewRow:
    """The row of a file of online reviews; cells as in REVIEW_FIELDS. Or its Problem."""
    external_id, written_on, rating, out_of, platform, author, words, division, customer_id = cells
    external = _id("external_id", external_id, prefix)
    if not external:
        raise _Wrong("external_id", "missing_id", "This row has no review ID.")
    given, best = _rating(rating, out_of, layout)
    return ReviewRow(
        external,
        _day("date", written_on, layout, on),
        given,
        best,
        _text("platform", platform, 60),
        _text("author", author, 120),
        _text("text", words, 10_000),
        _word("division", division, 80),
        _id("customer", customer_id, prefix),
    )


def _text(field: str, cell: Cell, limit: int) -> str:
    try:
        return text(cell, limit)
    except Unreadable as error:
        raise _Wrong(field, "too_long", str(error)) from None


_written = lru_cache(10_000)(_text)


def _word(field: str, cell: Cell, limit: int) -> str:
    """As `_text`, of a column that says the same few things over and over."""
    return (_written if isinstance(cell, str) else _text)(field, cell, limit)


def _id(field: str, cell: Cell, prefix: str) -> str:
    if not cell and isinstance(cell, str):
        return ""
    said = said_in(cell)
    if said.isalnum() and len(said) <= LONGEST_ID - len(prefix):  # nearly all, and as erp_id has it
        return prefix + said.upper()
    said = erp_id(said) if said else ""
    return _text(field, prefix + said, LONGEST_ID) if said else ""


_day_of_one = lru_cache(50_000)(day)


def _day(field: str, cell: Cell, layout: Layout, on: date) -> date:
    try:
        return (_day_of_one if isinstance(cell, str) else day)(cell, layout.date_order, on)
    except Unreadable as error:
        if not said_in(cell):
            raise _Wrong(field, "missing_date", "This row has no date.") from None
        raise _Wrong(field, "bad_date", str(error)) from None


def _amount(
    given: Cell, unit_price: Cell, quantity: Cell, discount: Cell, layout: Layout, *, needed: bool
) -> Decimal | None:
    """The amount given, else price times quantity less discount."""
    comma, field = layout.decimal_comma, "amount"
    try:
        if said_in(given):
            return amount(given, comma)
        field = "unit_price"
        if said_in(unit_price) and said_in(quantity):
            price = number(unit_price, comma)
            field = "quantity"
            pieces = number(quantity, comma)
            field = "discount"
            return line_amount(price, pieces, share(discount, comma))
    except NotMoney as error:
        raise _Wrong(field, f"bad_{field}", str(error)) from None
    if needed:
        raise _Wrong("amount", "missing_amount", "This row has no amount.")
    return None


def _rating(rating: Cell, out_of: Cell, layout: Layout) -> tuple[Decimal, Decimal]:
    """What was given and the best there is: 4 of 5, 4/5, 8 out of 10, ★★★★."""
    said = said_in(rating).replace(" ", "").lower()
    if not said:
        raise _Wrong("rating", "missing_rating", "This row has no rating.")
    given, _, of = said.replace("outof", "/").partition("/")
    if set(given) <= set("★☆*"):
        given = str(len(given.replace("☆", "")))
    try:
        value = number(given, layout.decimal_comma)
        best = number(of or said_in(out_of) or "5", layout.decimal_comma)
    except NotMoney:
        raise _Wrong("rating", "bad_rating", f"“{said_in(rating)[:40]}” is no rating, as 4 or 4/5.") from None
    if not 0 <= value <= best <= 100:
        raise _Wrong("rating", "bad_rating", f"“{said_in(rating)[:40]}” is no rating between 0 and {best:f}.")
    return round(value, 2), round(best, 2)
