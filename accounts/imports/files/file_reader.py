"""A file of a feed, checked as a whole, then row by row in constant memory. Pure.

A workbook is parsed in a child process with limits (`kit.sheets`). A text table is read here: its parser is Python's
own, its lines and rows are bounded, and a detour through a child takes more than twice as long. Either way the file is
gone through twice, so that one that is broken further down is refused before its first row is given.
"""

import codecs
import re
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import lru_cache
from itertools import dropwhile, islice
from operator import itemgetter
from os import PathLike
from pathlib import Path
from typing import NamedTuple, Self

from accounts.imports.files.cell_parsers import is_empty
from accounts.imports.files.columns import GENERAL, REPEATED_HEADER, Column, key
from accounts.imports.files.layout import Layout
from mikano_cx.kit import sheets
from mikano_cx.kit.names import plain
from mikano_cx.kit.refusal import Refused
from mikano_cx.kit.sheets import Cell, FileKind, SheetRefused, text_of

TEXT_LIMITS = sheets.Limits(file_bytes=2048 * 2**20, max_rows=10_000_000)
SAMPLE = 500  # rows by which swapped columns are told
FEWEST = 5  # cells that must be there to say so
NEARBY = 20  # rows in which a lost header is looked for
SHOWN = 20  # columns that a sentence names
_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH = re.compile(rb"[\x80-\xff]+")
_NOT_OF_FILES = {"idna", "punycode", "unicode-escape", "raw-unicode-escape"}
_DOS_END = "\x1a"
_COUNT = re.compile(r"\d{1,3}(?:[,.' ]\d{3})+|\d+")
_COUNTING = ("total", "count", "rows", "records", "trailer", "footer", "sum", "end", "eof")

Numbered = Generator[tuple[int, list[Cell]], None, None]


class FileRow(NamedTuple):
    """One row of data. `number` is the sheet's own, from 1; `cells` are aligned to the fields, "" where blank.

    `left_out`: the feed doesn't want it. `ragged`: it has more cells than the header has columns, or in a text table
    fewer. `odd`: it is no data (see `columns.odd_row`).
    """

    number: int
    cells: tuple[Cell, ...]
    left_out: bool
    ragged: bool
    odd: str = ""


def open_rows(path: str | PathLike[str], layout: Layout, fields: Sequence[Column]) -> "FeedRows":
    """The rows of the file at `path`; use it as a context manager.

    Raises `SheetRefused` for a file that can't be read. Refuses `encoding_differs`, `no_tab`, `no_header`, `no_column`,
    `column_twice`, `columns_swapped`, `no_rows`, `trailer` (missing, or its count disagrees) and `truncated`. A text
    table that was cut within its very last cell, or between two rows, is told by a trailer only.
    """
    path = Path(path)
    kind = sheets.inspect(path, limits=TEXT_LIMITS)
    if kind.kind == "csv":
        return FeedRows(_Text(path, _as_said(path, kind, layout)), layout, fields)
    return FeedRows(_Book(path, layout.tab), layout, fields)


