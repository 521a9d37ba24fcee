"""Writing workbooks and text tables that run nothing when a spreadsheet opens them.

`read` gives back what was written: texts keep leading zeros, line breaks, emoji, `=`, `+234...` and `_x000D_`.
Exceptions: NUL characters are dropped, lone surrogates and U+FFFE/FFFF become U+FFFD, a text over 32,767 characters is
cut with a note, and "" becomes a blank cell.
"""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from math import isfinite
from os import PathLike
from pathlib import Path
from typing import IO, Any

from openpyxl import Workbook as OpenpyxlWorkbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ERROR_CODES
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.writer.excel import ExcelWriter

from mikano_cx.kit.sheets.delimited_text import formula_safe
from mikano_cx.kit.sheets.model import Cell, text_of

LONGEST_TEXT = 32_767
_DATE, _DATETIME, _TIME = "dd mmm yyyy", "dd mmm yyyy hh:mm", "hh:mm"
_FIRST_DATE = date(1900, 3, 1)
_STILL = (1980, 1, 1, 0, 0, 0)
_EXACT = 10**15
_ILLEGAL = re.compile("_(?=x[0-9A-Fa-f]{4})|[\x00-\x08\x0b-\x1f]")
_NO_CHARACTER = re.compile("[\ud800-\udfff\ufffe\uffff]")
_FORMULA_LIKE = ("=", "+", "-", "@", "\t", "\r")
_BAD_TITLE = re.compile(r"[\[\]:*?/\\\x00-\x1f]")

Value = Cell | Decimal


@dataclass(frozen=True)
class Marked:
    """A cell with a comment; with `fault` it is coloured as an error."""

    value: Value
    comment: str = ""
    fault: bool = True


@dataclass(frozen=True)
class TabOut:
    """One tab to write. `widths` are in characters, by column; `rows` may be a generator."""

    name: str
    header: Sequence[str]
    rows: Iterable[Sequence[Value | Marked]]
    widths: Sequence[float] = ()


@dataclass
class Written:
    """The number of rows of each tab, and the cells whose text was cut: (tab, row, column)."""

    rows: dict[str, int] = field(default_factory=dict)
    cut: list[tuple[str, int, int]] = field(default_factory=list)


def write_workbook(
    target: str | PathLike[str] | IO[bytes], tabs: Iterable[TabOut], *, author: str = "Mikano CX Hub"
) -> Written:
    """Write an .xlsx row by row. Equal rows give equal bytes.

    Every text is a text cell, whatever it begins with. Dates are real dates shown as dd mmm yyyy; those before March
    1900, which workbooks can't hold, are ISO text. Decimals are numbers. Whole numbers of more than 15 digits are text,
    because workbooks would round them. Datetimes must be naive local ones; an aware one raises ValueError. A text that
    doesn't fit is cut, its full length is noted at its end, and `Written.cut` lists it.
    """
    book = OpenpyxlWorkbook(write_only=True)
    book.properties.creator = author
    book.properties.created = book.properties.modified = datetime(*_STILL)  # noqa: DTZ001 - the format has no zone
    written = Written()
    try:
        for tab in tabs:
            _Sheet(book, tab, written).write()
    except BaseException:
        _abandon(book)
        raise
    with _StillZip(target, "w", zipfile.ZIP_DEFLATED) as archive:
        ExcelWriter(book, archive).save()
    return written


def _abandon(book: OpenpyxlWorkbook) -> None:
    """Remove the temporary files of a workbook that won't be finished."""
    for sheet in book.worksheets:
        if not sheet.closed:
            sheet.close()
        if sheet._writer is not None:
            sheet._writer.cleanup()


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Value]]) -> Iterator[str]:
    """The lines of a comma-separated text table; the first has a byte order mark for Excel.

    A text that begins with = + - @ tab or a line break gets an apostrophe before it, so that it isn't a formula.
    `read(..., csv_unescape=True)` removes it.
    """
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow([_csv_text(name) for name in header])
    for row in rows:
        yield writer.writerow([_csv_text(value) for value in row])


