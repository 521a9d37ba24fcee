"""The true type of a file, found from its content, never its name, before anything parses it."""

from __future__ import annotations

import codecs
import csv
import io
import re
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from mikano_cx.kit.sheets import ole_container, zip_container

from .model import MIB, FileKind, Limits, SheetRefused, damaged_refusal

_SAMPLE = 64 * 1024
_DELIMITERS = ",;\t|"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OTHERS = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"{\\rtf", "a text document"),
    (b"\x1f\x8b", "a compressed archive"),
    (b"7z\xbc\xaf", "a compressed archive"),
    (b"Rar!", "a compressed archive"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
)
_MARKUP = re.compile(r"\s*<(?:!doctype|\?xml|html|table|script|svg)", re.I)
_CONTROLS = bytes(b for b in range(32) if b not in b"\0\t\n\r\f\x1a")
_NOT_CP1252 = b"\x81\x8d\x8f\x90\x9d"


def inspect(path: str | PathLike[str], *, limits: Limits | None = None) -> FileKind:
    """The true type of the file at `path`. Cheap and bounded. Raises SheetRefused."""
    limits = limits or Limits()
    try:
        with Path(path).open("rb") as file:
            return _inspect(file, Path(path).stat().st_size, limits)
    except SheetRefused:
        raise
    except Exception as error:  # any error of a crafted file becomes one sentence
        raise damaged_refusal() from error


def _inspect(file: BinaryIO, size: int, limits: Limits) -> FileKind:
    if not size:
        raise SheetRefused("empty", "This file is empty.")
    sample = file.read(_SAMPLE)
    if sample.startswith(zip_container.MAGICS):
        return zip_container.inspect_zip(file, size, limits)
    if sample.startswith(ole_container.MAGIC):
        return ole_container.inspect_ole(file, size, limits)
    for magic, what in _OTHERS:
        if sample.startswith(magic):
            raise SheetRefused("unknown_type", f"This is {what}, not a spreadsheet.")
    if size > limits.file_bytes:
        raise ole_container.too_large(limits)
    encoding = _encoding(file, sample)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(sample)
    if not text.strip() and size <= _SAMPLE:
        raise SheetRefused("empty", "This file is empty.")
    if _MARKUP.match(text):
        raise SheetRefused(
            "unknown_type",
            "This is a web page or XML file under a spreadsheet's name: save it as .xlsx and send that.",
        )
    return FileKind("csv", size, size, encoding, _delimiter(text, whole=size <= _SAMPLE))


def _encoding(file: BinaryIO, sample: bytes) -> str:
    for bom, name in _BOMS:
        if sample.startswith(bom):
            return name
    half = len(sample) // 2
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if half >= 4 and max(even, odd) > 0.3 * half and min(even, odd) < 0.05 * half:
        return "utf-16-le" if odd > even else "utf-16-be"
    controls = sum(map(sample.count, (bytes([b]) for b in _CONTROLS)))
    if controls > max(8, len(sample) // 50) or sample.count(0) > max(8, len(sample) // 10):
        raise SheetRefused("unknown_type", "This file is neither a workbook nor a text table.")
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    odd_bytes = False
    utf8 = True
    while chunk := file.read(MIB):
        if utf8:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                utf8 = False
        odd_bytes = odd_bytes or any(b in chunk for b in _NOT_CP1252)
    try:
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        utf8 = False
    if utf8:
        return "utf-8"
    return "latin-1" if odd_bytes else "cp1252"


def _delimiter(text: str, *, whole: bool) -> str:
    """The separator with which most rows are as wide as the first; a comma if there is none."""
    if hint := re.match(r"\ufeff?sep=(.)[\r\n]", text, re.I):
        return hint[1]
    lines = list(islice(io.StringIO(text.replace("\0", ""), newline=""), 200))
    if not whole and len(lines) > 1:
        lines.pop()
    best, best_score = ",", (0.0, 0)
    for delimiter in _DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        except csv.Error:
            continue
        if widths and widths[0] > 1:
            score = (round(sum(w == widths[0] for w in widths) / len(widths), 1), widths[0])
            if score > best_score:
                best, best_score = delimiter, score
    return best
