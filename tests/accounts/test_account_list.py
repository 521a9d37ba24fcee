"""The list of accounts: its address says what it shows."""

import csv
import io
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.urls import reverse

from accounts.people.models import Division
from accounts.records.models import Account
from accounts.records.views import ACCOUNTS, CONTACTS
from mikano_cx.kit import tables
from mikano_cx.kit.sheets.reader import read
from tests.conftest import NOW

URL = "/accounts/"


@pytest.fixture(autouse=True)
def fresh_suggestions():
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield


def make_accounts(count, start=100, **more):
    division = Division.objects.get(slug="power")
    made = [
        Account(
            code=f"A{n}", name=f"Company {n}", industry="Oil", origin="hub", created_at=NOW, division=division, **more
        ).prepare()
        for n in range(start, start + count)
    ]
    return Account.objects.bulk_create(made)


def names(response):
    return [row.record.name for row in response.context["table"].paginated_rows]


@pytest.fixture
def funke(cast, client_of):
    return client_of(cast.funke)


def test_it_shows_owner_division_and_a_link(zenith, funke):
    html = funke.get(URL).content.decode()
    assert f'href="{zenith.get_absolute_url()}"' in html
    assert "Funke Ade" in html and "Motors" in html and 'href="tel:+2348031234567"' in html


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=zen", True),
        ("q=0803+123+4567", True),
        ("q=102345", True),
        ("q=dangote", False),
        ("division=motors", True),
        ("division=power", False),
        ("division=none", False),
        ("owner=me", True),
        ("owner=nobody", False),
        ("owner=emeka", False),
        ("industry=Finance", True),
        ("industry=Oil", False),
        ("state=owned", True),
        ("state=orphan", False),
        ("untouched=30", True),
        ("q=zen&division=power", False),
    ],
)
def test_it_filters(zenith, funke, query, found):
    make_accounts(1, owner=None) if query == "owner=nobody" else None
    assert ("Zenith Bank PLC" in names(funke.get(f"{URL}?{query}"))) is found


def test_a_touch_within_the_days_takes_it_out(zenith, funke):
    Account.objects.update(last_interaction_at=NOW - timedelta(days=29))
    assert names(funke.get(f"{URL}?untouched=30")) == []
    assert names(funke.get(f"{URL}?untouched=28")) == ["Zenith Bank PLC"]


def test_an_unknown_choice_is_said_and_filters_nothing(zenith, funke):
    response = funke.get(f"{URL}?division=nowhere")
    assert "Zenith Bank PLC" in names(response)
    assert "errorlist" in response.content.decode()


def test_it_sorts_by_name_unless_told(zenith, funke):
    make_accounts(2)
    assert names(funke.get(URL)) == ["Company 100", "Company 101", "Zenith Bank PLC"]
    assert names(funke.get(f"{URL}?sort=-name"))[0] == "Zenith Bank PLC"


def test_sorting_anew_starts_at_the_first_page(zenith, funke):
    make_accounts(30)
    html = funke.get(f"{URL}?page=2&columns=code&sort=-name").content.decode()
    assert 'href="?columns=code&amp;sort=code"' in html


def test_what_one_request_chose_is_not_in_the_next_ones_form(zenith, funke):
    Division.objects.create(slug="pumps", name="Pumps")
    assert "Pumps" in funke.get(f"{URL}?division=pumps").content.decode()
    Division.objects.filter(slug="pumps").delete()
    assert "Pumps" not in funke.get(URL).content.decode()


def test_never_touched_counts_as_oldest(zenith, funke):
    make_accounts(1, last_interaction_at=NOW)
    assert names(funke.get(f"{URL}?sort=-last_touch")) == ["Company 100", "Zenith Bank PLC"]
    assert names(funke.get(f"{URL}?sort=last_touch")) == ["Zenith Bank PLC", "Company 100"]


def test_a_search_keeps_the_sorting(zenith, funke):
    make_accounts(3)
    assert names(funke.get(f"{URL}?q=company&sort=-name")) == ["Company 102", "Company 101", "Company 100"]


def test_it_pages_by_25_and_a_page_too_far_is_the_last(zenith, funke):
    make_accounts(30)
    assert len(names(funke.get(URL))) == 25
    assert len(names(funke.get(f"{URL}?page=2"))) == 6
    assert names(funke.get(f"{URL}?page=99")) == names(funke.get(f"{URL}?page=2"))
    assert names(funke.get(f"{URL}?page=x")) == names(funke.get(URL))


def test_it_never_counts_far(zenith, funke, monkeypatch):
    make_accounts(30)
    monkeypatch.setattr("accounts.lists.list_page.count_up_to", lambda rows, furthest=25: tables.count_up_to(rows, 25))
    html = funke.get(URL).content.decode()
    assert "25+ accounts" in html and "of 25+" in html


@pytest.mark.parametrize(("few", "many", "said"), [(50, 60, "30 accounts"), (10, 60, "30 accounts"), (5, 20, "20+")])
@pytest.mark.parametrize("sort", ["-name", "last_touch", "-last_touch"])
def test_a_search_sorts_alike_however_much_it_finds(zenith, funke, monkeypatch, few, many, said, sort):
    make_accounts(15)
    make_accounts(15, start=115, last_interaction_at=NOW)
    monkeypatch.setattr("accounts.lists.list_page.SEARCHED", few)
    monkeypatch.setitem(vars(ACCOUNTS), "searched_to", many)
    response = funke.get(f"{URL}?q=company&sort={sort}")
    first = {"-name": "Company 129", "last_touch": "Company 100", "-last_touch": "Company 129"}[sort]
    assert names(response)[0] == first
    assert said in response.content.decode()


