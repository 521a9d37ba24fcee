"""Customers of the ERP against the hub: each row in one bucket, the same file changes nothing, the ERP's fields win."""

import random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.imports.models import ErpCustomer, Feed, ImportRow
from accounts.imports.runs import lifecycle
from accounts.records.models import Account
from tests.conftest import NOW
from tests.feeds.conftest import CUSTOMERS

ROWS = [
    "C1,Dangote Cement PLC,Manufacturing,good,1 Alfred Rewane Road,Lagos,08031234568",
    "C2,Lafarge Africa,Manufacturing,on hold,,,",
    "C3,Nestle Nigeria,Food,good,Plot 22,Ilupeju,",
]
FILE = CUSTOMERS + "\n".join(ROWS) + "\n"


def test_new_customers_become_accounts_that_wait_for_the_steward(customers_feed, bring):
    run = bring(customers_feed, FILE)
    assert run.state == "applied" and run.rows == 3
    assert run.counts == {"new": 3, "changed": 0, "same": 0, "held": 0, "refused": 0, "left_out": 0}
    account = Account.objects.get(erp_customer_id="C1")
    assert (account.code, account.name, account.name_key) == ("A001", "Dangote Cement PLC", "dangote cement")
    assert account.address == "1 Alfred Rewane Road, Lagos" and account.main_phone == "+2348031234568"
    assert account.division.slug == "motors" and account.origin == "erp" and account.created_by is None
    expected = account.search_text
    account.prepare()
    assert account.search_text == expected
    erp = account.erp_customer
    assert (erp.check_state, erp.credit_status, erp.first_run) == ("waiting", "good", run)
    entry = account.history.get()
    assert entry.history_change_reason == f"Import {run.pk}: ERP customers" and entry.history_type == "+"
    assert account.ownership_state == "orphan" and account.tenures.count() == 1


def test_the_planner_hears_of_many_new_rows_and_of_no_others(customers_feed, bring, monkeypatch):
    monkeypatch.setattr(lifecycle, "MANY", 3)
    told = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            bring(customers_feed, FILE)
        told.append([sql for sql in (one["sql"] for one in asked) if sql.startswith("ANALYZE accounts_")])
    assert told[1] == []
    tables = ["accounts_account", "accounts_erpcustomer"] if connection.vendor == "postgresql" else []
    assert told[0] == [f"ANALYZE {table}" for table in tables]


@pytest.mark.parametrize("shuffled", [False, True])
def test_the_same_file_again_changes_nothing(customers_feed, bring, shuffled):
    bring(customers_feed, FILE)
    rows = list(ROWS)
    if shuffled:
        random.Random(1).shuffle(rows)
    before = list(Account.objects.order_by("pk").values())
    run = bring(customers_feed, CUSTOMERS + "\n".join(rows))
    assert run.counts["same"] == 3 and not run.decided.exists()
    assert list(Account.objects.order_by("pk").values()) == before


def test_the_erp_s_own_fields_win_and_the_hub_s_stay(customers_feed, bring, cast):
    customers_feed.most_changed = 100
    customers_feed.save()
    bring(customers_feed, FILE)
    Account.objects.filter(erp_customer_id="C1").update(address="Another road", note="Ours")
    changed = FILE.replace("Dangote Cement PLC,Manufacturing,good,1", "Dangote Cement Nigeria,,on hold,2")
    run = bring(customers_feed, changed)
    assert run.counts["changed"] == 1 and run.counts["same"] == 2
    account = Account.objects.get(erp_customer_id="C1")
    assert (account.name, account.industry, account.address) == (
        "Dangote Cement Nigeria",
        "Manufacturing",
        "Another road",
    )
    assert account.erp_customer.credit_status == "on hold" and account.version == 2
    row = run.decided.get()
    assert row.account == account
    assert row.changes["Company name"] == ["Dangote Cement PLC", "Dangote Cement Nigeria"]
    assert row.changes["Credit status"] == ["good", "on hold"] and "Industry" not in row.changes
    assert account.history.latest().history_change_reason == f"Import {run.pk}: ERP customers"


