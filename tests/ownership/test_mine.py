"""What one holds, and what ends soon."""

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.lists.models import SavedView
from mikano_cx.kit.local_time import day_start
from ownership.replay.models import OwnerReview
from tests.conftest import NOW, TODAY
from tests.ownership.account_lists import logged, many_orphans, met, names, rows_of

MINE, EXPIRING = "/ownership/mine/", "/ownership/expiring/"


@pytest.fixture(autouse=True)
def now():
    cache.clear()
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        yield


@pytest.fixture
def held(cast):
    """Funke owns two (one nearly lapsed) and leads one; Emeka owns one of Motors'."""
    near = logged(cast.funke, "Nearly lapsed", at=NOW - timedelta(days=330))
    far = logged(cast.funke, "Long to go", at=NOW - timedelta(days=10))
    orphan = logged(cast.tunde, "An orphan once", at=NOW - timedelta(days=100))
    met(cast.funke, orphan, NOW - timedelta(days=80))
    emekas = logged(cast.tunde, "Emeka’s", at=NOW - timedelta(days=20))
    met(cast.emeka, emekas, NOW - timedelta(days=20))
    return near, far, orphan, emekas


def test_what_ends_first_comes_first(cast, client_of, held):
    response = client_of(cast.funke).get(MINE)
    assert names(response) == ["An orphan once", "Nearly lapsed", "Long to go"]
    html = response.content.decode()
    assert "10 days left" in html and "35 days left" in html


def test_a_lead_of_today_has_90_days_and_an_owner_365_on_every_page(cast, client_of):
    orphan = logged(cast.tunde, "Claimed today", at=NOW - timedelta(days=100))
    met(cast.funke, orphan)
    owned = logged(cast.funke, "Logged today")
    funke = client_of(cast.funke)

    def shown(url):
        return funke.get(url).content.decode()

    assert "90 days left" in shown(MINE) and "365 days left" in shown(MINE)
    assert "lead, 90 days left" in shown("/accounts/")
    assert "yours until 14 Jun, 90 days" in shown(f"/accounts/{orphan.code}/")
    assert "yours until 16 Mar 2027, 365 days" in shown(f"/accounts/{owned.code}/")
    assert "90 days left: the lead lapses at the end of 14 Jun 2026" in shown(f"/ownership/why/{orphan.code}/")


def test_an_account_under_review_says_so_in_place_of_an_end(cast, client_of):
    one, other = many_orphans(2, owner=cast.funke, ownership_state="owned")
    OwnerReview.objects.create(account=one, workbook_owner=cast.funke, computed_state="orphan", created_at=NOW)
    funke = client_of(cast.funke)
    html = funke.get(MINE).content.decode()
    assert html.count("under review</span>") == 1 and f'href="/ownership/why/{one.code}/"' in html
    assert rows_of(funke.get(f"{MINE}?columns=ends&_export=csv"))[1:] == [[one.name, "under review"], [other.name, ""]]


@pytest.mark.parametrize(("days", "told"), [(89, "1 day left"), (90, "last day"), (91, "ended")])
def test_the_last_day_is_still_a_day(cast, client_of, days, told):
    orphan = logged(cast.tunde, "Claimed today", at=NOW - timedelta(days=100))
    met(cast.funke, orphan)
    with time_machine.travel(NOW + timedelta(days=days), tick=False):
        assert told in client_of(cast.funke).get(MINE).content.decode()


def test_owners_within_60_days_and_leads_within_14_are_marked(cast, client_of):
    ends = {
        name: day_start(TODAY + timedelta(days=days + 1)) for name, days in (("A", 60), ("B", 61), ("C", 14), ("D", 15))
    }
    for (name, at), state in zip(ends.items(), ("owned", "owned", "led", "led"), strict=True):
        (account,) = many_orphans(1, owner=cast.funke, ownership_state=state, expires_at=at)
        type(account).objects.filter(pk=account.pk).update(name=name)
    html = client_of(cast.funke).get(MINE).content.decode()
    for days, marked in ((60, True), (61, False), (14, True), (15, False)):
        assert (f'badge-warn" title="until the end of {last_day_text(days)}">{days} days left' in html) is marked
    assert names(client_of(cast.funke).get(EXPIRING)) == ["C", "A"]


def last_day_text(days):
    day = TODAY + timedelta(days=days)
    return f"{day.day} {day:%b}"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=led", ["An orphan once"]),
        ("whose=division&sort=owner", ["Emeka’s", "An orphan once", "Nearly lapsed", "Long to go"]),
        ("whose=all&q=emeka", ["Emeka’s"]),
        ("whose=emeka", ["Emeka’s"]),
        ("whose=nobody", ["An orphan once", "Nearly lapsed", "Long to go"]),
    ],
)
def test_it_filters(cast, client_of, held, query, found):
    assert names(client_of(cast.funke).get(f"{MINE}?{query}")) == found


def test_heads_have_a_switch_to_their_division(cast, client_of, held):
    assert "whose=division&amp;sort=owner" in client_of(cast.ngozi).get(MINE).content.decode()
    assert "whose=division&amp;sort=owner" not in client_of(cast.funke).get(MINE).content.decode()


def test_expiring_is_mine_or_my_divisions_or_everybodys(cast, client_of, held):
    near = ["An orphan once", "Nearly lapsed"]
    assert names(client_of(cast.funke).get(EXPIRING)) == near
    assert names(client_of(cast.ngozi).get(EXPIRING)) == []
    assert names(client_of(cast.ngozi).get(f"{EXPIRING}?whose=division")) == near
    assert names(client_of(cast.emeka).get(f"{EXPIRING}?whose=all")) == near
    assert names(client_of(cast.halima).get(EXPIRING)) == near, "who holds nothing sees everybody's"


def test_the_export_has_the_end_and_no_buttons(cast, client_of, held):
    header, *rows = rows_of(client_of(cast.funke).get(f"{MINE}?columns=state,ends&_export=csv"))
    assert header == ["Company", "State", "Ends"]
    assert rows[0] == ["An orphan once", "Led", "2026-03-27"]


def test_a_view_is_saved_under_its_list(cast, client_of):
    funke = client_of(cast.funke)
    asked = {"list_name": "my-accounts", "name": "My leads", "query": "state=led", "next": MINE}
    assert funke.post("/views/save/", asked).url == f"{MINE}?state=led"
    assert SavedView.objects.get().list_name == "my-accounts"
    assert "My leads" in funke.get(MINE).content.decode()
    assert funke.post("/views/save/", {**asked, "next": "//elsewhere/"}).status_code == 400


@pytest.mark.parametrize("url", [MINE, f"{MINE}?whose=division&sort=owner", EXPIRING])
def test_it_costs_the_same_for_3_and_30_rows(cast, client_of, url, django_assert_num_queries):
    client = client_of(cast.funke)
    mine = {"owner": cast.funke, "ownership_state": "owned", "expires_at": NOW + timedelta(days=10)}
    many_orphans(3, **mine)
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    many_orphans(27, **mine)
    assert len(few) <= 12
    with django_assert_num_queries(len(few)):
        assert len(names(client.get(url))) == 25
