"""Recording that somebody leaves or comes back: what happens is shown first, and nothing is written by looking."""

from datetime import date, timedelta

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.people.models import Movement
from accounts.records.models import Account
from interactions.log.actions import log_interaction
from mikano_cx.kit.local_time import day_start
from mikano_cx.kit.refusal import Refused
from ownership.departures.preview import preview_departure
from ownership.replay.actions.sweep import sweep
from ownership.replay.models import OwnerReview
from tests.conftest import NOW, TODAY
from tests.ownership.account_lists import LATELY, logged, met, rows_of, sold
from tests.pages.conftest import everything

URL = "/ownership/leaving/"
FRIDAY = TODAY + timedelta(days=4)


@pytest.fixture(autouse=True)
def now():
    cache.clear()
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        yield


@pytest.fixture
def funkes(cast):
    """Funke owns one that bought lately, one that never bought, and leads one; and one of hers Emeka took over."""
    bought = logged(cast.funke, "Bought lately", at=LATELY)
    sold(bought, "INV-1", by=cast.tunde, at=LATELY, seller=cast.funke)
    never = logged(cast.funke, "Never bought", at=LATELY)
    led = logged(cast.tunde, "Led by her", at=LATELY)
    met(cast.funke, led, NOW - timedelta(days=10))
    lost = logged(cast.funke, "Lost to Emeka", at=LATELY)
    sold(lost, "INV-2", by=cast.tunde, at=NOW - timedelta(days=5), seller=cast.emeka)
    return [bought, never, led]


def preview(person, day=FRIDAY):
    return preview_departure(person, last_working_day=day, at=NOW + timedelta(hours=1))


def told(found):
    return [(c.account.name, c.before.state, c.after.state) for c in found.consequences]


def asked(person="funke", day=FRIDAY, **more):
    return {"person": person, "last_working_day": day.isoformat(), **more}


