"""What cells mean: to the kobo and to the day, or a sentence that says why not."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.imports.customers import rows as customer_rows
from accounts.imports.customers.rows import CUSTOMER_COLUMNS, CustomerRow
from accounts.imports.files import cell_parsers, row_values
from accounts.imports.files.cell_parsers import NotMoney, Unreadable
from accounts.imports.files.columns import Problem
from accounts.imports.files.layout import DMY, MDY, YMD, Layout
from interactions.sales import review_rows, sale_rows
from interactions.sales.review_rows import REVIEW_COLUMNS, ReviewRow
from interactions.sales.sale_rows import LINE_COLUMNS, SALE_COLUMNS, LineRow, SaleRow
from mikano_cx.kit import money, phones
from tests.conftest import TODAY

PLAIN = Layout()
MONEY = st.decimals(-(10**14), 10**14, places=2)
DAYS = st.dates(cell_parsers.FIRST_DAY, TODAY + timedelta(days=300))


def a_row(fields, **said):
    return tuple(said.get(field.name, "") for field in fields)


class TestAmount:
    @pytest.mark.parametrize(
        ("cell", "naira"),
        [
            ("1234", "1234"),
            (" 1,234,567.5 ", "1234567.50"),
            ("1 234 567.50", "1234567.50"),
            ("1\u00a0234", "1234"),
            ("₦1,234.50", "1234.50"),
            ("NGN 500", "500"),
            ("N500.00", "500"),
            ("500 NGN", "500"),
            ("(1,500)", "-1500"),
            ("₦(1,500.25)", "-1500.25"),
            ("500-", "-500"),
            ("-₦500", "-500"),
            ("−500", "-500"),
            ("'-500", "-500"),
            ("+500", "500"),
            (".5", "0.50"),
            ("12.500", "12.50"),
            ("-0", "0"),
            (102345, "102345"),
            (1234.5, "1234.50"),
            (0.1 + 0.2, "0.30"),
            (1234567.8900000001, "1234567.89"),
            (-0.0, "0"),
        ],
    )
    def test_is_naira_to_the_kobo(self, cell, naira: str) -> None:
        found = cell_parsers.amount(cell)
        assert str(found) == str(Decimal(naira).quantize(money.KOBO))

    @pytest.mark.parametrize("cell", ["1.234,50", "1.234,5", "1 234,50", "1'234,50", "₦1.234,50", "1234,50"])
    def test_may_have_a_decimal_comma(self, cell: str) -> None:
        assert cell_parsers.amount(cell, decimal_comma=True) == Decimal("1234.50")

    @pytest.mark.parametrize(
        ("cell", "comma", "why"),
        [
            ("1.234,50", False, r"“1.234,50” is no amount as this feed writes them \(1,234.50\)"),
            ("1,234.50", True, r"is no amount as this feed writes them \(1.234,50\)"),
            ("12,50", False, "no amount"),
            ("1,23,456", False, "no amount"),
            ("1.234", False, "parts of a kobo"),
            ("1,234", True, "parts of a kobo"),
            (10.005, False, "parts of a kobo"),
            ("-(500)-", False, "no amount"),
            ("five", False, "no amount"),
            ("2026-03-01", False, "no amount"),
            ("1e5", False, "no amount"),
            ("٣٤", False, "no amount"),
            ("", False, "no amount"),
            ("N/A", False, "no amount"),
            (True, False, "no amount"),
            (None, False, "no amount"),
            (float("nan"), False, "no amount"),
            (1e15, False, "more money than there is"),
            ("1" * 16, False, "more money than there is"),
            ("9" * 5000, False, "no amount"),
        ],
    )
    def test_that_is_none_is_refused_by_a_sentence(self, cell, comma: bool, why: str) -> None:
        with pytest.raises(NotMoney, match=why):
            cell_parsers.amount(cell, comma)

    @given(MONEY)
    def test_comes_back_however_it_is_written(self, naira: Decimal) -> None:
        english = f"{naira:,.2f}"
        german = english.translate({ord(","): ".", ord("."): ","})
        for cell in (english, f"{naira:.2f}", f"₦ {english}", english.replace(",", " ")):
            assert cell_parsers.amount(cell) == naira
        assert cell_parsers.amount(german, decimal_comma=True) == naira
        if naira < 0:
            assert cell_parsers.amount(f"({abs(naira):,.2f})") == cell_parsers.amount(f"{abs(naira)}-") == naira

    @given(st.decimals(-(10**11), 10**11, places=2))
    def test_comes_back_from_a_spreadsheet_s_number(self, naira: Decimal) -> None:
        assert cell_parsers.amount(float(naira)) == naira
        assert cell_parsers.amount(float(naira) * (1 + 2**-52)) == naira

    @given(st.text("0123456789.,-()N₦ ", max_size=14))
    def test_is_what_people_s_amounts_are_where_both_are_sure(self, cell: str) -> None:
        try:
            found = cell_parsers.amount(cell)
            assert found == cell_parsers.amount(cell, None)
        except NotMoney as error:
            assert str(error).endswith(".")

    @given(st.one_of(st.text(), st.floats(), st.integers(), st.booleans(), st.none(), st.datetimes()))
    def test_never_fails_otherwise(self, cell) -> None:
        for read in (cell_parsers.amount, cell_parsers.share, lambda one: cell_parsers.day(one, YMD, TODAY)):
            try:
                read(cell)
            except (NotMoney, Unreadable) as error:
                assert str(error).endswith(".")


class TestDiscount:
    @pytest.mark.parametrize(
        ("cell", "share"), [("", "0"), ("NULL", "0"), ("0", "0"), ("0.15", "0.15"), ("15%", "0.15"), ("15", "0.15")]
    )
    def test_is_a_share(self, cell: str, share: str) -> None:
        assert cell_parsers.share(cell) == Decimal(share)

    @pytest.mark.parametrize("cell", ["1", "-5", "150", "150%", "half"])
    def test_that_could_be_anything_is_refused(self, cell: str) -> None:
        with pytest.raises(NotMoney):
            cell_parsers.share(cell)

    def test_is_taken_off_price_times_quantity(self) -> None:
        assert cell_parsers.line_amount(Decimal("14.00"), Decimal(12), Decimal("0.15")) == Decimal("142.80")
        assert str(cell_parsers.line_amount(Decimal("0.035"), Decimal(3), Decimal(0))) == "0.10"
        with pytest.raises(NotMoney):
            cell_parsers.line_amount(Decimal(10) ** 12, Decimal(10) ** 12, Decimal(0))


class TestDay:
    @pytest.mark.parametrize(
        "cell", ["2026-03-01", "2026/3/1", "20260301", "2026-03-01 00:00:00.000", "2026-03-01T23:59"]
    )
    @pytest.mark.parametrize("order", [YMD, DMY, MDY])
    def test_with_the_year_first_is_always_clear(self, cell: str, order: str) -> None:
        assert cell_parsers.day(cell, order, TODAY) == date(2026, 3, 1)

    @pytest.mark.parametrize(
        ("cell", "order", "meant"),
        [
            ("01/03/2026", DMY, date(2026, 3, 1)),
            ("01/03/2026", MDY, date(2026, 1, 3)),
            ("1.3.26", DMY, date(2026, 3, 1)),
            ("26-03-01", YMD, date(2026, 3, 1)),
            ("1 Mar 2026", YMD, date(2026, 3, 1)),
            ("March 1, 2026", DMY, date(2026, 3, 1)),
            (46082.0, YMD, date(2026, 3, 1)),
            (date(2026, 3, 1), DMY, date(2026, 3, 1)),
            (datetime(2026, 3, 1, 23, 30), DMY, date(2026, 3, 1)),
            ("2026-02-28T23:30:00Z", YMD, date(2026, 3, 1)),
            ("2026-03-01T00:30:00+01:00", YMD, date(2026, 3, 1)),
            (datetime(2026, 2, 28, 23, 30, tzinfo=UTC), YMD, date(2026, 3, 1)),
        ],
    )
    def test_is_read_as_the_feed_says(self, cell, order: str, meant: date) -> None:
        assert cell_parsers.day(cell, order, TODAY) == meant

    @pytest.mark.parametrize(
        ("cell", "order"),
        [
            ("31/02/2026", DMY),
            ("13/01/2026", MDY),
            ("01/13/2026", DMY),
            ("01/03/2026", YMD),
            ("2026-13-01", YMD),
            ("soon", YMD),
            ("", YMD),
            ("12", YMD),
            (12, YMD),
            (True, YMD),
            ("0000-00-00", YMD),
            ("99999999", YMD),
        ],
    )
    def test_that_is_none_is_refused(self, cell, order: str) -> None:
        with pytest.raises(Unreadable, match=r"is no day of the calendar, written (year|day|month), "):
            cell_parsers.day(cell, order, TODAY)

    @pytest.mark.parametrize("cell", ["1989-12-31", "1900-01-01", "2027-06-01", "9999-12-31", "0001-01-01"])
    def test_outside_reason_is_refused(self, cell: str) -> None:
        with pytest.raises(Unreadable, match="is outside reason: days from 1990 to a year from now are believed"):
            cell_parsers.day(cell, YMD, TODAY)

    @given(DAYS)
    def test_comes_back_however_it_is_written(self, on: date) -> None:
        for order, form in (
            (YMD, "%Y-%m-%d"),
            (DMY, "%d/%m/%Y"),
            (MDY, "%m/%d/%Y"),
            (DMY, "%d.%m.%Y"),
            (YMD, "%Y%m%d"),
        ):
            assert cell_parsers.day(on.strftime(form), order, TODAY) == on
        assert cell_parsers.day(on.strftime("%d %b %Y %H:%M"), MDY, TODAY) == on
        assert cell_parsers.day((on - date(1899, 12, 30)).days * 1.0, DMY, TODAY) == on
        assert cell_parsers.day(datetime.combine(on, datetime.min.time()).isoformat(), DMY, TODAY) == on


class TestText:
    @pytest.mark.parametrize("cell", ["", "NULL", "null", " N/A ", "n/a", "-", "--", "#N/A", "(null)", None, "  "])
    def test_that_means_nothing_is_empty(self, cell) -> None:
        assert cell_parsers.text(cell, 80) == ""

    @pytest.mark.parametrize(
        ("cell", "said"),
        [
            (" Zenith \n Bank ", "Zenith Bank"),
            ("a\x00b\x08c\ud800", "abc"),
            ("'=HYPERLINK(1)", "=HYPERLINK(1)"),
            ("'Round the clock'", "'Round the clock'"),
            ("Null & Sons", "Null & Sons"),
            ("👩\u200d🔧", "👩\u200d🔧"),
            (102345.0, "102345"),
        ],
    )
    def test_is_one_clean_line(self, cell, said: str) -> None:
        assert cell_parsers.text(cell, 80) == said

    def test_that_is_too_long_is_refused_not_cut(self) -> None:
        with pytest.raises(Unreadable, match="has 81 characters: at most 80 are kept"):
            cell_parsers.text("x" * 81, 80)


class TestCustomer:
    def test_is_normalised(self) -> None:
        given = a_row(
            CUSTOMER_COLUMNS,
            external_id=102345.0,
            name="Dangote Cement Nig. Ltd",
            industry="Cement",
            credit_status="N/A",
            address="1 Alfred Rewane Road",
            address2="Ikoyi",
            main_phone="0803 123 4567",
            division="power",
        )
        assert customer_rows.customer(given, PLAIN, "NW-") == CustomerRow(
            "NW-102345",
            "Dangote Cement Nig. Ltd",
            "dangote cement",
            "Cement",
            "",
            "1 Alfred Rewane Road, Ikoyi",
            "+2348031234567",
            "8031234567",
            "power",
        )

    @pytest.mark.parametrize(
        ("said", "field", "kind"),
        [
            ({"external_id": "NULL", "name": "Zenith"}, "external_id", "missing_id"),
            ({"external_id": "1"}, "name", "missing_name"),
            ({"external_id": "Zenith Bank PLC", "name": "1"}, "external_id", "bad_id"),
            ({"external_id": "1" * 41, "name": "Zenith"}, "external_id", "too_long"),
            ({"external_id": "1", "name": "Z" * 201}, "name", "too_long"),
            ({"external_id": "1", "name": "Z", "main_phone": "0" * 61}, "main_phone", "too_long"),
            ({"external_id": "1", "name": "Z", "address": "x" * 200, "address2": "y" * 99}, "address", "too_long"),
        ],
    )
    def test_that_can_t_be_is_refused_by_its_field(self, said: dict, field: str, kind: str) -> None:
        problem = customer_rows.customer(a_row(CUSTOMER_COLUMNS, **said), PLAIN, "")
        assert isinstance(problem, Problem)
        assert problem[:2] == (field, kind)
        assert problem.text.endswith(".")

    def test_may_be_known_by_its_name(self) -> None:
        row = customer_rows.customer(
            a_row(CUSTOMER_COLUMNS, external_id="Acme Corporation", name="Acme Corporation"), PLAIN, ""
        )
        assert isinstance(row, CustomerRow)
        assert row.external_id == "ACMECORPORATION"

    @given(st.from_regex(r"(\+?234|0|00234)?[ -]?\(?[0-9]{3}\)?[ -]?[0-9]{3}[ -]?[0-9]{2,5}", fullmatch=True))
    def test_phones_are_tidied_as_the_library_would(self, raw: str) -> None:
        tidy = phones.e164_or_typed(raw)
        if tidy.startswith("+234") and tidy != " ".join(raw.split()):
            number = phonenumbers.parse(tidy)
            assert phonenumbers.is_valid_number(number)
            assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == tidy

    @pytest.mark.parametrize("prefix", [f"{a}{b:02}" for a in (7, 8, 9) for b in range(100)])
    def test_mobile_numbers_are_those_of_the_library(self, prefix: str) -> None:
        for tail in ("0000000", "2123456", "5999999"):
            valid = phonenumbers.is_valid_number(phonenumbers.parse(f"+234{prefix}{tail}"))
            assert (phones.e164(f"0{prefix}{tail}") == f"+234{prefix}{tail}") is valid


class TestDigest:
    def test_tells_any_change_of_a_row(self) -> None:
        rows = [("1", "Zenith", ""), ("1", "Zenith", " "), ("1", "", "Zenith"), ("1", "Zenith Bank", "")]
        assert len({row_values.digest(row) for row in rows}) == 4
        assert len(row_values.digest(rows[0])) == 32
        assert row_values.digest(("1", "Zenith")) == row_values.digest((1.0, "Zenith"))
        assert row_values.digest((1, date(2026, 3, 1), None, True, "\ud800"))


class TestSale:
    SAID = {"invoice_number": "inv 7", "customer": 102345.0, "date": "2026-03-01", "amount": "1,500.00"}

    def row(self, layout: Layout = PLAIN, *, has_lines: bool = False, **more):
        return sale_rows.sale(a_row(SALE_COLUMNS, **{**self.SAID, **more}), layout, "NW-", TODAY, has_lines=has_lines)

    def test_is_normalised(self) -> None:
        row = self.row(salesperson="E 12", division="power", product_line="Solar", credit_note_of="inv 6")
        assert row == (
            "NW-INV7",
            "NW-102345",
            date(2026, 3, 1),
            Decimal("1500.00"),
            "E 12",
            "power",
            "Solar",
            "NW-INV6",
        )

    def test_of_a_day_to_come_is_refused_and_today_s_is_not(self) -> None:
        assert self.row(date=TODAY.isoformat()).on == TODAY
        tomorrow = self.row(date=(TODAY + timedelta(days=1)).isoformat())
        assert isinstance(tomorrow, Problem) and (tomorrow.kind, tomorrow.field) == ("future_date", "date")

    def test_may_be_price_times_quantity(self) -> None:
        row = self.row(amount="", unit_price="14.005", quantity="12", discount="15%")
        assert isinstance(row, SaleRow)
        assert row.amount == Decimal("142.85")

    def test_may_stand_in_a_file_of_lines(self) -> None:
        row = self.row(amount="NULL", has_lines=True)
        assert isinstance(row, SaleRow)
        assert row.amount is None

    def test_is_read_as_the_feed_writes(self) -> None:
        row = self.row(Layout(decimal_comma=True, date_order=DMY), date="01/03/2026", amount="1.500,00")
        assert row[2:4] == (date(2026, 3, 1), Decimal("1500.00"))

    @pytest.mark.parametrize(
        ("more", "field", "kind"),
        [
            ({"invoice_number": "-"}, "invoice_number", "number_missing"),
            ({"customer": ""}, "customer", "missing_customer"),
            ({"date": ""}, "date", "missing_date"),
            ({"date": "31/02/2026"}, "date", "bad_date"),
            ({"date": "1905-01-01"}, "date", "bad_date"),
            ({"amount": ""}, "amount", "missing_amount"),
            ({"amount": "", "unit_price": "5"}, "amount", "missing_amount"),
            ({"amount": "lots"}, "amount", "bad_amount"),
            ({"amount": "", "unit_price": "x", "quantity": "1"}, "unit_price", "bad_unit_price"),
            ({"amount": "", "unit_price": "5", "quantity": "x"}, "quantity", "bad_quantity"),
            ({"amount": "", "unit_price": "5", "quantity": "1", "discount": "1"}, "discount", "bad_discount"),
            ({"invoice_number": "9" * 38}, "invoice_number", "too_long"),
            ({"product_line": "x" * 81}, "product_line", "too_long"),
        ],
    )
    def test_that_can_t_be_is_refused_by_its_field(self, more: dict, field: str, kind: str) -> None:
        problem = self.row(**more)
        assert isinstance(problem, Problem)
        assert problem[:2] == (field, kind)
        assert problem.text.endswith(".")

    def test_has_lines(self) -> None:
        said = a_row(LINE_COLUMNS, invoice_number="10248", unit_price="14.00", quantity="12", discount="0")
        assert sale_rows.line(said, PLAIN, "NW-") == LineRow("NW-10248", Decimal("168.00"))
        assert sale_rows.line(a_row(LINE_COLUMNS, invoice_number="7"), PLAIN, "")[1] == "missing_amount"


class TestReview:
    @pytest.mark.parametrize(
        ("rating", "out_of", "found"),
        [
            ("4", "", (4, 5)),
            ("4.5", "10", (Decimal("4.5"), 10)),
            ("8 out of 10", "", (8, 10)),
            ("★★★★☆", "", (4, 5)),
            (4.0, 5.0, (4, 5)),
            ("4,5/5", "", None),
            ("7", "", None),
            ("-1", "", None),
            ("good", "", None),
        ],
    )
    def test_has_a_rating(self, rating, out_of, found) -> None:
        said = a_row(REVIEW_COLUMNS, external_id="r1", date="2026-03-01", rating=rating, out_of=out_of, text=" Fine. ")
        row = review_rows.review(said, PLAIN, "", TODAY)
        if found is None:
            assert row[:2] == ("rating", "bad_rating")
        else:
            assert isinstance(row, ReviewRow)
            assert (row.rating, row.out_of, row.text) == (*found, "Fine.")
