"""The quick log's form, as a browser without JavaScript sends it."""

import json
import re
from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.records.actions import create_account, create_contact
from accounts.records.models import Account, CodeSeries, Contact
from interactions.log.actions import log_interaction, revise_kind
from interactions.log.models import Interaction
from tests.conftest import NOW, TODAY

LOG = "/interactions/log/"
WHO = "/interactions/who/"


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def funke(cast, zenith, client_of):
    CodeSeries.reserve("C", ["C002"])
    return client_of(cast.funke)


def entry(**given):
    """What the three inputs of a plain call send."""
    return {"key": "k1", "picked": "c:C001", "channel": "phone", "notes": "Wants a price.", **given}


def test_it_logs_a_call_with_three_inputs(funke, cast):
    answer = funke.post(LOG, entry())
    assert answer.status_code == 302
    made = Interaction.objects.get()
    assert (made.contact.code, made.account.code, made.channel, made.notes) == (
        "C001",
        "A001",
        "phone",
        "Wants a price.",
    )
    assert (made.occurred_at, made.logged_at, made.logged_by) == (NOW, NOW, cast.funke)
    assert made.kind.slug == "conversation"


def test_of_equal_matches_my_own_come_first(funke, cast):
    for owner, name in ((cast.emeka, "Anchor Mills"), (None, "Bosun Mills"), (cast.funke, "Cedar Mills")):
        made = create_account(by=cast.tunde, at=NOW, values={"name": name})
        Account.objects.filter(pk=made.pk).update(owner=owner)
        person = {"full_name": f"Z. Mills of {name[:5]}", "account": made}
        create_contact(by=cast.tunde, at=NOW, values=person)

    def found(**typed):
        return re.findall(r'data-name="([^"]*)"', funke.get(WHO, typed).content.decode())

    assert found(who="mills") == [
        "Cedar Mills",
        "Z. Mills of Cedar",
        "Anchor Mills",
        "Bosun Mills",
        "Z. Mills of Ancho",
        "Z. Mills of Bosun",
    ]
    assert found(new_account="mills") == ["Cedar Mills", "Anchor Mills", "Bosun Mills"]


def test_it_makes_one_row_of_five_taps(funke):
    for _ in range(5):
        assert funke.post(LOG, entry()).status_code == 302
    assert Interaction.objects.count() == 1


def test_it_logs_with_an_account_alone(funke):
    funke.post(LOG, entry(picked="a:A001"))
    made = Interaction.objects.get()
    assert (made.contact, made.account.code) == (None, "A001")


def test_it_shows_the_candidates_for_a_typed_name(funke):
    answer = funke.post(LOG, entry(picked="", who="tunde"))
    assert answer.status_code == 422
    html = answer.content.decode()
    assert 'value="c:C001"' in html
    assert "Choose who it was." in html
    assert "Wants a price." in html  # what was typed stays
    assert not Interaction.objects.exists()


def test_it_takes_a_typed_code_as_picked(funke):
    assert funke.post(LOG, entry(picked="", who="c002")).status_code == 302
    assert Interaction.objects.get().contact.code == "C002"


@pytest.mark.parametrize(("missing", "sentence"), [("channel", "Choose how it happened"), ("picked", "Say who it was")])
def test_it_says_what_is_missing(funke, missing, sentence):
    answer = funke.post(LOG, entry(**{missing: ""}))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Interaction.objects.exists()


def test_it_keeps_the_key_of_a_rejected_form(funke):
    answer = funke.post(LOG, entry(channel=""))
    assert 'name="key" value="k1"' in answer.content.decode()


def test_a_form_of_its_own_has_a_key_of_its_own(funke):
    keys = {funke.get(LOG).context["form"]["key"].value() for _ in range(2)}
    assert len(keys) == 2


