"""Reading text tables (CSV and variants): lenient, but an error rather than a wrong result."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from mikano_cx.kit.sheets.model import FileKind, Limits, SheetRefused

_LONGEST_LINE = 4_000_000
LONGEST_ROW = 16 * 2**20
_LAST = "\ufdd0end\ufdd0"
_TRIGGERS = tuple("=+-@\t\r\n＝＋－＠")
_PHONE = re.compile(r"\+[0-9][0-9 ]*")


def formula_safe(text: str) -> str:
    """The text with an apostrophe before it if a spreadsheet would take it for a formula.

    A phone number (+234 803 123 4567) stays as it is, because plus, digits and spaces can't run anything.
    `formula_unsafe` is the exact inverse: a text that begins with such an apostrophe already gets another one.
    """
    if _PHONE.fullmatch(text):
        return text
    if text.startswith(_TRIGGERS) or (text.startswith("'") and text[1:].startswith(("'", *_TRIGGERS))):
        return "'" + text
    return text


def formula_unsafe(text: str) -> str:
    """The text before `formula_safe`; other texts stay unchanged."""
    if text.startswith("'") and text[1:].startswith(("'", *_TRIGGERS)):
        return text[1:]
    return text


def text_rows(path: str, kind: FileKind, limits: Limits) -> Iterator[tuple[int, list[str]]]:
    """Each row's number (from 1; quoted line breaks don't count) and cells; rows may differ in length.

    NUL characters are dropped. An unclosed quotation mark, which would swallow the rest of the file, is refused with
    its row number.
    """
    csv.field_size_limit(limits.max_text)
    number, size = 0, [0]
    with Path(path).open(encoding=kind.encoding, newline="") as file:
        reader = csv.reader(_lines(file, size), delimiter=kind.delimiter)
        try:
            for number, row in enumerate(reader, start=1):
                if row and row[-1].endswith(_LAST):
                    if row == [_LAST]:
                        return
                    raise _open_quote(number)
                if number > limits.max_rows:
                    raise SheetRefused("too_many_rows", f"There are more than {limits.max_rows:,} rows.")
                size[0] = 0
                yield number, row
        except csv.Error as error:
            raise _open_quote(number + 1) from error
        except UnicodeError as error:
            raise _undecodable(number + 1, kind, error) from error


def _lines(file: TextIO, size: list[int]) -> Iterator[str]:
    """The lines, and at the end a marker. `size` is the length of the current row, which may span lines."""
    first = True
    while line := file.readline(_LONGEST_LINE):
        size[0] += len(line)
        if size[0] > LONGEST_ROW:
            raise SheetRefused("text_too_long", "This file has a row that holds far too much text.")
        if len(line) >= _LONGEST_LINE and line[-1] not in "\r\n":
            raise SheetRefused("text_too_long", "This file has a line that is far too long.")
        if first:
            first = False
            if line.removeprefix("\ufeff").lower().startswith("sep=") and len(line.strip()) <= 6:
                continue
        yield line.replace("\0", "")
    yield _LAST


def _open_quote(row: int) -> SheetRefused:
    return SheetRefused(
        "open_quote",
        f"Row {row:,} has a quotation mark that is never closed, so the rest can't be read.",
        row=row,
    )


def _undecodable(row: int, kind: FileKind, error: UnicodeError) -> SheetRefused:
    if isinstance(error, UnicodeDecodeError) and error.reason in ("truncated data", "unexpected end of data"):
        return SheetRefused("truncated", "This file ends in the middle of a character: it was cut off on its way.")
    return SheetRefused(
        "encoding",
        f"From row {row:,} on, this file holds bytes that aren't {kind.encoding.upper()}: it is damaged, or in another "
        "encoding.",
        row=row,
    )
