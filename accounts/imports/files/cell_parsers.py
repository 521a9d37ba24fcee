"""What a cell of a feed's file says: a text, an amount, a share, a day. Pure.

Amounts are NGN, days are those of Lagos.
"""

import re
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from math import isfinite

from accounts.imports.files.columns import LONGEST_EMPTY, is_empty
from accounts.imports.files.layout import DMY, MDY, YMD
from mikano_cx.kit import days
from mikano_cx.kit.local_time import local_date
from mikano_cx.kit.money import KOBO, LIMIT, NotMoney
from mikano_cx.kit.sheets import Cell, text_of
from mikano_cx.kit.sheets.delimited_text import formula_unsafe

FIRST_DAY = date(1990, 1, 1)
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


class Unreadable(ValueError):
    """A cell says nothing that fits; the sentence says why."""


def text(cell: Cell, limit: int) -> str:
    """The cell as one line without blanks at its ends; "" for NULL, N/A and a dash.

    The apostrophe that the hub's own exports put before what a spreadsheet takes for a formula is undone. Raises
    `Unreadable` for more than `limit` characters.
    """
    said = said_in(cell)
    if len(said) > limit:
        raise Unreadable(f"“{said[:40]}…” has {len(said):,} characters: at most {limit:,} are kept.")
    return said


def said_in(cell: Cell) -> str:
    """As `text`, of any length."""
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
        raise NotMoney(f"“{said_in(cell)[:40]}” is more money than there is.")
    rounded = value.quantize(KOBO, ROUND_HALF_EVEN)
    noise = max(1e-6, abs(cell) * 1e-15) if isinstance(cell, float) else 0
    if abs(value - rounded) > noise:
        raise NotMoney(f"“{said_in(cell)[:40]}” has parts of a kobo: two digits after the point at most.")
    return rounded if rounded else rounded.copy_abs()


def number(cell: Cell, decimal_comma: bool = False) -> Decimal:
    """A number as `amount` reads it, with any number of decimal places. Raises `NotMoney` with a sentence."""
    if isinstance(cell, int | float) and not isinstance(cell, bool) and isfinite(cell):
        return Decimal(repr(cell))
    said = said_in(cell)
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
    said = said_in(cell)
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
        raise Unreadable(f"“{said_in(cell)[:40]}” is no day of the calendar, written {order}.")
    if not FIRST_DAY <= found <= on + timedelta(days=366):
        raise Unreadable(f"{found} is outside reason: days from {FIRST_DAY.year} to a year from now are believed.")
    return found


def _day_of_cell(cell: Cell) -> date | None:
    if isinstance(cell, datetime) and cell.tzinfo:
        return local_date(cell)
    found = days.parse_day(cell)
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
        found = days.parse_day(said)
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
