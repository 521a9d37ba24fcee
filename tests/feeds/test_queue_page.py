"""The stewards' queue: what the ERP brought is accepted, corrected, matched or rejected on one page."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.imports.models import ErpCustomer
from accounts.people.models import Division
from accounts.records.models import Account
from mikano_cx.kit.names import company_key, plain
from tests.conftest import NOW

URL = "/feeds/customers/"


@pytest.fixture
def customers(cast):
    """`customers("Okomu Oil", ...)`: of Motors, waiting, without an account unless told otherwise."""

    def make(name: str, **values) -> ErpCustomer:
        number = values.pop("external_id", f"C{ErpCustomer.objects.count() + 1}")
        source = values.pop("source", "erp")
        given = {"division": Division.objects.get(slug="motors"), "check_state": "match", **values}
        key = company_key(name)
        search = "|".join((plain(name), key, plain(number)))
        return ErpCustomer.objects.create(
            source=source, external_id=number, name=name, name_key=key, search_text=search, **given
        )

    return make


@pytest.fixture
def steward(cast, client_of):
    return client_of(cast.aisha)


def text(answer) -> str:
    return unescape(" ".join(answer.content.decode().split()))


def test_a_customer_stands_beside_the_account_that_it_may_be(steward, customers, zenith):
    Account.objects.update(erp_customer_id=None)
    customers("ZENITH BANK LTD", credit_status="Cash only")
    customers("Okomu Oil")
    page = text(steward.get(URL))
    assert "ZENITH BANK LTD" in page and "Credit: Cash only" in page
    near = page.split('class="feeds-near"')
    assert len(near) == 2 and "A001" in near[1] and "Funke Ade" in near[1] and "Last touch: never" in near[1]


def test_an_account_with_the_same_phone_is_near_and_one_with_an_erp_id_isn_t(steward, customers, zenith):
    customers("Quite Another", main_phone=zenith.main_phone)
    assert 'class="feeds-near"' not in text(steward.get(URL))  # Zenith is the ERP's customer 102345
    Account.objects.update(erp_customer_id=None)
    assert 'class="feeds-near"' in text(steward.get(URL))


def test_it_is_this_one_matches(steward, customers, zenith):
    Account.objects.update(erp_customer_id=None)
    customer = customers("ZENITH BANK LTD")
    answer = steward.post(URL, {"match": f"{customer.pk}:{zenith.pk}"}, follow=True)
    assert "ZENITH BANK LTD is A001" in text(answer)
    customer.refresh_from_db()
    zenith.refresh_from_db()
    assert (customer.account, customer.check_state, zenith.erp_customer_id) == (zenith, "valid", "C1")


def test_one_the_chosen_or_all_are_accepted(steward, customers):
    made = [customers(f"Company number {n}") for n in range(6)]
    steward.post(URL, {"accept": str(made[0].pk)})
    assert Account.objects.get().erp_customer_id == "C1"
    steward.post(URL, {"accept": "chosen", "customer": [made[1].pk, made[2].pk]})
    assert Account.objects.count() == 3
    answer = steward.post(f"{URL}?q=c5&state=match", {"accept": "all", "count": "1"}, follow=True)
    assert "Accepted 1 customer." in text(answer)
    assert list(ErpCustomer.objects.filter(account=None).values_list("external_id", flat=True)) == ["C4", "C6"]


def test_all_means_what_was_looked_at(steward, customers):
    customers("Okomu Oil", check_state="waiting")
    answer = steward.post(URL, {"accept": "all", "count": "2"}, follow=True)
    assert "The list changed meanwhile: there are 1 now." in text(answer) and not Account.objects.exists()
    answer = steward.post(URL, {"accept": "chosen"}, follow=True)
    assert "choose at least one customer" in text(answer)


def test_all_leaves_what_may_be_an_account_of_the_hub_to_a_closer_look(steward, customers):
    customers("Okomu Oil")
    customers("Presco", check_state="waiting")
    assert "Accept all 1 new ones of this filter" in text(steward.get(URL))
    steward.post(URL, {"accept": "all", "count": "1"})
    assert Account.objects.get().erp_customer_id == "C2"
    page = text(steward.get(URL))
    assert "Okomu Oil" in page and "Accept all" not in page
    assert "Accept all 1 of this filter as other ones" in text(steward.get(f"{URL}?state=match"))


def test_the_list_is_narrowed_by_text_state_and_division(steward, cast, customers, client_of):
    customers("Okomu Oil")
    customers("Presco", check_state="waiting", division=None)
    customers("Power Plant", division=Division.objects.get(slug="power"))

    def shown(client, query: str) -> set[str]:
        return {row.customer.name for row in client.get(URL + query).context["rows"]}

    assert shown(steward, "") == {"Okomu Oil", "Presco"}
    assert shown(steward, "?q=okomu") == shown(steward, "?q=c1") == shown(steward, "?state=match") == {"Okomu Oil"}
    assert shown(steward, "?state=waiting") == shown(steward, "?division=none") == {"Presco"}
    assert shown(steward, "?division=power") == set()
    assert "No customer matches" in text(steward.get(f"{URL}?q=nothing"))
    assert shown(client_of(cast.tunde), "?division=power") == {"Power Plant"}


def test_enter_in_a_reason_presses_that_row_s_own_button(steward, customers):
    """The page's form begins with another button, which Enter would press."""
    customers("Okomu Oil")
    customers("Presco")
    html = steward.get(URL).content.decode()
    found = re.findall(r'name="why_(\d+)" form="reject-(\d+)"', html)
    assert found and all(one == other for one, other in found)
    for pk, _ in found:
        assert f'form="reject-{pk}" name="reject" value="{pk}"' in html
        assert html.count(f'id="reject-{pk}"') == 1 and html.index(f'id="reject-{pk}"') > html.index("</table>")


