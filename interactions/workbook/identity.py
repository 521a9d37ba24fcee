"""Stable codes for interaction rows without an ID, whatever the order of the file. Pure.

A row's identity is its date, contact, account, channel, notes and logger. What is still to be done about it (next
action, due date) is not part of it: a row whose due date is filled in later is the same row. Rows of one identity
are told apart by their whole content, then counted.
"""

import base64
import hashlib
from collections.abc import Iterable

from interactions.workbook import cells
from interactions.workbook.decisions import SheetRow, name_key
from mikano_cx.kit.identifiers import code as tidy_code
from mikano_cx.kit.names import plain
from mikano_cx.kit.sheets import Cell, text_of

LENGTH = 12  # letters of base 32: 60 bits, so that a million rows share one by less than one chance in a million


def given_code(row: SheetRow) -> str:
    return tidy_code(text_of(row.cells.get("code")))


def _day(cell: Cell) -> str:
    read = cells.day(cell) if cell is not None else None
    return read.on.isoformat() if read else cells.line(cell)


def base_code(row: SheetRow) -> str:
    """The code of a row without one, before rows of the same identity are told apart."""
    get = row.cells.get
    channel, word = cells.channel(cells.line(get("channel")))
    identity = (
        _day(get("date")),
        tidy_code(text_of(get("contact"))),
        tidy_code(text_of(get("account"))),
        channel,
        plain(word),
        cells.lines(get("notes")),
        name_key(cells.line(get("logged_by"))),
    )
    digest = hashlib.sha256("\x1f".join(identity).encode()).digest()
    return "I-" + base64.b32encode(digest).decode()[:LENGTH]


def _rest(row: SheetRow) -> tuple[str, str]:
    return cells.line(row.cells.get("next_action")), _day(row.cells.get("due_on"))


class Codes:
    """The code of every interaction row of a file. Holds one short text a row without an ID, and the twins."""

    def __init__(self) -> None:
        self._given: dict[str, int] = {}
        self._made: dict[str, int] = {}
        self._twins: dict[str, list[tuple[tuple[str, str], int]]] = {}
        self._rank: dict[int, int] = {}
        self.shared: dict[str, list[SheetRow]] = {}

    def count(self, row: SheetRow) -> None:
        code = given_code(row)
        counts, key = (self._given, code) if code else (self._made, base_code(row))
        counts[key] = counts.get(key, 0) + 1

    @property
    def needs_second_look(self) -> bool:
        return any(n > 1 for n in self._given.values()) or any(n > 1 for n in self._made.values())

    def look_again(self, rows: Iterable[SheetRow]) -> None:
        """Collect the rows that share a code: given ones to choose which keeps it, identical ones to count them."""
        for row in rows:
            if code := given_code(row):
                if self._given[code] > 1:
                    self.shared.setdefault(code, []).append(row)
            elif self._made[base := base_code(row)] > 1:
                self._twins.setdefault(base, []).append((_rest(row), row.number))
        for twins in self._twins.values():
            self._rank.update({number: rank for rank, (_, number) in enumerate(sorted(twins), start=1)})

    def settle(self) -> None:
        """Let go of what only counting needed."""
        self._given, self._made, self._twins = {}, {}, {}

    def code_of(self, row: SheetRow) -> str:
        if code := given_code(row):
            return code
        rank = self._rank.get(row.number, 1)
        return base_code(row) if rank == 1 else f"{base_code(row)}-{rank}"
