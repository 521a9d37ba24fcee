"""What a cell of a file that comes in says: a text, an ID, an amount, a share, a day. Pure.

Every door reads its cells here. Amounts are NGN, days are those of Lagos.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from math import isfinite

from accounts.imports.files.layout import DMY, MDY, YMD
from mikano_cx.kit.identifiers import erp_id
from mikano_cx.kit.local_time import local_date
from mikano_cx.kit.money import KOBO, LIMIT
from mikano_cx.kit.sheets import Cell, text_of
from mikano_cx.kit.sheets.delimited_text import formula_unsafe

FIRST_DAY = date(1990, 1, 1)
_QUICK = re.compile(r"\d{1,12}(?:\.\d|\.\d(\d))?", re.ASCII)  # nearly all; its group is there if the kobo are
_MARKS = re.compile(r"NGN|₦|(?<![A-Z])N(?=[\d(-])", re.ASCII)
_BLANKS = re.compile(r"[\s'’]")
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d*)?|\.\d+", re.ASCII)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_PARTS = re.compile(r"(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)")
_SERIAL = re.compile(r"\d{5}(?:\.0*)?")
_DAY_FIRST = re.compile(r"(\d{1,2})[-/. ]*([A-Za-z]{3,9})\.?,?[-/. ]*(\d{4}|\d{2})")
_MONTH_FIRST = re.compile(r"([A-Za-z]{3,9})\.? +(\d{1,2}),? +(\d{4})")
_ZONE = r"(?:Z|[+-]\d\d:?\d\d)"
_CLOCK = re.compile(rf"[T ,]+\d{{1,2}}:\d{{2}}(:\d{{2}}(\.\d+)?)?\s*([ap]\.?m\.?)?{_ZONE}?$", re.I)
_ZONED = re.compile(rf"\d{{4}}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?{_ZONE}")
_WEEKDAY = re.compile(r"^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+", re.I)
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b", re.I)
_MONTHS = "january february march april may june july august september october november december".split()
_ORDERS = {YMD: "year, month, day", DMY: "day, month, year", MDY: "month, day, year"}
_EMPTY = {"NULL", "(NULL)", "N/A", "#N/A", "-", "--"}
_LONGEST_EMPTY = max(map(len, _EMPTY))
_LIKE = {True: "1.234,50", False: "1,234.50"}
LONGEST_ID = 40


class Unreadable(ValueError):
    """A cell says nothing that fits; the sentence says why."""


class NotMoney(Unreadable):
    """The cell is no amount, or could be two; the sentence says which."""


@dataclass(frozen=True)
class Day:
    """A day as read; `other` is what it would be month first, where both make sense."""

    on: date
    other: date | None = None


def is_empty(text: str) -> bool:
    """Whether a cell's text says nothing: blank, or NULL, N/A or a dash and no more."""
    text = text.strip()
    return not text or (len(text) <= _LONGEST_EMPTY and text.upper() in _EMPTY)


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
    return "" if len(said) <= _LONGEST_EMPTY and is_empty(said) else said


def external_id(cell: Cell, prefix: str = "") -> str:
    """An ID of the ERP's as the hub keeps it, "" where there is none. Raises `Unreadable` for one that is too long."""
    if not cell and isinstance(cell, str):
        return ""
    said = said_in(cell)
    if said.isalnum() and len(said) <= LONGEST_ID - len(prefix):  # nearly all, and as erp_id has it
        return prefix + said.upper()
    said = erp_id(said) if said else ""
    return text(prefix + said, LONGEST_ID) if said else ""


