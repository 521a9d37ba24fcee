"""Checking zipped workbooks (xlsx, xlsm, xlsb, ods) by their table of contents before unpacking."""

from __future__ import annotations

import re
import struct
import zipfile
from typing import BinaryIO
from xml.parsers import expat

from mikano_cx.kit.sheets.model import MIB, FileKind, Limits, SheetRefused, damaged_refusal
from mikano_cx.kit.sheets.ole_container import encrypted_refusal, macros, too_large

MAGICS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_DIRECTORY_BYTES = 1 * MIB
_RATIO_FROM = 8 * MIB
_SMALL_PART = 1 * MIB
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.I)


def inspect_zip(file: BinaryIO, size: int, limits: Limits) -> FileKind:
    """The kind of a zipped workbook. Only small parts and prologues are unpacked."""
    if size > limits.file_bytes:
        raise too_large(limits)
    _check_directory_size(file, size, limits)
    try:
        file.seek(0)
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
            unpacked = _check_entries(infos, size, limits)
            kind = _workbook_format(archive, infos)
            for info in infos:
                if info.filename.lower().endswith((".xml", ".rels")):
                    _refuse_doctype(archive, info)
    except SheetRefused:
        raise
    except Exception as error:  # zipfile raises many types of error on broken archives
        raise damaged_refusal() from error
    return FileKind(kind, size, unpacked)


def bomb(what: str) -> SheetRefused:
    return SheetRefused("bomb", f"This file is refused because {what}.")


def _check_directory_size(file: BinaryIO, size: int, limits: Limits) -> None:
    """Refuse an oversized table of contents, because zipfile reads all of it into memory."""
    file.seek(max(0, size - 65_557))
    tail = file.read(65_557)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + 22 > len(tail):
        raise damaged_refusal()
    count, length = struct.unpack_from("<HI", tail, at + 10)
    if at >= 20 and tail[at - 20 : at - 16] == b"PK\x06\x07":
        (offset,) = struct.unpack_from("<Q", tail, at - 12)
        if offset > size:
            raise damaged_refusal()
        for place in (offset, size - (len(tail) - at) - 20 - 56):  # as stated, and as zipfile computes it
            if place < 0:
                continue
            file.seek(place)
            record = file.read(56)
            if record[:4] == b"PK\x06\x06" and len(record) == 56:
                more, longer = struct.unpack_from("<QQ", record, 32)
                count, length = (
                    max(count, more) if count != 0xFFFF else more,
                    max(longer, length if length != 0xFFFFFFFF else 0),
                )
    if count > limits.entries or length > _DIRECTORY_BYTES:
        raise bomb(f"it packs more than {limits.entries:,} parts")


def _check_entries(infos: list[zipfile.ZipInfo], size: int, limits: Limits) -> int:
    """The total unpacked size in bytes, after checking that every entry is harmless."""
    if len(infos) > limits.entries:
        raise bomb(f"it packs more than {limits.entries:,} parts")
    seen: set[str] = set()
    end = total = 0
    for info in sorted(infos, key=lambda i: i.header_offset):
        name = info.orig_filename.replace("\\", "/").lower()
        steps = name.split("/")
        if "\0" in name or name.startswith("/") or ".." in steps or re.match("[a-z]:", name):
            raise bomb("the names of its parts point outside it")
        if name in seen:
            raise bomb("two of its parts have the same name")
        seen.add(name)
        if info.flag_bits & 1:
            raise encrypted_refusal()
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise damaged_refusal()
        if info.header_offset < end or info.header_offset + info.compress_size > size:
            raise bomb("its parts overlap")
        end = info.header_offset + info.compress_size
        total += info.file_size
        over = info.file_size > limits.entry_ratio * max(1, info.compress_size)
        if (over and info.file_size > _RATIO_FROM) or total > limits.unpacked_bytes:
            raise bomb("it unpacks to far more than its size, as no honest workbook does")
    return total


def _workbook_format(archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo]) -> str:
    names = {info.filename.replace("\\", "/").lower(): info for info in infos}
    if any(n.endswith("vbaproject.bin") or "/macrosheets/" in n for n in names):
        raise macros()
    if "[content_types].xml" in names:
        types = _small(archive, names["[content_types].xml"]).lower()
        if b"sheet.binary" in types:
            return "xlsb"
        if b"spreadsheetml" in types or b"ms-excel" in types:
            return "xlsx"
        if b"wordprocessingml" in types or b"presentationml" in types:
            raise SheetRefused("unknown_type", "This is a document, not a spreadsheet.")
    if "mimetype" in names:
        if b"opendocument.spreadsheet" not in _small(archive, names["mimetype"]):
            raise SheetRefused("unknown_type", "This is a document, not a spreadsheet.")
        manifest = names.get("meta-inf/manifest.xml")
        if manifest and b"encryption-data" in _small(archive, manifest):
            raise encrypted_refusal()
        if any(n.startswith(("basic/", "scripts/")) and not n.endswith("/") for n in names):
            raise macros()
        return "ods"
    if "content.xml" in names:
        return "ods"
    if any(n.endswith("workbook.xml") for n in names):
        return "xlsx"
    if any(n.endswith("workbook.bin") for n in names):
        return "xlsb"
    raise SheetRefused("unknown_type", "This is a zip archive, not a spreadsheet: unpack it and send the workbook.")


def _small(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    if info.file_size > _SMALL_PART:
        raise damaged_refusal()
    return archive.read(info)


def _refuse_doctype(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
    """Refuse a document type, which could declare entities. It can only stand before the first element."""
    parser = expat.ParserCreate()
    started: list[bool] = []
    parser.StartElementHandler = lambda *_: started.append(True)
    parser.StartDoctypeDeclHandler = _doctype_found
    read = 0
    with archive.open(info) as part:
        while not started and (chunk := part.read(8192)):
            read += len(chunk)
            try:
                parser.Parse(chunk, False)
            except expat.ExpatError:
                if _DOCTYPE.search(chunk):
                    _doctype_found()
                return
            if read > _SMALL_PART:
                raise damaged_refusal()


def _doctype_found(*_: object) -> None:
    raise SheetRefused("doctype", "This workbook carries document type definitions, which no honest workbook does.")
