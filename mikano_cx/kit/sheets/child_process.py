"""The child process that parses an uploaded file; `reader` starts it.

Its one argument is JSON with path, kind, limits, memory, seconds, unescape. It writes lines of JSON to standard output:
first {"tabs": [names]}, then for each tab {"tab": n} and lists of [row number, [cells]], last {"done": [[last row,
rows], ...]} or {"refused": [code, message, tab, row]}. Dates and times are {"d"|"t"|"h": ISO text}. It loads neither
Django nor the project's apps.
"""

from __future__ import annotations

import errno
import json
import os
import resource
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from math import isfinite
from typing import Any

from mikano_cx.kit.sheets import delimited_text
from mikano_cx.kit.sheets.hidden_values import Found, formulas_and_errors, sheet_parts
from mikano_cx.kit.sheets.model import Cell, FileKind, Limits, SheetRefused, damaged_refusal

_BATCH_CELLS = 2_000


def main(task: dict[str, Any]) -> None:
    limits, kind = Limits(**task["limits"]), FileKind(**task["kind"])
    seconds = int(task["seconds"]) + 1
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, limits.output_bytes)
    _limit(resource.RLIMIT_CPU, seconds, slack=1)
    if sys.platform != "darwin":  # macOS knows this limit but refuses to set it
        _limit(resource.RLIMIT_AS, task["memory"])
    try:
        if kind.kind == "csv":
            _send({"tabs": [""]})
            rows = _text_rows(task["path"], kind, limits, unescape=task["unescape"])
            _send({"done": [_send_tab(0, "", rows, limits, [0])]})
        else:
            _workbook(task["path"], kind, limits)
    except SheetRefused as refused:
        _send({"refused": [refused.code, refused.message, refused.tab, refused.row]})
    except MemoryError:
        os._exit(3)
    except BaseException as error:  # calamine's PanicException is no Exception
        if isinstance(error, OSError) and error.errno == errno.EFBIG:
            _refuse("too_large", "This file unpacks to more rows than can be read.")
        elif type(error).__name__ == "PasswordError":
            _refuse("encrypted", "This workbook is protected by a password: save it without one.")
        else:
            _refuse("damaged", damaged_refusal().message)


def _limit(what: int, most: int, slack: int = 0) -> None:
    """Set a limit of this process, no higher than the machine's own."""
    _, ceiling = resource.getrlimit(what)
    if ceiling != resource.RLIM_INFINITY:
        most = min(most, ceiling - slack)
    resource.setrlimit(what, (most, most + slack))


def _refuse(code: str, message: str) -> None:
    _send({"refused": [code, message, None, None]})


def _send(line: object) -> None:
    data = json.dumps(line, default=_plain).encode() + b"\n"
    while data:
        data = data[os.write(1, data) :]


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    if isinstance(value, time):
        return {"h": value.isoformat()}
    if isinstance(value, timedelta):
        total = round(value.total_seconds())
        minutes, seconds = divmod(abs(total), 60)
        return f"{'-' * (total < 0)}{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return str(value)


def _text_rows(path: str, kind: FileKind, limits: Limits, *, unescape: bool) -> Iterator[tuple[int, list[Cell]]]:
    for number, row in delimited_text.text_rows(path, kind, limits):
        if unescape:
            row = [delimited_text.formula_unsafe(text) for text in row]
        yield number, [text or None for text in row]


def _workbook(path: str, kind: FileKind, limits: Limits) -> None:
    import python_calamine as calamine

    book = calamine.load_workbook(path)
    sheets = list(enumerate(book.sheets_metadata))
    if any(sheet.typ in (calamine.SheetTypeEnum.MacroSheet, calamine.SheetTypeEnum.Vba) for _, sheet in sheets):
        raise SheetRefused("macros", "This workbook contains macros: save it as .xlsx without them.")
    sheets = [(at, s) for at, s in sheets if s.typ == calamine.SheetTypeEnum.WorkSheet]
    if len(sheets) > limits.max_tabs:
        raise SheetRefused("too_many_tabs", f"This workbook has more than {limits.max_tabs} tabs.")
    _send({"tabs": [sheet.name for _, sheet in sheets]})
    done, cells = [], [0]
    archive = zipfile.ZipFile(path) if kind.kind == "xlsx" else None
    parts = sheet_parts(archive) if archive else []
    for tab, (at, sheet) in enumerate(sheets):
        _send({"tab": tab})
        part = parts[at] if at < len(parts) else None
        typed = formulas_and_errors(archive, part) if archive and part else {}
        rows = _sheet_rows(book.get_sheet_by_index(at), typed, limits)
        done.append(_send_tab(tab, sheet.name, rows, limits, cells))
    _send({"done": done})


def _sheet_rows(sheet: Any, typed: Found, limits: Limits) -> Iterator[tuple[int, list[Cell]]]:
    start, end = sheet.start or (0, 0), sheet.end or (-1, -1)
    if end[0] - start[0] >= limits.max_rows or end[0] >= limits.max_rows:
        raise _too_many_rows(sheet.name, limits)
    pad: list[Cell] = [None] * start[1]  # calamine gives leading blank rows, not columns
    number = 0
    typed = dict(typed)
    for number, values in enumerate(sheet.iter_rows(), start=1):
        row = pad + [None if v == "" else v for v in values]
        yield number, _with_types(row, typed.pop(number, {}))
    for number in sorted(n for n in typed if n > number):
        yield number, _with_types([], typed[number])


def _with_types(row: list[Cell], typed: dict[int, str]) -> list[Cell]:
    for column, text in typed.items():
        if column >= len(row):
            if column >= 16_384:
                continue
            row.extend([None] * (column + 1 - len(row)))
        if row[column] is None:
            row[column] = text
    return row


def _clean(value: Cell) -> Cell:
    if isinstance(value, str):
        return value.replace("\0", "") or None
    return None if isinstance(value, float) and not isfinite(value) else value


def _send_tab(
    tab: int, name: str, rows: Iterator[tuple[int, list[Cell]]], limits: Limits, cells: list[int]
) -> list[int]:
    """Send a tab's rows that have a value; return the number of its last row and the count of rows."""
    last = count = held = 0
    batch: list[tuple[int, list[Cell]]] = []
    for number, values in rows:
        values = [_clean(value) for value in values]
        if all(value is None for value in values):
            continue
        while name and values[-1] is None:  # a text table (no name) keeps its ragged rows as they are
            values.pop()
        if number > limits.max_rows:
            raise _too_many_rows(name, limits)
        if len(values) > limits.max_columns:
            raise SheetRefused(
                "too_many_columns",
                f"Row {number:,}{_in(name)} has more than {limits.max_columns:,} columns.",
                tab=name or None,
                row=number,
            )
        size = sum(len(value) for value in values if isinstance(value, str))
        if size > delimited_text.LONGEST_ROW:
            raise SheetRefused("text_too_long", f"Row {number:,}{_in(name)} holds far too much text.", row=number)
        last, count, cells[0] = number, count + 1, cells[0] + len(values)
        if cells[0] > limits.max_cells:
            raise SheetRefused("too_many_cells", f"This file has more than {limits.max_cells:,} cells.")
        batch.append((number, values))
        held += len(values) + size // 64
        if held > _BATCH_CELLS:
            _send(batch)
            batch, held = [], 0
    if batch:
        _send(batch)
    return [last, count]


def _too_many_rows(name: str, limits: Limits) -> SheetRefused:
    return SheetRefused("too_many_rows", f"There are more than {limits.max_rows:,} rows{_in(name)}.", tab=name or None)


def _in(name: str) -> str:
    return f" of the tab “{name}”" if name else ""


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
