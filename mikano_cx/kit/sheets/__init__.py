"""Workbooks and text tables: checked, read in a child process with limits, and written safely.

Reading: `inspect` (what is it?), `read` (whole), `stream` (row by row), `text_rows` (a text table, in
this process). Everything that a file can provoke is `SheetRefused(code, message)`. Writing is in
`sheets.write` (openpyxl is only loaded there): `write_workbook`, `write_csv`, `csv_lines`.
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