def test_rejecting_asks_for_a_reason(steward, customers):
    customer = customers("Test customer")
    answer = steward.post(URL, {"reject": str(customer.pk), f"why_{customer.pk}": " "}, follow=True)
    assert "Say why the hub doesn't want it." in text(answer)
    steward.post(URL, {"reject": str(customer.pk), f"why_{customer.pk}": "A test of the ERP"})
    customer.refresh_from_db()
    assert (customer.check_state, customer.why) == ("rejected", "A test of the ERP")
    answer = steward.post(URL, {"reject": str(customer.pk), f"why_{customer.pk}": "Again"}, follow=True)
    assert "Somebody else has decided about this customer meanwhile." in text(answer)


def test_one_that_was_rejected_is_found_and_looked_at_again(steward, customers):
    made = [customers(name, check_state="rejected", why="A slip") for name in ("Okomu Oil", "Presco")]
    customers("Lafarge")
    assert "Okomu Oil" not in text(steward.get(URL))
    page = text(steward.get(f"{URL}?state=rejected"))
    assert "Not wanted: A slip" in page and "Lafarge" not in page and "Accept" not in page
    answer = steward.post(f"{URL}?state=rejected", {"reconsider": str(made[0].pk)}, follow=True)
    assert "Okomu Oil waits for a look again." in text(answer)
    own = f"{URL}{made[1].pk}/"
    page = text(steward.get(own))
    assert "A slip" in page and "Make it a new account" not in page
    assert steward.post(own, {"what": "correct"}).status_code == 422  # not before it is looked at again
    assert "Presco waits for a look again." in text(steward.post(own, {"what": "reconsider"}, follow=True))
    assert not ErpCustomer.objects.exclude(check_state="match").exists()
    answer = steward.post(URL, {"reconsider": str(made[0].pk)}, follow=True)
    assert "Somebody else has decided" in text(answer)
    steward.post(URL, {"accept": str(made[0].pk)})
    assert Account.objects.get().name == "Okomu Oil"


def test_one_whose_id_an_account_has_by_now_isn_t_made_a_second_one(steward, customers, zenith):
    customer = customers("Zenith Bank", external_id="102345")
    assert 'class="feeds-near"' in text(steward.get(URL))
    answer = steward.post(URL, {"accept": str(customer.pk)}, follow=True)
    assert "A001 · Zenith Bank PLC has the ERP ID 102345 already: say that it is this one." in text(answer)
    assert Account.objects.count() == 1
    steward.post(URL, {"match": f"{customer.pk}:{zenith.pk}"})
    customer.refresh_from_db()
    assert customer.account == zenith


