"""A file of sales: every row in one bucket, in any order, twice, and in whatever way its cells are written."""

import csv
import json
import random
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.imports.files.cell_parsers import NotMoney, amount
from accounts.people.models import Staff, StaffAlias
from accounts.records.models import Account
from interactions.sales.actions import import_sales_csv, record_sale
from interactions.sales.facts import sales_of
from interactions.sales.models import Sale
from mikano_cx.kit import sheets
from mikano_cx.kit.refusal import Refused
from tests.conftest import NOW, TODAY

HEADER = "invoice_number account date amount salesperson division credit_note_of product_line".split()


@pytest.fixture
def people(cast, zenith):
    Staff.objects.filter(pk=cast.funke.pk).update(erp_code="SP001")
    StaffAlias.objects.create(name_key="n eze", written="N. Eze", staff=cast.ngozi)
    return cast


@pytest.fixture
def file(tmp_path):
    def write(*rows, header=HEADER, encoding="utf-8-sig", delimiter=",", name="sales.csv"):
        path = tmp_path / name
        with path.open("w", encoding=encoding, newline="") as target:
            csv.writer(target, delimiter=delimiter).writerows([header, *rows])
        return path

    return write


@pytest.fixture
def bring(people):
    def run(path, by=None, **options):
        return import_sales_csv(path, by=by, at=NOW, **options)

    return run


def buckets(outcome) -> list[str]:
    return [one.bucket for one in outcome.decisions]


def problems(outcome) -> list[tuple]:
    return [(one.row.number, said.field, said.kind) for one in outcome.decisions for said in one.problems]


INVOICE = ["INV-1", "A001", "2026-01-31", "1,000.00", "SP001", "motors", "", "Gensets"]
NOTE = ["CN-1", "102345", "1/2/2026", "(250,50)", "n. eze", "", "INV-1", ""]


def test_rows_are_read_as_people_write_them(bring, file, people, zenith):
    assert bring(file(NOTE, INVOICE)).counts == {"rows": 2, "new": 2, "same": 0, "refused": 0, "warned": 0}
    invoice, note = Sale.objects.order_by("sold_on")
    assert (invoice.account, invoice.salesperson, invoice.amount) == (zenith, people.funke, Decimal("1000.00"))
    assert (note.account, note.salesperson, note.amount) == (zenith, people.ngozi, Decimal("-250.50"))
    assert (note.credit_note_of, note.sold_on.isoformat(), note.division) == (invoice, "2026-02-01", zenith.division)
    assert (invoice.recorded_at, invoice.source, invoice.import_reference[:17]) == (NOW, "csv", "sales.csv sha256:")
    assert [fact.value for fact in sales_of([zenith.pk])] == [Decimal("749.50")]
    assert Sale.history.count() == 2


def test_the_same_file_again_and_shuffled_changes_nothing(bring, file):
    rows = [[f"INV-{n}", "A001", "2026-01-31", str(n), "SP001", "", "", ""] for n in range(1, 30)]
    rows += [[f"CN-{n}", "A001", "2026-02-01", f"-{n}", "", "", f"INV-{n}", ""] for n in range(1, 10)]
    bring(file(*rows))
    before = list(Sale.objects.values())
    assert bring(file(*rows)).counts["same"] == 38
    random.Random(1).shuffle(rows)
    assert bring(file(*rows)).counts["same"] == 38
    assert list(Sale.objects.values()) == before and Sale.history.count() == 38


def test_the_order_of_rows_decides_nothing(bring, file):
    bad = [*INVOICE[:3], "2,000.00", *INVOICE[4:]]
    rows = [INVOICE, bad, NOTE, ["INV-2", *INVOICE[1:]], ["CN-2", *NOTE[1:6], "CN-1", ""], ["INV-2", *INVOICE[1:]]]
    for seed in range(6):
        random.Random(seed).shuffle(rows)
        said = {}
        for one in bring(file(*rows), dry_run=True).decisions:
            said.setdefault(one.row.cells["invoice_number"], []).append(one.bucket)
        expected = {"INV-1": ["refused"] * 2, "CN-1": ["refused"], "CN-2": ["refused"], "INV-2": ["new", "same"]}
        assert said == expected