def amount(cell: Cell, decimal_comma: bool | None = False) -> Decimal:
    """NGN to the kobo: 1,234.50 (with `decimal_comma` 1.234,50), (500), 500-, ₦500, NGN 500.

    Where `decimal_comma` is None the text says it itself, and one that could be either is refused (1.234).
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


def number(cell: Cell, decimal_comma: bool | None = False) -> Decimal:
    """A number as `amount` reads it, with any number of decimal places. Raises `NotMoney` with a sentence."""
    if isinstance(cell, int | float) and not isinstance(cell, bool) and isfinite(cell):
        return Decimal(repr(cell))
    said = said_in(cell)
    digits = _MARKS.sub("", _BLANKS.sub("", said.upper())).replace("−", "-").replace("–", "-")
    negative = False
    for form in (r"\((.*)\)", r"-(.*)", r"(.*)-"):
        if not negative and (m := re.fullmatch(form, digits)):
            negative, digits = True, m[1]
    digits = digits.removeprefix("+")
    if decimal_comma is None:
        digits = _with_point(digits, said[:40])
    elif decimal_comma:
        digits = digits.translate({ord(","): ".", ord("."): ","})
    if not _GROUPED.fullmatch(digits) or len(digits) > 40:
        written = "of money" if decimal_comma is None else f"as this feed writes them ({_LIKE[decimal_comma]})"
        raise NotMoney(f"“{said[:40]}” is no amount {written}.")
    value = Decimal(digits.replace(",", ""))
    return value.copy_negate() if negative else value


def _with_point(digits: str, shown: str) -> str:
    """The digits without what groups the thousands, and with a point before the kobo.

    A comma before exactly three digits groups thousands; a point there could be either.
    """
    if "," in digits and "." in digits:
        point = max(",.", key=digits.rindex)
        whole, _, part = digits.rpartition(point)
        return f"{_ungrouped(whole, ',' if point == '.' else '.', shown)}.{part}"
    mark = "," if "," in digits else "."
    whole, _, part = digits.rpartition(mark)
    if digits.count(mark) > 1:
        return _ungrouped(digits, mark, shown)
    if digits.count(mark) == 1 and len(part) == 3 and re.fullmatch(r"[1-9]\d{0,2}", whole):
        if mark == ".":
            raise NotMoney(f"“{shown}” could be thousands or a fraction: write {whole}{part} or {whole}.{part[:2]}.")
        return whole + part
    return digits.replace(",", ".")


def _ungrouped(whole: str, mark: str, shown: str) -> str:
    if mark in whole and not re.fullmatch(rf"[1-9]\d{{0,2}}({re.escape(mark)}\d{{3}})+", whole):
        raise NotMoney(f"“{shown}” has its thousands marked oddly: write it without marks.")
    return whole.replace(mark, "")


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
    """The local day that the cell names, as `day_of` reads it.

    Raises `Unreadable` for what is no day, and for one before 1990 or more than a year after the local day `on`.
    """
    found = day_of(cell, date_order)
    if found is None:
        order = _ORDERS[date_order]
        raise Unreadable(f"“{said_in(cell)[:40]}” is no day of the calendar, written {order}.")
    if not FIRST_DAY <= found.on <= on + timedelta(days=366):
        raise Unreadable(f"{found.on} is outside reason: days from {FIRST_DAY.year} to a year from now are believed.")
    return found.on


def day_of(cell: Cell, date_order: str = DMY) -> Day | None:
    """The local day that a cell names, by `date_order` where it is all digits; None when it names none (31/02/2025).

    With the year first it is always understood. An instant with a zone falls on its day in Lagos.
    """
    if isinstance(cell, datetime):
        return Day(local_date(cell) if cell.tzinfo else cell.date())
    if isinstance(cell, date):
        return Day(cell)
    if isinstance(cell, int | float):
        return None if isinstance(cell, bool) else _day_of_serial(cell)
    try:
        return _day_of_text(" ".join(text_of(cell).split()), date_order)
    except (ValueError, OverflowError):
        return None


def _day_of_serial(number: float) -> Day | None:
    """A day as spreadsheets count them; days from 1954 to 2119 are believed."""
    return Day(date(1899, 12, 30) + timedelta(days=int(number))) if 20_000 <= number < 80_000 else None


def _day_of_text(said: str, date_order: str) -> Day | None:
    if _ZONED.fullmatch(said):
        return Day(local_date(datetime.fromisoformat(said)))
    said = _ORDINAL.sub("", _WEEKDAY.sub("", _CLOCK.sub("", said).strip()))
    if _SERIAL.fullmatch(said):
        return _day_of_serial(float(said))
    if m := _COMPACT.fullmatch(said):
        return Day(date(int(m[1]), int(m[2]), int(m[3])))
    if m := _PARTS.fullmatch(said):
        return _day_of_parts(m[1], m[2], m[3], date_order)
    if m := _DAY_FIRST.fullmatch(said):
        return _day_of_words(m[3], m[2], m[1])
    if m := _MONTH_FIRST.fullmatch(said):
        return _day_of_words(m[3], m[1], m[2])
    return None


def _day_of_parts(first: str, second: str, third: str, date_order: str) -> Day | None:
    if len(first) == 4 or (date_order == YMD and len(third) <= 2):
        year, month, day_of_month = first, second, third
    elif date_order == YMD:
        return None
    else:
        day_of_month, month, year = (first, second, third) if date_order == DMY else (second, first, third)
    if len(year) not in (2, 4) or len(day_of_month) > 2 or len(month) > 2:
        return None
    on = date(_year(year), int(month), int(day_of_month))
    could_be_either = len(first) <= 2 and date_order == DMY and on.day <= 12 and on.day != on.month
    return Day(on, on.replace(month=on.day, day=on.month) if could_be_either else None)


def _day_of_words(year: str, month: str, day_of_month: str) -> Day | None:
    short = "sep" if month.casefold() == "sept" else month.casefold()
    number = next((at for at, name in enumerate(_MONTHS, start=1) if name.startswith(short)), None)
    return Day(date(_year(year), number, int(day_of_month))) if number else None


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < 70 else 1900)