def test_columns_are_chosen_by_the_address_and_the_name_stays(zenith, funke):
    for query in ("columns=address,code", "columns=code&columns=address"):
        table = funke.get(f"{URL}?{query}").context["table"]
        assert [column.name for column in table.columns] == ["name", "code", "address"]
    assert "main_phone" in [column.name for column in funke.get(f"{URL}?columns=nothing").context["table"].columns]


def test_htmx_gets_the_results_alone_and_the_address_in_few_words(zenith, funke):
    asked = f"{URL}?q=zen&division=&sort=&page=1&" + "&".join(f"columns={name}" for name in ("code", "industry"))
    response = funke.get(asked, headers={"HX-Request": "true"})
    assert "<html" not in response.content.decode() and 'id="table"' in response.content.decode()
    assert response["HX-Push-Url"] == "/accounts/?q=zen&columns=name%2Ccode%2Cindustry"
    assert funke.get(f"{URL}?q=", headers={"HX-Request": "true"})["HX-Push-Url"] == "/accounts/"


@pytest.mark.parametrize("query", ["", "?q=company", "?owner=me&untouched=5"])
def test_it_costs_the_same_for_3_and_30_rows(cast, funke, django_assert_num_queries, query):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    make_accounts(3, owner=cast.funke)
    funke.get(URL)
    with CaptureQueriesContext(connection) as few:
        funke.get(URL + query)
    make_accounts(27, start=200, owner=cast.emeka if query == "" else cast.funke)
    assert len(few) <= 12
    with django_assert_num_queries(len(few)):
        assert len(names(funke.get(URL + query))) == 25


def test_an_empty_list_teaches(cast, client_of):
    assert "add the first one" in client_of(cast.funke).get(URL).content.decode()
    assert "add the first one" not in client_of(cast.halima).get(URL).content.decode()
    assert "Take a filter away" in client_of(cast.halima).get(f"{URL}?q=zzz").content.decode()


def rows_of(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_the_csv_is_what_is_shown_on_all_pages(zenith, funke):
    make_accounts(30)
    response = funke.get(f"{URL}?q=company&columns=code&sort=-name&page=2&_export=csv")
    assert response["Content-Disposition"] == 'attachment; filename="accounts-2026-03-16.csv"'
    header, *rows = rows_of(response)
    assert header == ["Company", "ID"]
    assert len(rows) == 30 and rows[0] == ["Company 129", "A129"]


def test_a_formula_in_a_name_is_only_text(zenith, funke):
    Account.objects.filter(pk=zenith.pk).update(name="=1+1")
    assert rows_of(funke.get(f"{URL}?_export=csv"))[1][0] == "'=1+1"


def test_a_phone_number_is_written_as_people_dial_it(zenith, funke):
    assert rows_of(funke.get(f"{URL}?columns=main_phone&_export=csv"))[1][1] == "+234 803 123 4567"


def test_the_workbook_holds_the_same(zenith, funke, tmp_path):
    Account.objects.filter(pk=zenith.pk).update(name="=1+1", last_interaction_at=NOW)
    file = tmp_path / "accounts.xlsx"
    file.write_bytes(b"".join(funke.get(f"{URL}?columns=last_touch,main_phone&_export=xlsx").streaming_content))
    (tab,) = read(file).tabs
    assert [list(row)[:3] for row in tab.rows][-1] == ["=1+1", NOW.replace(tzinfo=None), "+234 803 123 4567"]


def test_a_workbook_that_would_take_too_long_is_refused_in_words(zenith, funke, monkeypatch):
    make_accounts(3)
    monkeypatch.setattr("accounts.lists.list_page.LARGEST_WORKBOOK", 2)
    response = funke.get(f"{URL}?_export=xlsx")
    assert not response.streaming and "Narrow the list" in response.content.decode()


def test_a_broken_filter_exports_nothing(zenith, funke):
    response = funke.get(f"{URL}?division=nowhere&_export=csv")
    assert not response.streaming


def test_every_role_may_read(zenith, cast, client_of):
    for person in vars(cast).values():
        assert client_of(person).get(reverse("accounts:account_list")).status_code == 200


@pytest.mark.parametrize("query", ["sort=code", "sort=code&q=company"])
@pytest.mark.parametrize("many", [1_000, 0])
def test_codes_sort_as_people_count(zenith, funke, monkeypatch, query, many):
    monkeypatch.setattr("accounts.lists.list_page.SEARCHED", many)
    make_accounts(1, start=1000)
    make_accounts(2)
    right = ["Company 100", "Company 101", "Company 1000"]
    for asked, wanted in ((query, right), (query.replace("code", "-code"), right[::-1])):
        assert [name for name in names(funke.get(f"{URL}?{asked}")) if name.startswith("Company")] == wanted


def test_the_export_sorts_codes_so_too(zenith, funke):
    make_accounts(1, start=1000)
    make_accounts(2)
    lines = b"".join(funke.get(f"{URL}?sort=-code&columns=code&_export=csv").streaming_content).decode("utf-8-sig")
    assert [row[1] for row in csv.reader(io.StringIO(lines))] == ["ID", "A1000", "A101", "A100", "A001"]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's planner")
@pytest.mark.parametrize("sort", ["code", "-code"])
@pytest.mark.parametrize("listing", [ACCOUNTS, CONTACTS])
def test_sorting_by_code_walks_an_index(db, listing, sort):
    table = listing.table(listing.rows(), columns=["name", "code"], order_by=sort)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # the table is small here
        plan = table.data.data[:25].explain()
    assert "_by_code" in plan and "Sort" not in plan, plan