def test_it_is_prefilled_by_the_address(funke):
    html = funke.get(f"{LOG}?contact=C001").content.decode()
    assert 'value="c:C001" data-name="Tunde Leye" checked' in html
    html = funke.get(f"{LOG}?account=A001").content.decode()
    assert 'value="a:A001" data-name="Zenith Bank PLC" checked' in html
    assert funke.get(f"{LOG}?contact=NOBODY").status_code == 200


def test_it_sets_the_next_action_by_a_chip(funke):
    tomorrow = TODAY + timedelta(days=1)
    funke.post(LOG, entry(next_action="Send the quote", due=tomorrow.isoformat()))
    made = Interaction.objects.get()
    assert (made.next_action, made.due_on) == ("Send the quote", tomorrow)


def test_it_sets_the_next_action_by_another_day(funke):
    funke.post(LOG, entry(next_action="Send the quote", due="date", due_on="2026-05-02"))
    assert Interaction.objects.get().due_on == date(2026, 5, 2)


def test_a_due_day_wants_an_action(funke):
    answer = funke.post(LOG, entry(due=TODAY.isoformat()))
    assert answer.status_code == 422
    assert "Say what is to be done by that day." in answer.content.decode()


def test_the_chips_are_the_days_that_they_name(funke):
    chips = dict(funke.get(LOG).context["form"].fields["due"].choices)
    assert chips == {
        "": "No date",
        "2026-03-16": "Today",
        "2026-03-17": "Tomorrow",
        "2026-03-20": "Friday 20 Mar",
        "2026-03-23": "+1 week",
        "date": "Another day",
    }


def test_it_refuses_the_future_and_takes_the_past(funke):
    answer = funke.post(LOG, entry(happened_on="2026-03-17"))
    assert "It can&#x27;t have happened in the future." in answer.content.decode()
    funke.post(LOG, entry(happened_on="2026-03-13", happened_time="15:30"))
    made = Interaction.objects.get()
    assert made.occurred_at.isoformat() == "2026-03-13T14:30:00+00:00"
    assert made.logged_at == NOW


def test_a_kind_that_is_no_longer_offered_has_no_chip(funke, cast):
    revise_kind(by=cast.tunde, at=NOW, slug="order", label="Order", substantive=True, offered=False, effective_from=NOW)
    labels = dict(funke.get(LOG).context["form"].fields["kind"].choices)
    assert "order" not in labels
    assert "quote-sent" in labels
    assert funke.post(LOG, entry(kind="order")).status_code == 422


def test_it_adds_somebody_new_in_the_same_form(funke, cast):
    funke.post(LOG, entry(picked="", new_name="Bola Akin", new_account="Zenith Bank", new_mobile="0805 555 0101"))
    made = Interaction.objects.get()
    assert (made.contact.full_name, made.contact.account.code) == ("Bola Akin", "A001")
    assert made.contact.mobile == "+2348055550101"
    assert made.contact.created_by == cast.funke


def test_somebody_new_works_at_the_account_that_was_picked(funke):
    funke.post(LOG, entry(picked="a:A001", new_name="Bola Akin"))
    assert Interaction.objects.get().contact.account.code == "A001"


def test_somebody_new_beside_a_near_match_wants_a_word(funke):
    given = entry(picked="", new_name="Tunde Leye", new_account="A001")
    answer = funke.post(LOG, given)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "Tunde Leye (C001) looks the same" in html
    assert 'name="another_because"' in html
    assert not Interaction.objects.exists()
    assert Contact.objects.count() == 2
    funke.post(LOG, {**given, "another_because": "his son"})
    assert Interaction.objects.get().contact.waivers.get().word == "his son"


def test_somebody_new_at_an_unknown_account_makes_nothing(funke):
    answer = funke.post(LOG, entry(picked="", new_name="Bola Akin", new_account="Nowhere Ltd"))
    assert answer.status_code == 422
    assert "Choose the account the person works at." in answer.content.decode()
    assert Contact.objects.count() == 2


