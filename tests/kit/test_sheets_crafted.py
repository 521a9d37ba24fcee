"""Files made to harm: bombs, tricks, passwords, macros, damage, and children that fall."""

from __future__ import annotations

import json
import os
import random
import re
import struct
import subprocess
import sys
import time
import warnings
import zipfile
from pathlib import Path

import pytest

from mikano_cx.kit import sheets
from mikano_cx.kit.sheets import reader

from .sheets_craft import SHEET, ole, pack, parts, real_input, sheet_xml, workbook


def refusal(path: Path, **kwargs: object) -> sheets.SheetRefused:
    with pytest.raises(sheets.SheetRefused) as refused:
        sheets.read(path, **kwargs)
    assert refused.value.message.endswith(".")
    return refused.value


def test_it_refuses_a_zip_bomb_at_once(tmp_path: Path) -> None:
    path = pack(tmp_path / "bomb.xlsx", {**parts(), SHEET: b" " * (300 * 2**20)})
    began = time.monotonic()
    assert refusal(path).code == "bomb"
    assert time.monotonic() - began < 1


def test_it_refuses_a_bomb_that_lies_about_its_size(tmp_path: Path) -> None:
    def lie(infos: list[zipfile.ZipInfo]) -> None:
        infos[-1].file_size = 1000

    path = pack(tmp_path / "liar.xlsx", {**parts(), SHEET: sheet_xml(" " * (300 * 2**20))}, lie)
    assert refusal(path).code == "damaged"


def test_it_refuses_too_many_parts(tmp_path: Path) -> None:
    many = {f"xl/media/{n}.bin": b"" for n in range(2_100)}
    assert refusal(pack(tmp_path / "many.xlsx", {**parts(), **many})).code == "bomb"


def test_it_looks_at_the_size_of_the_table_of_contents_before_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "long.xlsx"
    path.write_bytes(
        b"PK\x03\x04" + b"PK\x01\x02" * 500_000 + struct.pack("<4s4HIIH", b"PK\x05\x06", 0, 0, 9, 9, 2_000_000, 4, 0)
    )
    assert refusal(path).code == "bomb"


def test_it_refuses_parts_that_overlap(tmp_path: Path) -> None:
    def overlap(infos: list[zipfile.ZipInfo]) -> None:
        infos[-1].header_offset = infos[-2].header_offset

    assert refusal(pack(tmp_path / "overlap.xlsx", {**parts(), "xl/other.xml": "<a/>"}, overlap)).code == "bomb"


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "xl\\..\\..\\evil.xml", "C:\\evil.xml"])
def test_it_refuses_parts_that_point_outside(tmp_path: Path, name: str) -> None:
    assert refusal(pack(tmp_path / "path.xlsx", {**parts(), name: "<a/>"})).code == "bomb"


def test_it_refuses_two_parts_of_one_name(tmp_path: Path) -> None:
    path = tmp_path / "twice.xlsx"
    pack(path, parts())
    with warnings.catch_warnings(), zipfile.ZipFile(path, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr(SHEET, sheet_xml(""))
    assert refusal(path).code == "bomb"


def test_it_refuses_encrypted_parts(tmp_path: Path) -> None:
    def encrypt(infos: list[zipfile.ZipInfo]) -> None:
        infos[-1].flag_bits |= 1

    assert refusal(pack(tmp_path / "locked.xlsx", parts(), encrypt)).code == "encrypted"


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["EncryptionInfo", "EncryptedPackage"], "encrypted"),
        (["Workbook", "_VBA_PROJECT_CUR"], "macros"),
        (["WordDocument"], "unknown_type"),
        ([], "damaged"),
        (["Workbook"], "damaged"),
    ],
)
def test_it_looks_into_ole_containers(tmp_path: Path, names: list[str], code: str) -> None:
    assert refusal(ole(tmp_path / "book.xlsx", names)).code == code
    assert refusal(ole(tmp_path / "loop.xlsx", names, loop=True)).code == code


