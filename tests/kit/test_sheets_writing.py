"""What is written reads back the same, and runs nothing when a spreadsheet opens it."""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from datetime import time as clock
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mikano_cx.kit import sheets
from mikano_cx.kit.sheets.delimited_text import formula_safe, formula_unsafe
from mikano_cx.kit.sheets.hidden_values import unescape
from mikano_cx.kit.sheets.writer import LONGEST_TEXT, Marked, TabOut, csv_lines, escape, write_csv, write_workbook

# Documented losses: NUL characters, lone surrogates and U+FFFE/FFFF, and "" being a blank cell.
PIECES = st.sampled_from(
    ["=", "+234", "-", "@", "\t", "\r", "\n", "\r\n", "'", '"', ",", ";", "_x000D_", "_x0041_", "_x005F_", "_",
     "x0041_", "007", " ", "😀", "\x07", "\x1b", "&amp;", "<b>",
     "#N/A", "\u00a0", "\ufeff", "\u2028", "\u3000", "é", "SUM(A1)"]
)  # fmt: skip
ANY_TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\ufffe\uffff"), max_size=30)
TEXTS = st.one_of(ANY_TEXT, st.lists(PIECES, max_size=6).map("".join)).filter(bool)
GRIDS = st.lists(st.tuples(TEXTS, TEXTS), min_size=20, max_size=60)
# Each example starts a child, so a failing one isn't shrunk.
FEW = settings(
    max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.reuse, Phase.generate)
)


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_it_undoes_its_own_escapes(text: str) -> None:
    assert unescape(escape(text)) == text
    assert formula_unsafe(formula_safe(text)) == text


@given(TEXTS)
def test_it_lets_no_text_of_a_text_table_begin_a_formula(text: str) -> None:
    safe = formula_safe(text)
    assert not safe.startswith(("=", "-", "@", "\t", "\r", "\n"))
    assert not safe.startswith("+") or set(safe[1:]) <= set("0123456789 ")


@pytest.mark.parametrize("text", ["+234 803 123 4567", "+2348031234567"])
def test_it_leaves_phone_numbers_as_they_are(text: str) -> None:
    assert formula_safe(text) == text == formula_unsafe(f"'{text}")


@pytest.mark.parametrize(
    "text", ["+", "+ 234", "-234", "+234-1", "+1+1", "+(1)", "+234\n", "+234\t", "+A1", "+٢٣٤", "@1", "=1"]
)
def test_it_guards_what_is_not_only_a_plus_digits_and_spaces(text: str) -> None:
    assert formula_safe(text) == f"'{text}" and formula_unsafe(f"'{text}") == text


