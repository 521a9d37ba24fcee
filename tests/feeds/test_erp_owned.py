"""What the ERP gives of a customer wins over the hub, and no door of the hub changes it."""

import pytest
from django.urls import reverse

from accounts.imports.models import ErpCustomer, FeedFreshness
from accounts.records.actions import edit_account
from mikano_cx.kit.refusal import Refused
from tests.accounts.test_admin import errors, form_of
from tests.conftest import NOW


@pytest.fixture
def customer(zenith) -> ErpCustomer:
    given = {"name": zenith.name, "name_key": zenith.name_key, "industry": "Finance", "credit_status": "Cash only"}
    return ErpCustomer.objects.create(
        source="erp", external_id="102345", account=zenith, check_state="valid", division=zenith.division, **given
    )


def edit(zenith, by, **values):
    return edit_account(zenith, by=by, at=NOW, values=values, seen_version=zenith.version)


@pytest.mark.parametrize(
    ("field", "value", "called"),
    [
        ("name", "Zenith Bank", "company name"),
        ("erp_customer_id", "777", "ERP customer ID"),
        ("erp_customer_id", "", "ERP customer ID"),
        ("industry", "Banking", "industry"),
        ("industry", "", "industry"),
    ],
)
def test_the_verb_refuses_a_change_of_what_is_the_erp_s(cast, zenith, customer, field, value, called):
    with pytest.raises(Refused) as refused:
        edit(zenith, cast.aisha, **{field: value})
    assert (refused.value.code, refused.value.field) == ("erp_owns", field)
    assert refused.value.message == f"The {called} comes from the ERP (customer 102345): change it there."


def test_what_is_the_hub_s_is_changed_and_saying_the_same_is_no_change(cast, zenith, customer):
    same = {"name": zenith.name, "erp_customer_id": "102345", "industry": "Finance"}
    edit(zenith, cast.aisha, **same, address="1 Marina", note="Ours")
    zenith.refresh_from_db()
    assert (zenith.address, zenith.note) == ("1 Marina", "Ours")


def test_an_industry_that_the_erp_doesn_t_give_is_the_hub_s(cast, zenith, customer):
    ErpCustomer.objects.update(industry="")
    assert edit(zenith, cast.aisha, industry="Banking").industry == "Banking"


def test_an_account_that_is_none_of_the_erp_s_is_the_hub_s(cast, zenith):
    assert edit(zenith, cast.aisha, name="Zenith Bank", erp_customer_id="777").erp_customer_id == "777"


def test_the_form_shows_what_is_the_erp_s_and_takes_no_change_of_it(cast, zenith, customer, client_of):
    client, url = client_of(cast.aisha), "/accounts/A001/edit/"
    page = client.get(url)
    fields = page.context["form"].fields
    assert [name for name, field in fields.items() if field.disabled] == ["name", "industry", "erp_customer_id"]
    assert "From the ERP: change it there" in page.content.decode() and "from the ERP" in page.content.decode()
    posted = {"name": "Mallory", "erp_customer_id": "1", "address": "1 Marina", "version": zenith.version}
    assert client.post(url, posted).status_code == 302
    zenith.refresh_from_db()
    assert (zenith.name, zenith.erp_customer_id, zenith.address) == ("Zenith Bank PLC", "102345", "1 Marina")


def test_the_admin_says_whose_the_field_is(cast, zenith, customer, client_of):
    client, url = client_of(cast.aisha), reverse("admin:accounts_account_change", args=[zenith.pk])
    answer = client.post(url, {**form_of(client.get(url)), "name": "Zenith Bank"})
    assert "The company name comes from the ERP" in errors(answer)
    zenith.refresh_from_db()
    assert zenith.name == "Zenith Bank PLC"


def test_the_account_s_page_shows_source_credit_and_how_fresh_that_is(
    cast, zenith, customer, customers_feed, client_of
):
    client = client_of(cast.funke)
    FeedFreshness.objects.create(feed=customers_feed, good_at=NOW)
    text = client.get("/accounts/A001/").content.decode()
    assert "from the ERP" in text and "<dt>Credit</dt><dd>Cash only</dd>" in text
    assert "as of 16 Mar 2026, 10:00" in text
    ErpCustomer.objects.update(vanished_at=NOW)
    assert "no longer in the ERP" in client.get("/accounts/A001/").content.decode()
    customer.delete()
    assert "from the ERP" not in client.get("/accounts/A001/").content.decode()