def test_it_refuses_macros_but_not_an_xlsm_without_any(tmp_path: Path) -> None:
    content = parts()
    macro_type = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    types = str(content["[Content_Types].xml"]).replace(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml", macro_type
    )
    content["[Content_Types].xml"] = types
    assert sheets.read(pack(tmp_path / "plain.xlsm", content)).tabs[0].rows == [[1.0]]
    content["xl/vbaProject.bin"] = b"\xd0\xcf\x11\xe0"
    assert refusal(pack(tmp_path / "macro.xlsx", content)).code == "macros"


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "sheet",
    [
        sheet_xml("", prologue=LAUGHS),
        sheet_xml("", prologue="<!--" + "x" * 100_000 + "-->" + LAUGHS),
        ('<?xml version="1.0" encoding="UTF-16"?>' + sheet_xml("", prologue=LAUGHS)).encode("utf-16"),
        '<!DOCTYPE x SYSTEM "file:///etc/passwd"><worksheet/>',
    ],
)
def test_it_refuses_document_type_definitions(tmp_path: Path, sheet: str | bytes) -> None:
    assert refusal(pack(tmp_path / "doctype.xlsx", {**parts(), SHEET: sheet})).code == "doctype"


def test_it_knows_files_by_content_and_not_by_name(tmp_path: Path) -> None:
    disguised = tmp_path / "=cmd|' C calc'!A0; rm -rf \n--help.csv"
    assert sheets.inspect(workbook(disguised, '<row r="1"><c r="A1"><v>1</v></c></row>')).kind == "xlsx"
    text = tmp_path / "text.xlsx"
    text.write_text("a,b\n1,2\n")
    assert sheets.inspect(text).kind == "csv"
    assert refusal(text, kinds=("xlsx",)).code == "kind_not_allowed"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b" \r\n\r\n", "empty"),
        (b"%PDF-1.7 ...", "unknown_type"),
        (b"\x89PNG\r\n\x1a\n....", "unknown_type"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "unknown_type"),
        (b'<?xml version="1.0"?><Workbook/>', "unknown_type"),
        (bytes(range(256)) * 100, "unknown_type"),
        (b"PK\x03\x04", "damaged"),
        (b"PK\x05\x06" + b"\0" * 18, "unknown_type"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 5_000, "damaged"),
    ],
)
def test_it_refuses_what_is_no_table(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "upload.xlsx"
    path.write_bytes(content)
    assert refusal(path).code == code


def test_it_refuses_a_file_over_the_size_limit(tmp_path: Path) -> None:
    for name, magic in (("a.csv", b"a,b\n"), ("b.xlsx", b"PK\x03\x04"), ("c.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
        path = tmp_path / name
        path.write_bytes(magic + b"x" * 2_000_000)
        assert refusal(path, limits=sheets.Limits(file_bytes=2**20)).code == "too_large"


def test_it_takes_a_declared_size_of_17_billion_cells_as_a_hint_only(tmp_path: Path) -> None:
    content = parts()
    rows = '<row r="2"><c r="B2"><v>7</v></c></row>'
    content[SHEET] = sheet_xml(rows, before='<dimension ref="A1:XFD1048576"/>')
    assert sheets.read(pack(tmp_path / "hint.xlsx", content)).tabs[0].rows == [[], [None, 7.0]]


def test_it_refuses_17_billion_cells_that_are_real(tmp_path: Path) -> None:
    corners = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    refused = refusal(workbook(tmp_path / "corners.xlsx", corners))
    assert refused.code == "memory"
    assert refused.tab == "Log"


@pytest.mark.parametrize(
    ("limits", "code", "row"),
    [
        (sheets.Limits(max_rows=2), "too_many_rows", None),
        (sheets.Limits(max_columns=2), "too_many_columns", 1),
        (sheets.Limits(max_cells=5), "too_many_cells", None),
    ],
)
def test_it_limits_what_is_actually_read(tmp_path: Path, limits: sheets.Limits, code: str, row: int | None) -> None:
    path = tmp_path / "big.csv"
    path.write_text("a,b,c\n1,2,3\n4,5,6\n")
    refused = refusal(path, limits=limits)
    assert (refused.code, refused.row) == (code, row)


def test_it_survives_truncation_and_flipped_bytes_anywhere() -> None:
    whole = real_input("hostile/django_import_export/books.xlsx").read_bytes()
    chance = random.Random(20261121)
    for turn in range(16):
        broken = bytearray(whole)
        at = chance.randrange(1, len(whole))
        if turn % 2:
            del broken[at:]
        else:
            for _ in range(20):
                broken[chance.randrange(4, len(whole))] = chance.randrange(256)
        path = Path(os.environ.get("TMPDIR", "/tmp")) / f"broken-{os.getpid()}.xlsx"
        path.write_bytes(broken)
        try:
            sheets.read(path)
        except sheets.SheetRefused as refused:
            assert refused.message.endswith(".")
            assert turn % 2 == 0 or refused.code in ("damaged", "unknown_type")
        else:
            assert turn % 2 == 0, "a truncated workbook can't have been read"
        finally:
            path.unlink()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n")
    return path


@pytest.mark.parametrize(
    "fall",
    [
        "import os; os.kill(os.getpid(), 9)",
        "import os; os.kill(os.getpid(), 11)",
        "import os; os._exit(1)",
        "raise RuntimeError",
        "print('nonsense')",
        "",
    ],
)
def test_it_says_damaged_when_the_child_falls(table: Path, monkeypatch: pytest.MonkeyPatch, fall: str) -> None:
    monkeypatch.setattr(reader, "_BOOT", fall)
    assert refusal(table).code == "damaged"


def test_it_stops_a_child_that_hangs_and_all_that_it_started(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = tmp_path / "pid"
    monkeypatch.setattr(
        reader,
        "_BOOT",
        "import subprocess, sys, time\n"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(note)!r}, 'w').write(str(p.pid))\n"
        "time.sleep(60)",
    )
    began = time.monotonic()
    assert refusal(table, limits=sheets.Limits(seconds=1.5)).code == "time"
    assert time.monotonic() - began < 5
    status = Path(f"/proc/{note.read_text()}/stat")
    for _ in range(50):
        if not status.exists() or status.read_text().split()[2] == "Z":
            break
        time.sleep(0.02)
    else:
        pytest.fail("the grandchild is still running")


def test_it_stops_a_child_that_burns_the_processor(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 2))\nwhile True: pass"
    monkeypatch.setattr(reader, "_BOOT", limit)
    assert refusal(table).code == "time"


def test_it_gives_the_child_no_secrets_and_no_input(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "do-not-tell")
    monkeypatch.setattr(
        reader,
        "_BOOT",
        "import json, os, sys\nprint(json.dumps({'refused': ["
        "'told', repr(dict(os.environ)) + repr(sys.stdin.read()) + str(os.getsid(0)) + '.', None, None]}))",
    )
    said = refusal(table).message
    assert "do-not-tell" not in said
    assert "SECRET_KEY" not in said
    assert "''" in said
    (session,) = re.findall(r"''(\d+)\.", said)
    assert int(session) != os.getsid(0)


def test_it_loads_neither_django_nor_celery_in_the_child(table: Path) -> None:
    kind = {"kind": "csv", "size": 8, "unpacked": 8, "encoding": "utf-8", "delimiter": ","}
    limit = {"limits": {}, "memory": 2**28, "seconds": 5}
    task = json.dumps({"path": str(table), "kind": kind, "unescape": False, **limit})
    look = "\nprint(sorted(m for m in sys.modules if m.split('.')[0] in ('django', 'celery', 'openpyxl', 'pickle')))"
    ran = subprocess.run(
        [sys.executable, "-P", "-c", reader._BOOT + look, reader._PACKAGE, task], capture_output=True, text=True
    )
    assert ran.stderr == ""
    assert ran.stdout.splitlines()[-2:] == ['{"done": [[2, 2]]}', "[]"]
