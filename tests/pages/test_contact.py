"""A person at an account: how to reach them, whether they agreed to it, and what happened."""

from datetime import timedelta

import pytest
import time_machine

from accounts.records.actions import edit_contact
from accounts.records.models import Account, Contact
from accounts.records.models.contacts import Consent
from interactions.log.actions import amend_interaction, log_interaction
from tests.conftest import NOW, TODAY

PAGE = "/contacts/C001/"


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def tunde_leye(zenith):
    return Contact.objects.select_related("account").get(code="C001")


def titles(answer):
    return [event.title for event in answer.context["line"].events]


def test_it_says_how_to_reach_the_person(cast, tunde_leye, client_of):
    values = {"mobile": "0805 555 0101", "email": "tunde@zenith.test"}
    edit_contact(tunde_leye, by=cast.funke, at=NOW, values=values, seen_version=1)
    html = client_of(cast.emeka).get(PAGE).content.decode()
    for words in ("Tunde Leye", "Project Manager", "Zenith Bank PLC", "Funke Ade", "+234 805 555 0101"):
        assert words in html
    for link in ("tel:+2348055550101", "https://wa.me/2348055550101", "mailto:tunde@zenith.test"):
        assert f'href="{link}"' in html


def test_it_offers_editing_in_one_s_own_division_alone(cast, tunde_leye, client_of):
    edit = f'href="{PAGE}edit/"'
    assert edit in client_of(cast.funke).get(PAGE).content.decode()
    assert edit not in client_of(cast.emeka).get(PAGE).content.decode()


def test_it_warns_of_who_opted_out(cast, tunde_leye, client_of):
    client = client_of(cast.funke)
    assert "want to be contacted" not in client.get(PAGE).content.decode()
    values = {"consent": Consent.OPTED_OUT, "consent_on": TODAY}
    edit_contact(tunde_leye, by=cast.funke, at=NOW, values=values, seen_version=1)
    answer = client.get(PAGE)
    assert "This person doesn’t want to be contacted." in answer.content.decode()
    assert titles(answer)[0] == "Funke Ade set the consent to “Opted out”"


def test_its_time_line_has_this_persons_entries_only(cast, tunde_leye, client_of):
    for code, channel in (("C001", "meeting"), ("C002", "phone")):
        log_interaction(by=cast.funke, at=NOW, contact=Contact.objects.get(code=code), channel=channel)
    assert titles(client_of(cast.funke).get(PAGE)) == ["Meeting", "The hub imported the contact from the workbook"]


def test_a_person_who_moved_keeps_the_story(cast, tunde_leye, client_of, frozen):
    log_interaction(by=cast.funke, at=NOW, contact=tunde_leye, channel="meeting", notes="At Zenith.")
    other = Account.objects.create(
        code="A002", name="Access Bank", division=tunde_leye.account.division, origin="hub", created_at=NOW
    )
    frozen.shift(timedelta(minutes=1))
    edit_contact(tunde_leye, by=cast.funke, at=NOW, values={"account": other}, seen_version=1)
    client = client_of(cast.funke)
    assert titles(client.get(PAGE))[0] == "Funke Ade set the account to Access Bank"
    assert "At Zenith." in client.get(PAGE).content.decode()
    assert titles(client.get("/accounts/A002/"))[0] == "Funke Ade moved the contact Tunde Leye here"
    assert "At Zenith." in client.get("/accounts/A001/").content.decode()


def test_an_unknown_code_is_not_found(cast, client_of):
    assert client_of(cast.funke).get("/contacts/C999/").status_code == 404


def test_its_queries_do_not_grow(cast, tunde_leye, client_of, django_assert_max_num_queries):
    client = client_of(cast.funke)

    def load(count):
        for _ in range(count):
            entry = log_interaction(by=cast.funke, at=NOW, contact=tunde_leye, channel="phone", next_action="Call")
            amend_interaction(entry, by=cast.aisha, at=NOW, text="Hello again")
        with django_assert_max_num_queries(12) as queries:
            client.get(PAGE)
        return len(queries)

    assert load(3) == load(27)
