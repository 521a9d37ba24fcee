"""The refused rows of a run as the same kind of file: its own columns, and one with the reason.

What stood above the header and below the data stays, so that the feed reads the file as it read the other.
"""

import codecs
import csv
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from accounts.imports.files.file_reader import FeedRows, open_rows
from accounts.imports.files.layout import Layout
from accounts.imports.models import ImportRow, ImportRun
from accounts.imports.runs.registry import fields_of
from mikano_cx.kit.sheets import Cell, FileKind, text_of
from mikano_cx.kit.sheets.delimited_text import formula_safe
from mikano_cx.kit.sheets.writer import TabOut, write_workbook

ERROR = "Error"


def refused_file(run: ImportRun) -> tuple[IO[bytes], str]:
    """A temporary file, to be closed by the caller, and a name for it. Constant memory."""
    target = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    stem = f"refused rows of import {run.pk}"
    with open_rows(run.file.path, Layout.of(run.feed), fields_of(run.feed)) as file:
        rows = _rows(run, file)
        if file.text_kind is not None:
            _write_text(target, file.text_kind, rows)
            name = stem + (Path(run.file_name).suffix or ".csv")
        else:
            write_workbook(target, [TabOut("Refused rows", [text_of(cell) for cell in next(rows)], rows)])
            name = f"{stem}.xlsx"
    target.seek(0)
    return target, name


def _rows(run: ImportRun, file: FeedRows) -> Iterator[list[Cell]]:
    """All that the new file holds, from its first row on."""
    layout, refused = Layout.of(run.feed), _reasons(run, file)
    number, reason = next(refused, (0, ""))
    written = 0
    last, width, end, mended = 0, 0, layout.footer_rows + layout.has_trailer, False
    tail: list[list[Cell]] = []
    for at, row in file.raw():
        if at <= layout.header_row:
            yield from ([] for _ in range(at - last - 1))  # blank ones count
            if at == layout.header_row:  # a file that was mended has the column already
                mended = text_of(row[-1]).strip() == ERROR
                row = [*(row[:-1] if mended else row), ERROR]
            yield row
            last, width = at, len(row) - 1
        elif at == number:
            yield [*row[:width], *([""] * (width - len(row))), *row[width + mended :], reason]
            written += 1
            number, reason = next(refused, (0, ""))
        tail = [*tail, row][-end:] if end else []
    yield from tail[: layout.footer_rows]
    if layout.has_trailer:
        yield ["TOTAL", str(written)]


def _reasons(run: ImportRun, file: FeedRows) -> Iterator[tuple[int, str]]:
    """Row and sentence, in the file's order."""
    found = ImportRow.objects.filter(run=run, bucket=ImportRow.Bucket.REFUSED).order_by("row")
    for row, field, problem in found.values_list("row", "problem_field", "problem").iterator():
        column = file.columns.get(field, "")
        yield row, f"{column}: {problem}" if column else problem


def _write_text(target: IO[bytes], kind: FileKind, rows: Iterator[list[Cell]]) -> None:
    encoding = codecs.lookup(kind.encoding).name
    if encoding.startswith(("utf-16-", "utf-32-")):
        target.write("\ufeff".encode(encoding))
    text = codecs.getwriter(encoding)(target, "replace")
    writer: Any = csv.writer(text, delimiter=kind.delimiter)
    for row in rows:
        writer.writerow([formula_safe(text_of(cell)) for cell in row])