class FeedRows:
    """`columns` are the header's texts by field, `unused` those of no field, `rows` how many rows of data there are.

    Rows with nothing in them aren't counted. May be iterated again.
    """

    def __init__(self, source: "_Text | _Book", layout: Layout, fields: Sequence[Column]) -> None:
        self._source, self._layout, self._fields = source, layout, fields
        try:
            with closing(source.rows()) as rows:
                self._place(rows)
                self._survey(rows)
        except BaseException:
            source.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._source.close()

    def __iter__(self) -> Iterator[FileRow]:
        """Refuses `changed` if the file isn't what it was when it was opened."""
        width, wanted, is_text, given = self._width, self._wanted, self._source.is_text, 0
        # A field without a column gets the blank that is put behind the last one.
        pick = itemgetter(*(self._places.get(field.name, width) for field in self._fields))
        header = pick([*self._header, ""])
        with closing(self._source.rows()) as rows:
            data = dropwhile(lambda row: row[0] <= self._layout.header_row, rows)
            for number, row in islice(data, self.rows):
                ragged = len(row) != width and _fit(row, width, is_text)
                row.append("")
                given += 1
                cells = pick(row)
                odd = REPEATED_HEADER if cells == header else ""
                yield FileRow(number, cells, not (wanted is None or wanted(row)), ragged, odd)
        if given != self.rows:
            raise Refused("changed", "The file changed while it was read: bring it in again.")

    def raw(self) -> Iterator[tuple[int, list[Cell]]]:
        """Every row that has something in it, also above the header and below the data, by its number."""
        with closing(self._source.rows()) as rows:
            yield from rows

    @property
    def text_kind(self) -> FileKind | None:
        """Encoding and separator of a text table; None of a workbook."""
        return self._source.kind if isinstance(self._source, _Text) else None

    def _place(self, rows: Numbered) -> None:
        """Find the header and where each field's column is."""
        above: list[tuple[int, list[Cell]]] = []
        for number, row in rows:
            if number >= self._layout.header_row:
                break
            above.append((number, row))
        else:
            number, row = 0, []
        if number != self._layout.header_row:
            raise Refused(
                "no_header", f"Row {self._layout.header_row:,} should hold the columns' names, but nothing is in it."
            )
        try:
            header, self._places = _places(row, self._layout, self._fields)
        except Refused as refused:
            raise self._with_hint(refused, [*above, *islice(rows, NEARBY)]) from None
        self._header, self._width = [*row, *[""] * len(header)][: len(header)], len(header)
        self._wanted = _filter(header, self._layout.only)
        self.columns = {name: header[at] for name, at in self._places.items()}
        used = set(self._places.values())
        self.unused = [text for at, text in enumerate(header) if text and at not in used]

    def _with_hint(self, refused: Refused, nearby: list[tuple[int, list[Cell]]]) -> Refused:
        """The refusal, naming the row that would do as the header."""
        for number, row in nearby:
            try:
                _places(row, self._layout, self._fields)
            except Refused:
                continue
            said = f"{refused.message} Row {number} looks like the one with the columns' names."
            return Refused(refused.code, said, field=refused.field)
        return refused

    def _survey(self, rows: Numbered) -> None:
        """Go through what stands under the header: how many rows, what is at the end, and that it fits its columns."""
        layout = self._layout
        at_end = layout.footer_rows + layout.has_trailer
        sample = list(islice(rows, SAMPLE))
        last = deque(enumerate(rows, len(sample) + 1), maxlen=1)
        count, (number, row) = last[0] if last else (len(sample), sample[-1] if sample else (0, []))
        self.rows = max(0, count - at_end)
        if not count or not (self.rows or layout.has_trailer):
            raise Refused("no_rows", "The file has no rows under its header.")
        if layout.has_trailer:
            _check_trailer(row, number, self.rows, cut=self._source.is_cut)
        elif not at_end and self._source.is_cut and len(row) < self._width:
            raise Refused("truncated", f"The file ends in the middle of row {number:,}: it was cut off on its way.")
        self._check_content([row for _, row in sample[: self.rows]])

    def _check_content(self, sample: list[list[Cell]]) -> None:
        """Refuse columns that hold what another should: fewer than half of their cells look right."""
        wanted = [row for row in sample if self._wanted is None or self._wanted(row)]
        shared = list(self._places.values())
        for field in self._fields:
            at = self._places.get(field.name)
            if field.looks is None or at is None or shared.count(at) > 1:
                continue
            texts = [text_of(row[at]).strip() for row in wanted if at < len(row)]
            texts = [text for text in texts if not is_empty(text)]
            odd = [text for text in texts if not field.looks(text)]
            if len(texts) >= FEWEST and len(odd) * 2 > len(texts):
                raise Refused(
                    "columns_swapped",
                    f"The column “{self.columns[field.name]}” is read as {field.label}, but holds such things as "
                    f"“{odd[0][:40]}”: its columns seem to be swapped.",
                    field=field.name,
                )