def write_csv(target: str | PathLike[str] | IO[bytes], header: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
    """Write `csv_lines` to a path or a binary file, in UTF-8."""
    if isinstance(target, str | PathLike):
        with Path(target).open("wb") as file:
            write_csv(file, header, rows)
            return
    for line in csv_lines(header, rows):
        target.write(line.encode())


def escape(text: str) -> str:
    """The text with control characters, and anything that reads as an escape, in the `_xHHHH_` form."""
    text = _NO_CHARACTER.sub("\ufffd", text).replace("\0", "")
    text = _ILLEGAL.sub(lambda m: f"_x{ord(m[0]):04X}_", text)
    if text and not text.strip():  # a cell of only blanks would be read as empty
        return re.sub("[ \t\n]", lambda m: f"_x{ord(m[0]):04X}_", text)
    return text


class _Sheet:
    def __init__(self, book: OpenpyxlWorkbook, tab: TabOut, written: Written):
        title = _BAD_TITLE.sub(" ", tab.name).strip("' ")[:31]
        self.sheet = book.create_sheet(title or None)
        self.tab, self.written = tab, written
        self.row = 0
        self.styled: dict[tuple[int, str], Any] = {}

    def write(self) -> None:
        for at, width in enumerate(self.tab.widths, start=1):
            self.sheet.column_dimensions[get_column_letter(at)].width = width
        self.sheet.freeze_panes = "A2"
        self.row = 1
        self.sheet.append([self._header(at, name) for at, name in enumerate(self.tab.header)])
        for row in self.tab.rows:
            self.row += 1
            self.sheet.append([self._cell(at, value) for at, value in enumerate(row)])
        last = get_column_letter(max(1, len(self.tab.header)))
        self.sheet.auto_filter.ref = f"A1:{last}{self.row}"
        self.written.rows[self.tab.name] = self.row - 1

    def _header(self, at: int, name: str) -> Any:
        cell = self._forced_text(WriteOnlyCell(self.sheet), self._text(at, name))
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="E8EBF0")
        cell.alignment = Alignment(vertical="top", wrap_text=True)
        return cell

    def _cell(self, at: int, value: Value | Marked) -> Any:
        if isinstance(value, Marked):
            return self._marked(at, value)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, datetime | date | time):
            return self._moment(at, value)
        if isinstance(value, float | Decimal) and isfinite(value):
            return value
        if isinstance(value, int) and abs(value) < _EXACT:
            return value
        text = self._text(at, value if isinstance(value, str) else str(value))
        if text.startswith(_FORMULA_LIKE) or text in ERROR_CODES:
            return self._forced_text(self._kept(at, "text"), text)
        return text or None

    def _marked(self, at: int, marked: Marked) -> Any:
        inner = self._cell(at, marked.value)
        cell = WriteOnlyCell(self.sheet)
        if hasattr(inner, "number_format"):
            cell.number_format = inner.number_format
            inner = inner.value
        if isinstance(inner, str):
            self._forced_text(cell, inner)
        else:
            cell.value = inner
        if marked.fault:
            cell.fill = PatternFill("solid", fgColor="FBD9D3")
        if marked.comment:
            comment = escape(marked.comment[:2_000])
            cell.comment = Comment(comment, "Mikano CX Hub", height=120, width=320)
        return cell

    def _moment(self, at: int, value: date | datetime | time) -> Any:
        if isinstance(value, datetime | time) and value.tzinfo is not None:
            raise ValueError("a workbook holds local times: give naive ones")
        if isinstance(value, date) and (value.date() if isinstance(value, datetime) else value) < _FIRST_DATE:
            return value.isoformat()
        style = _TIME if isinstance(value, time) else _DATE
        cell = self._kept(at, _DATETIME if isinstance(value, datetime) else style)
        cell.value = value
        return cell

    def _kept(self, at: int, style: str) -> Any:
        """The reused cell object of a column and style; a row is written before the next one is made."""
        cell = self.styled.get((at, style))
        if cell is None:
            cell = self.styled[at, style] = WriteOnlyCell(self.sheet)
            if style != "text":
                cell.number_format = style
        return cell

    def _forced_text(self, cell: Any, text: str) -> Any:
        cell.value = text or None
        if text:
            cell.data_type = "s"
            if text.startswith(_FORMULA_LIKE):
                cell.quotePrefix = True  # so that it stays text when somebody edits the cell
        return cell

    def _text(self, at: int, text: str) -> str:
        safe = escape(text)
        if len(safe) <= LONGEST_TEXT // 2 or _units(safe) <= LONGEST_TEXT:
            return safe
        self.written.cut.append((self.tab.name, self.row, at + 1))
        note = f" […cut: {len(text):,} characters]"
        room = LONGEST_TEXT - len(note)
        kept = text[:room]
        while _units(escape(kept)) > room:
            kept = kept[: len(kept) * 9 // 10]
        return escape(kept) + note


def _units(text: str) -> int:
    """The length in UTF-16 units, as workbooks count it."""
    return len(text) + sum(1 for c in text if c > "\uffff")


def _csv_text(value: Value) -> str:
    if isinstance(value, str):
        return formula_safe(_NO_CHARACTER.sub("\ufffd", value).replace("\0", ""))
    return str(value) if isinstance(value, Decimal) else text_of(value)


class _Echo:
    def write(self, line: str) -> str:
        return line


class _StillZip(zipfile.ZipFile):
    """A zip file whose entries all have the same time, so that equal content gives equal bytes."""

    def writestr(self, zinfo_or_arcname: Any, data: Any, *args: Any, **kwargs: Any) -> None:
        super().writestr(_still(zinfo_or_arcname), data, zipfile.ZIP_DEFLATED)

    def write(self, filename: Any, arcname: Any = None, *args: Any, **kwargs: Any) -> None:
        with Path(filename).open("rb") as source, self.open(_still(arcname), "w", force_zip64=True) as part:
            while chunk := source.read(2**20):
                part.write(chunk)


def _still(name: Any) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(str(name), _STILL)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info
