"""My day: what I said I would do, whom I talked to, and what to do when there is nothing yet."""

import re
from datetime import timedelta

import pytest
import time_machine

from accounts.records.models import Contact
from interactions.log.actions import complete_action, log_interaction, void_interaction
from mikano_cx.pages import my_day
from tests.conftest import NOW, TODAY


@pytest.fixture(autouse=True)
def frozen():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def plan(cast, zenith):
    def planned(action, days=None, *, by=cast.funke, ago=0):
        due = None if days is None else TODAY + timedelta(days=days)
        return log_interaction(
            by=by, at=NOW - timedelta(days=ago), account=zenith, channel="phone", next_action=action, due_on=due
        )

    return planned


def day(client):
    return client.get("/").context["day"]


def words(entries):
    return [entry.next_action for entry in entries]


def test_an_empty_day_teaches(cast, client_of):
    html = client_of(cast.funke).get("/").content.decode()
    assert "Your day starts with one entry" in html
    assert "Log an interaction" in html


def test_an_empty_day_of_a_reader_offers_nothing_to_log(cast, client_of):
    html = client_of(cast.halima).get("/").content.decode()
    assert "You read everything here" in html
    assert "Log interaction" not in html


def test_an_empty_day_of_it_leads_to_what_it_does(cast, client_of):
    chinedu = client_of(cast.chinedu)
    html = chinedu.get("/").content.decode()
    for url in ("/admin/accounts/staff/", "/ownership/leaving/", "/admin/accounts/job/"):
        assert f'href="{url}"' in html and chinedu.get(url).status_code == 200


def test_it_sorts_my_actions_by_their_day(cast, plan, client_of):
    for action, days in (
        ("late", -2),
        ("later", -1),
        ("now", 0),
        ("soon", 3),
        ("week", 7),
        ("far", 8),
        ("some day", None),
    ):
        plan(action, days)
    mine = day(client_of(cast.funke))
    assert words(mine.overdue) == ["later", "late"]
    assert words(mine.due_today) == ["now"]
    assert words(mine.coming) == ["soon", "week"]
    assert words(mine.undated) == ["some day"]
    assert mine.week.overdue == 2


def test_it_shows_nobody_elses_nor_done_nor_void_actions(cast, plan, client_of):
    plan("Emeka's", 0, by=cast.emeka)
    complete_action(plan("done", 0), by=cast.funke, at=NOW)
    void_interaction(plan("void", 0), by=cast.aisha, at=NOW, reason="Twice")
    mine = day(client_of(cast.funke))
    assert not (mine.overdue or mine.due_today or mine.coming or mine.undated)
    assert not mine.is_new


def test_of_hundreds_overdue_it_shows_the_latest_and_counts_all(cast, plan, client_of):
    for n in range(25):
        plan(f"late {n}", -1 - n)
    client = client_of(cast.funke)
    mine = day(client)
    assert (len(mine.overdue), mine.week.overdue, mine.overdue[0].next_action) == (15, 25, "late 0")
    html = client.get("/").content.decode()
    assert "The latest 15 of 25." in html
    assert 'href="/interactions/?action=mine_overdue"' in html
    assert len(client.get("/interactions/?action=mine_overdue").context["table"].rows) == 25


def test_today_comes_first_where_much_is_overdue(cast, plan, client_of):
    client = client_of(cast.funke)
    headings = lambda: re.findall(r"<h2>(Overdue|Today)</h2>", client.get("/").content.decode())  # noqa: E731
    for n in range(15):
        plan(f"late {n}", -1 - n)
    assert headings() == ["Overdue", "Today"]
    plan("late 15", -16)
    assert headings() == ["Today", "Overdue"]


def test_where_it_stops_counting_it_says_so(cast, plan, client_of, monkeypatch):
    monkeypatch.setattr(my_day, "OVERDUE_COUNTED", 20)
    for n in range(21):
        plan(f"late {n}", -1 - n)
    html = client_of(cast.funke).get("/").content.decode()
    assert '<span class="count">20+</span>' in html and "The latest 15 of 20+." in html


def test_it_counts_my_week_from_monday(cast, plan, client_of):
    plan("this week", 0)
    plan("last week", 0, ago=1)
    assert (day(client_of(cast.funke)).week.entries, day(client_of(cast.funke)).week.accounts) == (1, 1)


def test_recent_accounts_are_those_i_logged_with(cast, plan, client_of):
    plan("", None)
    assert [account.code for account in day(client_of(cast.funke)).recent] == ["A001"]
    assert day(client_of(cast.emeka)).recent == []


def test_done_and_log_are_one_click(cast, plan, client_of):
    entry = plan("Send the quote", 0)
    html = client_of(cast.funke).get("/").content.decode()
    assert f'action="/interactions/{entry.code}/done/"' in html
    assert f"/interactions/log/?account=A001&amp;completes={entry.code}" in html
    assert 'name="due_on" value="2026-03-17"' in html


def test_its_queries_do_not_grow(cast, plan, zenith, client_of, django_assert_max_num_queries):
    client = client_of(cast.funke)

    def load(count):
        for n in range(count):
            person = Contact.objects.create(
                code=f"N{Contact.objects.count()}",
                full_name=f"Person {n}",
                account=zenith,
                origin="hub",
                created_at=NOW,
            )
            for days in (-1, 0, 1, None):
                due = None if days is None else TODAY + timedelta(days=days)
                log_interaction(by=cast.funke, at=NOW, contact=person, channel="phone", next_action="Call", due_on=due)
        with django_assert_max_num_queries(12) as queries:
            client.get("/")
        return len(queries)

    assert load(3) == load(27)
