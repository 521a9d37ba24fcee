"""Many sales at once, as a feed brings them, and sales whose seller becomes known later."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.events import facts_changed
from accounts.models import Account, Feed, FeedRun, Staff
from accounts.staff_actions import add_staff, edit_staff
from interactions import sales_actions
from interactions.models import LogIsEvidence, Sale
from interactions.sales_actions import attribute_sales, record_sale, record_sales
from interactions.sales_facts import sales_of
from interactions.sales_terms import Terms
from mikano_cx.kit.refusal import Refused
from ownership.actions import audit, draft_ruling, open_dispute, preview_rulings, sign_rulings
from ownership.actions.replaying import replay_accounts
from ownership.facts import SALE, fact_id
from tests.conftest import NOW, TODAY

LATER = NOW + timedelta(days=1)


@pytest.fixture
def accounts(db, zenith) -> list[Account]:
    made = [
        Account(code=f"B{n:03}", name=f"Customer {n}", division=zenith.division, origin="erp", created_at=NOW).prepare()
        for n in range(60)
    ]
    Account.objects.bulk_create(made)
    replay_accounts(Account.objects.values_list("pk", flat=True), at=NOW)
    return made


@pytest.fixture
def invoice(accounts, cast):
    def terms(number: int | str, amount: int | str = 1000, **given) -> Terms:
        account = accounts[number % len(accounts) if isinstance(number, int) else 0]
        told = {"salesperson_id": cast.funke.pk, "salesperson": "E007", **given}
        return Terms(f"INV-{number}", account.pk, account.code, TODAY, Decimal(amount), **told)

    return terms


@pytest.fixture
def signals():
    """The accounts that each signal told of."""
    heard: list[int] = []

    def hear(sender, account_ids, **signal):
        heard.append(len(account_ids))

    facts_changed.connect(hear)
    yield heard
    facts_changed.disconnect(hear)


class TestRecording:
    def test_all_are_recorded_as_given_and_own_their_accounts(self, invoice, cast, signals):
        feed = Feed.objects.create(name="Sales", kind="sales", updated_at=NOW)
        run = FeedRun.objects.create(feed=feed, trigger="hand", created_at=NOW)
        done = record_sales((invoice(n) for n in range(90)), at=NOW, run=run)
        assert (done.counts, done.refused, signals) == ({"new": 90}, [], [60])
        assert set(Account.objects.filter(code__startswith="B").values_list("owner", flat=True)) == {cast.funke.pk}
        sale = Sale.objects.get(invoice_number="INV-7")
        assert (sale.source, sale.import_reference, sale.recorded_at) == ("erp", f"feed run {run.pk}", NOW)
        assert (sale.division, sale.created_by) == (cast.funke.divisions.get(), None)
        written = sale.history.get()
        assert (written.history_change_reason, written.history_date) == (run.author, NOW)

    def test_a_fixed_number_of_queries_a_chunk_whatever_is_in_it(self, invoice):
        with CaptureQueriesContext(connection) as few:
            record_sales([invoice(n) for n in range(5)], at=NOW)
        with CaptureQueriesContext(connection) as many:  # SQLite takes no more such rows in a statement
            record_sales([invoice(n) for n in range(5, 30)], at=NOW)
        assert len(many) == len(few) <= 28

    def test_each_chunk_is_replayed_once_and_stands_though_the_next_is_killed(self, invoice, signals, monkeypatch):
        monkeypatch.setattr(sales_actions, "CHUNK", 20)
        seen = []

        def killed(done):
            seen.append(done)
            if len(seen) == 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            record_sales((invoice(n) for n in range(60)), at=NOW, step=killed)
        assert (seen, signals, Sale.objects.count()) == ([20, 40], [20, 20], 40)
        assert record_sales((invoice(n) for n in range(60)), at=NOW).counts == {"new": 20, "same": 40}
        assert audit(at=NOW).changed == 0

    def test_a_row_that_cannot_be_is_refused_by_its_number_and_the_others_stand(self, invoice, accounts):
        rows = [
            invoice(1),
            invoice(2, "0.001"),
            Terms("INV-3", 10**9, "A999", TODAY, Decimal(1)),
            invoice(4),
            invoice(4, 7),
            invoice(1),
        ]
        done = record_sales(rows, at=NOW)
        assert [(one.row.number, one.problems[0].kind) for one in done.refused] == [
            (2, "amount_unfit"),
            (3, "unknown_account"),
            (4, "twice_in_file"),
            (5, "twice_in_file"),
        ]
        assert done.counts == {"new": 1, "same": 1, "refused": 4}
        assert all(problem.message.endswith(".") for one in done.refused for problem in one.problems)
        again = record_sales([invoice(1, 999)], at=NOW)
        assert [one.problems[0].kind for one in again.refused] == ["other_content"]

    def test_a_credit_note_waits_for_its_invoice_to_the_end(self, invoice, monkeypatch):
        monkeypatch.setattr(sales_actions, "CHUNK", 2)
        note = invoice("CN", -400, credits="INV-0")
        lost = invoice("CN-2", -1, credits="INV-99")
        done = record_sales([note, lost, *(invoice(n) for n in (5, 4, 3, 2, 1, 0))], at=NOW)
        assert (done.counts, Sale.objects.get(invoice_number="INV-CN").credit_note_of.invoice_number) == (
            {"new": 7, "refused": 1},
            "INV-0",
        )
        assert [(one.row.number, one.problems[0].kind) for one in done.refused] == [(2, "unknown_invoice")]

    def test_only_who_records_sales_may(self, invoice, cast):
        with pytest.raises(Refused) as refusal:
            record_sales([invoice(1)], at=NOW, by=cast.funke)
        assert refusal.value.code == "not_your_role"
        assert record_sales([invoice(1)], at=NOW, by=cast.tunde).counts == {"new": 1}


class TestWhoseItTurnsOutToBe:
    @pytest.fixture
    def customer(self, accounts) -> Account:
        return accounts[0]

    @pytest.fixture
    def sell(self, cast, customer):
        def record(number: str, code: str) -> Sale:
            given = {"sold_on": TODAY, "amount": Decimal(1000), "salesperson_code": code}
            return record_sale(by=cast.tunde, at=NOW, invoice_number=number, account=customer, **given)

        return record

    @pytest.fixture
    def nobodys(self, sell) -> Sale:
        return sell("INV-1", "E 042")

    def test_a_code_given_to_somebody_makes_the_sales_theirs(self, cast, customer, sell, nobodys):
        other = sell("INV-2", "E043")
        customer.refresh_from_db()
        assert customer.ownership_state == "unassigned"
        edit_staff(cast.funke, by=cast.chinedu, at=LATER, values={"erp_code": "e 042"})
        sale = Sale.objects.get(pk=nobodys.pk)
        assert (sale.salesperson, sale.attributed_at, sale.salesperson_code) == (cast.funke, LATER, "E 042")
        assert Sale.objects.get(pk=other.pk).salesperson is None
        customer.refresh_from_db()
        assert (customer.owner, customer.ownership_state) == (cast.funke, "owned")
        written = sale.history.latest("history_id")
        assert (written.salesperson, written.history_user, written.history_date) == (cast.funke, cast.chinedu, LATER)
        assert audit(at=LATER).changed == 0

    def test_somebody_new_with_the_code_has_them_too(self, cast, nobodys):
        values = {"full_name": "Ada Obi", "username": "ada", "erp_code": "E 042"}
        ada = add_staff(by=cast.chinedu, at=LATER, values=values, granted=["sales"])
        assert Sale.objects.get().salesperson == ada

    def test_what_was_known_before_stays_so(self, cast, customer, nobodys):
        edit_staff(cast.funke, by=cast.chinedu, at=LATER, values={"erp_code": "E 042"})
        assert [fact.salesperson_id for fact in sales_of([customer.pk], known_at=NOW)] == [None]
        assert [fact.salesperson_id for fact in sales_of([customer.pk], known_at=LATER)] == [cast.funke.pk]

    def test_a_sale_that_is_somebodys_stays_so_when_the_code_moves_on(self, cast, nobodys):
        edit_staff(cast.funke, by=cast.chinedu, at=LATER, values={"erp_code": "E 042"})
        edit_staff(cast.funke, by=cast.chinedu, at=LATER, values={"erp_code": ""})
        edit_staff(cast.emeka, by=cast.chinedu, at=LATER, values={"erp_code": "E 042"})
        assert Sale.objects.get().salesperson == cast.funke

    def test_a_signed_credit_goes_before(self, cast, customer, nobodys):
        dispute = open_dispute(customer, by=cast.ngozi, at=NOW, question="Whose?", claimants=[cast.emeka])
        given = {"kind": "credit", "target": fact_id(SALE, nobodys.pk), "credited_to": cast.emeka}
        draft_ruling(dispute, by=cast.ngozi, at=NOW, reason="His order", **given)
        sign_rulings(dispute, by=cast.ngozi, at=NOW, reason="His", digest=preview_rulings(dispute, at=NOW).digest)
        edit_staff(cast.funke, by=cast.chinedu, at=LATER, values={"erp_code": "E 042"})
        customer.refresh_from_db()
        assert (customer.owner, Sale.objects.get().salesperson) == (cast.emeka, cast.funke)

    def test_many_at_once_are_replayed_once_a_chunk(self, cast, invoice, signals, monkeypatch):
        monkeypatch.setattr(sales_actions, "CHUNK", 25)
        whose = [{"salesperson_id": None, "salesperson": code} for code in ("E1", "E2", "E3")]
        record_sales([invoice(n, **whose[n % 3]) for n in range(60)], at=NOW)
        Staff.objects.filter(pk=cast.funke.pk).update(erp_code="e1")
        Staff.objects.filter(pk=cast.emeka.pk).update(erp_code="E2")
        signals.clear()
        assert attribute_sales(["E1", "E2", "E9"], at=LATER) == 40
        assert signals == [25, 15]
        assert dict(Sale.objects.values_list("salesperson_code", "salesperson").distinct().order_by()) == {
            "E1": cast.funke.pk,
            "E2": cast.emeka.pk,
            "E3": None,
        }
        assert attribute_sales(["E1", "E2", "E3"], at=LATER) == 0
        assert Sale.history.filter(history_type="~", history_date=LATER).count() == 40
        assert audit(at=LATER).changed == 0

    def test_who_sold_is_said_once_and_by_the_verb_alone(self, cast, nobodys):
        nobodys.salesperson = cast.funke
        for change in (nobodys.save, lambda: Sale.objects.update(salesperson=cast.funke)):
            with pytest.raises(LogIsEvidence):
                change()
        assert Sale.objects.filter(pk=nobodys.pk).attribute(cast.funke.pk, LATER) == 1
        assert Sale.objects.filter(pk=nobodys.pk).attribute(cast.emeka.pk, LATER) == 0
        with pytest.raises(DatabaseError, match="evidence"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE interactions_sale SET salesperson_id = %s", [cast.emeka.pk])