def test_the_same_invoice_with_other_content_is_refused_in_words(bring, file):
    bring(file(INVOICE))
    outcome = bring(file([*INVOICE[:3], "999", "", "power", "", "Gensets"]))
    (problem,) = outcome.decisions[0].problems
    assert problem.message.startswith(
        "INV-1 is in the hub with amount 1,000.00 (here 999.00), salesperson SP001 (here none), "
        "division motors (here power)."
    )
    assert Sale.objects.get().amount == Decimal("1000.00")


def test_what_was_recorded_by_hand_is_the_same(bring, file, people, zenith):
    values = {"account": zenith, "sold_on": TODAY.replace(month=1, day=31), "amount": Decimal(1000)}
    more = {"salesperson": people.funke, "product_line": "Gensets"}
    record_sale(by=people.tunde, at=NOW, invoice_number="INV-1", **values, **more)
    by_name = [*INVOICE[:4], "Funke Ade", *INVOICE[5:]]
    assert buckets(bring(file(by_name))) == ["same"] and Sale.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field", "kind"),
    [
        ({"invoice_number": ""}, "invoice_number", "number_missing"),
        ({"invoice_number": "X" * 41}, "invoice_number", "too_long"),
        ({"account": ""}, "account", "missing_account"),
        ({"account": "A999"}, "account", "unknown_account"),
        ({"account": "B7"}, "account", "two_accounts"),
        ({"date": ""}, "date", "missing_date"),
        ({"date": "31/02/2026"}, "date", "bad_date"),
        ({"date": "2026-03-17"}, "date", "future_date"),
        ({"date": "31/12/1989"}, "date", "bad_date"),
        ({"amount": ""}, "amount", "missing_amount"),
        ({"amount": "1.234"}, "amount", "bad_amount"),
        ({"amount": "=1+1"}, "amount", "bad_amount"),
        ({"division": "Shipping"}, "division", "unknown_division"),
        ({"credit_note_of": "INV-9"}, "credit_note_of", "unknown_invoice"),
        ({"credit_note_of": "INV-1"}, "credit_note_of", "credits_a_credit_note"),
        ({"product_line": "X" * 81}, "product_line", "too_long"),
    ],
)
def test_a_refused_row_names_its_field(bring, file, zenith, changes, field, kind):
    more = {"division": zenith.division, "origin": "hub", "created_at": NOW}
    Account.objects.create(code="B7", name="Ikeja Foods", **more)
    Account.objects.create(code="A003", name="Sahel Steel", erp_customer_id="B7", **more)
    row = list((dict(zip(HEADER, INVOICE, strict=True)) | changes).values())
    outcome = bring(file(row, ["INV-5", *INVOICE[1:]]))
    assert problems(outcome) == [(2, field, kind)] and buckets(outcome) == ["refused", "new"]
    assert outcome.decisions[0].problems[0].message.endswith((".", "?"))
    assert [sale.invoice_number for sale in Sale.objects.all()] == ["INV-5"]


def test_an_unknown_salesperson_is_a_warning(bring, file):
    outcome = bring(file([*INVOICE[:4], "SP999", *INVOICE[5:]]))
    assert problems(outcome) == [(2, "salesperson", "unknown_salesperson")] and outcome.counts["warned"] == 1
    sale = Sale.objects.get()
    assert (sale.salesperson, sale.salesperson_code) == (None, "SP999")


def test_a_row_with_too_many_cells_is_refused(bring, file):
    outcome = bring(file([*INVOICE, "spilt"]))
    assert problems(outcome) == [(2, "", "ragged")] and not Sale.objects.exists()


def test_rows_that_are_no_data_are_refused_as_such(bring, file):
    outcome = bring(file(INVOICE, HEADER, ["Total", "", "", "1,000.00", "", "", "", ""]))
    assert problems(outcome) == [(3, "", "repeated_header"), (4, "", "totals_row")] and outcome.counts["new"] == 1


def test_cells_that_say_nothing_are_empty(bring, file):
    outcome = bring(file([*INVOICE[:4], "N/A", "-", "NULL", "--"], ["INV-2", "A001", "n/a", "-", "", "", "", ""]))
    assert problems(outcome) == [(3, "date", "missing_date"), (3, "amount", "missing_amount")]
    assert (Sale.objects.get().salesperson_code, Sale.objects.get().product_line) == ("", "")