def test_an_account_with_the_erp_id_is_linked(customers_feed, bring, zenith):
    customers_feed.most_changed = 100
    customers_feed.save()
    run = bring(customers_feed, CUSTOMERS + "102345,Zenith Bank,Banking,good,,,\n")
    assert run.counts["changed"] == 1
    zenith.refresh_from_db()
    assert (zenith.name, zenith.industry, zenith.erp_customer.check_state) == ("Zenith Bank", "Banking", "valid")
    assert zenith.owner is not None


def test_one_that_looks_like_an_account_of_the_hub_is_held(customers_feed, bring, zenith):
    Account.objects.update(erp_customer_id=None)
    run = bring(customers_feed, CUSTOMERS + "Z9,ZENITH BANK LTD,Banking,good,,,\n")
    assert run.counts["held"] == 1 and Account.objects.count() == 1
    row = run.decided.get()
    assert row.problem == "Looks like A001 Zenith Bank PLC: the steward decides."
    assert ErpCustomer.objects.get().check_state == "match"
    assert bring(customers_feed, CUSTOMERS + "Z9,ZENITH BANK LTD,Banking,good,,,\n").counts["same"] == 1


def test_a_bad_row_is_refused_by_its_number_and_the_others_come_in(customers_feed, bring):
    text = FILE + "C4,,Food,good,,,\nC5,Twice,,,,,\nC5,Twice but other,,,,,\nC6,Alike,,,,,\nC6,Alike,,,,,\n"
    run = bring(customers_feed, text)
    assert run.counts == {"new": 4, "changed": 0, "same": 1, "held": 0, "refused": 3, "left_out": 0}
    refused = list(run.decided.filter(bucket="refused").values_list("row", "problem_kind", "problem"))
    assert refused[0] == (5, "missing_name", "This row has no name.")
    assert refused[1] == (6, "twice_in_file", "C5 stands in rows 6 and 7 with different content.")


def test_who_vanishes_is_marked_and_who_comes_back_is_unmarked(customers_feed, bring):
    bring(customers_feed, FILE)
    run = bring(customers_feed, CUSTOMERS + ROWS[0] + "\n")
    assert run.vanished == 2 and run.counts["same"] == 1
    assert ErpCustomer.objects.filter(vanished_at__isnull=False).count() == 2 and Account.objects.count() == 3
    assert ImportRow.objects.filter(run=run, bucket="vanished").count() == 2
    customers_feed.most_changed = 100
    customers_feed.save()
    run = bring(customers_feed, FILE)
    assert run.counts["changed"] == 2 and not ErpCustomer.objects.filter(vanished_at__isnull=False).exists()
    assert run.decided.first().changes == {"In the ERP": ["vanished", "back"]}


def many(count: int, first: int = 0) -> str:
    return CUSTOMERS + "".join(f"K{n},Company number {n},,,,,\n" for n in range(first, first + count))


def test_it_stops_when_too_many_would_vanish(customers_feed, bring, cast):
    bring(customers_feed, many(300))
    assert bring(customers_feed, many(270)).state == "applied"  # 30 of 300: not more than a tenth
    run = bring(customers_feed, many(200))
    assert run.state == "stopped" and run.guards[0]["code"] == "vanish"
    assert run.guards[0]["text"] == "70 of 270 known customers (26 %) would vanish: more than 10 %."
    assert ErpCustomer.objects.filter(vanished_at=None).count() == 270
    gone = run.decided.filter(bucket="vanished", row=0)  # who decides can look at them
    assert gone.count() == 70 and gone.filter(external_id="K200", label="Company number 200").exists()