def test_somebody_new_and_their_call_are_one_transaction(funke):
    answer = funke.post(LOG, entry(picked="", new_name="Bola Akin", new_account="A001", happened_on="2026-12-01"))
    assert answer.status_code == 422
    assert not Contact.objects.filter(full_name="Bola Akin").exists()


def test_it_completes_the_action_that_it_came_from(funke, cast):
    account = Account.objects.get()
    call = log_interaction(by=cast.funke, at=NOW, account=account, channel="phone", next_action="Call again")
    html = funke.get(f"{LOG}?account=A001&completes={call.code}").content.decode()
    assert f'name="completes" value="{call.code}"' in html
    funke.post(LOG, entry(completes=call.code))
    call.refresh_from_db()
    assert (call.done_at, call.done_by) == (NOW, cast.funke)


def test_save_and_schedule_next_asks_for_what_comes_next(funke):
    answer = funke.post(LOG, entry(then="plan"))
    made = Interaction.objects.get()
    assert answer.url == f"{LOG}?after={made.code}"
    page = funke.get(answer.url).content.decode()
    assert "Tunde Leye" in page
    answer = funke.post(answer.url, {"next_action": "Send the quote", "due": "2026-03-20"})
    assert answer.url == made.account.get_absolute_url()
    made.refresh_from_db()
    assert (made.next_action, made.due_on, made.amended_at) == ("Send the quote", date(2026, 3, 20), None)


def test_planning_refuses_in_a_sentence(funke):
    funke.post(LOG, entry())
    after = f"{LOG}?after={Interaction.objects.get().code}"
    answer = funke.post(after, {"next_action": " ", "due": ""})
    assert answer.status_code == 422
    assert "Say what is to be done next." in answer.content.decode()


def test_who_finds_people_and_accounts(funke):
    html = funke.get(WHO, {"who": "0803-123-4567"}).content.decode()
    assert 'value="a:A001"' in html
    html = funke.get(WHO, {"who": "ada ok"}).content.decode()
    assert 'value="c:C002"' in html
    assert "Zenith Bank PLC" in html
    assert "Funke Ade" in html


def test_who_finds_accounts_alone_for_works_at(funke):
    html = funke.get(WHO, {"new_account": "zenith"}).content.decode()
    assert 'name="new_account_picked" value="a:A001"' in html
    assert "c:C001" not in html


def test_who_says_that_nobody_was_found(funke):
    assert "Nobody found for “xyzzy”" in funke.get(WHO, {"who": "xyzzy"}).content.decode()


def test_it_warns_of_somebody_who_opted_out(funke):
    Contact.objects.filter(code="C001").update(consent="opted_out")
    assert "Opted out" in funke.get(f"{LOG}?contact=C001").content.decode()


def test_through_htmx_it_closes_the_dialog_and_says_so(funke):
    htmx = {"HX-Request": "true", "HX-Current-URL": "http://testserver/"}
    answer = funke.post(LOG, entry(), headers=htmx)
    assert set(json.loads(answer["HX-Trigger"])) == {"hub:close", "hub:logged"}
    assert answer["HX-Reswap"] == "none"
    html = answer.content.decode()
    assert 'hx-swap-oob="beforeend"' in html
    assert f'href="{Interaction.objects.get().get_absolute_url()}"' in html
    assert "<html" not in html


def test_through_htmx_the_page_of_the_form_goes_to_the_account(funke):
    htmx = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{LOG}?account=A001"}
    answer = funke.post(LOG, entry(), headers=htmx)
    assert answer["HX-Redirect"] == reverse("pages:account", args=["A001"])


@pytest.mark.parametrize("person", ["chinedu", "halima"])
def test_who_only_reads_logs_nothing(cast, zenith, client_of, person):
    client = client_of(getattr(cast, person))
    assert client.get(LOG).status_code == 403
    assert client.post(LOG, entry()).status_code == 403
    assert client.get(WHO, {"who": "tunde"}).status_code == 403
    assert not Interaction.objects.exists()


