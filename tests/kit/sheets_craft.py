"""Crafted files for the sheet tests: small packages and containers, honest or not."""

from __future__ import annotations

import os
import struct
import zipfile
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SHEET = "xl/worksheets/sheet1.xml"


def real_input(name: str = "") -> Path:
    """Real input beside the repository; tests that need it are skipped without it, but not in CI."""
    path = DATA / name
    if not path.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"real input is missing: {name or 'shared data'}")
        pytest.skip(f"real input is missing: {name or 'shared data'}")
    return path


def sheet_xml(rows: str, before: str = "", prologue: str = "") -> str:
    return f'{prologue}<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData></worksheet>'


def parts(rows: str = '<row r="1"><c r="A1"><v>1</v></c></row>') -> dict[str, str | bytes]:
    """The parts of a one-tab workbook named Log."""
    return {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Override PartName="/xl/workbook.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>'
        '<sheet name="Log" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        SHEET: sheet_xml(rows),
    }


def pack(path: Path, content: dict[str, str | bytes], tweak=None) -> Path:
    """Zips the parts; `tweak(infos)` may falsify the table of contents before it is written."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
        if tweak:
            tweak(archive.infolist())
    return path


def workbook(path: Path, rows: str) -> Path:
    return pack(path, parts(rows))


def ole(path: Path, names: list[str], *, loop: bool = False) -> Path:
    """A minimal OLE container with empty streams of these names; `loop` ties its directory to itself."""
    header = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0"))
    struct.pack_into("<HHHHH", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<III", header, 44, 1, 1, 0)
    struct.pack_into("<IIIII", header, 56, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    struct.pack_into("<109I", header, 76, 0, *[0xFFFFFFFF] * 108)
    fat = struct.pack("<128I", 0xFFFFFFFD, 1 if loop else 0xFFFFFFFE, *[0xFFFFFFFF] * 126)
    directory = b""
    for at, name in enumerate(["Root Entry", *names]):
        raw = name.encode("utf-16-le")
        entry = bytearray(raw.ljust(128, b"\0"))
        struct.pack_into("<HBB", entry, 64, len(raw) + 2, 5 if at == 0 else 2, 1)
        struct.pack_into("<II", entry, 116, 0xFFFFFFFE, 0)
        directory += entry
    path.write_bytes(bytes(header) + fat + directory.ljust(512, b"\0"))
    return path
