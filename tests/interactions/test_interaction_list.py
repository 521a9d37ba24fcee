"""The list of interactions: confidential notes stay confidential in every door of it."""

import csv
import io
from datetime import date, timedelta

import pytest
import time_machine

from accounts.records.models import Contact
from interactions.log.models import Channel, Interaction, InteractionKind
from interactions.log.views.lists import INTERACTIONS
from tests.conftest import NOW, TODAY

URL = "/interactions/"


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel(NOW, tick=False):
        yield


def make(account, code, **values):
    kind = InteractionKind.objects.get(slug=values.pop("kind", "conversation"))
    plain = {
        "occurred_at": NOW, "logged_at": NOW, "contact": Contact.objects.get(code="C001"), "channel": Channel.PHONE,
        "substantive": False, "source": "web",
    }  # fmt: skip
    return Interaction.objects.create(code=code, account=account, kind=kind, **{**plain, **values})


@pytest.fixture
def log(zenith, cast):
    make(zenith, "I00001", notes="Wants a generator", logged_by=cast.funke, occurred_at=NOW - timedelta(days=10),
         next_action="Send the quote", due_on=TODAY - timedelta(days=1))  # fmt: skip
    make(zenith, "I00002", kind="meeting", substantive=True, channel=Channel.MEETING, notes="Secret discount",
         confidential=True, logged_by=cast.ngozi, occurred_at=NOW - timedelta(days=5),
         next_action="Call", due_on=TODAY + timedelta(days=1), contact=None)  # fmt: skip
    make(zenith, "I00003", notes="Twice", logged_by=cast.funke, voided_at=NOW, void_reason="Logged twice",
         source="import", next_action="Nothing", due_on=TODAY - timedelta(days=3))  # fmt: skip
    return zenith


def codes(response):
    return [row.record.code for row in response.context["table"].paginated_rows]


def csv_of(response):
    return b"".join(response.streaming_content).decode("utf-8-sig")


def test_newest_first_with_voided_ones_struck_through(log, cast, client_of):
    response = client_of(cast.funke).get(URL)
    assert codes(response) == ["I00003", "I00002", "I00001"]
    html = response.content.decode()
    assert html.count("is-void") == 1 and "Logged twice" in html


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("logged_by=me", ["I00003", "I00001"]),
        ("logged_by=ngozi", ["I00002"]),
        ("action=open", ["I00002", "I00001"]),
        ("action=overdue", ["I00001"]),
        ("action=done", []),
        ("channel=meeting", ["I00002"]),
        ("substantive=yes", ["I00002"]),
        ("source=import", ["I00003"]),
        ("voided=no", ["I00002", "I00001"]),
        ("voided=yes", ["I00003"]),
        ("division=power", []),
        ("account=a001&voided=yes", ["I00003"]),
        ("since=2026-03-07&until=2026-03-11", ["I00002"]),
        ("since=2026-03-06", ["I00003", "I00002", "I00001"]),
        ("q=zenith", ["I00003", "I00002", "I00001"]),
        ("q=leye", ["I00003", "I00001"]),
        ("q=generator", ["I00001"]),
        ("q=generator+wants", ["I00001"]),
        ("q=i00002", ["I00002"]),
        ("q=discount", ["I00002"]),
        ("q=nothing+such", []),
        ("sort=due", ["I00003", "I00001", "I00002"]),
    ],
)
def test_it_filters_and_sorts(log, cast, client_of, query, found):
    assert codes(client_of(cast.funke).get(f"{URL}?{query}")) == found


def test_it_filters_by_kind(log, cast, client_of):
    kind = InteractionKind.objects.get(slug="meeting")
    response = client_of(cast.funke).get(f"{URL}?kind={kind.pk}")
    assert codes(response) == ["I00002"] and "Meeting" in response.content.decode()