def test_saving_asks_for_nothing_twice(cast, zenith, client_of):
    client = client_of(cast.funke)
    Account.objects.update(created_at=NOW - timedelta(days=1))
    form = {"key": "k1", "picked": "c:C001", "channel": "phone", "notes": "Called."}
    client.post("/interactions/log/", {**form, "key": "k0"})
    with CaptureQueriesContext(connection) as queries:
        client.post("/interactions/log/", form)
    assert Interaction.objects.count() == 2
    asked = [query["sql"] for query in queries.captured_queries if "SAVEPOINT" not in query["sql"]]
    assert len(asked) <= 11
    assert sum("interactions_kindversion" in sql for sql in asked) == 1
    assert sum(sql.startswith("SELECT") and "accounts_contact" in sql for sql in asked) == 1


# --- somebody new who may be there already ---------------------------------------------------------------------------


def newcomer(**given):
    return entry(picked="", who="", new_name="Tunde Leye", new_account="A001", **given)


def test_near_matches_show_while_a_new_name_is_typed(funke, zenith):
    Contact.objects.filter(code="C001").update(last_interaction_at=NOW)
    html = funke.get(WHO, {"near": "", "new_name": "tunde leye"}).content.decode()
    for words in ("C001", "Funke Ade", "last touch", "today", 'name="use" value="c:C001"', 'name="another_because"'):
        assert words in html
    assert "<html" not in html
    near_spelling = {"near": "", "new_name": "Tunde Leyo"}
    assert "C001" not in funke.get(WHO, near_spelling).content.decode()
    assert "C001" in funke.get(WHO, near_spelling | {"new_account_picked": "a:A001"}).content.decode()
    assert funke.get(WHO, {"near": "", "new_name": "Tu"}).content.decode().strip() == ""


def test_a_new_number_shows_whose_it_is(funke, zenith):
    Contact.objects.filter(code="C002").update(mobile="+2348051294177")
    html = funke.get(WHO, {"near": "", "new_mobile": "0805 129 4177"}).content.decode()
    assert "C002" in html and "same mobile number" in html


def test_a_refused_save_shows_them_too_and_one_is_used_by_a_button(funke):
    answer = funke.post(LOG, newcomer(confidential="on", next_action="Call again", due=TODAY.isoformat()))
    html = answer.content.decode()
    assert answer.status_code == 422 and not Interaction.objects.exists()
    assert "looks the same" in html and 'type="submit" name="use" value="c:C001"' in html
    assert html.index('<button type="submit" hidden>') < html.index('name="use"')  # what Enter presses
    used = funke.post(LOG, newcomer(confidential="on", next_action="Call again", due=TODAY.isoformat(), use="c:C001"))
    form = used.context["form"]
    assert used.status_code == 200 and not form.is_bound and not Interaction.objects.exists()
    shown = {name: form[name].value() for name in ("key", "who", "channel", "notes", "next_action", "due")}
    assert shown == {
        "key": "k1", "who": "Tunde Leye", "channel": "phone", "notes": "Wants a price.", "next_action": "Call again",
        "due": TODAY.isoformat(),
    }  # fmt: skip
    page = used.content.decode()
    assert 'name="picked" value="c:C001"' in page and 'name="use"' not in page
    assert 'value="Tunde Leye"' not in page.split('name="new_name"')[1][:200]
    assert funke.post(LOG, entry()).status_code == 302
    assert Interaction.objects.get().contact.code == "C001" and Contact.objects.count() == 2


def test_what_is_no_record_is_used_by_nobody(funke):
    used = funke.post(LOG, newcomer(use="c:C999"))
    assert used.status_code == 200 and used.context["form"].choices == []


def test_a_newcomers_number_needs_all_its_digits(funke):
    answer = funke.post(LOG, entry(picked="", new_name="Uche Obi", new_account="A001", new_mobile="12"))
    assert answer.status_code == 422 and "needs all its digits" in str(answer.context["form"].errors["new_mobile"])
    assert not Interaction.objects.exists() and Contact.objects.count() == 2