def messages(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


def test_it_tells_every_accounts_next_state_and_writes_nothing(cast, funkes):
    before = everything()
    found = preview(cast.funke)
    assert told(found) == [
        ("Bought lately", "owned", "unassigned"),
        ("Led by her", "led", "orphan"),
        ("Never bought", "owned", "orphan"),
    ]
    assert found.instant == day_start(FRIDAY + timedelta(days=1)) and found.comes
    assert dict(found.counts) == {"Orphan": 2, "Unassigned": 1}
    assert found.consequences[0].expires_at == day_start(date(2026, 12, 7))
    assert everything() == before


def test_what_was_told_is_what_happens(cast, funkes, client_of):
    found = preview(cast.funke)
    client_of(cast.chinedu).post(URL, asked(seen=found.seen))
    assert {a.ownership_state for a in Account.objects.filter(owner=cast.funke)} == {"owned", "led"}
    sweep(as_of=found.instant, at=found.instant)
    stands = [
        (a.name, a.ownership_state) for a in Account.objects.filter(pk__in=[a.pk for a in funkes]).order_by("name")
    ]
    assert stands == [(name, after) for name, _, after in told(found)]
    assert not Account.objects.filter(owner=cast.funke).exists()


def test_what_ends_before_the_day_is_not_told(cast, funkes):
    late = TODAY + timedelta(days=85)  # her lead runs out five days before
    assert [name for name, _, _ in told(preview(cast.funke, late))] == ["Bought lately", "Never bought"]


def test_a_departure_of_the_past_and_its_correction(cast, funkes, client_of):
    past = TODAY - timedelta(days=20)  # before she began to lead
    found = preview(cast.funke, past)
    assert not found.comes and ("Led by her", "led", "orphan") in told(found)
    client_of(cast.chinedu).post(URL, asked(day=FRIDAY, seen=preview(cast.funke).seen))
    assert told(preview(cast.funke, past)) == told(found), "a departure that is recorded already is corrected"


def test_the_page_shows_it_and_a_second_step_records_it(cast, funkes, client_of):
    log_interaction(by=cast.funke, at=NOW, account=funkes[0], channel="phone", next_action="Send the offer")
    chinedu = client_of(cast.chinedu)
    html = chinedu.get(URL, asked()).content.decode()
    assert "at 00:00 on 21 Mar 2026" in html and "Send the offer" in html and "Bought lately" in html
    assert "become orphans" in html and "becomes unassigned" in html
    assert not Movement.objects.exists()
    for _ in range(2):
        response = chinedu.post(URL, asked(seen=preview(cast.funke).seen))
        assert response.url == f"{URL}funke/actions/", "what is still open is handed over next"
    assert messages(response)[-1] == "Recorded: Funke Ade’s last working day is 20 Mar 2026."
    assert Movement.objects.get().at == day_start(FRIDAY + timedelta(days=1))
    assert "Last working day 20 Mar 2026" in chinedu.get(URL).content.decode()


def test_what_nobody_looked_at_is_not_recorded(cast, funkes, client_of):
    looked_at = preview(cast.funke).seen
    met(cast.funke, logged(cast.tunde, "Claimed meanwhile"), NOW + timedelta(minutes=30))
    for seen in ("", looked_at):
        response = client_of(cast.chinedu).post(URL, asked(seen=seen))
        assert response.status_code == 422 and "Claimed meanwhile" in response.content.decode()
    assert not Movement.objects.exists()


def test_open_actions_are_handed_over_to_a_colleague(cast, funkes, client_of):
    for words in ("Send the offer", "Ring them"):
        log_interaction(by=cast.funke, at=NOW, account=funkes[0], channel="phone", next_action=words)
    chinedu, url = client_of(cast.chinedu), f"{URL}funke/actions/"
    html = chinedu.get(url).content.decode()
    assert "Send the offer" in html and "Hand over all 2" in html and "Halima Sule</option>" not in html
    assert "Choose a colleague." in chinedu.post(url, {"to": ""}).content.decode()
    assert chinedu.post(url, {"to": "funke"}).status_code == 422
    response = chinedu.post(url, {"to": "aisha"})
    assert (response.url, messages(response)[-1]) == (
        URL, "Handed 2 next actions over: Aisha Bello has them in My day now.",
    )  # fmt: skip
    assert "Nothing is open" in chinedu.get(url).content.decode()
    assert client_of(cast.ngozi).get(f"{URL}emeka/actions/").status_code == 404


def test_all_of_it_comes_as_a_file(cast, funkes, client_of):
    header, *rows = rows_of(client_of(cast.chinedu).get(URL, asked(_export="csv")))
    assert header == ["Company", "ID", "Division", "Now", "Becomes", "Until", "Holder then"]
    assert rows[0] == ["Bought lately", funkes[0].code, "Motors", "Owned", "Unassigned", "2026-12-07", ""]


def test_owners_of_the_workbook_stay_until_their_head_decides(cast, zenith, client_of):
    assert (told(preview(cast.funke)), preview(cast.funke).on_paper) == ([], 1)
    assert "by the workbook alone" in client_of(cast.ngozi).get(URL, asked()).content.decode()


def test_a_row_says_whom_an_account_under_review_shows(cast, funkes, client_of):
    Account.objects.filter(pk=funkes[0].pk).update(owner=cast.emeka, owner_basis="workbook")
    OwnerReview.objects.create(account=funkes[0], workbook_owner=cast.emeka, computed_state="owned", created_at=NOW)
    html = client_of(cast.ngozi).get(URL, asked()).content.decode()
    assert html.count("the account shows Emeka Nwosu until") == html.count("the account shows") == 1


def test_heads_record_it_for_their_division_and_it_for_all(cast, client_of):
    def offered(person):
        form = client_of(person).get(URL).context["form"]
        return {label for _, label in form.fields["person"].choices}

    assert {"Funke Ade", "Aisha Bello"} <= offered(cast.ngozi)
    assert not {"Emeka Nwosu", "Ngozi Eze"} & offered(cast.ngozi)
    assert "Emeka Nwosu" in offered(cast.chinedu) and "Chinedu Obi" not in offered(cast.chinedu)
    seen = preview(cast.emeka).seen
    response = client_of(cast.ngozi).post(URL, asked("emeka", seen=seen))
    assert response.status_code == 422 and "Choose one of the people offered." in response.content.decode()
    assert client_of(cast.funke).get(URL).status_code == 403
    assert not Movement.objects.exists()


@pytest.mark.parametrize(
    ("person", "day", "said"),
    [
        ("", "2026-03-20", "Choose who leaves."),
        ("funke", "", "Give the last working day."),
        ("funke", "soon", "Choose a day of the calendar."),
        ("funke", "0001-01-01", "Choose a day of this century."),
        ("funke", "9999-12-31", "Choose a day of this century."),
    ],
)
def test_what_is_missing_is_said(cast, client_of, person, day, said):
    response = client_of(cast.chinedu).get(URL, {"person": person, "last_working_day": day})
    assert response.status_code == 422 and said in response.content.decode()
    with pytest.raises(Refused):
        preview(cast.funke, date.max)


def test_coming_back_gives_back_nothing_and_a_mistake_everything(cast, funkes, client_of):
    ngozi, back = client_of(cast.ngozi), f"{URL}funke/back/"
    past = TODAY - timedelta(days=1)
    ngozi.post(URL, asked(day=past, seen=preview(cast.funke, past).seen))
    assert not Account.objects.filter(owner=cast.funke).exists()
    assert ngozi.post(back, {"what": "return"}).status_code == 422
    response = ngozi.post(back, {"what": "return", "first_day": (past - timedelta(days=2)).isoformat()})
    assert "The first day back is after the last working day." in response.content.decode()
    assert ngozi.post(back, {"what": "mistake"}).url == URL
    assert Account.objects.filter(owner=cast.funke).count() == 3
    ngozi.post(URL, asked(day=past, seen=preview(cast.funke, past).seen))
    assert ngozi.post(back, {"what": "return", "first_day": TODAY.isoformat()}).url == URL
    assert not Account.objects.filter(owner=cast.funke).exists()
    assert ngozi.get(back).status_code == 404, "who works here doesn't come back"
    assert client_of(cast.ngozi).get(f"{URL}emeka/back/").status_code == 404


def test_it_costs_the_same_for_3_and_30_accounts(cast, funkes, client_of, django_assert_num_queries):
    client = client_of(cast.chinedu)
    client.get(URL, asked())
    with CaptureQueriesContext(connection) as few:
        client.get(URL, asked())
    for number in range(27):
        logged(cast.funke, f"Number {number}")
    assert len(few) <= 12
    with django_assert_num_queries(len(few)):
        assert "Number 26" in client.get(URL, asked()).content.decode()
