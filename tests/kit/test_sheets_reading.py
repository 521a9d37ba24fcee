"""What the reader makes of cells, rows and text tables."""

from __future__ import annotations

import resource
from datetime import date, datetime
from datetime import time as clock
from pathlib import Path

import pytest

from mikano_cx.kit import sheets
from mikano_cx.kit.refusal import Refused

from .sheets_craft import real_input, workbook


def rows_of(tmp_path: Path, xml: str) -> list[list[sheets.Cell]]:
    return sheets.read(workbook(tmp_path / "book.xlsx", xml)).tabs[0].rows


def csv_rows(tmp_path: Path, content: bytes, **kwargs: object) -> list[list[sheets.Cell]]:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    return sheets.read(path, **kwargs).tabs[0].rows


def test_it_gives_the_formulas_that_people_typed_as_notes_in_the_real_workbook() -> None:
    path = real_input("hub_workbook/MIKANO_CX_HUB.xlsx")
    began = _processor()
    book = sheets.read(path)
    took = _processor() - began
    assert [(tab.name, len(tab.rows)) for tab in book.tabs] == [
        ("Accounts", 913),
        ("Contacts", 1601),
        ("Interactions", 6001),
    ]
    notes = [row[5] if len(row) > 5 else None for row in book.tabs[2].rows]
    typed = [note for note in notes if isinstance(note, str) and note.startswith("=")]
    assert len(typed) == 664
    assert notes[5] == "=SUM(A1:A9) typed by mistake"
    assert notes.count(None) == 26
    assert took < 1.5


