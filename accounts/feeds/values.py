"""What the cells of a feed's rows mean: amounts, days, texts, and whole rows or what keeps them out. Pure.

Amounts are NGN, days are those of Lagos. `digest` is cheap, so that a row that is known needn't be understood again.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache, wraps
from hashlib import blake2b
from math import isfinite
from typing import NamedTuple, ParamSpec, TypeVar

from accounts.feeds.layout import DMY, MDY, YMD, Layout
from accounts.feeds.terms import LONGEST_EMPTY, Problem, is_empty, looks_id
from mikano_cx.kit import days, phones
from mikano_cx.kit.identifiers import erp_id
from mikano_cx.kit.money import KOBO, LIMIT, NotMoney
from mikano_cx.kit.names import company_key
from mikano_cx.kit.sheets import Cell, text_of
from mikano_cx.kit.sheets.delimited import formula_unsafe
from mikano_cx.kit.timing import day_text, local_date

FIRST_DAY = date(1990, 1, 1)
LONGEST_ID = 40
_QUICK = re.compile(r"\d{1,12}(?:\.\d|\.\d(\d))?", re.ASCII)  # nearly all; its group is there if the kobo are
_MARKS = re.compile(r"NGN|₦|(?<![A-Z])N(?=[\d(-])", re.ASCII)
_BLANKS = re.compile(r"[\s'’]")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d*)?|\.\d+", re.ASCII)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_PARTS = re.compile(r"(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)")
_CLOCK = re.compile(r"[T ,]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*([ap]\.?m\.?)?$", re.I)
_ZONED = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)")
_ORDERS = {YMD: "year, month, day", DMY: "day, month, year", MDY: "month, day, year"}

P = ParamSpec("P")
T = TypeVar("T")


class Unreadable(ValueError):
    """A cell says nothing that fits; the sentence says why."""


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


# --- cells -----------------------------------------------------------------------------------------------------------
def text(cell: Cell, limit: int) -> str:
    """The cell as one line without blanks at its ends; "" for NULL, N/A and a dash.

    The apostrophe that the hub's own exports put before what a spreadsheet takes for a formula is undone. Raises
    `Unreadable` for more than `limit` characters.
    """
    said = _said(cell)
    if len(said) > limit:
        raise Unreadable(f"“{said[:40]}…” has {len(said):,} characters: at most {limit:,} are kept.")
    return said


def _said(cell: Cell) -> str:
    said = cell if isinstance(cell, str) else text_of(cell)
    if not said:
        return ""
    if not said.isalnum():
        said = " ".join(said.split())
        if not said.isprintable():
            said = " ".join(_CONTROLS.sub("", said).split())
        if said.startswith("'"):
            said = formula_unsafe(said)
    return "" if len(said) <= LONGEST_EMPTY and is_empty(said) else said


def amount(cell: Cell, decimal_comma: bool = False) -> Decimal:
    """NGN to the kobo: 1,234.50 (with `decimal_comma` 1.234,50), (500), 500-, ₦500, NGN 500.

    Of a number that a spreadsheet computed, only the noise of its binary digits is rounded away. Parts of a kobo are
    refused. Raises `NotMoney` with a sentence.
    """
    if isinstance(cell, str) and not decimal_comma and (quick := _QUICK.fullmatch(cell)):
        return Decimal(cell) if quick.lastindex else Decimal(cell).quantize(KOBO)
    value = number(cell, decimal_comma)
    if abs(value) >= LIMIT:
        raise NotMoney(f"“{_said(cell)[:40]}” is more money than there is.")
    rounded = value.quantize(KOBO, ROUND_HALF_EVEN)
    noise = max(1e-6, abs(cell) * 1e-15) if isinstance(cell, float) else 0
    if abs(value - rounded) > noise:
        raise NotMoney(f"“{_said(cell)[:40]}” has parts of a kobo: two digits after the point at most.")
    return rounded if rounded else rounded.copy_abs()


def number(cell: Cell, decimal_comma: bool = False) -> Decimal:
    """A number as `amount` reads it, with any number of decimal places. Raises `NotMoney` with a sentence."""
    if isinstance(cell, int | float) and not isinstance(cell, bool) and isfinite(cell):
        return Decimal(repr(cell))
    said = _said(cell)
    digits = _MARKS.sub("", _BLANKS.sub("", said.upper())).replace("−", "-").replace("–", "-")
    if decimal_comma:
        digits = digits.translate({ord(","): ".", ord("."): ","})
    negative = False
    for form in (r"\((.*)\)", r"-(.*)", r"(.*)-"):
        if not negative and (m := re.fullmatch(form, digits)):
            negative, digits = True, m[1]
    digits = digits.removeprefix("+")
    if not _GROUPED.fullmatch(digits) or len(digits) > 40:
        like = "1.234,50" if decimal_comma else "1,234.50"
        raise NotMoney(f"“{said[:40]}” is no amount as this feed writes them ({like}).")
    value = Decimal(digits.replace(",", ""))
    return value.copy_negate() if negative else value


def line_amount(unit_price: Decimal, quantity: Decimal, discount: Decimal) -> Decimal:
    """Price times quantity, less the discount (a share, 0 to 1), to the kobo. Raises `NotMoney`."""
    value = unit_price * quantity * (1 - discount)
    if abs(value) >= LIMIT:
        raise NotMoney(f"{unit_price} times {quantity} is more money than there is.")
    return value.quantize(KOBO, ROUND_HALF_EVEN)


def share(cell: Cell, decimal_comma: bool = False) -> Decimal:
    """A discount as a share: 0.15, 15 % and 15 are one. Nothing is none. Raises `NotMoney`: 1 could be 1 % or all."""
    said = _said(cell)
    if not said:
        return Decimal(0)
    percent = said.endswith("%")
    value = number(said.removesuffix("%") if percent else cell, decimal_comma)
    if value == 1 and not percent:
        raise NotMoney("A discount of 1 could be 1 % or all of it: write 0.01 or 100%.")
    if percent or value > 1:
        value /= 100
    if not 0 <= value <= 1:
        raise NotMoney(f"“{said[:40]}” is no discount: it is a share between 0 and 1, or between 0 % and 100 %.")
    return value


def day(cell: Cell, date_order: str, on: date) -> date:
    """The local day that the cell names, by `date_order` where it is all digits; ISO is always understood.

    An instant with a zone falls on its day in Lagos. Raises `Unreadable` for what is no day, and for one before 1990 or
    more than a year after the local day `on`.
    """
    found = _day_of_text(cell.strip(), date_order) if isinstance(cell, str) else _day_of_cell(cell)
    if found is None:
        order = _ORDERS[date_order]
        raise Unreadable(f"“{_said(cell)[:40]}” is no day of the calendar, written {order}.")
    if not FIRST_DAY <= found <= on + timedelta(days=366):
        raise Unreadable(f"{found} is outside reason: days from {FIRST_DAY.year} to a year from now are believed.")
    return found


def _day_of_cell(cell: Cell) -> date | None:
    if isinstance(cell, datetime) and cell.tzinfo:
        return local_date(cell)
    found = days.day(cell)
    return found.on if found else None


def _day_of_text(said: str, date_order: str) -> date | None:
    try:
        if _ZONED.fullmatch(said):
            return local_date(datetime.fromisoformat(said))
        said = _CLOCK.sub("", said).strip()
        if m := _COMPACT.fullmatch(said):
            return date(int(m[1]), int(m[2]), int(m[3]))
        if m := _PARTS.fullmatch(said):
            return _ordered(m[1], m[2], m[3], date_order)
        found = days.day(said)
    except (ValueError, OverflowError):
        return None
    return found.on if found else None


def _ordered(first: str, second: str, third: str, date_order: str) -> date | None:
    if len(first) == 4:
        year, month, day_of_month = first, second, third
    elif date_order == YMD:
        if len(third) > 2:
            return None
        year, month, day_of_month = first, second, third
    elif date_order == DMY:
        day_of_month, month, year = first, second, third
    else:
        month, day_of_month, year = first, second, third
    if len(year) not in (2, 4) or len(day_of_month) > 2 or len(month) > 2:
        return None
    century = 0 if len(year) == 4 else 2000 if int(year) < 70 else 1900
    return date(int(year) + century, int(month), int(day_of_month))


# --- rows ------------------------------------------------------------------------------------------------------------
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
    if not looks_id(_said(external_id)) and _said(external_id) != official:
        raise _Wrong("external_id", "bad_id", f"“{_said(external_id)[:40]}” is no ERP customer ID.")
    place = ", ".join(filter(None, (_said(address), _said(address2))))
    main_phone = phones.tidy(_text("main_phone", phone, 60))
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
    said = _said(cell)
    if said.isalnum() and len(said) <= LONGEST_ID - len(prefix):  # nearly all, and as erp_id has it
        return prefix + said.upper()
    said = erp_id(said) if said else ""
    return _text(field, prefix + said, LONGEST_ID) if said else ""


_day_of_one = lru_cache(50_000)(day)


def _day(field: str, cell: Cell, layout: Layout, on: date) -> date:
    try:
        return (_day_of_one if isinstance(cell, str) else day)(cell, layout.date_order, on)
    except Unreadable as error:
        if not _said(cell):
            raise _Wrong(field, "missing_date", "This row has no date.") from None
        raise _Wrong(field, "bad_date", str(error)) from None


def _amount(
    given: Cell, unit_price: Cell, quantity: Cell, discount: Cell, layout: Layout, *, needed: bool
) -> Decimal | None:
    """The amount given, else price times quantity less discount."""
    comma, field = layout.decimal_comma, "amount"
    try:
        if _said(given):
            return amount(given, comma)
        field = "unit_price"
        if _said(unit_price) and _said(quantity):
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
    said = _said(rating).replace(" ", "").lower()
    if not said:
        raise _Wrong("rating", "missing_rating", "This row has no rating.")
    given, _, of = said.replace("outof", "/").partition("/")
    if set(given) <= set("★☆*"):
        given = str(len(given.replace("☆", "")))
    try:
        value = number(given, layout.decimal_comma)
        best = number(of or _said(out_of) or "5", layout.decimal_comma)
    except NotMoney:
        raise _Wrong("rating", "bad_rating", f"“{_said(rating)[:40]}” is no rating, as 4 or 4/5.") from None
    if not 0 <= value <= best <= 100:
        raise _Wrong("rating", "bad_rating", f"“{_said(rating)[:40]}” is no rating between 0 and {best:f}.")
    return round(value, 2), round(best, 2)
