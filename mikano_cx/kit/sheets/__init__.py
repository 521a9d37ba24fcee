"""Workbooks and text tables: checked, read in a child process with limits, and written safely.

To read: `inspect` (the true type of a file), `read` (the whole file), `stream` (row by row), `text_rows` (a text table,
in this process). Whatever a file contains, the only error is `SheetRefused(code, message)`. To write: `write_workbook`,
`write_csv` and `csv_lines` in `sheets.writer`, which alone loads openpyxl.
"""

from mikano_cx.kit.sheets.delimited_text import text_rows
from mikano_cx.kit.sheets.reader import Stream, read, stream

from .inspection import inspect
from .model import (
    ALL_KINDS,
    MIB,
    Cell,
    FileKind,
    Limits,
    Row,
    SheetRefused,
    Tab,
    TabSize,
    Workbook,
    text_of,
)

__all__ = [
    "ALL_KINDS",
    "MIB",
    "Cell",
    "FileKind",
    "Limits",
    "Row",
    "SheetRefused",
    "Stream",
    "Tab",
    "TabSize",
    "Workbook",
    "inspect",
    "read",
    "stream",
    "text_of",
    "text_rows",
]
