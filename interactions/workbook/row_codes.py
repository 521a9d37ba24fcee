"""Stable codes for interaction rows without an ID, whatever the order of the file. Pure.

A row's identity is its date, contact, account, channel, notes and logger. What is still to be done about it (next
action, due date) is not part of it: a row whose due date is filled in later is the same row. Rows of one identity
are told apart by their whole content, then counted.
"""

import base64
import hashlib
from collections.abc import Iterable

from accounts.imports.files.cell_parsers import day_of
from interactions.workbook import cell_parsers
from interactions.workbook.decisions import SheetRow, name_key
from mikano_cx.kit.names import plain
from mikano_cx.kit.sheets import Cell

LENGTH = 12  # letters of base 32: 60 bits, so that a million rows share one by less than one chance in a million


def _day(cell: Cell) -> str:
    read = day_of(cell)
    return read.on.isoformat() if read else cell_parsers.line(cell)


def base_code(row: SheetRow) -> str:
    """The code of a row without one, before rows of the same identity are told apart."""
    get = row.cells.get
    channel, word = cell_parsers.channel(cell_parsers.line(get("channel")))
    identity = (
        _day(get("date")),
        cell_parsers.code(get("contact")),
        cell_parsers.code(get("account")),
        channel,
        plain(word),
        cell_parsers.lines(get("notes")),
        name_key(cell_parsers.line(get("logged_by"))),
    )
    digest = hashlib.sha256("\x1f".join(identity).encode()).digest()
    return "I-" + base64.b32encode(digest).decode()[:LENGTH]


def _rest(row: SheetRow) -> tuple[str, str]:
    return cell_parsers.line(row.cells.get("next_action")), _day(row.cells.get("due_on"))


def _ranked(base: str, rank: int) -> str:
    return base if rank == 1 else f"{base}-{rank}"


class Codes:
    """The code of every interaction row of a file. Holds one short text a row without an ID, and the twins."""

    def __init__(self) -> None:
        self._given: dict[str, int] = {}
        self._made: dict[str, int] = {}
        self._twins: dict[str, list[tuple[tuple[str, str], int]]] = {}
        self._rank: dict[int, int] = {}
        self.shared: dict[str, list[SheetRow]] = {}
        self.given: tuple[str, ...] = ()

    def count(self, row: SheetRow) -> None:
        code = row.code()
        counts, key = (self._given, code) if code else (self._made, base_code(row))
        counts[key] = counts.get(key, 0) + 1

    @property
    def needs_second_look(self) -> bool:
        counted_twice = any(n > 1 for counts in (self._given, self._made) for n in counts.values())
        return counted_twice or bool(self._both())

    def _both(self) -> dict[str, str]:
        """Codes that a row gives and that another without an ID would get too: the base of each."""
        made = ((_ranked(base, rank), base) for base, n in self._made.items() for rank in range(1, n + 1))
        return {code: base for code, base in made if code in self._given}

    def look_again(self, rows: Iterable[SheetRow]) -> None:
        """Collect the rows that share a code, to choose which keeps it; identical rows without one are counted."""
        both, rivals = self._both(), []
        bases = set(both.values())
        for row in rows:
            if code := row.code():
                if self._given[code] > 1 or code in both:
                    self.shared.setdefault(code, []).append(row)
                continue
            base = base_code(row)
            if self._made[base] > 1:
                self._twins.setdefault(base, []).append((_rest(row), row.number))
            if base in bases:
                rivals.append(row)
        for twins in self._twins.values():
            self._rank.update({number: rank for rank, (_, number) in enumerate(sorted(twins), start=1)})
        for row in rivals:
            if (code := self.code_of(row)) in both:
                self.shared[code].append(row)

    def settle(self) -> None:
        """Let go of what only counting needed; `given` stays where a row will be told a free code."""
        self.given = tuple(self._given) if self.shared else ()
        self._given, self._made, self._twins = {}, {}, {}

    def code_of(self, row: SheetRow) -> str:
        if code := row.code():
            return code
        return _ranked(base_code(row), self._rank.get(row.number, 1))
