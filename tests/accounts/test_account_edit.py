"""Editing accounts and contacts: nobody overwrites what they haven't seen."""

import pytest
import time_machine
from django.core.cache import cache

from accounts.people.models import Division
from accounts.records import actions
from accounts.records.models import Account, Contact
from tests.conftest import NOW

URL = "/accounts/A001/edit/"


@pytest.fixture(autouse=True)
def frozen():
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def funke(cast, client_of):
    return client_of(cast.funke)


def form(page, **values):
    """What a browser would send back from the page, with some fields typed anew."""
    shown = page.context["form"]
    sent = {name: shown[name].value() for name in shown.fields}
    return {name: value for name, value in {**sent, **values}.items() if value not in (None, False)}


def test_the_form_shows_what_is_saved(zenith, funke):
    html = funke.get(URL).content.decode()
    assert 'value="Zenith Bank PLC"' in html and 'value="+234 803 123 4567"' in html and 'value="102345"' in html


def test_it_saves_and_says_so(zenith, funke, cast):
    response = funke.post(URL, form(funke.get(URL), address="Plot 84, Ajose Adeogun", industry="Banking"))
    assert response.url == zenith.get_absolute_url()
    zenith.refresh_from_db()
    assert (zenith.address, zenith.industry, zenith.version) == ("Plot 84, Ajose Adeogun", "Banking", 2)
    assert zenith.main_phone == "+2348031234567" and zenith.erp_customer_id == "102345"
    assert zenith.history.first().history_user == cast.funke


def test_a_conflict_shows_both_and_a_second_save_decides(zenith, funke, cast):
    stale = form(funke.get(URL), name="Zenith Bank Plc", address="Mine")
    actions.edit_account(
        zenith, by=cast.aisha, at=NOW, values={"address": "Theirs", "industry": "Banking"}, seen_version=1
    )
    response = funke.post(URL, stale)
    html = response.content.decode()
    assert response.status_code == 422 and "Aisha Bello saved this" in html
    shown = {row["name"]: (row["theirs"], row["mine"]) for row in response.context["clashing"]}
    assert shown == {"address": ("Theirs", "Mine")}  # the name was changed here alone
    assert {row["name"]: row["theirs"] for row in response.context["taken"]} == {"industry": "Banking"}
    zenith.refresh_from_db()
    assert zenith.address == "Theirs"
    assert funke.post(URL, form(response)).status_code == 302
    zenith.refresh_from_db()
    assert (zenith.name, zenith.address, zenith.version) == ("Zenith Bank Plc", "Mine", 3)
    assert zenith.industry == "Banking"  # nobody here touched it


def test_a_conflict_with_other_fields_only_keeps_both(zenith, funke, cast):
    power = Division.objects.get(slug="power")
    stale = form(funke.get(URL), address="Mine", note="Line one\r\nline two")
    values = {"industry": "Banking", "division": power, "main_phone": "0803 999 8888"}
    actions.edit_account(zenith, by=cast.tunde, at=NOW, values=values, seen_version=1)
    response = funke.post(URL, stale)  # another division's by now: the verb says so first
    assert "another division" in response.content.decode()
    actions.edit_account(zenith, by=cast.tunde, at=NOW, values={"division": zenith.division}, seen_version=2)
    response = funke.post(URL, stale)
    assert response.context["clashing"] == []
    assert {row["name"]: row["theirs"] for row in response.context["taken"]} == {
        "industry": "Banking",
        "main_phone": "+234 803 999 8888",
    }
    assert funke.post(URL, form(response)).status_code == 302
    zenith.refresh_from_db()
    assert (zenith.address, zenith.industry, zenith.main_phone) == ("Mine", "Banking", "+2348039998888")


def test_a_form_without_a_version_conflicts(zenith, funke):
    sent = form(funke.get(URL), address="Mine")
    del sent["version"]
    assert funke.post(URL, sent).status_code == 422
    assert Account.objects.get().address == ""


