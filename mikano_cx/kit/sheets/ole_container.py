"""A minimal reader of OLE containers (.xls) that identifies their content before anything parses it."""

from __future__ import annotations

import struct
from typing import BinaryIO

from mikano_cx.kit.sheets.model import FileKind, Limits, SheetRefused, damaged_refusal

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END = 0xFFFFFFFA
_MOST_SECTORS = 4_096
_FILEPASS, _BOUNDSHEET, _EOF = 0x2F, 0x85, 0x0A


class _Container:
    def __init__(self, file: BinaryIO):
        self.file = file
        file.seek(0)
        header = file.read(512)
        if len(header) < 512:
            raise damaged_refusal()
        shift, self.mini_shift = struct.unpack_from("<HH", header, 30)
        if shift not in (9, 12) or self.mini_shift != 6:
            raise damaged_refusal()
        self.sector_size = 1 << shift
        (first_directory,) = struct.unpack_from("<I", header, 48)
        self.cutoff, self.first_minifat = struct.unpack_from("<II", header, 56)
        first_difat, count_difat = struct.unpack_from("<II", header, 68)
        self.fat_sectors = [s for s in struct.unpack_from("<109I", header, 76) if s < _END]
        width = self.sector_size // 4
        while first_difat < _END and 0 < count_difat < _MOST_SECTORS:
            words = struct.unpack(f"<{width}I", self.sector(first_difat))
            self.fat_sectors += [s for s in words[:-1] if s < _END]
            first_difat, count_difat = words[-1], count_difat - 1
        self.entries = self._directory(first_directory)

    def sector(self, number: int) -> bytes:
        self.file.seek((number + 1) * self.sector_size)
        return self.file.read(self.sector_size).ljust(self.sector_size, b"\0")

    def chain(self, first: int, most: int = _MOST_SECTORS) -> list[int]:
        """At most `most` sector numbers from `first` on; a loop ends the chain."""
        sectors: list[int] = []
        seen: set[int] = set()
        width = self.sector_size // 4
        while first < _END and first not in seen and len(sectors) < most:
            sectors.append(first)
            seen.add(first)
            block, at = divmod(first, width)
            if block >= len(self.fat_sectors):
                break
            (first,) = struct.unpack_from("<I", self.sector(self.fat_sectors[block]), at * 4)
        return sectors

    def _directory(self, first: int) -> list[tuple[str, int, int, int]]:
        entries = []
        for number in self.chain(first):
            block = self.sector(number)
            for at in range(0, len(block), 128):
                length, entry_type = struct.unpack_from("<HB", block, at + 64)
                start, size = struct.unpack_from("<II", block, at + 116)
                if entry_type:
                    raw = block[at : at + max(0, min(length, 64) - 2)]
                    entries.append((raw.decode("utf-16-le", "replace"), entry_type, start, size))
        return entries

    def head(self, start: int, size: int) -> bytes:
        """The first few kilobytes of a stream."""
        if size >= self.cutoff:
            return b"".join(map(self.sector, self.chain(start, 32)))[:size]
        root = next((e for e in self.entries if e[1] == 5), None)
        if root is None:
            return b""
        mini = b"".join(map(self.sector, self.chain(root[2], 256)))
        width = self.sector_size // 4
        content = b""
        minifat = self.chain(self.first_minifat, 64)
        while start < _END and len(content) < size:
            content += mini[start << 6 : (start + 1) << 6]
            block, at = divmod(start, width)
            if block >= len(minifat):
                break
            (start,) = struct.unpack_from("<I", self.sector(minifat[block]), at * 4)
        return content[:size]


def _has_password(stream: bytes) -> bool:
    at = 0
    while at + 4 <= len(stream):
        record, length = struct.unpack_from("<HH", stream, at)
        if record == _FILEPASS:
            return True
        if record in (_BOUNDSHEET, _EOF):
            return False
        at += 4 + length
    return False


def inspect_ole(file: BinaryIO, size: int, limits: Limits) -> FileKind:
    """The kind of an OLE file. Refuses encrypted workbooks, macros and other documents."""
    if size > limits.file_bytes:
        raise too_large(limits)
    container = _Container(file)
    names = {name.lower() for name, *_ in container.entries}
    if names & {"encryptedpackage", "encryptioninfo", "dataspaces", "\x06dataspaces"}:
        raise encrypted_refusal()
    if names & {"vba", "_vba_project_cur", "_vba_project", "macros"}:
        raise macros()
    book = [e for e in container.entries if e[1] == 2 and e[3] and e[0].lower() in ("workbook", "book")]
    if not book:
        if names & {"worddocument", "powerpoint document", "__properties_version1.0"}:
            raise SheetRefused("unknown_type", "This is a document or message, not a spreadsheet.")
        raise damaged_refusal()
    if any(_has_password(container.head(start, size)) for _, _, start, size in book):
        raise encrypted_refusal()
    return FileKind("xls", size, size)


def too_large(limits: Limits) -> SheetRefused:
    most = limits.file_bytes / 2**20
    return SheetRefused("too_large", f"This file is larger than the {most:,.0f} MB that may be sent.")


def encrypted_refusal() -> SheetRefused:
    return SheetRefused("encrypted", "This workbook is protected by a password: save it without one and send that.")


def macros() -> SheetRefused:
    return SheetRefused("macros", "This workbook contains macros: save it as a plain .xlsx workbook and send that.")