def test_a_common_word_finds_the_same(log, cast, client_of, monkeypatch):
    monkeypatch.setattr("interactions.log.filters.FOUND", 0)
    assert codes(client_of(cast.funke).get(f"{URL}?q=zenith")) == ["I00003", "I00002", "I00001"]
    assert codes(client_of(cast.funke).get(f"{URL}?q=leye&sort=when")) == ["I00001", "I00003"]
    assert codes(client_of(cast.funke).get(f"{URL}?q=leye&division=motors&voided=no")) == ["I00001"]
    assert codes(client_of(cast.funke).get(f"{URL}?q=leye&division=power")) == []


@pytest.mark.parametrize(("most", "said"), [(1, "1+"), (2, "2+"), (3, "3 interactions")])
@pytest.mark.parametrize("found", [0, 1_000])
def test_a_search_that_stops_early_says_so(log, cast, client_of, monkeypatch, found, most, said):
    """All three entries are Zenith's, two of them are Leye's too."""
    monkeypatch.setattr("interactions.log.filters.FOUND", found)
    monkeypatch.setitem(vars(INTERACTIONS), "searched_to", most)
    monkeypatch.setattr("accounts.lists.list_page.SEARCHED", most)
    Contact.objects.filter(code="C001").update(search_text="leye zenith")
    response = client_of(cast.funke).get(f"{URL}?q=zenith")
    assert codes(response) == ["I00003", "I00002", "I00001"][:most] and said in response.content.decode()


def test_strangers_read_no_confidential_notes(log, cast, client_of):
    emeka = client_of(cast.emeka)
    html = emeka.get(URL).content.decode()
    assert "Secret discount" not in html and "Confidential" in html and "Wants a generator" in html
    assert "Secret discount" in client_of(cast.funke).get(URL).content.decode()


def test_strangers_find_no_confidential_notes(log, cast, client_of):
    assert codes(client_of(cast.emeka).get(f"{URL}?q=discount")) == []
    assert codes(client_of(cast.emeka).get(f"{URL}?q=generator")) == ["I00001"]


def test_its_author_reads_it_from_anywhere(log, cast, client_of):
    Interaction.objects.all()
    make(log, "I00004", notes="My own secret", confidential=True, logged_by=cast.emeka)
    html = client_of(cast.emeka).get(f"{URL}?q=secret").content.decode()
    assert "My own secret" in html and "Secret discount" not in html


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_strangers_export_no_confidential_notes(log, cast, client_of, kind):
    response = client_of(cast.emeka).get(f"{URL}?_export={kind}")
    body = b"".join(response.streaming_content)
    if kind == "xlsx":
        import zipfile

        with zipfile.ZipFile(io.BytesIO(body)) as book:
            body = b"".join(book.read(name) for name in book.namelist())
    assert b"Secret discount" not in body and b"Wants a generator" in body


def test_the_export_has_whole_notes_and_real_words(log, cast, client_of):
    long = "Line one\nline two " + "x" * 300
    make(log, "I00005", notes=long, logged_by=cast.funke, due_on=None)
    text = csv_of(client_of(cast.funke).get(f"{URL}?columns=code,notes,kind,channel,source&q=i00005&_export=csv"))
    header, row = csv.reader(io.StringIO(text))
    cells = dict(zip(header, row, strict=True))
    assert cells["Notes"] == long
    assert (cells["Kind"], cells["Channel"], cells["Source"]) == ("Conversation", "Phone", "Hub")


@pytest.mark.parametrize("query", ["", "?q=zenith", "?q=generator&division=motors&action=open&sort=due"])
def test_it_costs_the_same_for_3_and_30_rows(log, cast, client_of, django_assert_num_queries, query):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    funke = client_of(cast.funke)
    funke.get(URL)
    with CaptureQueriesContext(connection) as few:
        funke.get(URL + query)
    for n in range(30):
        make(log, f"I1{n:04}", notes="generator", logged_by=[cast.funke, cast.emeka, cast.ngozi][n % 3],
             next_action="Call", due_on=date(2026, 3, 20))  # fmt: skip
    assert len(few) <= 12
    with django_assert_num_queries(len(few)):
        assert len(codes(funke.get(URL + query))) == 25


def test_an_empty_log_teaches(cast, client_of):
    assert "Log the first one" in client_of(cast.funke).get(URL).content.decode()
    assert "Log the first one" not in client_of(cast.halima).get(URL).content.decode()
