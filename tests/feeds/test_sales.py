"""Sales of the ERP: recorded once, a fact of ownership the same night, held while their customer isn't in the hub."""

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from accounts.imports.customers.actions import accept, match
from accounts.imports.models import ErpCustomer, ImportRow
from accounts.people.models import Staff
from accounts.records.models import Account
from interactions.sales.actions import record_sale
from interactions.sales.feed import Sales, take_up_held
from interactions.sales.models import Sale
from ownership.replay.models import Tenure
from tests.conftest import NOW
from tests.feeds.conftest import CUSTOMERS

HEAD = "invoice_number,customer,date,amount,salesperson,credit_note_of,product_line\n"
ROWS = [
    "INV-1,102345,2026-03-02,42500000.00,F1,,Trucks",
    "INV-2,102345,2026-03-03,100.10,Emeka Nwosu,,",
    "INV-3,102345,2026-03-04,-20.05,F1,INV-1,",
    "INV-4,102345,2026-03-05,7,X99,,",
]
FILE = HEAD + "\n".join(ROWS) + "\n"


@pytest.fixture(autouse=True)
def codes(cast, zenith):
    Staff.objects.filter(pk=cast.funke.pk).update(erp_code="F1")
    Account.objects.update(owner_basis="rules")  # not the workbook's, which a head reviews first


def test_new_sales_are_recorded_and_move_ownership_in_the_same_run(sales_feed, bring, zenith, cast):
    run = bring(sales_feed, FILE)
    assert run.counts["new"] == 4 and run.rows == 4 and run.kinds == {"unknown_salesperson": 1}
    by_number = {sale.invoice_number: sale for sale in Sale.objects.all()}
    first, second = by_number["INV-1"], by_number["INV-2"]
    assert (first.amount, first.salesperson, first.source) == (Decimal("42500000.00"), cast.funke, "erp")
    assert (second.amount, second.salesperson) == (Decimal("100.10"), cast.emeka)
    assert by_number["INV-3"].credit_note_of == first and by_number["INV-3"].amount == Decimal("-20.05")
    assert run.decided.get(external_id="INV-4").problem == "Nobody had the code X99."
    assert by_number["INV-4"].salesperson is None and by_number["INV-4"].salesperson_code == "X99"
    assert first.division.slug == "motors" and first.product_line == "Trucks"
    assert first.history.get().history_change_reason == f"Import {run.pk}: ERP sales"
    zenith.refresh_from_db()
    assert zenith.owner == cast.emeka
    current = Tenure.objects.current().get(account=zenith)
    assert (current.holder, current.rule) == (cast.emeka, "closed-deal")
    assert run.moved == 1
    assert run.decided.get(bucket="moved").changes == {"Owner": ["Funke Ade", "Emeka Nwosu"]}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's planner")
def test_accounts_of_sales_are_not_looked_for_one_by_one_in_the_whole_file(customers_feed, sales_feed, bring):
    bring(customers_feed, CUSTOMERS + "".join(f"{n},Company {n},,,,,\n" for n in range(200)))
    plans = []

    def explained(execute, sql, params, many, context):
        if sql.startswith("UPDATE accounts_account SET next_at"):
            plans.append("\n".join(row[0] for row in connection.connection.execute(f"EXPLAIN {sql}", params)))
        return execute(sql, params, many, context)

    Account.objects.update(next_at=NOW - timedelta(days=1))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_account")
    Account.objects.update(next_at=NOW + timedelta(days=300))
    with connection.execute_wrapper(explained):
        bring(sales_feed, HEAD + "".join(f"INV-{n},{n % 200},2026-03-02,5,,,\n" for n in range(2_000)))
    (plan,) = plans
    assert "Nested Loop Semi Join" not in plan, plan


def test_a_code_that_becomes_somebody_s_meanwhile_counts(sales_feed, bring, cast, monkeypatch):
    decide = Sales.decide

    def decided(kind, *args, **given):
        Staff.objects.filter(pk=cast.aisha.pk).update(erp_code="X99")
        decide(kind, *args, **given)

    monkeypatch.setattr(Sales, "decide", decided)
    bring(sales_feed, FILE)
    assert Sale.objects.get(invoice_number="INV-4").salesperson == cast.aisha


