"""Global search: a page, and the palette's list."""

import pytest

from accounts.records.models import Account, Contact
from interactions.log.actions import log_interaction
from interactions.log.models import Interaction, InteractionKind
from mikano_cx.pages.my_day import search_result
from tests.conftest import NOW

HTMX = {"HX-Request": "true"}


@pytest.fixture
def client(cast, zenith, client_of):
    Contact.objects.filter(code="C002").update(email="ada@zenith.test")
    return client_of(cast.emeka)


@pytest.mark.parametrize("query", ["zen", "A001", "102345", "0803 123 4567", "+234-803-123-4567", "8031234567"])
def test_it_finds_an_account(client, query):
    html = client.get("/search/", {"q": query}).content.decode()
    assert 'href="/accounts/A001/"' in html
    for words in ("A001", "Funke Ade", "+234 803 123 4567", "never touched"):
        assert words in html


@pytest.mark.parametrize("query", ["leye", "tunde l", "C001"])
def test_it_finds_a_person(client, query):
    html = client.get("/search/", {"q": query}).content.decode()
    assert 'href="/contacts/C001/"' in html
    assert "Zenith Bank PLC" in html


@pytest.mark.parametrize("query", ["", "ze", "  "])
def test_it_wants_three_letters(client, query):
    html = client.get("/search/", {"q": query}).content.decode()
    assert "Three letters are enough" in html
    assert "/accounts/A001/" not in html


def test_it_offers_to_create_what_nobody_found(client):
    html = client.get("/search/", {"q": "Sahel & Sons"}).content.decode()
    assert "Nobody found" in html
    assert "/accounts/new/?name=Sahel+%26+Sons" in html


def test_a_reader_is_offered_no_creation(cast, zenith, client_of):
    html = client_of(cast.halima).get("/search/", {"q": "Sahel"}).content.decode()
    assert "Nobody found" in html
    assert "/accounts/new/" not in html


def test_of_more_than_it_shows_it_says_so_and_leads_to_all(client, zenith):
    assert "All matching" not in client.get("/search/", {"q": "zenith"}).content.decode()
    for n in range(30):
        Account.objects.create(code=f"Z{n}", name=f"Zenith & Sons {n}", origin="hub", created_at=NOW)
    html = client.get("/search/", {"q": "zenith & sons"}).content.decode()
    assert "The best 24: 24 accounts, 0 contacts." in html and '<span class="count">24+</span>' in html
    for words in ("accounts", "contacts"):
        assert f'href="/{words}/?q=zenith%20%26%20sons"' in html
    assert client.get("/accounts/?q=zenith%20%26%20sons").context["table"].page.paginator.count == 30


def test_the_palette_gets_options_alone(client):
    html = client.get("/search/", {"q": "zenith"}, headers=HTMX).content.decode()
    assert "<html" not in html
    assert 'href="/accounts/A001/" data-option' in html


def test_the_palette_has_commands(client, cast, client_of):
    html = client.get("/search/", {"q": ""}, headers=HTMX).content.decode()
    for words in ("Log an interaction", "New account", "Go to My day", "Kinds of interaction"):
        assert words in html
    html = client.get("/search/", {"q": "log"}, headers=HTMX).content.decode()
    assert "Log an interaction" in html
    assert "New account" not in html
    assert "Log an interaction" not in client_of(cast.halima).get("/search/", headers=HTMX).content.decode()


def test_what_people_type_is_text(client):
    html = client.get("/search/", {"q": '<b>"zenith'}).content.decode()
    assert "<b>" not in html


@pytest.mark.parametrize("typed", ["{code}", " {small} "])
def test_an_entrys_code_leads_to_the_entry(client, cast, zenith, typed, django_assert_max_num_queries):
    entry = log_interaction(
        by=cast.funke, at=NOW, account=zenith, channel="phone", notes="A secret.", confidential=True
    )
    query = typed.format(code=entry.code, small=entry.code.lower())
    with django_assert_max_num_queries(12):
        page = client.get("/search/", {"q": query}).content.decode()
    with django_assert_max_num_queries(12):
        palette = client.get("/search/", {"q": query}, headers=HTMX).content.decode()
    for html in (page, palette):
        assert f'href="/interactions/{entry.code}/"' in html and "Zenith Bank PLC" in html and "secret" not in html
    assert f'href="/interactions/{entry.code}/" data-option' in palette
    assert "Nobody found" not in page


def test_an_imported_entrys_code_does_too_and_a_plain_word_asks_nothing_more(cast, zenith, django_assert_num_queries):
    imported = Interaction.objects.create(
        code="I-ABCDEFGHIJKL", occurred_at=NOW, logged_at=NOW, account=zenith, channel="phone",
        kind=InteractionKind.objects.get(slug="conversation"), logged_by=cast.funke, source="import", substantive=False,
    )  # fmt: skip
    assert search_result("i-abcdefghijkl").entry == imported
    with django_assert_num_queries(2 + 2):
        assert search_result("zenith").entry is None