def test_an_account_is_one_customer_of_one_source(steward, customers, zenith):
    customers("Zenith Bank", external_id="102345", account=zenith, check_state="valid")
    other = customers("Zenith Bank", external_id="102345", source="sap")
    answer = steward.post(URL, {"match": f"{other.pk}:{zenith.pk}"}, follow=True)
    assert "A001 · Zenith Bank PLC is the ERP's customer 102345: it can't be" in text(answer)
    other.refresh_from_db()
    assert (other.account, other.check_state) == (None, "match")


def test_another_division_s_customer_is_out_of_reach(steward, customers):
    customer = customers("Power Plant", division=Division.objects.get(slug="power"))
    steward.post(URL, {"accept": str(customer.pk)})
    assert not Account.objects.exists()
    assert steward.get(f"{URL}{customer.pk}/").status_code == 404


def test_what_is_the_hub_s_is_corrected_with_the_same_tap(steward, customers):
    customer = customers("Okomu Oil", address="Wrong road")
    url = f"{URL}{customer.pk}/"
    assert 'name="main_phone"' in text(steward.get(url))
    motors = Division.objects.get(slug="motors").pk
    given = {"what": "correct", "division": motors, "address": "1 Marina", "main_phone": "0803 123 4567"}
    answer = steward.post(url, {**given, "main_phone": "12"})
    assert answer.status_code == 422 and "needs all its digits" in text(answer) and not Account.objects.exists()
    answer = steward.post(url, given, follow=True)
    account = Account.objects.get()
    assert f"Okomu Oil is account {account.code}." in text(answer)
    assert (account.address, account.main_phone) == ("1 Marina", "+2348031234567")


def test_a_phone_number_of_the_erp_is_corrected_too(steward, customers):
    customer = customers("Okomu Oil", main_phone="+2348031234567")
    url = f"{URL}{customer.pk}/"
    assert steward.get(url).context["correct"].initial["main_phone"] == "+234 803 123 4567"
    steward.post(url, {"what": "correct", "main_phone": "0805 000 1234"})
    assert Account.objects.get().main_phone == "+2348050001234"


@pytest.mark.parametrize("number", ["+2348031234567", "+441614960000", "080", "ask for Ada"])
def test_a_phone_number_that_nobody_touches_stays(steward, customers, number):
    url = f"{URL}{customers('Okomu Oil', main_phone=number).pk}/"
    given = steward.get(url).context["correct"].initial["main_phone"]
    assert steward.post(url, {"what": "correct", "main_phone": given}).status_code == 302
    assert Account.objects.get().main_phone == number


def test_a_customer_is_matched_with_any_account_by_its_code(steward, customers, zenith):
    customer = customers("ZB Holdings")
    url = f"{URL}{customer.pk}/"
    answer = steward.post(url, {"what": "match", "account": "A999"})
    assert answer.status_code == 422 and "No account has the code A999." in text(answer)
    answer = steward.post(url, {"what": "match", "account": "A001 · Zenith Bank PLC"})
    assert answer.status_code == 422 and "it can't be C1 ZB Holdings too" in text(answer)
    Account.objects.update(erp_customer_id=None)
    assert steward.post(url, {"what": "match", "account": "a001"}).status_code == 302
    zenith.refresh_from_db()
    assert (zenith.name, zenith.erp_customer_id) == ("ZB Holdings", "C1")


@pytest.mark.parametrize("asked", [{"match": "x:y"}, {"match": "1"}, {"accept": "9" * 30}, {"reject": "-1"}, {}])
def test_nonsense_changes_nothing(steward, customers, asked):
    customers("Okomu Oil")
    assert steward.post(URL, asked).status_code == 302
    assert not Account.objects.exists() and ErpCustomer.objects.get().check_state == "match"


def test_it_costs_the_same_for_3_and_25_rows(steward, customers):
    def count() -> int:
        with CaptureQueriesContext(connection) as asked:
            steward.get(URL)
        return len(asked)

    def more(number: int) -> None:
        for n in range(number):
            customers(f"Company number {number}{n}")
            Account.objects.create(
                code=f"B{number}{n}", name=f"Company number {number}{n}", origin="hub", created_at=NOW
            )

    more(3)
    few = count()
    more(22)
    assert count() == few <= 12
