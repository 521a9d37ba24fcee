"""Reads a feed's file as a run would, and decides nothing: for who sets the feed up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings

from accounts.imports.feeds.drop_folder import DropFolder
from accounts.imports.files.columns import Column, Problem
from accounts.imports.files.file_reader import open_rows
from accounts.imports.files.layout import Layout
from accounts.imports.models import Feed
from accounts.imports.runs.registry import Divisions, fields_of, kind_of, understood
from mikano_cx.kit.local_time import day_text, local_date
from mikano_cx.kit.phones import phone_text
from mikano_cx.kit.refusal import Refused

LOOKED_AT = 2_000  # rows in which problems are looked for
PROBLEMS = 10
CALLED = {"on": "date"}  # a value's name where it isn't its field's
Read = Callable[[Sequence[Any]], Any]


class NewestFile(NamedTuple):
    """What a trial reads: from the drop folder, else what the last run kept."""

    name: str
    path: Path
    lines_path: Path | None
    is_waiting: bool  # in the drop folder


class Said(NamedTuple):
    """A problem: the row in the file, the column, the sentence."""

    row: int
    column: str
    text: str


@dataclass(frozen=True)
class Trial:
    """`columns` are (hub field, column of the file or ""), `table` the first rows as the hub reads them."""

    name: str
    refusal: str = ""
    count: int = 0
    columns: list[tuple[Column, str]] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    header: list[str] = field(default_factory=list)
    table: list[tuple[int, list[str]]] = field(default_factory=list)
    problems: list[Said] = field(default_factory=list)
    left_out: int = 0
    looked_at: int = 0
    refused: int = 0
    lines: "Trial | None" = None

    @property
    def verdict(self) -> str:
        """12 of the first 2,000 rows would be refused."""
        of = f"the first {self.looked_at:,} rows" if self.looked_at < self.count else f"{self.looked_at:,} rows"
        return f"{self.refused:,} of {of} would be refused" + (
            f"; the first {len(self.problems)}:" if self.refused > len(self.problems) else "."
        )


def newest_file(feed: Feed, *, at: datetime) -> NewestFile | None:
    """The newest file in the feed's drop folder, also one that is still growing; else the last one that was kept.

    Refuses what the folder does: `no_folder`, `outside`.
    """
    if feed.folder and feed.pattern:
        folder = DropFolder(settings.DROP_DIR, feed.folder, feed.pattern, feed.lines_pattern, feed.settle_seconds)
        if there := folder.newest(at):
            newest = max(there, key=lambda one: (one.file_at, one.name))
            return NewestFile(newest.name, newest.path, newest.lines, True)
    kept = feed.runs.exclude(file="").order_by("-created_at", "-pk").first() if feed.pk else None
    if kept is None or not Path(kept.file.path).exists():
        return None
    return NewestFile(
        kept.file_name, Path(kept.file.path), Path(kept.lines_file.path) if kept.lines_file else None, False
    )


def trial(feed: Feed, path: Path, *, at: datetime, rows: int = 20, lines_path: Path | None = None) -> Trial:
    """What a run would find in the file: its columns, the first `rows` as the hub reads them, the first problems.

    What keeps the whole file out is `refusal`.
    """
    kind, divisions = kind_of(feed), Divisions(feed)
    read = kind.reader(feed, local_date(at))
    lines = None
    if lines_path is not None and feed.lines_pattern:
        lines = _try(lines_path, Layout.of_lines(feed), kind.lines, kind.line_reader(feed), rows)

    found = _try(path, Layout.of(feed), fields_of(feed), lambda cells: divisions.of(read(cells))[0], rows)
    return Trial(**{**vars(found), "lines": lines})


def _try(path: Path, layout: Layout, terms: Sequence[Column], read: Read, rows: int) -> Trial:
    try:
        with open_rows(path, layout, terms) as file:
            columns = [(term, file.columns.get(term.name, "")) for term in terms]
            header: list[str] = []
            table: list[tuple[int, list[str]]] = []
            problems: list[Said] = []
            left_out = looked_at = refused = 0
            for row in islice(file, LOOKED_AT):
                looked_at += 1
                if row.left_out:
                    left_out += 1
                    continue
                said = understood(row, read)
                if isinstance(said, Problem):
                    refused += 1
                    if len(problems) < PROBLEMS:
                        problems.append(Said(row.number, file.columns.get(said.field, ""), said.text))
                elif len(table) < rows:
                    header = header or [_label(name, terms) for name in _told(said)]
                    table.append((row.number, [_shown(name, getattr(said, name)) for name in _told(said)]))
            return Trial(
                *(path.name, "", file.rows, columns, file.unused, header, table, problems),
                left_out=left_out,
                looked_at=looked_at,
                refused=refused,
            )
    except Refused as refused:
        return Trial(path.name, refused.message)


def columns_of(feed: Feed, *, at: datetime) -> list[str]:
    """The columns of the feed's newest file, and of its lines; none where they can't be read."""
    found: set[str] = set()
    try:
        file = newest_file(feed, at=at)
        layouts = ((file.path, Layout.of(feed)), (file.lines_path, Layout.of_lines(feed))) if file else ()
        for path, layout in layouts:
            if path is not None:
                with open_rows(path, replace(layout, mapping={}, only={}), ()) as rows:
                    found.update(rows.unused)
    except Refused:
        return []
    return sorted(found)


def _told(row: Any) -> list[str]:
    """The parts of a row that people know."""
    return [name for name in row._fields if name not in ("digest", "name_key", "search_digits")]


def _label(name: str, terms: Sequence[Column]) -> str:
    known = {term.name: term.label for term in terms}
    return known.get(CALLED.get(name, name), name)


def _shown(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    if isinstance(value, date):
        return day_text(value)
    return phone_text(value) if name == "main_phone" else str(value)
