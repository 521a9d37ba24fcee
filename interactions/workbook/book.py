"""A workbook file as rows by field. Parsed once, in the sheet reader's child process; read as often as needed."""

from collections.abc import Iterator
from os import PathLike
from typing import Self

from accounts.imports.files.columns import odd_row
from interactions.workbook import cell_parsers
from interactions.workbook.decisions import SheetRow
from interactions.workbook.layout import HEADER_WITHIN, FoundLayout, FoundTab, Top, find_layout
from interactions.workbook.row_codes import Codes
from mikano_cx.kit import sheets
from mikano_cx.kit.sheets import Cell

INTERACTIONS = "interactions"


class Book:
    """The accounts and contacts of a file, its interactions as a stream, and the codes of those.

    Refuses what the sheet reader refuses, and `no_tabs`, `columns_missing`.
    """

    def __init__(self, path: str | PathLike[str], *, limits: sheets.Limits | None = None) -> None:
        self._stream = sheets.stream(path, limits=limits)
        try:
            self.layout: FoundLayout = find_layout(self._tops())
            self._by_place = {tab.place: tab for tab in self.layout.tabs.values()}
            self.accounts: list[SheetRow] = []
            self.contacts: list[SheetRow] = []
            self.codes = Codes()
            self.interactions_count = 0
            self._first_look()
            if self.codes.needs_second_look:
                self.codes.look_again(self.interactions())
            self.codes.settle()
        except BaseException:
            self.close()
            raise

    @property
    def rows(self) -> int:
        return len(self.accounts) + len(self.contacts) + self.interactions_count

    def interactions(self) -> Iterator[SheetRow]:
        return (row for tab, row in self._rows() if tab.key == INTERACTIONS)

    def raw(self, key: str) -> Iterator[tuple[int, list[Cell]]]:
        """Row number and cells as they are in the file, of the rows below the header."""
        tab = self.layout.tabs[key]
        for place, number, values in self._stream.numbered():
            if place == tab.place and number > tab.header_row:
                yield number, values

    def _tops(self) -> list[Top]:
        rows: dict[int, list[tuple[int, list[str]]]] = {}
        for place, number, values in self._stream.numbered():
            if number <= HEADER_WITHIN:
                rows.setdefault(place, []).append((number, [cell_parsers.line(value) for value in values]))
        return [Top(place, tab.name, rows.get(place, [])) for place, tab in enumerate(self._stream.tabs)]

    def _rows(self) -> Iterator[tuple[FoundTab, SheetRow]]:
        """Every row with something in a column of the workbook; a row of nothing but other things is no row."""
        for place, number, values in self._stream.numbered():
            tab = self._by_place.get(place)
            if tab is None or number <= tab.header_row:
                continue
            width = len(values)
            by_field = {field: values[at] if at < width else None for field, at in tab.columns.items()}
            if any(value is not None and (not isinstance(value, str) or value.strip()) for value in by_field.values()):
                yield tab, SheetRow(number, by_field, odd_row(values, tab.headers))

    def _first_look(self) -> None:
        for tab, row in self._rows():
            if tab.key == INTERACTIONS:
                self.interactions_count += 1
                self.codes.count(row)
            else:
                (self.accounts if tab.key == "accounts" else self.contacts).append(row)

    def close(self) -> None:
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
