"""Every odd, broken or hostile file is read or refused with a sentence, in time and in memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mikano_cx.kit import sheets

from .sheets_craft import DATA, real_input

FILES = sorted(str(p.relative_to(DATA)) for p in (DATA / "hostile").rglob("*") if p.is_file())
ROOT = Path(__file__).resolve().parents[2]

# A fresh interpreter, so that the peak memory of the children isn't that of another test's.
READ_ALL = """
import json, resource, sys, time
from concurrent.futures import ThreadPoolExecutor
from mikano_cx.kit import sheets
def one(path):
    began = time.monotonic()
    try:
        book = sheets.read(path)
        said = [book.kind.kind, sum(len(tab.rows) for tab in book.tabs)]
    except sheets.SheetRefused as refused:
        said = [refused.code, refused.message]
    return {"said": said, "seconds": time.monotonic() - began}
paths = json.load(sys.stdin)
with ThreadPoolExecutor(4) as pool:
    found = dict(zip(paths, pool.map(one, paths)))
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(json.dumps({"files": found, "peak": peak}))
"""


@pytest.fixture(scope="module")
def outcome() -> dict:
    paths = [str(real_input(name)) for name in FILES]
    ran = subprocess.run(
        [sys.executable, "-c", READ_ALL], input=json.dumps(paths), capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert ran.stderr == ""
    return json.loads(ran.stdout)


def test_it_has_hostile_files_to_try() -> None:
    real_input("hostile")
    assert len(FILES) > 150


@pytest.mark.parametrize("name", FILES)
def test_it_reads_or_refuses_with_a_sentence_within_ten_seconds(name: str, outcome: dict) -> None:
    file = outcome["files"][str(DATA / name)]
    first, second = file["said"]
    assert file["seconds"] < 10
    if isinstance(second, int):
        assert first in sheets.ALL_KINDS
    else:
        assert second.endswith(".")
        assert "\n" not in second
        assert "Traceback" not in second


def test_it_never_takes_more_than_256_mib(outcome: dict) -> None:
    assert 0 < outcome["peak"] <= 256


REFUSED = {
    "calamine/pass_protected.xlsx": "encrypted",
    "calamine/pass_protected.xlsb": "encrypted",
    "calamine/pass_protected.ods": "encrypted",
    "calamine/issue_385.xls": "encrypted",
    "calamine/vba.xlsm": "macros",
    "calamine/issue281.xlsm": "macros",
    "calamine/any_sheets.xls": "macros",
    "calamine/issue_182.xlsb": "macros",
    "calamine/issue252.xlsx": "damaged",
    "csvkit/empty.csv": "empty",
}


@pytest.mark.parametrize(("name", "code"), REFUSED.items())
def test_it_says_why_it_refuses(name: str, code: str) -> None:
    with pytest.raises(sheets.SheetRefused) as refused:
        sheets.read(real_input(f"hostile/{name}"))
    assert refused.value.code == code


READ = {
    "calamine/issue3.xlsm": ("Sheet1", 0, [1.0, "a"]),
    "calamine/errors.xlsx": ("Feuil1", 0, ["#DIV/0!"]),
    "calamine/has_x000D_.xlsx": ("Sheet1", 0, ["ABC\r\nDEF"]),
    "calamine/header-row.xlsx": ("Sheet1", 2, [None, None, "Note 1"]),
    "calamine/strict_iso_paths.xlsx": ("ml_out", 0, ["Item", "Thickness", "Number Off Bends"]),
    "csvkit/test_utf16_big.csv": ("", 2, ["4", "5", "ʤ"]),
    "csvkit/test_utf16_little.csv": ("", 2, ["4", "5", "ʤ"]),
    "csvkit/test_latin1.csv": ("", 2, ["4", "5", "©"]),
    "csvkit/test_utf8_bom.csv": ("", 0, ["foo", "bar", "baz"]),
    "csvkit/null_byte.csv": ("", 1, [None, "2", "3"]),
    "csvkit/mac_newlines.csv": ("", 2, ["Once upon\ra time", "5", "6"]),
    "csvkit/sniff_limit.csv": ("", 1, ["1", "2", "3"]),
    "csvkit/test_empty_columns.csv": ("", 0, ["a", "b", "c", None, None]),
    "django_import_export/books-mac.tsv": ("", 0, ["id", "name", "author_email"]),
}


@pytest.mark.parametrize(("name", "expected"), READ.items())
def test_it_reads_odd_but_honest_files_right(name: str, expected: tuple) -> None:
    tab_name, at, cells = expected
    tab = sheets.read(real_input(f"hostile/{name}")).by_name[tab_name]
    assert tab.rows[at][: len(cells)] == cells


def test_it_agrees_with_the_csv_spectrum() -> None:
    folder = real_input("hostile/csv_spectrum")
    for path in sorted((folder / "csvs").iterdir()):
        if path.stem == "location_coordinates":
            continue  # its answer has other figures than its question
        expected = json.loads((folder / "json" / f"{path.stem}.json").read_text("utf-8"))
        if not isinstance(expected, list):
            expected = [expected]
        header, *rows = ([sheets.text_of(v) for v in row] for row in sheets.read(path).tabs[0].rows)
        assert [dict(zip(header, row, strict=True)) for row in rows] == expected, path.name
