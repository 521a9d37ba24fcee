"""Files of every kind are read as a feed is set, or refused as a whole with a sentence."""

import random
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from accounts.imports.customers.rows import CUSTOMER_COLUMNS
from accounts.imports.feeds import samples
from accounts.imports.files.columns import Column, key
from accounts.imports.files.file_reader import FileRow, open_rows
from accounts.imports.files.layout import Layout
from interactions.sales.review_rows import REVIEW_COLUMNS
from interactions.sales.sale_rows import LINE_COLUMNS, SALE_COLUMNS, SALE_HEAD_COLUMNS
from mikano_cx.kit.refusal import Refused
from mikano_cx.kit.sheets import SheetRefused

PLAIN = Layout()
CUSTOMERS = (
    "Customer ID,Company name,Industry\n100001,Zenith Bank PLC,Finance\n100002,Café Olá,Hotels\n100003,Dangote,Cement\n"
)
SALES = "Invoice,Customer,Date,Amount\n" + "".join(f"INV{n},10000{n},2026-03-0{n},{n}500.50\n" for n in range(1, 8))


@pytest.fixture
def file(tmp_path):
    def written(content: str | bytes, name: str = "file.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return written


def opened(path: Path, layout: Layout = PLAIN, fields: tuple[Column, ...] = CUSTOMER_COLUMNS) -> list[FileRow]:
    with open_rows(path, layout, fields) as rows:
        found = list(rows)
        assert len(found) == rows.rows
        assert found == list(rows), "a second pass gives the same"
    return found


def names(path: Path, layout: Layout = PLAIN) -> list[str]:
    return [row.cells[1] for row in opened(path, layout)]


def refusal(path: Path, layout: Layout = PLAIN, fields: tuple[Column, ...] = CUSTOMER_COLUMNS) -> Refused:
    with pytest.raises(Refused) as caught, open_rows(path, layout, fields):
        pass
    assert caught.value.message.endswith(".")
    return caught.value


class TestColumns:
    def test_are_found_by_their_names_in_any_spelling_and_cells_stand_as_the_fields_do(self, file) -> None:
        path = file("Phone,customerID,Notes,COMPANY_NAME\n0803 123 4567,7,likes tea,Zenith\n")
        with open_rows(path, PLAIN, CUSTOMER_COLUMNS) as rows:
            assert rows.columns == {"external_id": "customerID", "name": "COMPANY_NAME", "main_phone": "Phone"}
            assert (rows.unused, rows.rows) == (["Notes"], 1)
            assert list(rows) == [FileRow(2, ("7", "Zenith", "", "", "", "", "0803 123 4567", ""), False, False)]

    def test_of_the_feed_s_own_choice_come_first_and_one_may_be_left_out(self, file) -> None:
        path = file("Code,Customer ID,Name,Sector\nA7,100001,Zenith,Finance\n")
        layout = Layout(mapping={"external_id": "code", "industry": ""})
        with open_rows(path, layout, CUSTOMER_COLUMNS) as rows:
            assert rows.columns == {"external_id": "Code", "name": "Name"}
            assert rows.unused == ["Customer ID", "Sector"]

    def test_that_the_file_lacks_are_named_beside_those_it_has(self, file) -> None:
        path = file("Customer ID,Sector\n100001,Finance\n")
        said = refusal(path)
        assert (said.code, said.field) == ("no_column", "name")
        assert said.message == "The file has no column for Name; its columns are “Customer ID”, “Sector”."
        said = refusal(path, Layout(mapping={"name": "Firm"}))
        assert said.message.startswith("The feed reads Name from the column “Firm”, which this file doesn't have;")

    def test_two_of_one_field_are_refused(self, file) -> None:
        said = refusal(file("Customer ID,Customer No,Name\n1,2,Zenith\n"))
        assert (said.code, said.field) == ("column_twice", "external_id")
        assert "“Customer ID” and “Customer No”" in said.message
        assert refusal(file("ID,Name,Name\n1,Zenith,Bank\n")).code == "column_twice"

    def test_with_a_general_name_give_way(self, file) -> None:
        path = file("ID,Customer ID,Name,Customer name\n1,100001,shop,Zenith\n")
        with open_rows(path, PLAIN, CUSTOMER_COLUMNS) as rows:
            assert rows.columns == {"external_id": "Customer ID", "name": "Customer name"}
            assert rows.unused == ["ID", "Name"]

    def test_an_amount_may_be_price_and_quantity_or_stand_in_a_file_of_lines(self, file) -> None:
        path = file("Invoice,Customer,Date,Unit price,Quantity\n1,2,2026-03-01,10,3\n")
        assert opened(path, fields=SALE_COLUMNS)[0].cells[3:6] == ("", "10", "3")
        path = file("Invoice,Customer,Date,Quantity\n1,2,2026-03-01,3\n")
        assert refusal(path, fields=SALE_COLUMNS).field == "amount"
        assert opened(path, fields=SALE_HEAD_COLUMNS)[0].cells[:3] == ("1", "2", "2026-03-01")

    def test_one_column_may_be_two_fields(self, file) -> None:
        path = file("account,sector\n" + "Acme Corporation,retail\n" * 9)
        layout = Layout(mapping={"external_id": "account", "name": "account"})
        assert opened(path, layout)[0].cells[:2] == ("Acme Corporation", "Acme Corporation")

    def test_many_are_not_all_named(self, file) -> None:
        said = refusal(file(",".join(f"c{n}" for n in range(50)) + "\n" + "1," * 49 + "1\n")).message
        assert "“c19” and 30 more." in said
        assert "c20" not in said


class TestHeader:
    def test_may_stand_below_a_preamble(self, file) -> None:
        path = file("Export of,16/03/2026\n\n" + CUSTOMERS)
        assert names(path, Layout(header_row=3)) == ["Zenith Bank PLC", "Café Olá", "Dangote"]
        assert opened(path, Layout(header_row=3))[0].number == 4

    def test_that_stands_elsewhere_is_looked_for(self, file) -> None:
        path = file("Export of,16/03/2026\n\n" + CUSTOMERS)
        assert refusal(path).message.endswith("Row 3 looks like the one with the columns' names.")
        assert refusal(path, Layout(header_row=2)).code == "no_header"
        assert "Row 3 looks like" in refusal(path, Layout(header_row=4)).message

    def test_below_the_end_isn_t_there(self, file) -> None:
        said = refusal(file(CUSTOMERS), Layout(header_row=90))
        assert (said.code, said.message) == (
            "no_header",
            "Row 90 should hold the columns' names, but nothing is in it.",
        )


class TestRows:
    def test_that_are_blank_don_t_count_but_are_numbered(self, file) -> None:
        path = file("ID,Name\n1,Zenith\n\n , \n4,Dangote\n,,\n")
        assert [(row.number, row.cells[1]) for row in opened(path)] == [(2, "Zenith"), (5, "Dangote")]

    def test_with_too_many_or_too_few_cells_are_ragged(self, file) -> None:
        path = file(
            "ID,Name,Industry\n1,Zenith,Banks\n2,Dangote,Cement,Lagos\n3,Flour Mills\n4,MTN,Phones,,\n5,Oando,Oil\n"
        )
        assert [row.ragged for row in opened(path)] == [False, True, True, False, False]

    def test_of_a_workbook_may_be_short(self, tmp_path) -> None:
        path = book(tmp_path, [["ID", "Name", "Industry"], [1, "Zenith"], [2, "MTN", "Phones", "Lagos"]])
        assert [row.ragged for row in opened(path)] == [False, True]

    def test_that_the_feed_does_not_want_are_told(self, file) -> None:
        path = file("ID,Name,Stage\n1,Zenith,Won\n2,MTN,Lost\n3,Oando, WON \n4,Dangote,\n")
        found = opened(path, Layout(only={"stage": ["Won"]}))
        assert [row.left_out for row in found] == [False, True, False, True]
        said = refusal(path, Layout(only={"State": ["Won"]}))
        assert (said.code, "“State”" in said.message) == ("no_column", True)

    def test_of_the_footer_are_no_data(self, file) -> None:
        path = file(CUSTOMERS + "Printed by,SAP\nPage,1\n")
        assert len(opened(path, Layout(footer_rows=2))) == 3
        assert names(path, Layout(footer_rows=3)) == ["Zenith Bank PLC", "Café Olá"]

    def test_are_needed(self, file) -> None:
        assert refusal(file("ID,Name\n")).code == "no_rows"
        assert refusal(file("ID,Name\n1,Zenith\n"), Layout(footer_rows=4)).code == "no_rows"
        assert refusal(file("")).code == "empty"
        assert refusal(file(" \n\n")).code == "empty"

    def test_changing_while_they_are_read_is_noticed(self, file) -> None:
        path = file(CUSTOMERS)
        with open_rows(path, PLAIN, CUSTOMER_COLUMNS) as rows:
            file(CUSTOMERS[:-30] + "\n")
            with pytest.raises(Refused, match="changed while"):
                list(rows)


class TestTrailer:
    LAYOUT = Layout(has_trailer=True)

    @pytest.mark.parametrize(
        "last", ["TOTAL,3", "TOTAL,3,", "3", "Rows: 3", "END,x,y,3", "total,3,1234567.50", "TOTAL,3\n\n"]
    )
    def test_that_counts_right_is_no_row(self, file, last: str) -> None:
        assert len(opened(file(CUSTOMERS + last), self.LAYOUT)) == 3

    @pytest.mark.parametrize("last", ["TOTAL,4\n", "TOTAL,2\n", '"1,003"\n', "TOTAL,33\n"])
    def test_that_counts_otherwise_refuses_the_file(self, file, last: str) -> None:
        said = refusal(file(CUSTOMERS + last), self.LAYOUT)
        assert said.code == "trailer"
        assert "but the file has 3" in said.message

    @pytest.mark.parametrize("last", ["", "TOTAL\n", "TOTAL,\n", "100004,Oando,3\n", "100004,Oando,Oil,3\n"])
    def test_that_is_missing_refuses_the_file(self, file, last: str) -> None:
        path = file("Customer ID,Name,Industry,Staff\n1,Zenith,Banks,7\n2,MTN,Phones,8\n3,Oando,Oil,9\n" + last)
        assert refusal(path, self.LAYOUT).code == "trailer"

    def test_without_which_a_bare_header_has_no_rows(self, file) -> None:
        assert refusal(file("ID,Name\n"), self.LAYOUT).message == "The file has no rows under its header."

    def test_may_be_a_row_that_was_cut_after_its_number(self, file) -> None:
        said = refusal(file(CUSTOMERS + "100004"), self.LAYOUT).message
        assert said.endswith("but the file has 3. Or it is no count: the file may have been cut off there.")

    def test_of_no_rows_is_an_empty_night(self, file) -> None:
        assert opened(file("ID,Name\nTOTAL,0\n"), self.LAYOUT) == []

    def test_stands_below_the_footer(self, file) -> None:
        path = file(CUSTOMERS + "checked by,nobody\nTOTAL,3\n")
        assert len(opened(path, replace(self.LAYOUT, footer_rows=1))) == 3

    def test_of_a_workbook_is_a_number(self, tmp_path) -> None:
        assert len(opened(book(tmp_path, [["ID", "Name"], [1, "Zenith"], ["TOTAL", 1.0]]), self.LAYOUT)) == 1


class TestSwappedColumns:
    def test_names_in_place_of_ids(self, file) -> None:
        rows = "".join(f"Zenith Bank {n} PLC,10000{n}\n" for n in range(6))
        said = refusal(file("Customer ID,Name\n" + rows))
        assert (said.code, said.field) == ("columns_swapped", "external_id")
        assert "“Customer ID” is read as ERP customer ID, but holds such things as “Zenith Bank 0 PLC”" in said.message

    @pytest.mark.parametrize(
        ("header", "field"),
        [
            ("Invoice,Customer,Amount,Date", "date"),
            ("Customer,Date,Invoice,Amount", "invoice_number"),
            ("Amount,Customer,Date,Invoice", "amount"),
            ("Invoice,Date,Customer,Amount", "customer"),
        ],
    )
    def test_of_sales(self, file, header: str, field: str) -> None:
        assert len(opened(file(SALES), fields=SALE_COLUMNS)) == 7
        said = refusal(file(SALES.replace("Invoice,Customer,Date,Amount", header)), fields=SALE_COLUMNS)
        assert said.code == "columns_swapped"

    def test_a_few_odd_cells_are_the_rows_matter(self, file) -> None:
        odd = SALES.replace(",2026-03-01", ",soon").replace(",2500.50", ",n/a").replace(",3500.50", ",lots")
        assert len(opened(file(odd), fields=SALE_COLUMNS)) == 7

    def test_rows_that_the_feed_leaves_out_prove_nothing(self, file) -> None:
        path = file("Invoice,Customer,Date,Amount,Stage\n1,2,2026-03-01,500,Won\n" + "2,2,later,unknown,Open\n" * 9)
        assert len(opened(path, Layout(only={"Stage": ["Won"]}), SALE_COLUMNS)) == 10


class TestEncodings:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_and_separators_are_found_out(self, file, encoding: str, delimiter: str) -> None:
        path = file(CUSTOMERS.replace(",", delimiter).encode(encoding))
        assert names(path) == ["Zenith Bank PLC", "Café Olá", "Dangote"]

    @pytest.mark.parametrize(
        ("written", "said"),
        [("cp1252", "cp1252"), ("cp1252", "latin-1"), ("utf-8-sig", "utf8"), ("utf-16", "UTF-16"), ("cp850", "cp850")],
    )
    def test_may_be_said(self, file, written: str, said: str) -> None:
        layout = Layout(encoding=said, delimiter="t")
        assert names(file(CUSTOMERS.replace(",", "\t").encode(written)), layout)[1] == "Café Olá"

    @pytest.mark.parametrize(
        ("written", "said", "code"),
        [
            ("cp1252", "utf-8", "encoding"),
            ("utf-8", "cp1252", "encoding_differs"),
            ("utf-8-sig", "cp1252", "encoding_differs"),
            ("utf-16", "utf-8", "encoding_differs"),
            ("utf-8", "utf-16", "encoding_differs"),
            ("cp1252", "utf-16", "encoding_differs"),
            ("utf-8", "rot13", "encoding_unknown"),
            ("utf-8", "undefined", "encoding_unknown"),
            ("utf-8", "unicode_escape", "encoding_unknown"),
        ],
    )
    def test_said_wrongly_are_refused(self, file, written: str, said: str, code: str) -> None:
        assert refusal(file(CUSTOMERS.encode(written)), Layout(encoding=said)).code == code

    def test_plain_letters_are_the_same_in_any(self, file) -> None:
        assert len(opened(file("ID,Name\n1,Zenith\n"), Layout(encoding="cp1252"))) == 1

    def test_a_bad_byte_in_utf_8_is_named_by_its_row_and_no_reason_to_guess(self, file) -> None:
        rows = "".join(f"{n},Café Olá {n}\n" for n in range(20)).encode()
        said = refusal(file(b"ID,Name\n" + rows + b"21,Caf\xe9\n22,Oando\n"))
        assert (said.code, said.message) == (
            "encoding",
            "From row 1 on, this file holds bytes that aren't UTF-8: it is damaged, or in another encoding.",
        )


class TestCutFiles:
    def test_in_the_middle_of_the_last_row(self, file) -> None:
        said = refusal(file(CUSTOMERS[:-8]))
        assert (said.code, said.message) == (
            "truncated",
            "The file ends in the middle of row 4: it was cut off on its way.",
        )
        assert refusal(file('ID,Name\n1,Zenith\n2,"Dang')).code == "truncated"
        assert refusal(file(CUSTOMERS.encode("utf-16")[:-1])).code == "truncated"
        assert refusal(file('ID,Name\n1,"Zenith\n2,MTN\n3,Oando\n')).code == "open_quote"

    def test_a_last_line_without_its_end_is_whole(self, file) -> None:
        assert len(opened(file(CUSTOMERS.rstrip("\n")))) == 3

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
    def test_with_a_trailer_are_refused_wherever_they_are_cut(self, file, encoding: str) -> None:
        lines = [samples.CUSTOMER_COLUMNS, *samples.customer_lines(40, 1, date(2026, 3, 16)), "TOTAL,40", ""]
        whole = "\r\n".join(lines).replace("Street", "Straße").encode(encoding)
        kept = opened(file(whole), Layout(has_trailer=True))
        draw = random.Random(encoding)
        for at in [*draw.sample(range(len(whole)), 150), *range(len(whole) - 20, len(whole))]:
            try:
                assert opened(file(whole[:at]), Layout(has_trailer=True)) == kept
            except Refused as said:
                assert said.message.endswith(".")
            else:
                assert len(whole) - at <= 4, "only the very last line's end was missing"

    def test_without_a_trailer_give_whole_rows_but_for_the_very_last_cell(self, file) -> None:
        kept = opened(file(SALES), fields=SALE_COLUMNS)
        for at in range(len(SALES)):
            try:
                found = opened(file(SALES[:at]), fields=SALE_COLUMNS)
            except Refused:
                continue
            assert found[:-1] == kept[: len(found) - 1]
            last, whole = found[-1].cells, kept[len(found) - 1].cells
            assert last[:3] == whole[:3]
            assert whole[3].startswith(last[3])

    def test_of_a_workbook_are_damaged(self, tmp_path, file) -> None:
        whole = book(tmp_path, [["ID", "Name"], *([n, f"Company {n}"] for n in range(200))]).read_bytes()
        for at in random.Random(3).sample(range(1, len(whole)), 12):
            assert isinstance(refusal(file(whole[:at], "cut.xlsx")), SheetRefused)


def book(tmp_path: Path, rows: list[list[object]], *more: tuple[str, list[list[object]]]) -> Path:
    workbook = Workbook()
    for row in rows:
        workbook.active.append(row)
    for title, others in more:
        sheet = workbook.create_sheet(title)
        for row in others:
            sheet.append(row)
    workbook.save(tmp_path / "book.xlsx")
    return tmp_path / "book.xlsx"


class TestWorkbooks:
    def test_give_numbers_and_days_as_they_are(self, tmp_path) -> None:
        path = book(
            tmp_path,
            [["Invoice", "Customer", "Date", "Amount"], [102345.0, 7, datetime(2026, 3, 16), 1234.5], [None] * 4],
        )
        assert opened(path, fields=SALE_COLUMNS)[0].cells[:4] == (102345, 7, date(2026, 3, 16), 1234.5)

    def test_have_tabs(self, tmp_path) -> None:
        path = book(tmp_path, [], ("Notes", [["by hand"]]), ("Kunden", [["ID", "Name"], [1, "Zenith"]]))
        assert names(path, Layout(tab="kunden")) == ["Zenith"]
        assert refusal(path).code == "no_column"
        said = refusal(path, Layout(tab="Customers"))
        assert said.message == "The workbook has no tab “Customers”; its tabs are “Sheet”, “Notes”, “Kunden”."

    def test_may_be_empty(self, tmp_path) -> None:
        assert refusal(book(tmp_path, [])).code == "empty"

    @pytest.mark.parametrize("name", ["any_sheets.xlsx", "any_sheets.xlsb", "any_sheets.ods"])
    def test_of_three_kinds_give_the_same(self, shared_data, name: str) -> None:
        layout = Layout(mapping={"invoice_number": "1", "amount": "2"})
        found = opened(shared_data / "hostile" / "calamine" / name, layout, LINE_COLUMNS)
        assert [row.cells[:2] for row in found][:2] == [(3, 4), (5, 6)]

    def test_of_the_old_kind(self, shared_data) -> None:
        path = shared_data / "hostile" / "calamine" / "issue444.xls"
        layout = Layout(mapping={"rating": "Age", "author": "First Name"}, date_order="dmy")
        found = opened(path, layout, REVIEW_COLUMNS)
        assert found[0].cells[:6] == (1562, "15/10/2017", 32, "", "", "Dulce")
        assert len(found) == 9


@pytest.mark.parametrize("terms", [CUSTOMER_COLUMNS, SALE_COLUMNS, LINE_COLUMNS, REVIEW_COLUMNS])
def test_a_column_called_like_the_field_on_the_settings_is_found(terms):
    assert [term.label for term in terms if key(term.label) not in term.names] == []