@pytest.mark.parametrize("shuffled", [False, True])
def test_the_same_file_again_changes_nothing(sales_feed, bring, shuffled):
    bring(sales_feed, FILE)
    rows = list(ROWS)
    if shuffled:
        random.Random(2).shuffle(rows)
    run = bring(sales_feed, HEAD + "\n".join(rows))
    assert run.counts["same"] == 4 and Sale.objects.count() == 4 and not run.decided.exists()


def test_what_is_the_same_leaves_and_the_rest_is_compared(sales_feed, customers_feed, bring):
    bring(customers_feed, CUSTOMERS + "C9,Nestle Nigeria,,,,,\n")
    bring(sales_feed, FILE.replace("102345", "C9"))
    rows = [ROWS[0], ROWS[1].replace("100.10", "100.11"), *ROWS[2:], ROWS[3]]
    rows += [
        "INV-5,102345,2026-03-06,9,F1,,",
        "INV-6,102345,2026-03-06,-3,F1,INV-1,",
        "INV-7,102345,2026-03-06,9,,INV-2,",
    ]
    run = bring(sales_feed, HEAD + "\n".join(rows).replace("102345", "C9"))
    assert run.rows == 8 and {name: count for name, count in run.counts.items() if count} == {
        "same": 4,  # one of them twice in the file
        "held": 1,
        "new": 2,
        "refused": 1,
    }
    assert {row.external_id: row.problem_kind for row in run.decided.filter(row__gt=0)} == {
        "INV-2": "other_content",
        "INV-5": "",
        "INV-6": "",
        "INV-7": "adds",
    }
    assert Sale.objects.get(invoice_number="INV-6").credit_note_of.invoice_number == "INV-1"


def test_a_held_row_whose_sale_is_there_by_now_waits_no_more(sales_feed, customers_feed, bring, cast):
    text = HEAD + "INV-9,C9,2026-03-02,500,F1,,\n"
    bring(sales_feed, text)
    bring(customers_feed, CUSTOMERS + "C9,Nestle Nigeria,,,,,\n")
    given = {"account": Account.objects.get(erp_customer_id="C9"), "sold_on": date(2026, 3, 2), "amount": Decimal(500)}
    record_sale(by=None, at=NOW, invoice_number="INV-9", salesperson=cast.funke, **given)
    run = bring(sales_feed, text)
    assert run.counts["same"] == 1 and Sale.objects.count() == 1
    assert ImportRow.objects.get(bucket="held").settled_at is not None


def test_a_number_with_other_content_is_held(sales_feed, bring):
    bring(sales_feed, FILE)
    run = bring(sales_feed, HEAD + ROWS[0].replace("42500000.00", "5") + "\n")
    row = run.decided.get()
    assert (row.bucket, row.problem_kind) == ("held", "other_content")
    assert row.problem.startswith("The hub has it with 2026-03-02, NGN 42500000")
    assert Sale.objects.get(invoice_number="INV-1").amount == Decimal("42500000.00")


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ("N,102345,2026-03-05,-5,F1,NONE,", "unknown_invoice"),
        ("N,102345,2026-03-05,5,F1,INV-1,", "adds"),
        ("N,102345,2026-03-01,-5,F1,INV-1,", "before_its_invoice"),
        ("N,102345,2026-03-05,-5,F1,INV-3,", "credits_a_credit_note"),
        ("N,777,2026-03-05,-5,F1,INV-1,", "another_account"),
        ("N,102345,2026-03-55,5,F1,,", "bad_date"),
        ("N,102345,2030-03-05,5,F1,,", "date_out_of_range"),
        ("N,102345,2026-03-17,5,F1,,", "future_date"),
        ("N,102345,2026-03-05,five,F1,,", "bad_amount"),
        (",102345,2026-03-05,5,F1,,", "number_missing"),
    ],
)
def test_a_row_that_can_t_be_is_refused_and_the_others_come_in(sales_feed, bring, row, kind, zenith):
    Account.objects.create(code="A777", name="Other", erp_customer_id="777", origin="erp", created_at=NOW)
    run = bring(sales_feed, FILE + row + "\n")
    assert run.counts["refused"] == 1 and run.counts["new"] == 4
    found = run.decided.get(bucket="refused")
    assert found.row == 6 and found.problem
    if kind not in ("bad_date", "date_out_of_range", "bad_amount"):
        assert found.problem_kind == kind


