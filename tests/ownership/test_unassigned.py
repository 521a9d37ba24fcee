"""What waits for a head, and assigning it: one account or many, all or none."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.records.models import Account
from ownership.assignments.actions import assign_accounts
from ownership.facts.models import Assignment
from tests.conftest import NOW
from tests.ownership.account_lists import logged, many_orphans, names, unassigned

URL = "/ownership/unassigned/"


@pytest.fixture(autouse=True)
def now():
    cache.clear()
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        yield


@pytest.fixture
def two(cast):
    return [unassigned(cast, name, f"INV-{name[0]}") for name in ("Berger Paints", "Unilever Nigeria")]


def assign(client, accounts, assignee, **more):
    form = {"key": "k1", "accounts": [account.pk for account in accounts], "assignee": assignee.pk, "reason": ""}
    return client.post(f"{URL}?sort=name", form | more)


def owners(accounts):
    return [account.owner for account in Account.objects.filter(pk__in=[a.pk for a in accounts]).order_by("pk")]


def test_heads_see_their_divisions_and_everybody_else_all(cast, client_of, two):
    unassigned(cast, "Power’s own", "INV-P", slug="power")
    logged(cast.tunde, "An orphan")
    assert names(client_of(cast.ngozi).get(f"{URL}?sort=name")) == ["Berger Paints", "Unilever Nigeria"]
    assert "Power’s own" in names(client_of(cast.ngozi).get(f"{URL}?division=all"))
    assert "Power’s own" in names(client_of(cast.funke).get(URL))
    assert names(client_of(cast.ngozi).get(f"{URL}?state=orphan")) == ["An orphan"]
    assert len(names(client_of(cast.ngozi).get(f"{URL}?state=both"))) == 3


def test_only_heads_have_boxes_to_tick_and_only_for_their_divisions(cast, client_of, two):
    powers = unassigned(cast, "Power’s own", "INV-P", slug="power")
    html = client_of(cast.ngozi).get(f"{URL}?division=all").content.decode()
    assert f'value="{two[0].pk}" form="assign"' in html
    assert f'value="{powers.pk}" form="assign"' not in html
    assert 'form="assign"' not in client_of(cast.funke).get(URL).content.decode()
    assert assign(client_of(cast.funke), two, cast.funke).status_code == 403


def test_each_person_is_offered_with_what_they_hold(cast, client_of, two):
    logged(cast.aisha, "Aisha’s own")
    html = client_of(cast.ngozi).get(URL).content.decode()
    assert "Aisha Bello (1 owned, 0 led)" in html
    assert "Halima Sule" not in html.partition('id="id_assignee"')[2].partition("</select>")[0], "who doesn't sell"


def test_it_assigns_all_that_is_ticked_once(cast, client_of, two):
    ngozi = client_of(cast.ngozi)
    for _ in range(2):
        response = assign(ngozi, two, cast.aisha, reason="She knows them")
        assert response.url == f"{URL}?sort=name"
    assert owners(two) == [cast.aisha, cast.aisha]
    assert Assignment.objects.count() == 2
    assert Assignment.objects.first().reason == "She knows them"
    assert "Aisha Bello owns 2 accounts now." in [str(m) for m in get_messages(response.wsgi_request)]


def test_one_that_is_held_by_now_stops_all_and_nothing_typed_is_lost(cast, client_of, two):
    assign_accounts([two[0]], by=cast.ngozi, at=NOW + timedelta(minutes=1), assignee=cast.funke)
    response = assign(client_of(cast.ngozi), two, cast.aisha, reason="She knows them")
    assert response.status_code == 422
    html = response.content.decode()
    assert "Berger Paints (Funke Ade)" in html
    assert owners(two) == [cast.funke, None]
    assert 'value="She knows them"' in html
    assert f'<option value="{cast.aisha.pk}" selected>' in html
    assert f'value="{two[1].pk}" form="assign" aria-label="Assign Unilever Nigeria" checked>' in html


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"accounts": []}, "Choose at least one account."),
        ({"accounts": ["x", "-1", "999999999999999999999"]}, "Choose at least one account."),
        ({"assignee": ""}, "Choose who gets the accounts."),
        ({"assignee": "1e9"}, "Select a valid choice"),
    ],
)
def test_what_is_missing_is_said(cast, client_of, two, change, said):
    form = {"key": "k1", "accounts": [two[0].pk], "assignee": cast.aisha.pk, "reason": "", **change}
    response = client_of(cast.ngozi).post(URL, form)
    assert response.status_code == 422 and said in response.content.decode()
    assert not Assignment.objects.exists()


def test_another_divisions_account_is_refused(cast, client_of):
    powers = unassigned(cast, "Power’s own", "INV-P", slug="power")
    response = assign(client_of(cast.ngozi), [powers], cast.aisha)
    assert "The head of its division assigns Power’s own." in response.content.decode()
    assert not Assignment.objects.exists()


def test_it_costs_the_same_for_3_and_30_rows(cast, client_of, django_assert_num_queries):
    client = client_of(cast.ngozi)
    waiting = {"ownership_state": "unassigned", "expires_at": NOW + timedelta(days=10)}
    many_orphans(3, **waiting)
    client.get(URL)
    with CaptureQueriesContext(connection) as few:
        client.get(URL)
    many_orphans(27, **waiting)
    assert len(few) <= 12
    with django_assert_num_queries(len(few)):
        assert len(names(client.get(URL))) == 25
