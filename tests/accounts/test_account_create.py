"""Creating an account starts as a search."""

import pytest
import time_machine
from django.core.cache import cache

from accounts.people.models import Division
from accounts.records.models import Account, CodeSeries, Contact, NearMatchWaiver
from tests.conftest import NOW

URL = "/accounts/new/"


@pytest.fixture(autouse=True)
def frozen():
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def zenith(zenith):
    CodeSeries.reserve("A", ["A001"])
    CodeSeries.reserve("C", ["C001", "C002"])
    return zenith


@pytest.fixture
def funke(cast, client_of):
    return client_of(cast.funke)


def form(**values):
    motors = Division.objects.get(slug="motors")
    return {"name": "Honeywell Flour Mills", "division": motors.pk, "key": "k1", "another_because": "", **values}


def test_it_creates_and_leads_to_the_account(funke, cast):
    response = funke.post(URL, form(main_phone="0803 765 4321", industry="Food"))
    account = Account.objects.get()
    assert response.status_code == 302 and response.url == account.get_absolute_url()
    assert (account.name, account.main_phone, account.created_by) == (
        "Honeywell Flour Mills", "+2348037654321", cast.funke,
    )  # fmt: skip


def test_five_taps_make_one_account(funke):
    for _ in range(5):
        assert funke.post(URL, form()).status_code == 302
    assert Account.objects.count() == 1


def test_each_page_has_a_key_of_its_own(funke):
    keys = {funke.get(URL).context["form"]["key"].value() for _ in range(2)}
    assert len(keys) == 2 and "" not in keys


def test_near_matches_show_while_typing_with_owner_and_last_touch(zenith, funke):
    Account.objects.filter(pk=zenith.pk).update(last_interaction_at=NOW)
    html = funke.get("/accounts/near/", {"name": "zenith bank nig ltd"}).content.decode()
    assert "Zenith Bank PLC" in html and "A001" in html and "Funke Ade" in html and "today" in html
    assert f'href="{zenith.get_absolute_url()}"' in html and "Use this one" in html
    assert 'name="another_because"' in html and "<html" not in html


def test_nothing_near_asks_for_nothing(zenith, funke):
    assert funke.get("/accounts/near/", {"name": "Honeywell"}).content.decode().strip() == ""


def test_a_near_match_asks_for_a_word_and_keeps_what_was_typed(zenith, funke):
    response = funke.post(URL, form(name="Zenith Bank Ltd", address="1 Marina"))
    html = response.content.decode()
    assert response.status_code == 422 and Account.objects.count() == 1
    assert "looks the same" in html and 'name="another_because"' in html
    assert 'value="Zenith Bank Ltd"' in html and 'value="1 Marina"' in html and 'value="k1"' in html


def test_the_word_is_recorded(zenith, funke, cast):
    funke.post(URL, form(name="Zenith Bank Ltd", another_because="Ghana"))
    waiver = NearMatchWaiver.objects.get()
    assert (waiver.word, waiver.near_codes, waiver.by) == ("Ghana", ["A001"], cast.funke)


def test_a_word_typed_already_stays_while_typing_on(zenith, funke):
    html = funke.get("/accounts/near/", {"name": "Zenith Bank", "another_because": "Ghana"}).content.decode()
    assert 'value="Ghana"' in html


def test_a_refusal_stands_at_its_field(zenith, funke):
    response = funke.post(URL, form(erp_customer_id="102345", another_because="sister"))
    assert "102345 is Zenith Bank PLC" in str(response.context["form"].errors["erp_customer_id"])


@pytest.mark.parametrize("values", [{"name": ""}, {"name": "   "}, {"parent": "A999"}, {"division": "nowhere"}])
def test_a_form_that_says_too_little_or_nonsense_makes_nothing(funke, values):
    response = funke.post(URL, form(**values))
    assert response.status_code == 422 and not Account.objects.exists()


def test_another_divisions_account_cannot_be_made(funke):
    power = Division.objects.get(slug="power")
    assert funke.post(URL, form(division=power.pk)).status_code == 422
    assert not Account.objects.exists()


def test_pbi_makes_any_divisions(cast, client_of):
    power = Division.objects.get(slug="power")
    assert client_of(cast.tunde).post(URL, form(division=power.pk)).status_code == 302