def test_a_sale_of_a_customer_to_come_is_held_and_taken_up(sales_feed, customers_feed, bring, cast):
    text = HEAD + "INV-9,C9,2026-03-02,500,F1,,\nINV-10,C9,2026-03-03,-100,F1,INV-9,\n"
    run = bring(sales_feed, text)
    assert run.counts["held"] == 2 and not Sale.objects.exists()
    assert run.decided.first().problem == "The hub doesn't know the customer C9 yet."
    bring(customers_feed, CUSTOMERS + "C9,Nestle Nigeria,,,,,\n")
    assert take_up_held("erp", at=NOW) == 2
    account = Account.objects.get(erp_customer_id="C9")
    assert account.owner == cast.funke and account.sales.count() == 2
    assert set(Sale.objects.values_list("import_reference", flat=True)) == {f"feed run {run.pk}"}
    assert not ImportRow.objects.filter(bucket="held").exists() and take_up_held("erp", at=NOW) == 0
    assert bring(sales_feed, text).counts["same"] == 2


def test_a_sale_of_a_customer_that_looks_like_an_account_waits_for_the_steward(
    sales_feed, customers_feed, bring, cast, zenith
):
    Account.objects.update(erp_customer_id=None)
    bring(customers_feed, CUSTOMERS + "Z9,Zenith Bank Ltd,,,,,\n")
    run = bring(sales_feed, HEAD + "INV-9,Z9,2026-03-02,500,F1,,\n")
    assert run.decided.get().problem_kind == "customer_waits"
    match(ErpCustomer.objects.get(), zenith, by=cast.aisha, at=NOW)
    assert take_up_held("erp", at=NOW) == 1
    assert Sale.objects.get().account == zenith


def test_one_that_looks_alike_can_be_another_company(customers_feed, bring, cast, zenith):
    Account.objects.update(erp_customer_id=None)
    bring(customers_feed, CUSTOMERS + "Z9,Zenith Bank Ltd,,,,,\n")
    assert accept(ErpCustomer.objects.all(), by=cast.aisha, at=NOW) == 1
    assert Account.objects.get(erp_customer_id="Z9").code == "A002"


def test_rows_may_be_lines_of_invoices(sales_feed, bring):
    sales_feed.rows_are_lines = True
    sales_feed.save()
    head = "invoice_number,customer,date,unit_price,quantity,discount\n"
    lines = "L1,102345,2026-03-02,10.10,3,0\nL2,102345,2026-03-02,5,1,0\nL1,102345,2026-03-02,100,1,0.05\n"
    run = bring(sales_feed, head + lines + "L3,102345,2026-03-02,5,1,0\nL3,102345,2026-03-03,5,1,0\n")
    assert run.counts["new"] == 3 and run.counts["refused"] == 2
    assert {sale.invoice_number: sale.amount for sale in Sale.objects.all()} == {
        "L1": Decimal("125.30"),
        "L2": Decimal("5.00"),
    }
    assert bring(sales_feed, head + lines).counts["same"] == 3


def test_amounts_may_stand_in_a_second_file(sales_feed, bring):
    sales_feed.lines_pattern = "lines_*.csv"
    sales_feed.save()
    heads = "invoice_number,customer,date\nL1,102345,2026-03-02\nL2,102345,2026-03-02\nL3,102345,2026-03-02\n"
    lines = "invoice_number,unit_price,quantity,discount\nL1,10,3,0\nL1,1,1,0.5\nL2,x,1,0\n"
    run = bring(sales_feed, heads, lines=lines)
    assert Sale.objects.get().amount == Decimal("30.50")
    kinds = dict(run.decided.filter(bucket="refused").values_list("external_id", "problem_kind"))
    assert kinds == {"L2": "line_refused", "L3": "no_lines"}