def test_a_refusal_stands_at_its_field_and_keeps_what_was_typed(zenith, funke):
    Account.objects.create(code="A002", name="Other", erp_customer_id="7", origin="hub", created_at=NOW)
    response = funke.post(URL, form(funke.get(URL), erp_customer_id="7", address="Kept"))
    assert response.context["form"].errors["erp_customer_id"] == ["ERP customer ID 7 is Other's (A002)."]
    assert 'value="Kept"' in response.content.decode()


def test_its_own_parent_is_refused_in_words(zenith, funke):
    response = funke.post(URL, form(funke.get(URL), parent="A001"))
    assert "its own parent" in response.content.decode()


def test_another_division_reads_why_it_may_not(zenith, cast, client_of):
    emeka = client_of(cast.emeka)
    html = emeka.get(URL).content.decode()
    assert "belongs to another division" in html and 'name="address"' not in html
    response = emeka.post(URL, {"name": "Mine now", "version": 1})
    assert response.status_code == 422
    assert Account.objects.get().name == "Zenith Bank PLC"


@pytest.mark.parametrize("who", ["chinedu", "halima"])
def test_readers_do_not_edit(zenith, cast, client_of, who):
    client = client_of(getattr(cast, who))
    assert client.get(URL).status_code == client.post(URL, {"name": "X", "version": 1}).status_code == 403


def test_an_unknown_code_is_not_found(zenith, funke):
    assert funke.get("/accounts/A999/edit/").status_code == funke.get("/contacts/C999/edit/").status_code == 404


def test_a_contact_is_edited_with_its_consent(zenith, funke):
    page = funke.get("/contacts/C002/edit/")
    sent = form(page, mobile="0805 129 4177", consent="opted_out", consent_on="2026-03-01", is_active=False)
    assert funke.post("/contacts/C002/edit/", sent).status_code == 302
    ada = Contact.objects.get(code="C002")
    assert (ada.mobile, ada.consent, str(ada.consent_on), ada.is_active) == (
        "+2348051294177", "opted_out", "2026-03-01", False,
    )  # fmt: skip
    assert 'value="2026-03-01"' in funke.get("/contacts/C002/edit/").content.decode()


def test_a_contact_moves_to_another_account_by_code(zenith, funke):
    motors = Division.objects.get(slug="motors")
    other = Account.objects.create(code="A002", name="Other", origin="hub", created_at=NOW, division=motors)
    funke.post("/contacts/C002/edit/", form(funke.get("/contacts/C002/edit/"), account="a002"))
    assert Contact.objects.get(code="C002").account == other


def test_a_contacts_conflict_shows_phones_and_ticks_in_words(zenith, funke, cast):
    stale = form(funke.get("/contacts/C002/edit/"), mobile="0805 129 4177")
    ada = Contact.objects.get(code="C002")
    values = {"is_active": False, "mobile": "0803 999 8888"}
    actions.edit_contact(ada, by=cast.aisha, at=NOW, values=values, seen_version=1)
    response = funke.post("/contacts/C002/edit/", stale)
    [mobile], [left] = response.context["clashing"], response.context["taken"]
    assert (mobile["mine"], mobile["theirs"]) == ("+234 805 129 4177", "+234 803 999 8888")
    assert (left["name"], left["mine"], left["theirs"]) == ("is_active", "Yes", "No")
    assert not response.context["form"]["is_active"].value()


def test_an_old_number_that_nobody_touches_is_let_be(zenith, funke):
    Account.objects.filter(pk=zenith.pk).update(main_phone="12")
    page = funke.get(URL)
    assert funke.post(URL, form(page, address="1 Marina")).status_code == 302
    refused = funke.post(URL, form(funke.get(URL), main_phone="13", address="2 Marina"))
    assert refused.status_code == 422 and "needs all its digits" in str(refused.context["form"].errors["main_phone"])
    zenith.refresh_from_db()
    assert (zenith.main_phone, zenith.address) == ("12", "1 Marina")
