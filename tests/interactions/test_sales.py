"""Sales are recorded once, kept as evidence, and counted net of their credit notes."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from accounts.events import facts_changed
from accounts.people.models import Staff
from accounts.records.models import Account
from interactions.log.models import LogIsEvidence
from interactions.sales.actions import record_credit_note, record_sale
from interactions.sales.facts import sales_of
from interactions.sales.models import Sale, SaleSource
from mikano_cx.kit.refusal import Refused
from tests.conftest import NOW, TODAY


@pytest.fixture
def sell(cast, zenith):
    def record(number="INV-1", **values) -> Sale:
        given = {"account": zenith, "sold_on": TODAY, "amount": Decimal("1000.00"), "salesperson": cast.funke, **values}
        return record_sale(**{"by": cast.tunde, "at": NOW, "invoice_number": number, **given})

    return record


@pytest.fixture
def credit(cast):
    def record(invoice: Sale, amount: str, number="CN-1", **values) -> Sale:
        given = {"sold_on": TODAY, "amount": Decimal(amount), "credits": invoice, **values}
        return record_credit_note(**{"by": cast.tunde, "at": NOW, "invoice_number": number, **given})

    return record


@pytest.fixture
def other(zenith) -> Account:
    return Account.objects.create(
        code="A002", name="Ikeja Foods", division=zenith.division, origin="hub", created_at=NOW
    )


def refused(call) -> str:
    with pytest.raises(Refused) as refusal:
        call()
    assert refusal.value.message.endswith((".", "?"))
    return refusal.value.code


def test_a_sale_is_recorded_as_given_and_tells_its_account(cast, zenith, sell):
    told = []

    def hear(sender, account_ids, **signal):
        told.append((sender, account_ids))

    facts_changed.connect(hear)
    try:
        sale = sell(" inv-1 ", sold_on=TODAY - timedelta(days=2))
    finally:
        facts_changed.disconnect(hear)
    assert (sale.invoice_number, sale.amount, sale.source) == ("INV-1", Decimal("1000.00"), SaleSource.HAND)
    assert (sale.recorded_at, sale.created_by, sale.division) == (NOW, cast.tunde, zenith.division)
    assert sale.at.isoformat() == "2026-03-14T00:00:00+01:00"
    assert (sale.history.get().history_user, told) == (cast.tunde, [(Sale, {zenith.pk})])


def test_the_same_invoice_again_is_the_same_row(sell):
    assert sell().pk == sell("inv-1").pk and Sale.objects.count() == 1


def test_the_same_invoice_with_other_content_is_refused_in_words(sell):
    sell()
    with pytest.raises(Refused, match=r"INV-1 is in the hub with amount 1,000.00 \(here 900.00\)") as refusal:
        sell(amount=Decimal(900))
    assert (refusal.value.code, refusal.value.field) == ("other_content", "invoice_number")


def test_a_key_used_for_another_invoice_is_told(sell):
    sell(idempotency_key="k")
    assert sell(idempotency_key="k").invoice_number == "INV-1"
    assert refused(lambda: sell("INV-2", idempotency_key="k")) == "key_used"


def test_a_deal_of_the_hub_has_numbers_of_its_own(sell):
    deal = sell("D0001", source=SaleSource.DEAL)
    assert sell("D0001", amount=Decimal(5)).pk != deal.pk
    assert refused(lambda: sell("D0001", source=SaleSource.DEAL)) == "number_taken"


def test_stewards_record_for_their_divisions_and_sales_people_nothing(cast, zenith, sell):
    assert sell(by=cast.aisha).created_by == cast.aisha
    for person in (cast.funke, cast.ngozi, cast.chinedu, cast.halima):
        assert refused(lambda who=person: sell("INV-2", by=who)) == "not_your_role"
    cast.aisha.divisions.clear()
    aisha = Staff.objects.get(pk=cast.aisha.pk)
    assert refused(lambda: sell("INV-2", by=aisha)) == "not_your_division"
    assert sell("INV-2", by=None).created_by is None


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"number": " "}, "number_missing"),
        ({"number": "X" * 41}, "too_long"),
        ({"sold_on": TODAY + timedelta(days=1)}, "future_date"),
        ({"sold_on": date(1989, 12, 31)}, "bad_date"),
        ({"amount": Decimal("NaN")}, "amount_unfit"),
        ({"amount": Decimal("1e15")}, "amount_unfit"),
        ({"amount": Decimal("0.001")}, "amount_unfit"),
        ({"product_line": "X" * 81}, "too_long"),
    ],
)
def test_what_is_no_sale_is_refused_and_leaves_nothing(sell, values, code):
    assert refused(lambda: sell(**values)) == code
    assert not Sale.objects.exists() and not Sale.history.exists()


def test_a_credit_note_has_the_rest_from_its_invoice(cast, zenith, sell, credit):
    note = credit(sell(product_line="Gensets"), "-400")
    assert (note.account, note.salesperson, note.division) == (zenith, cast.funke, zenith.division)
    assert (note.product_line, note.credit_note_of.invoice_number) == ("Gensets", "INV-1")


def test_what_is_no_credit_note_is_refused(sell, credit):
    invoice = sell()
    note = credit(invoice, "-1")
    assert refused(lambda: credit(invoice, "1", "CN-2")) == "adds"
    assert refused(lambda: credit(note, "-1", "CN-2")) == "credits_a_credit_note"
    assert refused(lambda: credit(invoice, "-1", "CN-2", sold_on=TODAY - timedelta(days=1))) == "before_its_invoice"
    assert refused(lambda: credit(invoice, "-2")) == "other_content"
    with pytest.raises(DatabaseError, match="a_credit_note_adds_nothing"), transaction.atomic():
        Sale.objects.bulk_create([Sale(**_columns(note, invoice_number="CN-9", amount=1))])


def _columns(sale: Sale, **changes) -> dict:
    return {field.attname: getattr(sale, field.attname) for field in Sale._meta.concrete_fields[1:]} | changes


def test_facts_are_net_as_known(sell, credit, zenith, other, django_assert_num_queries):
    later, last = NOW + timedelta(days=1), NOW + timedelta(days=2)
    invoice = sell()
    credit(invoice, "-400.10", at=later)
    credit(invoice, "-599.90", "CN-2", at=last)
    sell("INV-2", account=other, amount=Decimal("0.07"), at=later)
    sell("CN-3", account=other, amount=Decimal("-7"), at=later)

    def values(*accounts, **known):
        return [(fact.invoice_number, fact.value) for fact in sales_of([one.pk for one in accounts], **known)]

    assert values(zenith, known_at=NOW) == [("INV-1", Decimal("1000.00"))]
    assert values(zenith, known_at=later) == [("INV-1", Decimal("599.90"))]
    assert values(zenith) == [("INV-1", Decimal("0.00"))]
    assert values(other) == [("INV-2", Decimal("0.07")), ("CN-3", Decimal("-7.00"))]
    with django_assert_num_queries(1):
        assert len(values(zenith, other)) == 3
    fact = sales_of([zenith.pk])[0]
    assert (fact.pk, fact.account_id, fact.recorded_at) == (invoice.pk, zenith.pk, NOW)
    assert (fact.sold_on, fact.at, fact.salesperson_id) == (TODAY, invoice.at, invoice.salesperson_id)


def test_the_annotation_says_the_same(sell, credit):
    credit(sell(), "-400.10", at=NOW + timedelta(days=1))
    assert [sale.net_amount for sale in Sale.objects.net()] == [Decimal("599.90")]
    assert [sale.net_amount for sale in Sale.objects.net(NOW)] == [Decimal("1000.00")]
    assert not Sale.objects.net(NOW - timedelta(seconds=1)).exists()


def test_the_model_and_the_queryset_keep_sales(sell):
    sell()
    sale = Sale.objects.get()
    sale.amount = Decimal(1)
    changes = (
        sale.save,
        sale.delete,
        Sale.objects.all().delete,
        Sale.objects.all().erase,
        lambda: Sale.objects.update(amount=1),
    )
    for change in changes:
        with pytest.raises(LogIsEvidence):
            change()
    assert Sale.objects.get().amount == Decimal("1000.00")


@pytest.mark.parametrize(
    "change",
    [
        *("amount = 1", "sold_on = '2020-01-01'", "salesperson_id = NULL", "recorded_at = '2020-01-01'"),
        *("invoice_number = 'X'", "salesperson_code = 'X'", "source = 'erp'", "is_demo = (1 = 1)"),
        *("account_id = account_id + 1", "import_reference = 'X'", "division_id = NULL", "credit_note_of_id = id"),
        *("attributed_at = '2026-01-01'", "salesperson_id = NULL, attributed_at = '2026-01-01'"),
    ],
)
def test_the_database_refuses_an_edit(sell, change):
    sell()
    with pytest.raises(DatabaseError, match="evidence"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE interactions_sale SET {change}")


def test_the_database_keeps_what_is_not_imported(sell):
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL only: SQLite's tests empty tables by DELETE")
    sell()
    with pytest.raises(DatabaseError, match="evidence"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM interactions_sale")


def test_demo_sales_are_erased_with_their_credit_notes(cast, zenith, sell, credit):
    Staff.objects.filter(pk=cast.tunde.pk).update(is_demo=True)
    Account.objects.filter(pk=zenith.pk).update(is_demo=True)
    cast.tunde.refresh_from_db()
    assert credit(sell(), "-1").is_demo
    assert Sale.objects.all().erase() == 2 and not Sale.objects.exists()


class TestTheAdmin:
    ADD = "admin:interactions_sale_add"

    def form(self, zenith, **changes) -> dict:
        return {"invoice_number": "inv-7", "account": zenith.pk, "sold_on": "2026-03-01", "amount": "5000", **changes}

    @pytest.fixture(autouse=True)
    def now(self, time_machine):
        time_machine.move_to(NOW, tick=False)

    def test_records_by_the_verb_and_shows_what_it_kept(self, cast, zenith, client_of):
        client = client_of(cast.aisha)
        assert client.post(reverse(self.ADD), self.form(zenith)).status_code == 302
        sale = Sale.objects.get()
        assert (sale.invoice_number, sale.created_by, sale.recorded_at) == ("INV-7", cast.aisha, NOW)
        note = {"invoice_number": "CN-7", "credit_note_of": sale.pk, "sold_on": "2026-03-02", "amount": "-2000"}
        assert client.post(reverse(self.ADD), note).status_code == 302
        page = client.get(reverse("admin:interactions_sale_change", args=[sale.pk])).content.decode()
        assert "3,000.00" in page and "CN-7" in page and 'name="amount"' not in page
        assert client.get(reverse("admin:interactions_sale_history", args=[sale.pk])).status_code == 200

    def test_says_what_is_wrong_at_its_field(self, cast, zenith, client_of):
        client = client_of(cast.tunde)
        client.post(reverse(self.ADD), self.form(zenith))
        again = client.post(reverse(self.ADD), self.form(zenith, amount="1"))
        assert "is in the hub with amount 5,000.00" in again.context["adminform"].form.errors["invoice_number"][0]
        nobody = client.post(reverse(self.ADD), self.form(zenith, account="", invoice_number="INV-8"))
        assert nobody.context["adminform"].form.errors == {"account": ["Say whose invoice it is."]}
        both = client.post(reverse(self.ADD), self.form(zenith, credit_note_of=Sale.objects.get().pk))
        assert "a credit note has it from its invoice" in str(both.context["adminform"].form.errors["account"])
        assert Sale.objects.count() == 1

    def test_finds_by_number_and_account_in_as_many_queries_for_thirty(
        self, cast, sell, client_of, django_assert_max_num_queries
    ):
        for number in range(30):
            sell(f"INV-{number:02}")
        client, url = client_of(cast.tunde), reverse("admin:interactions_sale_changelist")
        with django_assert_max_num_queries(14):
            assert client.get(url).context["cl"].result_count == 30
        found = {term: client.get(url, {"q": term}).context["cl"].result_count for term in ("inv-0", "zenith", "ikeja")}
        assert found == {"inv-0": 10, "zenith": 30, "ikeja": 0}