def test_a_phone_number_that_can_t_be_dialled_is_noted_and_kept(customers_feed, bring):
    numbers = {"C1": "12", "C2": "0803 123 4568", "C3": "0803", "C4": "", "C5": "+44 20 7946 0958"}
    run = bring(customers_feed, CUSTOMERS + "".join(f"{ident},{ident} Ltd,,,,,{n}\n" for ident, n in numbers.items()))
    assert run.state == "applied" and run.counts["new"] == 5 and run.kinds == {"bad_phone": 2}
    noted = run.decided.filter(problem_kind="bad_phone").order_by("row").values_list("external_id", "problem")
    assert [ident for ident, _ in noted] == ["C1", "C3"] and noted[0][1].startswith("“12” is no phone number")
    assert Account.objects.get(erp_customer_id="C1").main_phone == "12"


@pytest.mark.parametrize(("good", "bad", "stops"), [(0, 2, True), (30, 27, False), (24, 27, True), (5, 6, False)])
def test_it_stops_when_most_rows_are_refused(customers_feed, bring, good, bad, stops):
    run = bring(customers_feed, many(good) + "".join(f"B{n},,,,,,\n" for n in range(bad)))
    assert run.state == ("stopped" if stops else "applied") and run.counts["refused"] == bad
    assert [guard["code"] for guard in run.guards] == ["refused"] * stops
    assert not stops or not Account.objects.exists()


def test_it_stops_when_too_many_would_change(customers_feed, bring):
    bring(customers_feed, many(10))
    other = many(10)
    for number in (1, 2, 3, 4):
        other = other.replace(f"Company number {number},", "X,")
    run = bring(customers_feed, other)
    assert run.state == "stopped" and run.guards[0]["code"] == "change"
    assert not Account.objects.filter(name="X").exists()


def test_an_older_file_waits_for_somebody(customers_feed, bring):
    bring(customers_feed, FILE)
    run = bring(customers_feed, FILE, at=NOW)
    assert run.state == "stopped" and run.guards[0]["code"] == "older"


def test_an_upload_is_shown_first(customers_feed, bring):
    run = bring(customers_feed, FILE, upload=True)
    assert run.state == "preview" and run.counts["new"] == 3 and run.decided.count() == 3
    assert not Account.objects.exists() and not ErpCustomer.objects.exists()


@pytest.mark.parametrize("held", [False, True])
def test_an_id_that_another_source_has_is_refused(customers_feed, bring, cast, held):
    bring(customers_feed, FILE)
    if held:  # it has no account yet
        Account.objects.filter(erp_customer_id="C1").update(erp_customer_id=None)
        ErpCustomer.objects.filter(external_id="C1").update(account=None, check_state="match")
    other = Feed.objects.create(name="SAP", kind="customers", source="sap", updated_at=NOW)
    run = bring(other, CUSTOMERS + "C1,Quite Another,,,,,\nS1,Okomu Oil,,,,,\n")
    assert (run.state, run.counts["refused"], run.counts["new"], run.counts["changed"]) == ("applied", 1, 1, 0)
    row = ImportRow.objects.get(run=run, bucket="refused")
    assert (row.row, row.problem_kind, row.problem_field) == (2, "other_source", "external_id")
    assert row.problem == "C1 is a customer of the source erp already: one of the two feeds needs a prefix of IDs."
    assert not Account.objects.filter(name="Quite Another").exists()
    other.id_prefix = "SAP-"
    other.save()
    assert bring(other, CUSTOMERS + "C1,Quite Another,,,,,\n").counts["new"] == 1


def test_rows_that_are_no_data_are_refused_as_such(customers_feed, bring):
    text = CUSTOMERS + "C1,Okomu Oil,Farming,good,,,\n" + CUSTOMERS + "C2,Presco,,,,,\nTotal,,,,,,\n"
    run = bring(customers_feed, text)
    assert run.counts["new"] == 2 and run.kinds == {"repeated_header": 1, "totals_row": 1}