# --- the two kinds of files ------------------------------------------------------------------------------------------
class _Text:
    is_text = True

    def __init__(self, path: Path, kind: FileKind) -> None:
        self._path, self.kind = path, kind
        with path.open("rb") as file:
            file.seek(max(0, kind.size - 4))
            self.is_cut = not file.read().rstrip(b"\0").endswith((b"\n", b"\r", b"\x1a"))

    def rows(self) -> Numbered:
        try:
            for number, row in sheets.text_rows(str(self._path), self.kind, TEXT_LIMITS):
                if row and (row[0].strip() or any(map(str.strip, row))) and (len(row) > 1 or row[0] != _DOS_END):
                    yield number, row  # type: ignore[misc]  # a list of texts is one of cells
        except SheetRefused as refused:
            if refused.code == "open_quote" and self.is_cut:
                words = "it was cut off, or a quotation mark is missing there."
                said = f"The file ends within a quotation that begins in row {refused.row:,}: {words}"
                raise Refused("truncated", said) from refused
            raise

    def close(self) -> None:
        """Nothing is open between two passes."""


class _Book:
    is_text = is_cut = False

    def __init__(self, path: Path, tab: str) -> None:
        self._stream = sheets.stream(path, kinds=[kind for kind in sheets.ALL_KINDS if kind != "csv"])
        names = [one.name for one in self._stream.tabs]
        if tab:
            found = [at for at, name in enumerate(names) if plain(name) == plain(tab)]
        else:
            found = [at for at, one in enumerate(self._stream.tabs) if one.rows]
        if not found:
            self._stream.close()
            if tab:
                raise Refused("no_tab", f"The workbook has no tab “{tab}”; its tabs are {_listed(names)}.")
            raise SheetRefused("empty", "This workbook is empty.")
        self._tab = found[0]

    def rows(self) -> Numbered:
        for tab, number, row in self._stream.numbered():
            if tab == self._tab and any(text_of(cell).strip() for cell in row):
                yield number, ["" if cell is None else cell for cell in row]

    def close(self) -> None:
        self._stream.close()


def _as_said(path: Path, kind: FileKind, layout: Layout) -> FileKind:
    """The kind with the feed's encoding and separator, unless the bytes prove another encoding."""
    delimiter = {"t": "\t"}.get(layout.delimiter, layout.delimiter) or kind.delimiter
    if delimiter in '"\r\n\0':
        raise Refused("delimiter_unfit", "The feed's separator can't stand between columns: correct the feed.")
    found, guessed = kind.encoding, _family(kind.encoding) == "bytes"
    if layout.encoding:
        said = _known(layout.encoding)
        if guessed and _family(said) in ("bytes", "utf-8"):
            found = said
        elif _family(said) != _family(found) and not (_family(said) == "bytes" and _is_ascii(path)):
            raise Refused(
                "encoding_differs", f"The feed is set to {layout.encoding}, but this file is in {found.upper()}."
            )
    elif guessed and _is_mostly_utf8(path):
        found = "utf-8"
    return replace(kind, encoding=found, delimiter=delimiter)


def _known(encoding: str) -> str:
    try:
        "".encode(encoding)
        name = codecs.lookup(encoding).name
    except (LookupError, UnicodeError):
        name = ""
    if not name or name in _NOT_OF_FILES:
        raise Refused("encoding_unknown", f"There is no encoding “{encoding}” of files: correct the feed.")
    return name


def _family(encoding: str) -> str:
    return encoding[:6].rstrip("-") if encoding.startswith("utf-") else "bytes"


def _is_ascii(path: Path) -> bool:
    return all(chunk.isascii() for chunk in _chunks(path))


def _is_mostly_utf8(path: Path) -> bool:
    """Whether UTF-8 explains most of what isn't ASCII: a damaged file, then, rather than one of a code page."""
    explained = high = 0
    for chunk in _chunks(path):
        explained += sum(map(len, _SEQUENCE.findall(chunk)))
        high += sum(map(len, _HIGH.findall(chunk)))
    return explained * 2 > high


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(sheets.MIB):
            yield chunk