def test_a_steward_brings_in_sales_of_their_own_divisions(bring, file, people):
    Account.objects.create(code="A002", name="Ikeja Foods", division=None, origin="hub", created_at=NOW)
    people.aisha.divisions.clear()
    aisha = Staff.objects.get(pk=people.aisha.pk)
    outcome = bring(file(INVOICE, ["INV-2", "A002", *INVOICE[2:]]), by=aisha)
    assert problems(outcome) == [(2, "account", "not_your_division")] and outcome.counts["new"] == 1
    with pytest.raises(Refused, match="Data stewards"):
        bring(file(INVOICE), by=people.funke)


@pytest.mark.parametrize(("encoding", "delimiter"), [("utf-16", "\t"), ("cp1252", ";"), ("utf-8", "|")])
def test_encodings_and_separators(bring, file, encoding, delimiter):
    path = file([*INVOICE[:7], "Générateurs"], encoding=encoding, delimiter=delimiter)
    assert bring(path).counts["new"] == 1 and Sale.objects.get().product_line == "Générateurs"


def test_columns_by_their_usual_names_and_others_left_alone(bring, file):
    path = file(
        ["INV-1", "102345", "31 Jan 2026", "5", "x"], header=["Invoice No", "Customer", "DATE", "Amount", "Till"]
    )
    outcome = bring(path)
    assert outcome.counts["new"] == 1 and outcome.file.remarks == ("Columns left alone: “Till”.",)


def test_what_is_no_file_of_sales_is_a_sentence(bring, file, tmp_path):
    with pytest.raises(Refused, match="no column “amount”; its columns are “invoice”, “account”, “date”"):
        bring(file(["1", "2", "3"], header=["invoice", "account", "date"]))
    with pytest.raises(Refused, match="two columns for invoice_number"):
        bring(file(["1", "2"], header=["invoice", "Invoice No"]))
    with pytest.raises(Refused, match="no rows"):
        bring(file())
    sheets_file = tmp_path / "x.csv"
    sheets_file.write_bytes(b"")
    with pytest.raises(sheets.SheetRefused):
        bring(sheets_file)


def run(*args, **options) -> str:
    out = StringIO()
    call_command("import_sales", *map(str, args), stdout=out, **options)
    return out.getvalue()


def test_the_command_says_what_happened(people, file, tmp_path):
    path = file(INVOICE, ["=INV-2", "A999", "x", "", "", "", "", ""])
    report = tmp_path / "report.csv"
    out = run(path, "--dry-run", "--report", report)
    assert "1 new" in out and "Row 3, account: No account has the code" in out and "a dry run" in out
    assert not Sale.objects.exists()
    header, row = sheets.read(report, csv_unescape=True).tabs[0].rows
    assert (header[-1], row[0]) == ("Why", "=INV-2") and row[-1].startswith("Row 3: No account")
    said = json.loads(run(path, json=True))
    assert {name: said[name] for name in ("rows", "new", "same", "refused")} == {
        "rows": 2, "new": 1, "same": 0, "refused": 1,
    }  # fmt: skip
    assert said["problems"][0] == {
        "row": 3,
        "field": "account",
        "kind": "unknown_account",
        "message": "No account has the code or ERP customer ID “A999”.",
        "warning": False,
    }
    assert Sale.objects.get().created_by is None
    for missing in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(CommandError, match="There is no file") as error:
            run(missing)
        assert error.value.returncode == 2


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234,567.50", "1234567.50"), ("1.234.567,50", "1234567.50"), ("1 234 567,5", "1234567.50"),
        ("(500)", "-500"), ("500-", "-500"), ("−500", "-500"), ("₦500", "500"), ("NGN 1,000", "1000"),
        ("1,234", "1234"), ("0.500", "0.5"), ("1234.5000", "1234.5"), ("1,5", "1.5"), ("-0", "0"),
    ],
)  # fmt: skip
def test_amounts_as_people_write_them(text, value):
    assert str(amount(text, None)) == str(Decimal(value).quantize(Decimal("0.01")))


@pytest.mark.parametrize(
    "text", ["1.234", "1,2345.00", "0,123", "", "-", "1e5", "١٢", "1,23,456", "USD 5", "9" * 99, "--5"]
)
def test_what_is_no_amount_or_two_is_refused(text):
    with pytest.raises(NotMoney):
        amount(text, None)
