"""Sales whose salesperson becomes known later: the code was nobody's, and is somebody's now."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.events import facts_changed
from accounts.people.actions.staff import add_staff, edit_staff
from accounts.people.models import Staff
from accounts.records.models import Account
from interactions.log.models import LogIsEvidence
from interactions.sales import actions as sales_actions
from interactions.sales.actions import attribute_sales, record_sale
from interactions.sales.facts import sales_of
from interactions.sales.models import Sale
from interactions.sales.sale_details import Terms
from ownership.disputes.actions.disputes import draft_ruling, open_dispute, preview_rulings, sign_rulings
from ownership.facts.queries import SALE, fact_id
from ownership.replay.actions.replay import replay_accounts
from ownership.replay.actions.sweep import audit
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
        made = (invoice(n, **whose[n % 3]).sale(recorded_at=NOW, source="erp") for n in range(60))
        Sale.objects.bulk_create(made)
        replay_accounts(Account.objects.values_list("pk", flat=True), at=NOW)
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
