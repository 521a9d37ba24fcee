"""The pool of orphans, and claiming one by logging a substantive interaction."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.records.models import Contact
from interactions.log.models import Interaction
from interactions.sales.actions import record_credit_note
from ownership.replay.actions.sweep import sweep
from ownership.replay.models import OwnerReview
from tests.conftest import NOW
from tests.ownership.account_lists import LATELY, LONG_AGO, logged, many_orphans, met, names, rows_of, sold, unassigned

URL = "/ownership/pool/"


@pytest.fixture(autouse=True)
def now():
    cache.clear()
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        yield


@pytest.fixture
def lafarge(cast):
    return logged(cast.tunde, "Lafarge Africa")


def told(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


def claim(client, account, **more):
    form = {"key": "k1", "channel": "phone", "kind": "meeting", "notes": "They want two generators", **more}
    return client.post(f"/ownership/claim/{account.code}/", form)


def test_it_shows_orphans_alone(cast, client_of, lafarge):
    logged(cast.funke, "Held by Funke")
    unassigned(cast, "Waiting for its head", "INV-1")
    assert names(client_of(cast.funke).get(URL)) == ["Lafarge Africa"]


def test_what_waits_for_a_heads_review_is_not_offered(cast, client_of, lafarge):
    review = OwnerReview.objects.create(account=lafarge, computed_state="owned", created_at=NOW)
    assert names(client_of(cast.funke).get(URL)) == []
    OwnerReview.objects.filter(pk=review.pk).update(state="agreed")
    assert names(client_of(cast.funke).get(URL)) == ["Lafarge Africa"]


def test_it_says_who_held_it_and_when_it_was_last_sold_to(cast, client_of):
    account = logged(cast.funke, "Dangote Cement", at=LONG_AGO)
    sold(account, "INV-1", by=cast.tunde, at=LONG_AGO + timedelta(days=10), seller=cast.funke)
    sweep(as_of=NOW, at=NOW)
    row = rows_of(client_of(cast.funke).get(f"{URL}?columns=code,last_sale,former&_export=csv"))
    assert row == [
        ["Company", "ID", "Last sale", "Former holder"],
        ["Dangote Cement", account.code, "2023-10-08", "Funke Ade"],
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=lafarge", True),
        ("q=dangote", False),
        ("division=motors", True),
        ("division=power", False),
        ("industry=Cement", False),
        ("last_sale=never", False),
        ("last_sale=2", False),
        ("last_sale=5", True),
        ("last_sale=old", False),
        ("q=lafarge&last_sale=5", True),
    ],
)
def test_it_filters(cast, client_of, lafarge, query, found):
    sold(lafarge, "INV-1", by=cast.tunde, at=LONG_AGO)
    assert names(client_of(cast.funke).get(f"{URL}?{query}")) == ["Lafarge Africa"] * found


def test_a_sale_that_was_taken_back_is_none(cast, client_of, lafarge):
    invoice = sold(lafarge, "INV-1", by=cast.tunde, at=LATELY)
    record_credit_note(
        by=cast.tunde, at=NOW, invoice_number="CN-1", credits=invoice, sold_on=invoice.sold_on, amount=Decimal(-1500)
    )
    assert names(client_of(cast.funke).get(f"{URL}?last_sale=never")) == ["Lafarge Africa"]


def test_who_sells_may_claim_and_nobody_else(cast, client_of, lafarge):
    assert f"/ownership/claim/{lafarge.code}/" in client_of(cast.emeka).get(URL).content.decode()
    assert "/ownership/claim/" not in client_of(cast.halima).get(URL).content.decode()
    assert claim(client_of(cast.tunde), lafarge).status_code == 403


def test_the_form_says_that_it_claims_and_until_when(cast, client_of, lafarge):
    html = client_of(cast.emeka).get(f"/ownership/claim/{lafarge.code}/").content.decode()
    assert "This claims Lafarge Africa." in html and "until the end of 14 Jun" in html
    assert 'value="left-a-message"' not in html, "only substantive kinds claim"


def test_claiming_is_logging_and_says_who_leads_it_now(cast, client_of, lafarge):
    contact = Contact.objects.create(code="C900", full_name="Ada Obi", account=lafarge, origin="hub", created_at=NOW)
    emeka = client_of(cast.emeka)
    response = claim(emeka, lafarge, contact=contact.pk, next_action="Send the quote", due_on="2026-03-20")
    assert response.url == URL
    assert told(response) == ["You lead Lafarge Africa now until the end of 14 Jun."]
    claim(emeka, lafarge, contact=contact.pk, next_action="Send the quote", due_on="2026-03-20")
    entry = Interaction.objects.get(account=lafarge)
    assert (entry.logged_by, entry.substantive, entry.contact, entry.next_action) == (
        cast.emeka, True, contact, "Send the quote",
    )  # fmt: skip
    lafarge.refresh_from_db()
    assert (lafarge.owner, lafarge.ownership_state) == (cast.emeka, "led")


def test_somebody_was_quicker(cast, client_of, lafarge):
    met(cast.funke, lafarge, NOW + timedelta(minutes=30))
    emeka = client_of(cast.emeka)
    html = emeka.get(f"/ownership/claim/{lafarge.code}/").content.decode()
    assert "Somebody was quicker." in html and "Funke Ade leads Lafarge Africa" in html
    response = claim(emeka, lafarge)
    assert told(response) == [
        "Your entry is logged, but Funke Ade was quicker and leads Lafarge Africa until the end of 14 Jun."
    ]
    assert Interaction.objects.filter(account=lafarge).count() == 2


def test_an_unassigned_account_is_not_claimed(cast, client_of):
    account = unassigned(cast, "Waiting for its head", "INV-1")
    assert "can’t be claimed" in client_of(cast.emeka).get(f"/ownership/claim/{account.code}/").content.decode()
    assert told(claim(client_of(cast.emeka), account)) == [
        "Your entry is logged, but it claimed nothing: Waiting for its head is Unassigned."
    ]


def test_a_form_that_lacks_something_says_what_and_keeps_the_rest(cast, client_of, lafarge):
    response = claim(client_of(cast.emeka), lafarge, channel="")
    assert response.status_code == 422
    html = response.content.decode()
    assert "Choose how it happened" in html and "They want two generators" in html
    assert not Interaction.objects.exists()


@pytest.mark.parametrize(("channel", "kind"), [("meeting", "meeting"), ("site_visit", "site-visit"), ("phone", None)])
def test_the_kind_follows_the_channel_unless_it_is_chosen(cast, client_of, lafarge, channel, kind):
    emeka = client_of(cast.emeka)
    url, htmx = f"/ownership/claim/{lafarge.code}/", {"HX-Request": "true"}
    assert "checked" not in emeka.get(url, headers=htmx).content.decode()
    response = claim(emeka, lafarge, channel=channel, kind="")
    assert [entry.kind.slug for entry in Interaction.objects.all()] == ([kind] if kind else [])
    assert ("Choose what it was" in response.content.decode()) == (kind is None)


def test_in_a_dialog_the_form_comes_alone_and_goes_back_to_the_list(cast, client_of, lafarge):
    url, page = f"/ownership/claim/{lafarge.code}/", f"http://testserver{URL}?division=motors"
    htmx = {"HX-Request": "true", "HX-Current-URL": page}
    emeka = client_of(cast.emeka)
    assert "<html" not in emeka.get(url, headers=htmx).content.decode()
    form = {"key": "k2", "channel": "phone", "kind": "meeting"}
    assert emeka.post(url, form, headers=htmx)["HX-Redirect"] == f"{URL}?division=motors"


@pytest.mark.parametrize("query", ["", "?q=company", "?last_sale=never"])
def test_it_costs_the_same_for_3_and_30_rows(cast, client_of, query, django_assert_num_queries):
    client = client_of(cast.funke)
    many_orphans(3)
    client.get(URL)
    with CaptureQueriesContext(connection) as few:
        client.get(URL + query)
    many_orphans(27)
    assert len(few) <= 12
    with django_assert_num_queries(len(few)):
        assert len(names(client.get(URL + query))) == 25
