"""Cell values that calamine returns as empty although the sheet shows something.

These are formulas without a stored result (such as a typed note "=SUM(A1:A9) typed by mistake") and error cells such as
#N/A. A second, streaming pass over the sheet's XML finds them; sheets with neither skip it.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.parsers import expat

from mikano_cx.kit.sheets.model import damaged_refusal

Found = dict[int, dict[int, str]]
"""Row number (from 1) -> column (from 0) -> text."""

_CHUNK = 256 * 1024
_WORTH_A_PASS = re.compile(rb"<(?:[\w.-]+:)?f[\s>/]|\bt\s*=\s*[\"']e[\"']|^(?:\xff\xfe|\xfe\xff)", re.M)
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_LETTERS = re.compile("[A-Za-z]+")


def unescape(text: str) -> str:
    """The text with the workbook escapes `_xHHHH_` decoded: `_x000D_` is a carriage return."""
    return _ESCAPE.sub(lambda m: chr(int(m[1], 16)), text) if "_x" in text else text


def sheet_parts(archive: zipfile.ZipFile) -> list[str | None]:
    """The XML part of each sheet, in the workbook's order; None where it can't be found."""
    names = {n.replace("\\", "/").lower(): n for n in archive.namelist()}

    def relations(part: str) -> dict[str, tuple[str, str]]:
        folder, name = posixpath.split(part)
        found: dict[str, tuple[str, str]] = {}

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag.endswith("Relationship"):
                target = attributes.get("Target", "")
                path = posixpath.normpath(posixpath.join("/" + folder, target)).lstrip("/")
                found[attributes.get("Id", "")] = (attributes.get("Type", ""), path)

        real = names.get(posixpath.join(folder, "_rels", name + ".rels").lower())
        if real:
            _parse(archive, real, start)
        return found

    books = [path for relation_type, path in relations("").values() if relation_type.endswith("/officeDocument")]
    book = books[0] if books else "xl/workbook.xml"
    real = names.get(book.lower())
    if not real:
        return []
    targets = relations(book)
    parts: list[str | None] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag.split(" ")[-1] == "sheet":
            key = next((v for k, v in attributes.items() if k.endswith("relationships id")), "")
            parts.append(names.get(targets.get(key, ("", ""))[1].lower()))

    _parse(archive, real, start)
    return parts


def formulas_and_errors(archive: zipfile.ZipFile, part: str) -> Found:
    """The formulas without a stored result (as "=...") and errors ("#N/A") of one sheet."""
    if not _worth_a_pass(archive, part):
        return {}
    reader = _Cells()
    _parse(archive, part, reader.start, reader.end, reader.text)
    return reader.found


def _worth_a_pass(archive: zipfile.ZipFile, part: str) -> bool:
    tail = b""
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            if _WORTH_A_PASS.search(tail + chunk):
                return True
            tail = chunk[-64:]
    return False


@dataclass
class _Cells:
    """A parser of a sheet's cells. Positions are those in the XML, or counted if it has none."""

    found: Found = field(default_factory=dict)
    row: int = 0
    column: int = -1
    cell_type: str = ""
    formula: str | None = None
    value: str | None = None
    inside: str = ""
    pieces: list[str] = field(default_factory=list)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(" ")[2]
        if tag == "c":
            place = attributes.get("r", "")
            letters = _LETTERS.match(place)
            self.column = _column(letters[0]) if letters else self.column + 1
            self.cell_type = attributes.get("t", "")
            self.formula = self.value = None
        elif tag == "row":
            place = attributes.get("r", "")
            self.row = int(place) if place.isdigit() and len(place) < 9 else self.row + 1
            self.column = -1
        elif tag in ("f", "v"):
            self.inside = tag
            self.pieces = []

    def text(self, data: str) -> None:
        if self.inside:
            self.pieces.append(data)

    def end(self, tag: str) -> None:
        tag = tag.rpartition(" ")[2]
        if tag == "f":
            self.formula, self.inside = "".join(self.pieces), ""
        elif tag == "v":
            self.value, self.inside = "".join(self.pieces), ""
        elif tag == "c":
            if self.cell_type == "e" and self.value:
                self._keep(self.value)
            elif self.formula and not self.value and (self.cell_type != "str" or self.value is None):
                self._keep("=" + unescape(self.formula))  # t="str" with <v></v> is a stored ""

    def _keep(self, text: str) -> None:
        self.found.setdefault(self.row, {})[self.column] = text


def _column(letters: str) -> int:
    number = 0
    for letter in letters[:4].upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def _parse(
    archive: zipfile.ZipFile,
    part: str,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Stream one part through expat, refusing entity and document type declarations."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _refuse
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)


def _refuse(*_: object) -> None:
    raise damaged_refusal()