# --- a row's parts ---------------------------------------------------------------------------------------------------
def _places(header: list[Cell], layout: Layout, fields: Sequence[Column]) -> tuple[list[str], dict[str, int]]:
    """The columns' names, and the place of each field that has one."""
    if len(header) > TEXT_LIMITS.max_columns:
        raise SheetRefused("too_many_columns", f"The file has more than {TEXT_LIMITS.max_columns:,} columns.")
    names = [" ".join(text_of(cell).split()) for cell in header]
    while names and not names[-1]:
        names.pop()
    keys = [key(name) for name in names]
    places: dict[str, int] = {}
    for field in fields:  # those that the feed names first: nobody else gets their columns
        if said := layout.mapping.get(field.name):
            found = [at for at, name in enumerate(names) if name == said] or _having(keys, {key(said)})
            _settle(places, field, found, names)
            if not found:
                words = f"The feed reads {field.label} from the column “{said}”, which this file doesn't have"
                raise _no_column(words, names, field)
    taken = set(places.values())
    for field in fields:
        if field.name not in layout.mapping:
            found = [at for at in _having(keys, set(field.names)) if at not in taken]
            _settle(places, field, [at for at in found if keys[at] not in GENERAL] or found, names)
    for field in fields:
        if field.needed and field.name not in places and not (field.instead and places.keys() >= {*field.instead}):
            raise _no_column(f"The file has no column for {field.label}", names, field)
    return names, places


def _having(keys: list[str], wanted: set[str]) -> list[int]:
    return [at for at, one in enumerate(keys) if one and one in wanted]


def _settle(places: dict[str, int], field: Column, found: list[int], names: list[str]) -> None:
    if len(found) > 1:
        both = " and ".join(f"“{names[at]}”" for at in found[:2])
        words = f"The file has two columns for {field.label}: {both}. Say in the feed's columns which one is meant."
        raise Refused("column_twice", words, field=field.name)
    if found:
        places[field.name] = found[0]


def _no_column(words: str, names: list[str], field: Column) -> Refused:
    return Refused("no_column", f"{words}; its columns are {_listed(names)}.", field=field.name)


def _listed(names: Sequence[str]) -> str:
    shown = [f"“{name[:40]}”" for name in names if name]
    more = f" and {len(shown) - SHOWN:,} more" if len(shown) > SHOWN else ""
    return (", ".join(shown[:SHOWN]) or "none") + more


def _filter(header: list[str], only: Mapping[str, Sequence[str]]) -> Callable[[list[Cell]], bool] | None:
    """Whether a row is one that the feed wants; None if it wants them all."""
    rules: list[tuple[int, Callable[[str], bool]]] = []
    for column, values in only.items():
        found = _having([key(name) for name in header], {key(column)})
        if not found:
            words = f"The feed wants rows by the column “{column}”, which this file doesn't have"
            raise Refused("no_column", f"{words}; its columns are {_listed(header)}.")
        rules.append((found[0], _among({plain(value) for value in values})))
    if not rules:
        return None
    return lambda row: all(fits(text_of(row[at]) if at < len(row) else "") for at, fits in rules)


def _among(values: set[str]) -> Callable[[str], bool]:
    return lru_cache(4_096)(lambda text: plain(text) in values)


def _fit(row: list[Cell], width: int, is_text: bool) -> bool:
    """Make the row as wide as the header; whether something of it is lost or missing."""
    if len(row) < width:
        row.extend([""] * (width - len(row)))
        return is_text
    over = any(text_of(cell).strip() for cell in row[width:])
    del row[width:]
    return over


def _check_trailer(row: list[Cell], number: int, rows: int, *, cut: bool) -> None:
    counted = _counted([text for cell in row if not is_empty(text := text_of(cell).strip())])
    if counted is None:
        words = f"The last row ({number:,}) doesn't count the rows, as in TOTAL,1234: the file was cut off on its way."
        raise Refused("trailer", words)
    if counted != rows:
        words = f"The last row ({number:,}) counts {counted:,} rows, but the file has {rows:,}."
        raise Refused("trailer", f"{words} Or it is no count: the file may have been cut off there." if cut else words)


def _counted(texts: list[str]) -> int | None:
    """The number of rows that a trailer's texts tell; None if it is no trailer."""
    if len(texts) == 1:
        found = _COUNT.findall(texts[0])
        return _number(found[0]) if len(found) == 1 else None
    if not texts or re.search(r"\d", texts[0]) or (len(texts) > 3 and not key(texts[0]).startswith(_COUNTING)):
        return None
    return next((_number(text) for text in texts[1:] if _COUNT.fullmatch(text)), None)


def _number(text: str) -> int:
    return int(re.sub(r"\D", "", text))