def test_a_parent_is_looked_up_by_name_and_taken_by_code(zenith, funke):
    html = funke.get("/accounts/near/", {"lookup": "1", "parent": "zenith"}).content.decode()
    assert '<option value="A001 · Zenith Bank PLC">Motors' in html
    again = funke.get("/accounts/near/", {"lookup": "1", "parent": "A001 · Zenith Bank PLC"}).content.decode()
    assert again == html


@pytest.mark.parametrize("written", ["a001", "A001 · Zenith Bank PLC", "A001 · what it was called before"])
def test_a_parent_is_taken_by_its_code(zenith, funke, written):
    funke.post(URL, form(parent=written))
    assert Account.objects.get(name="Honeywell Flour Mills").parent == zenith


@pytest.mark.parametrize("who", ["chinedu", "halima"])
def test_readers_do_not_create(cast, client_of, who):
    client = client_of(getattr(cast, who))
    assert client.get(URL).status_code == client.post(URL, form()).status_code == 403
    assert not Account.objects.exists()


# --- contacts ---


def person(**values):
    return {"full_name": "Bola Ige", "account": "A001", "is_active": "on", "key": "k2", "consent": "unknown", **values}


def test_a_contact_starts_at_its_account(zenith, funke):
    html = funke.get("/contacts/new/?account=a001&name=Bola").content.decode()
    assert 'value="A001 · Zenith Bank PLC"' in html and 'value="Bola"' in html


def test_a_contact_of_an_account_that_is_not_there_starts_with_what_was_asked(zenith, funke):
    assert 'value="A999"' in funke.get("/contacts/new/?account=A999").content.decode()


def test_a_contact_is_created_once(zenith, funke):
    for _ in range(2):
        assert funke.post("/contacts/new/", person(mobile="08051294177")).status_code == 302
    bola = Contact.objects.get(full_name="Bola Ige")
    assert (bola.account, bola.mobile, bola.is_active) == (zenith, "+2348051294177", True)


def test_a_near_contact_asks_for_a_word(zenith, funke):
    near = funke.get("/contacts/near/", {"full_name": "Ada Okoro", "account": "A001"}).content.decode()
    assert "C002" in near and "Procurement" in near
    assert funke.post("/contacts/new/", person(full_name="Ada Okoro")).status_code == 422
    assert funke.post("/contacts/new/", person(full_name="Ada Okoro", another_because="cousin")).status_code == 302
    assert NearMatchWaiver.objects.get().near_codes == ["C002"]


def test_a_contact_needs_a_known_account(zenith, funke):
    for account in ("", "A999"):
        response = funke.post("/contacts/new/", person(account=account))
        assert response.status_code == 422 and "account" in response.context["form"].errors


def test_another_divisions_contact_is_refused_in_words(zenith, cast, client_of):
    response = client_of(cast.emeka).post("/contacts/new/", person())
    assert response.status_code == 422 and "belongs to another division" in response.content.decode()


@pytest.mark.parametrize("number", ["12", "call the office", "0803 123", "0803 123 4567 890 123", "080312345678"])
def test_what_is_no_phone_number_is_refused_and_stays_in_the_form(funke, number):
    response = funke.post(URL, form(main_phone=number, industry="Food"))
    assert response.status_code == 422 and not Account.objects.exists()
    assert "needs all its digits" in str(response.context["form"].errors["main_phone"])
    html = response.content.decode()
    assert f'value="{number}"' in html and 'value="Food"' in html


@pytest.mark.parametrize(
    "number", ["", "0803 123 4567", "+44 20 7946 0958", "01 234 5678", "0201 234 5678", "8031234567"]
)
def test_every_spelling_of_a_whole_number_is_taken(funke, number):
    assert funke.post(URL, form(main_phone=number)).status_code == 302


def test_a_contacts_number_is_looked_at_too(zenith, funke):
    person = {"full_name": "Uche Obi", "account": "A001", "mobile": "12", "key": "k2"}
    response = funke.post("/contacts/new/", person)
    assert response.status_code == 422 and "needs all its digits" in str(response.context["form"].errors["mobile"])
    assert funke.post("/contacts/new/", person | {"mobile": "0803 765 4321"}).status_code == 302
