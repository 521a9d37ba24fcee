"""Parsing days as people and spreadsheets write them, day first. Pure."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mikano_cx.kit.sheets import Cell, text_of

_MONTHS = {name: at for at, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)}
_TIME = re.compile(r"[T ,]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*([ap]\.?m\.?)?(Z|[+-]\d{2}:?\d{2})?$", re.I)


@dataclass(frozen=True)
class WrittenDay:
    """A parsed day. `other` is the day when read month first, if that is a valid day too."""

    on: date
    other: date | None = None


def parse_day(cell: Cell) -> WrittenDay | None:
    """The local day that a cell names, read day first; None if it names none (31/02/2025). Not for blank cells."""
    if isinstance(cell, datetime):
        return WrittenDay(cell.date())
    if isinstance(cell, date):
        return WrittenDay(cell)
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        return _serial(float(cell))
    return _day_of_text(" ".join(text_of(cell).split()))


def _serial(number: float) -> WrittenDay | None:
    """The day of a spreadsheet's serial number; only days from 1954 to 2119 are accepted."""
    return WrittenDay(date(1899, 12, 30) + timedelta(days=int(number))) if 20_000 <= number < 80_000 else None


def _day_of_text(text: str) -> WrittenDay | None:
    text = _TIME.sub("", text).strip()
    text = re.sub(r"^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+", "", text, flags=re.I)
    text = re.sub(r"(?<=\d)(?:st|nd|rd|th)\b", "", text, flags=re.I)
    if re.fullmatch(r"\d{5}(?:\.0*)?", text):
        return _serial(float(text))
    if m := re.fullmatch(r"(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})", text):
        return _day_or_none(int(m[1]), int(m[2]), int(m[3]))
    if m := re.fullmatch(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})", text):
        first, second, year = int(m[1]), int(m[2]), _year(m[3])
        read = _day_or_none(year, second, first)
        if read and first <= 12 and first != second:
            return WrittenDay(read.on, date(year, first, second))
        return read
    if m := re.fullmatch(r"(\d{1,2})[-/. ]*([A-Za-z]{3,9})\.?,?[-/. ]*(\d{4}|\d{2})", text):
        return _named_month_day(m[3], m[2], m[1])
    if m := re.fullmatch(r"([A-Za-z]{3,9})\.? +(\d{1,2}),? +(\d{4})", text):
        return _named_month_day(m[3], m[1], m[2])
    return None


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < 70 else 1900)


def _named_month_day(year: str, month: str, day_of_month: str) -> WrittenDay | None:
    number = _MONTHS.get(month[:3].casefold())
    full = ("january february march april may june july august september october november december sept").split()
    if number is None or not any(name.startswith(month.casefold()) for name in full):
        return None
    return _day_or_none(_year(year), number, int(day_of_month))


def _day_or_none(year: int, month: int, day_of_month: int) -> WrittenDay | None:
    try:
        return WrittenDay(date(year, month, day_of_month))
    except ValueError:
        return None