@given(GRIDS)
@FEW
def test_it_reads_back_any_text_from_a_workbook(grid: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out.xlsx"
        write_workbook(path, [TabOut("Log", ["a", "b"], grid)])
        assert sheets.read(path).tabs[0].rows == [["a", "b"], *map(list, grid)]


@given(GRIDS)
@FEW
def test_it_reads_back_any_text_from_a_text_table(grid: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out.csv"
        write_csv(path, ["a", "b"], grid)
        assert sheets.read(path, csv_unescape=True).tabs[0].rows == [["a", "b"], *map(list, grid)]


def test_it_writes_every_kind_of_value(tmp_path: Path) -> None:
    values = [
        date(2024, 5, 20), datetime(2024, 5, 20, 9, 30), clock(9, 30), Decimal("12.50"), 7, 0.5, True, None, "0803",
        10**16, date(1899, 5, 1), Decimal("NaN"), "#N/A", "x",
    ]  # fmt: skip
    path = tmp_path / "out.xlsx"
    written = write_workbook(path, [TabOut("Log", ["h"] * 14, [values])])
    assert written.rows == {"Log": 1}
    assert sheets.read(path).tabs[0].rows[1] == [
        date(2024, 5, 20), datetime(2024, 5, 20, 9, 30), clock(9, 30), 12.5, 7.0, 0.5, True, None, "0803",
        "10000000000000000", "1899-05-01", "NaN", "#N/A", "x",
    ]  # fmt: skip
    sheet = openpyxl.load_workbook(path)["Log"]
    assert sheet["A2"].number_format == "dd mmm yyyy"
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:N2"
    assert sheet["A1"].font.bold


def test_it_never_writes_a_formula_cell(tmp_path: Path) -> None:
    texts = ["=1+1", "+234", "-5", "@x", "\t=1", "\r=1", '=HYPERLINK("http://x")', "#REF!"]
    path = tmp_path / "out.xlsx"
    rows = [[Marked(text, "Why?") for text in texts], texts]
    write_workbook(path, [TabOut("Log", texts, rows)])
    for row in openpyxl.load_workbook(path)["Log"].iter_rows():
        assert {cell.data_type for cell in row} == {"s"}


def test_it_marks_faulty_cells_with_colour_and_comment(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    row = [
        Marked("C999", "No such contact.\x01"),
        Marked(date(2024, 5, 20), "Future.", fault=False),
        Marked(None, "Missing."),
    ]
    write_workbook(path, [TabOut("Log", ["a", "b", "c"], [row], widths=[30, 12])])
    sheet = openpyxl.load_workbook(path)["Log"]
    assert sheet["A2"].comment.text.startswith("No such contact.")
    assert sheet["A2"].fill.fgColor.rgb == "00FBD9D3"
    assert sheet["B2"].value == datetime(2024, 5, 20)
    assert sheet["B2"].fill.fill_type is None
    assert sheet["C2"].comment.text == "Missing."
    assert sheet.column_dimensions["A"].width == 30


def test_it_cuts_what_no_cell_can_hold_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    texts = ["x" * LONGEST_TEXT, "x" * 40_000, "😀" * 20_000, "\x01" * 10_000]
    written = write_workbook(path, [TabOut("Log", ["a"], [[text] for text in texts])])
    assert written.cut == [("Log", 3, 1), ("Log", 4, 1), ("Log", 5, 1)]
    read = [str(row[0]) for row in sheets.read(path).tabs[0].rows[1:]]
    assert read[0] == texts[0]
    assert [text[text.index(" […") :] for text in read[1:]] == [
        " […cut: 40,000 characters]",
        " […cut: 20,000 characters]",
        " […cut: 10,000 characters]",
    ]


def test_it_refuses_times_with_a_zone() -> None:
    with pytest.raises(ValueError, match="naive"):
        write_workbook(io.BytesIO(), [TabOut("Log", ["a"], [[datetime(2024, 5, 20, tzinfo=UTC)]])])


def test_it_writes_the_same_bytes_for_the_same_rows() -> None:
    def once() -> bytes:
        target = io.BytesIO()
        write_workbook(target, [TabOut("Log", ["a"], [[Marked("=x", "y")], [date(2024, 5, 20)]])])
        return target.getvalue()

    first = once()
    time.sleep(2.1)  # the resolution of a zip's clock
    assert once() == first


def test_it_gives_a_text_table_line_by_line() -> None:
    lines = csv_lines(["Phone", "Value"], [["+2348031234567", -5], ["=1", None], ["it's", Decimal("1.50")]])
    assert list(lines) == ["\ufeffPhone,Value\r\n", "+2348031234567,-5\r\n", "'=1,\r\n", "it's,1.50\r\n"]


def test_it_streams_a_big_workbook_with_little_memory_of_its_own(tmp_path: Path) -> None:
    def rows() -> Iterator[list[sheets.Cell]]:
        for n in range(10_000):
            yield [
                f"I{n:06}",
                date(2024, 5, 1),
                f"C{n}",
                f"A{n}",
                "Phone",
                f"Call about set {n}",
                None,
                None,
                "Funke Ade",
            ]

    path = tmp_path / "big.xlsx"
    write_workbook(path, [TabOut("Interactions", list("abcdefghi"), rows())])
    began = time.monotonic()
    with sheets.stream(path) as found:
        count = sum(1 for _ in found)
    assert count == 10_001
    assert time.monotonic() - began < 5
