"""The refused rows of an import, as the same workbook: mend them and bring it in again."""

from collections.abc import Iterator, Mapping
from os import PathLike
from typing import IO, Any

from accounts.imports.models import ImportRow, ImportRun
from interactions.workbook.book import Book
from interactions.workbook.decisions import REFUSED, Decision
from interactions.workbook.layout import BY_KEY, ERROR_HEADER, TABS, FoundTab
from mikano_cx.kit.sheets.writer import Marked, TabOut, write_workbook

Faults = Mapping[int, list[tuple[str, str]]]  # row: (header, sentence)


def faults_of(run: ImportRun) -> dict[str, Faults]:
    """By tab, from the rows that the run keeps."""
    faults: dict[str, dict[int, list[tuple[str, str]]]] = {}
    rows = ImportRow.objects.filter(run=run, bucket=REFUSED).values_list("tab", "row", "problems")
    for tab, row, problems in rows.iterator():
        said = [(p["field"], p["message"]) for p in problems if p["weight"] == REFUSED]
        faults.setdefault(tab, {})[row] = said
    return dict(faults)


def faults_in(decisions: list[Decision]) -> Iterator[tuple[str, int, list[tuple[str, str]]]]:
    """Of a dry run, which keeps no rows."""
    for d in decisions:
        if not d.accepted:
            yield d.tab, d.row, [(p.field, p.message) for p in d.problems if p.weight == REFUSED]


def write_refused(target: str | PathLike[str] | IO[bytes], book: Book, faults: Mapping[str, Faults]) -> None:
    """Three tabs with the file's own headers and cells, an error column, and a comment on each faulty cell."""
    write_workbook(target, [_tab(book, layout.key, faults.get(layout.key, {})) for layout in TABS])


def _tab(book: Book, key: str, faults: Faults) -> TabOut:
    layout, found = BY_KEY[key], book.layout.tabs.get(key)
    if found is None:
        return TabOut(layout.title, [*layout.headers.values(), ERROR_HEADER], [])
    old_error = {at for at, text in enumerate(found.headers) if text.strip().casefold() == ERROR_HEADER.casefold()}
    kept = [at for at in range(len(found.headers)) if at not in old_error]
    headers = [found.headers[at] for at in kept]
    widths = {at: next(c.width for c in layout.columns if c.name == field) for field, at in found.columns.items()}
    return TabOut(
        layout.title,
        [*headers, ERROR_HEADER],
        _rows(book, found, kept, faults),
        widths=[*(widths.get(at, 18) for at in kept), 70],
    )


def _rows(book: Book, found: FoundTab, kept: list[int], faults: Faults) -> Iterator[list[Any]]:
    headers = BY_KEY[found.key].headers
    at_header = {headers[field]: at for field, at in found.columns.items()}
    for number, values in book.raw(found.key):
        if number not in faults:
            continue
        comments: dict[int, list[str]] = {}
        for header, message in faults[number]:
            comments.setdefault(at_header.get(header, -1), []).append(message)
        cells: list[Any] = [values[at] if at < len(values) else None for at in kept]
        for place, at in enumerate(kept):
            if at in comments:
                cells[place] = Marked(cells[place], " ".join(comments[at]))
        yield [*cells, " ".join(message for _, message in faults[number])]
