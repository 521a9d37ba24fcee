"""The types of the sheet reader: limits, refusals, cells, rows, tabs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import NamedTuple

from mikano_cx.kit.refusal import Refused

Cell = str | int | float | bool | date | datetime | time | None

MIB = 2**20
ALL_KINDS = ("xlsx", "xls", "xlsb", "ods", "csv")


class SheetRefused(Refused):
    """A file that isn't read; `message` is one plain sentence for the person who sent it.

    `code` is one of: empty, too_large, unknown_type, kind_not_allowed, encrypted, macros,
    bomb, doctype, damaged, encoding, truncated, open_quote, too_many_rows, too_many_columns,
    too_many_cells, too_many_tabs, text_too_long, time, memory. `tab` and `row` (as seen in the
    sheet, from 1) are given where known.
    """

    def __init__(self, code: str, message: str, *, tab: str | None = None, row: int | None = None):
        super().__init__(code, message)
        self.tab = tab
        self.row = row


def damaged_refusal(tab: str | None = None) -> SheetRefused:
    """The refusal of a file that can't be parsed."""
    where = f"The tab “{tab}”" if tab else "This file"
    return SheetRefused("damaged", f"{where} can't be read as a spreadsheet: it seems to be damaged.", tab=tab)


@dataclass(frozen=True)
class Limits:
    """The limits of reading one upload, in bytes and seconds.

    `memory_bytes` and `seconds` apply to a small file. They grow with the checked unpacked size, up to `memory_most`
    and `seconds_most`. Memory is the child's address space, so its real memory is smaller.
    """

    seconds: float = 10.0
    seconds_most: float = 240.0
    memory_bytes: int = 256 * MIB
    memory_most: int = 4096 * MIB
    file_bytes: int = 150 * MIB
    unpacked_bytes: int = 2048 * MIB
    entry_ratio: int = 100
    entries: int = 2_000
    output_bytes: int = 4096 * MIB
    max_tabs: int = 256
    max_rows: int = 1_048_576
    max_columns: int = 1_000
    max_cells: int = 20_000_000
    max_text: int = 1_000_000

    def memory_for(self, unpacked: int) -> int:
        """The address space in bytes for a file with `unpacked` bytes of content."""
        extra = max(0, unpacked - 16 * MIB) * 4
        return max(self.memory_bytes, min(self.memory_bytes + extra, self.memory_most))

    def seconds_for(self, unpacked: int) -> float:
        """The wall and processor seconds for a file with `unpacked` bytes of content."""
        extra = max(0, unpacked - 16 * MIB) / (4 * MIB)
        return max(self.seconds, min(self.seconds + extra, self.seconds_most))


@dataclass(frozen=True)
class FileKind:
    """The true type of a file: `kind` is one of ALL_KINDS; csv also has encoding and delimiter.

    `size` and `unpacked` are bytes; they are equal for files that aren't zipped.
    """

    kind: str
    size: int
    unpacked: int
    encoding: str = ""
    delimiter: str = ""


class Row(NamedTuple):
    """One row that has a value; `number` counts from 1 as the sheet shows it."""

    tab: str
    number: int
    values: list[Cell]


@dataclass(frozen=True)
class TabSize:
    """A tab's name, the number of its last row with a value, and the count of such rows."""

    name: str
    last_row: int
    rows: int


@dataclass(frozen=True)
class Tab:
    """One tab: `rows[i]` is row i + 1 of the sheet; a blank row is an empty list."""

    name: str
    rows: list[list[Cell]]


@dataclass(frozen=True)
class Workbook:
    """A whole file in memory."""

    kind: FileKind
    tabs: list[Tab]

    @property
    def by_name(self) -> Mapping[str, Tab]:
        return {tab.name: tab for tab in self.tabs}


def text_of(value: Cell) -> str:
    """The cell as text: 102345.0 is "102345", None is "", dates are in ISO format, booleans TRUE or FALSE."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e21 else repr(value)
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)
