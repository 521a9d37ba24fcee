"""Invented ERP files read without a word; the ready-made feeds read the real files of other systems."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from json import loads
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.imports.customers import rows as customer_rows
from accounts.imports.customers.rows import CUSTOMER_COLUMNS, CustomerRow
from accounts.imports.feeds import samples
from accounts.imports.files.file_reader import open_rows
from accounts.imports.files.layout import Layout
from accounts.imports.models import Feed
from interactions.sales import sale_rows
from interactions.sales.sale_rows import LINE_COLUMNS, SALE_COLUMNS, SALE_HEAD_COLUMNS, LineRow, SaleRow
from tests.conftest import TODAY

EXAMPLES = {example["name"]: example for example in samples.EXAMPLES}


def feed(name: str) -> Feed:
    return Feed(**EXAMPLES[name])


def customers(path: Path, name: str) -> list[CustomerRow]:
    its = feed(name)
    with open_rows(path, Layout.of(its), CUSTOMER_COLUMNS) as rows:
        found = [customer_rows.customer(row.cells, Layout.of(its), its.id_prefix) for row in rows if not row.ragged]
        assert len(found) == rows.rows
    assert {type(row) for row in found} == {CustomerRow}
    return found


def sales(path: Path, name: str, on: date = TODAY) -> list[SaleRow]:
    its = feed(name)
    fields = SALE_HEAD_COLUMNS if its.lines_pattern else SALE_COLUMNS
    with open_rows(path, Layout.of(its), fields) as rows:
        found = [
            sale_rows.sale(row.cells, Layout.of(its), its.id_prefix, on, has_lines=bool(its.lines_pattern))
            for row in rows
            if not row.left_out
        ]
    assert {type(row) for row in found} == {SaleRow}
    return found


@pytest.fixture
def drop(tmp_path) -> tuple[Path, Path]:
    return samples.write_drop(tmp_path / "erp", customers=300, sales=2_000, on=TODAY)


class TestOwnLayout:
    def test_reads_as_the_example_says(self, drop) -> None:
        assert [path.name for path in drop] == ["customers_20260316.csv", "sales_20260316.csv"]
        assert sorted(path.name for path in drop[0].parent.iterdir()) == sorted(path.name for path in drop)
        known = customers(drop[0], "ERP customers")
        assert len({row.external_id for row in known}) == len({row.name_key for row in known}) == 300
        assert all(row.main_phone.startswith("+234") for row in known)
        assert {row.division for row in known} == set(samples.DIVISIONS)
        sold = sales(drop[1], "ERP sales")
        assert len({row.invoice_number for row in sold}) == len(sold) == 2_000
        assert {row.customer for row in sold} <= {row.external_id for row in known}
        assert (min(row.on for row in sold), max(row.on for row in sold)) == (TODAY - timedelta(days=729), TODAY)

    def test_credits_an_invoice_of_the_same_customer(self, drop) -> None:
        sold = {row.invoice_number: row for row in sales(drop[1], "ERP sales")}
        notes = [row for row in sold.values() if row.credit_note_of]
        assert len(notes) > 10
        for note in notes:
            invoice = sold[note.credit_note_of]
            assert (invoice.customer, invoice.on, invoice.credit_note_of) == (note.customer, note.on, "")
            assert -invoice.amount < note.amount < 0

    def test_is_the_same_for_the_same_seed(self, drop, tmp_path) -> None:
        again = samples.write_drop(tmp_path / "again", customers=300, sales=2_000, on=TODAY)
        assert [path.read_bytes() for path in again] == [path.read_bytes() for path in drop]
        other = samples.write_drop(tmp_path / "other", customers=300, sales=2_000, on=TODAY, seed=1)
        assert other[0].read_bytes() != drop[0].read_bytes()

    def test_of_the_next_day_changes_a_share_of_customers_and_adds_a_day_of_sales(self, drop, tmp_path) -> None:
        tomorrow = TODAY + timedelta(days=1)
        next_day = samples.write_drop(tmp_path / "next", customers=300, sales=2_000, on=tomorrow, changed=10)
        before = {row.external_id: row for row in customers(drop[0], "ERP customers")}
        after = {row.external_id: row for row in customers(next_day[0], "ERP customers")}
        assert after.keys() == before.keys()
        changed = [one for one in before if after[one] != before[one]]
        assert 15 <= len(changed) <= 50
        assert all(after[one].name == before[one].name for one in before)
        old, new = (set(sales(path, "ERP sales", tomorrow)) for path in (drop[1], next_day[1]))
        assert {row.on for row in new - old} == {tomorrow}
        assert {row.on for row in old - new} == {TODAY - timedelta(days=729)}

    def test_comes_from_a_command(self, tmp_path, capsys) -> None:
        call_command("make_erp_drop", str(tmp_path), "--customers=20", "--sales=50", "--day=2026-03-16", "--changed=5")
        written = capsys.readouterr().out.split()
        assert written == [str(tmp_path / "customers_20260316.csv"), str(tmp_path / "sales_20260316.csv")]
        assert len(customers(Path(written[0]), "ERP customers")) == 20
        with pytest.raises(CommandError, match="There must be a customer"):
            call_command("make_erp_drop", str(tmp_path), "--customers=0")
        (tmp_path / "file").touch()
        with pytest.raises(CommandError, match="can't be written"):
            call_command("make_erp_drop", str(tmp_path / "file"))


class TestNorthwind:
    def test_customers(self, shared_data) -> None:
        found = customers(shared_data / "northwind" / "customers_repaired.csv", "Northwind customers")
        assert len(found) == 91
        assert found[0][:2] == ("NW-ALFKI", "Alfreds Futterkiste")
        assert found[0].address == "Obere Str. 57, Berlin"

    def test_orders_are_worth_what_their_lines_say(self, shared_data) -> None:
        its, folder = feed("Northwind sales"), shared_data / "northwind"
        orders = {row.invoice_number: row for row in sales(folder / "orders_repaired.csv", its.name)}
        assert len(orders) == 830
        of_year: dict[int, Decimal] = defaultdict(Decimal)
        with open_rows(folder / "order-details.csv", Layout.of_lines(its), LINE_COLUMNS) as rows:
            assert rows.rows == 2_155
            for row in rows:
                line = sale_rows.line(row.cells, Layout.of_lines(its), its.id_prefix)
                assert isinstance(line, LineRow)
                of_year[orders[line.invoice_number].on.year] += line.amount
        expected = loads((shared_data / "expected" / "northwind.json").read_text())["value"]
        for year, value in of_year.items():
            assert abs(float(value) - expected[str(year)]) < 2  # each line is rounded to the kobo

    def test_as_it_came_its_rows_are_ragged(self, shared_data) -> None:
        for name, broken, fields in (
            ("customers.csv", 24, CUSTOMER_COLUMNS),
            ("orders.csv", 176, SALE_HEAD_COLUMNS),
        ):
            its = feed("Northwind customers" if fields is CUSTOMER_COLUMNS else "Northwind sales")
            with open_rows(shared_data / "northwind" / name, Layout.of(its), fields) as rows:
                assert sum(row.ragged for row in rows) == broken


class TestMaven:
    def test_accounts_are_known_by_name(self, shared_data) -> None:
        found = customers(shared_data / "maven_crm" / "accounts.csv", "Maven customers")
        assert len(found) == 85
        assert found[0][:4] == ("MV-ACMECORPORATION", "Acme Corporation", "acme", "technolgy")

    def test_only_deals_that_were_won_are_sales(self, shared_data) -> None:
        found = sales(shared_data / "maven_crm" / "sales_pipeline.csv", "Maven sales")
        assert (len(found), sum(row.amount for row in found)) == (4_238, Decimal("10005534.00"))
        known = customers(shared_data / "maven_crm" / "accounts.csv", "Maven customers")
        assert {row.customer for row in found} == {row.external_id for row in known}
        assert Counter(row.salesperson for row in found)["Darcel Schlecht"] == 349