def _processor() -> float:
    """Seconds of processor so far, of this process and of the children that have ended: waiting doesn't count."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def test_it_tells_a_formula_without_result_from_one_whose_result_is_blank(tmp_path: Path) -> None:
    row = (
        '<row r="3"><c r="B3"><f>A1+1</f><v/></c><c r="C3"><f>A1+1</f><v>5</v></c>'
        '<c r="D3" t="str"><f>IF(1,"")</f><v></v></c><c r="E3" t="str"><f>CALL &amp; ask_x000D_</f></c>'
        '<c r="F3" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="G3"><f t="shared" si="0"/></c>'
        '<c r="H3" t="b"><v>1</v></c></row><row r="5"><c r="D5"><f>late</f></c></row>'
    )
    assert rows_of(tmp_path, row) == [
        [],
        [],
        [None, "=A1+1", 5.0, None, "=CALL & ask\r", "#DIV/0!", None, True],
        [],
        [None, None, None, "=late"],
    ]


def test_it_counts_rows_and_columns_as_the_sheet_shows_them(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "book.xlsx", '<row r="5"><c r="C5"><v>1</v></c></row><row r="9"><c r="D9"><v>2</v></c></row>'
    )
    with sheets.stream(path) as rows:
        assert rows.tabs == (sheets.TabSize("Log", 9, 2),)
        assert list(rows) == [("Log", 5, [None, None, 1.0]), ("Log", 9, [None, None, None, 2.0])]


def test_it_names_blank_tabs_and_gives_them_no_rows(tmp_path: Path) -> None:
    book = sheets.read(workbook(tmp_path / "book.xlsx", ""))
    assert book.tabs == [sheets.Tab("Log", [])]


def test_it_yields_nothing_from_a_table_that_is_broken_further_down(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a,b\n" + "1,2\n" * 50_000 + '"3,4\n' * 3)
    with pytest.raises(sheets.SheetRefused) as refused:
        next(iter(sheets.stream(path)))
    assert (refused.value.code, refused.value.row) == ("open_quote", 50_003)


def test_its_refusals_are_those_of_the_house() -> None:
    assert issubclass(sheets.SheetRefused, Refused)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (102345.0, "102345"),
        (0.5, "0.5"),
        (-0.25, "-0.25"),
        (8031326193.0, "8031326193"),
        (7, "7"),
        (None, ""),
        (True, "TRUE"),
        (False, "FALSE"),
        (date(2024, 5, 20), "2024-05-20"),
        (datetime(2024, 5, 20, 9, 30), "2024-05-20T09:30:00"),
        (clock(9, 30), "09:30:00"),
        ("0803", "0803"),
    ],
)
def test_it_says_a_cell_as_text(value: sheets.Cell, text: str) -> None:
    assert sheets.text_of(value) == text


@pytest.mark.parametrize(
    ("encoding", "newline", "delimiter"),
    [
        ("utf-8", "\n", ","),
        ("utf-8", "\r", ","),
        ("utf-8", "\n", "\t"),
        ("utf-8", "\n", "|"),
        ("utf-8-sig", "\r\n", ";"),
        ("utf-16", "\r\n", "\t"),
        ("utf-16-le", "\r", ";"),
        ("utf-16-be", "\n", ","),
        ("utf-32", "\r\n", ","),
    ],
)
def test_it_reads_text_tables_of_any_encoding_newline_and_delimiter(
    tmp_path: Path, encoding: str, newline: str, delimiter: str
) -> None:
    rows = [["Company", "Phone", "Note"], ["Zénith Bank", "0803", "a\nb"], ["Ọlá 😀", None, "1,5; 2|3"]]
    text = "".join(delimiter.join(f'"{c}"' if c else "" for c in row) + newline for row in rows)
    assert csv_rows(tmp_path, text.encode(encoding)) == rows


def test_it_reads_western_text_that_is_no_utf8(tmp_path: Path) -> None:
    assert csv_rows(tmp_path, "a,b\n“café”,€5\n".encode("cp1252")) == [["a", "b"], ["“café”", "€5"]]
    assert csv_rows(tmp_path, b"a,b\n\x81,\xe9\n") == [["a", "b"], ["\x81", "é"]]
    late = b"a,b\n" + b"1,2\n" * 100_000 + b"caf\xe9,3\n"
    assert csv_rows(tmp_path, late)[-1] == ["café", "3"]


def test_it_keeps_ragged_rows_and_counts_blank_ones(tmp_path: Path) -> None:
    assert csv_rows(tmp_path, b"a,b\n1\n\n,,\n1,2,3,\n") == [["a", "b"], ["1"], [], [], ["1", "2", "3", None]]


def test_it_reads_the_separator_hint_and_single_columns(tmp_path: Path) -> None:
    assert csv_rows(tmp_path, b"sep=;\r\na;b\r\n1,5;2\r\n") == [["a", "b"], ["1,5", "2"]]
    assert csv_rows(tmp_path, b"Company\nZenith\n") == [["Company"], ["Zenith"]]


def test_it_refuses_a_quotation_mark_that_is_never_closed_by_its_row(tmp_path: Path) -> None:
    with pytest.raises(sheets.SheetRefused) as refused:
        csv_rows(tmp_path, b'a,b\n1,2\n3,"open\n4,5\n6,7\n')
    assert (refused.value.code, refused.value.row) == ("open_quote", 3)
    assert csv_rows(tmp_path, b'a,b\n5" pipe,x\n"5"" pipe",y') == [["a", "b"], ['5" pipe', "x"], ['5" pipe', "y"]]


def test_it_refuses_endless_fields_and_lines(tmp_path: Path) -> None:
    for content in (b'a,b\n"' + b"x" * 2_000_000 + b'",1\n', b"x" * 5_000_000):
        with pytest.raises(sheets.SheetRefused):
            csv_rows(tmp_path, content)


def test_it_drops_nul_characters(tmp_path: Path) -> None:
    assert csv_rows(tmp_path, b"name,note\nZen\0ith,a\0\n") == [["name", "note"], ["Zenith", "a"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_it_finds_the_separator_whatever_the_line_ends(tmp_path: Path, delimiter: str, newline: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(f'Company{delimiter}Note{newline}Zenith{delimiter}"a\nb, c; d | e"{newline}'.encode())
    assert sheets.inspect(path).delimiter == delimiter


def test_a_row_of_many_lines_is_bounded_too(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text('a,"' + ("x" * 999 + "\n") * 990 + '"' + (',"' + ("y" * 999 + "\n") * 990 + '"') * 17 + "\n")
    with pytest.raises(sheets.SheetRefused) as caught:
        list(sheets.text_rows(str(path), sheets.inspect(path), sheets.Limits()))
    assert caught.value.code == "text_too_long"


@pytest.mark.parametrize(
    ("content", "code", "row"),
    [
        (b"\xef\xbb\xbfa,b\n1,caf\xe9\n2,x\n", "encoding", 1),
        ("\ufeffa,b\n1,x".encode("utf-16-le")[:-1], "truncated", None),
    ],
)
def test_what_is_not_in_its_own_encoding_is_said_so(tmp_path: Path, content: bytes, code: str, row: int | None) -> None:
    with pytest.raises(sheets.SheetRefused) as caught:
        csv_rows(tmp_path, content)
    assert (caught.value.code, caught.value.row) == (code, row)


def test_text_rows_are_limited_in_this_process_as_well(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n3,4\n")
    rows = sheets.text_rows(str(path), sheets.inspect(path), sheets.Limits(max_rows=2))
    assert [next(rows), next(rows)] == [(1, ["a", "b"]), (2, ["1", "2"])]
    with pytest.raises(sheets.SheetRefused, match="more than 2 rows"):
        next(rows)
