"""The cells of a feed's row, each read or named as what keeps the row out. Pure.

`digest` is cheap, so that a row that is known needn't be understood again.
"""

from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache, wraps
from hashlib import blake2b
from typing import ParamSpec, TypeVar

from accounts.imports.files.cell_parsers import Unreadable, day, external_id, said_in, text
from accounts.imports.files.columns import Column, Problem
from accounts.imports.files.layout import Layout
from mikano_cx.kit.sheets import Cell, text_of

P = ParamSpec("P")
T = TypeVar("T")


class Wrong(Exception):
    """Keeps a row out, as the Problem that `or_problem` returns."""

    def __init__(self, *problem: str) -> None:
        self.problem = Problem(*problem)


def digest(cells: Sequence[Cell]) -> str:
    """32 hexadecimal digits of the cells as written: the same digest, the same row."""
    try:
        whole = "\x1f".join(cells)  # type: ignore[arg-type]  # nearly always texts: the other way is slower
    except TypeError:
        whole = "\x1f".join(map(text_of, cells))
    return blake2b(whole.encode(errors="replace"), digest_size=16).hexdigest()


def or_problem(read: Callable[P, T]) -> Callable[P, T | Problem]:
    """The row function with its problems returned."""

    @wraps(read)
    def reading(*args: P.args, **kwargs: P.kwargs) -> T | Problem:
        try:
            return read(*args, **kwargs)
        except Wrong as wrong:
            return wrong.problem

    return reading


def read_text(column: Column, cell: Cell) -> str:
    try:
        return text(cell, column.longest)
    except Unreadable as error:
        raise Wrong(column.name, "too_long", str(error)) from None


_written = lru_cache(10_000)(read_text)


def read_word(column: Column, cell: Cell) -> str:
    """As `read_text`, of a column that says the same few things over and over."""
    return (_written if isinstance(cell, str) else read_text)(column, cell)


def read_id(field: str, cell: Cell, prefix: str) -> str:
    try:
        return external_id(cell, prefix)
    except Unreadable as error:
        raise Wrong(field, "too_long", str(error)) from None


_day_of_one = lru_cache(50_000)(day)


def read_day(field: str, cell: Cell, layout: Layout, on: date) -> date:
    try:
        return (_day_of_one if isinstance(cell, str) else day)(cell, layout.date_order, on)
    except Unreadable as error:
        if not said_in(cell):
            raise Wrong(field, "missing_date", "This row has no date.") from None
        raise Wrong(field, "bad_date", str(error)) from None
