"""Out-of-turn sales and assignments without effect, for heads to look at."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ownership.replay.models import OwnershipFlag
from tests.conftest import NOW
from tests.ownership.account_lists import logged, many_orphans, names, rows_of, sold

URL = "/ownership/flags/"


@pytest.fixture(autouse=True)
def now():
    cache.clear()
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        yield


@pytest.fixture
def flag(cast):
    """Emeka closed a deal on Funke's account."""
    account = logged(cast.funke, "Dangote Cement", at=NOW - timedelta(days=50))
    sold(account, "INV-77", by=cast.tunde, at=NOW - timedelta(days=5), seller=cast.emeka)
    return OwnershipFlag.objects.get()


def test_it_says_what_happened_and_offers_what_to_do(cast, client_of, flag):
    html = client_of(cast.ngozi).get(URL).content.decode()
    assert "Emeka Nwosu sold INV-77 (NGN 1,500)" in html and "Out-of-turn sale" in html
    assert f'form="see" name="flag" value="{flag.pk}"' in html
    assert f"?account={flag.account.code}&amp;flag={flag.pk}" in html
    assert 'form="see" name="flag"' not in client_of(cast.funke).get(URL).content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", True),
        ("kind=out-of-turn-sale", True),
        ("kind=assignment-ignored", False),
        ("division=motors", True),
        ("division=power", False),
        ("q=dangote", True),
        ("q=lafarge", False),
        ("seen=yes", False),
        ("seen=all", True),
    ],
)
def test_it_filters(cast, client_of, flag, query, found):
    assert names(client_of(cast.halima).get(f"{URL}?{query}")) == ["Dangote Cement"] * found


def test_seen_goes_from_the_list_and_says_by_whom(cast, client_of, flag):
    ngozi = client_of(cast.ngozi)
    for _ in range(2):
        response = ngozi.post(f"{URL}?kind=out-of-turn-sale", {"flag": flag.pk})
        assert response.url == f"{URL}?kind=out-of-turn-sale"
    assert "Seen: out-of-turn sale on Dangote Cement." in [str(m) for m in get_messages(response.wsgi_request)]
    flag.refresh_from_db()
    assert (flag.seen_by, flag.seen_at) == (cast.ngozi, NOW + timedelta(hours=1))
    assert names(ngozi.get(URL)) == [] and names(ngozi.get(f"{URL}?seen=yes")) == ["Dangote Cement"]
    row = rows_of(ngozi.get(f"{URL}?seen=all&columns=told,seen&_export=csv"))[1]
    assert row[2:] == ["Emeka Nwosu sold INV-77 (NGN 1,500)", "Ngozi Eze, 16 Mar 2026"]


def test_another_divisions_head_does_not_see_to_it(cast, client_of, flag):
    cast.ngozi.divisions.clear()
    response = client_of(cast.ngozi).post(URL, {"flag": flag.pk})
    assert [str(m) for m in get_messages(response.wsgi_request)] == [
        "The head of the account's division looks at this."
    ]
    flag.refresh_from_db()
    assert flag.seen_at is None
    assert client_of(cast.funke).post(URL, {"flag": flag.pk}).status_code == 403
    assert client_of(cast.ngozi).post(URL, {"flag": "x"}).status_code == 404


def test_it_costs_the_same_for_3_and_30_rows(cast, client_of, flag, django_assert_num_queries):
    def more(count):
        made = many_orphans(count)
        rows = [OwnershipFlag(account=a, kind=flag.kind, at=flag.at, evidence=flag.evidence) for a in made]
        OwnershipFlag.objects.bulk_create(rows)

    client = client_of(cast.ngozi)
    more(3)
    client.get(URL)
    with CaptureQueriesContext(connection) as few:
        client.get(URL)
    more(27)
    assert len(few) <= 12
    with django_assert_num_queries(len(few)):
        assert len(names(client.get(URL))) == 25
