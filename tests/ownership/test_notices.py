"""Who is told what of their accounts, once, and who isn't."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.people.actions.notices import read_notices
from accounts.people.models import Division, Notice
from accounts.records.actions import create_account
from interactions.log.actions import log_interaction
from interactions.log.models import InteractionKind
from interactions.sales.actions import record_sale
from mikano_cx.kit.local_time import day_start
from ownership.assignments.actions import assign_accounts
from ownership.disputes.actions.disputes import open_dispute
from ownership.replay.actions.sweep import sweep
from tests.conftest import NOW, TODAY

DAY = timedelta(days=1)


@pytest.fixture
def dangote(cast):
    """Funke's own, logged in the hub; making it was no news."""
    motors = Division.objects.get(slug="motors")
    account = create_account(by=cast.funke, at=NOW, values={"name": "Dangote Cement", "division": motors})
    assert not Notice.objects.exists()
    return account


@pytest.fixture
def orphan(cast):
    values = {"name": "Lafarge Africa", "division": Division.objects.get(slug="motors")}
    return create_account(by=cast.tunde, at=NOW, values=values)


def told():
    return sorted(Notice.objects.values_list("to__username", "kind"))


def meet(by, account, at):
    kind = InteractionKind.objects.get(slug="meeting")
    return log_interaction(by=by, at=at, account=account, channel="meeting", kind=kind)


def sell(cast, account, erp_code, on, at):
    """Emeka closes a deal."""
    cast.emeka.erp_code = erp_code
    cast.emeka.save()
    record_sale(
        by=cast.tunde, at=at, invoice_number="INV-7", account=account, sold_on=on, amount="900", salesperson=cast.emeka
    )


def test_owner_new_owner_and_head_hear_of_an_out_of_turn_sale(cast, dangote):
    sell(cast, dangote, "E1", TODAY + DAY, NOW + 2 * DAY)
    assert told() == [("emeka", "gained"), ("funke", "lost"), ("ngozi", "flag")]
    assert Notice.objects.get(kind="lost").text == f"{dangote} is no longer yours. Emeka Nwosu has it now."
    assert Notice.objects.get(kind="flag").url == f"/ownership/why/{dangote.code}/"


def test_what_is_replayed_again_is_told_no_second_time(cast, dangote):
    sell(cast, dangote, "E1", TODAY + DAY, NOW + 2 * DAY)
    before = told()
    for days in (3, 4):
        meet(cast.funke, dangote, NOW + days * DAY)
        sweep(as_of=day_start(TODAY + days * DAY), at=NOW)
    assert told() == before


def test_who_did_it_is_not_told(cast, orphan):
    meet(cast.emeka, orphan, NOW + DAY)
    assert told() == []  # it was nobody's, and Emeka knows


def test_who_held_it_last_hears_that_it_was_claimed(cast, orphan):
    meet(cast.emeka, orphan, NOW + DAY)
    sweep(as_of=day_start(TODAY + 92 * DAY), at=NOW)  # the lead has run out
    assert told() == [("emeka", "ending"), ("emeka", "lost")] or told() == [("emeka", "lost")]
    Notice.objects.all().delete()
    meet(cast.funke, orphan, NOW + 93 * DAY)
    assert told() == [("emeka", "claimed")]
    assert "Funke Ade claimed" in Notice.objects.get().text


def test_who_claims_anew_what_was_theirs_is_told_of_no_claim(cast, orphan):
    meet(cast.emeka, orphan, NOW + DAY)
    sweep(as_of=day_start(TODAY + 92 * DAY), at=NOW)
    Notice.objects.all().delete()
    meet(cast.emeka, orphan, NOW + 93 * DAY)
    assert told() == []


def test_an_assignee_is_told(cast, orphan):
    assign_accounts([orphan], by=cast.ngozi, at=NOW + DAY, assignee=cast.aisha)
    assert told() == [("aisha", "gained")]


def test_a_clock_about_to_run_out_is_told_once_and_not_too_early(cast, orphan):
    meet(cast.emeka, orphan, NOW)
    ends = TODAY + 91 * DAY
    sweep(as_of=day_start(ends - 16 * DAY), at=NOW)  # 15 days and the last midnight
    assert told() == []
    for days in (15, 14, 1):
        sweep(as_of=day_start(ends - days * DAY), at=NOW)
    assert told() == [("emeka", "ending")]
    assert Notice.objects.get().text.startswith("Your lead of Lafarge Africa")


def test_a_dispute_is_told_to_claimants_and_head_but_not_to_who_opened_it(cast, dangote):
    open_dispute(dangote, by=cast.funke, at=NOW, question="Whose?", claimants=[cast.funke, cast.emeka])
    assert told() == [("emeka", "dispute"), ("ngozi", "dispute")]


# --- in the hub ------------------------------------------------------------------------------------------------------
@pytest.fixture
def news(cast, dangote):
    for person in (cast.funke, cast.emeka):
        for days in range(3):
            Notice.objects.create(
                to=person,
                account=dangote,
                kind="ending",
                about_at=NOW + days * DAY,
                text=f"{person.username} {days} <b>",
                url="/x/",
                at=NOW,
            )


@pytest.fixture
def now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.mark.usefixtures("now", "news")
class TestInTheHub:
    def test_each_sees_their_own_and_marks_their_own(self, cast, client_of):
        client = client_of(cast.funke)
        html = client.get("/ownership/notices/").content.decode()
        assert "funke 0 &lt;b&gt;" in html and "emeka" not in html
        others = Notice.objects.filter(to=cast.emeka).first()
        client.post("/ownership/notices/", {"read": str(others.pk)})
        assert Notice.objects.filter(read_at=None).count() == 6
        client.post("/ownership/notices/", {"read": str(Notice.objects.filter(to=cast.funke).first().pk)})
        assert Notice.objects.filter(to=cast.funke, read_at=None).count() == 2
        client.post("/ownership/notices/", {"read": "all"})
        assert Notice.objects.filter(read_at=None).count() == 3
        assert "Nothing new" in client.get("/ownership/notices/").content.decode()
        assert "funke 0" in client.get("/ownership/notices/?show=all").content.decode()

    def test_the_bell_counts_without_a_query_of_its_own(self, cast, client_of):
        client = client_of(cast.funke)
        client.get("/accounts/")  # what is asked once and kept
        with CaptureQueriesContext(connection) as before:
            html = client.get("/accounts/").content.decode()
        assert "Notices: 3 unread" in html
        read_notices(None, by=cast.funke, at=NOW)
        with CaptureQueriesContext(connection) as after:
            assert "Notices: " not in client.get("/accounts/").content.decode()
        assert len(before) == len(after)
        assert sum("accounts_notice" in query["sql"] for query in before.captured_queries) == 1
        assert "accounts_staffrole" in next(q["sql"] for q in before.captured_queries if "accounts_notice" in q["sql"])

    def test_my_day_shows_the_newest(self, cast, client_of):
        assert "News of your accounts" in client_of(cast.funke).get("/").content.decode()
        assert "News of your accounts" not in client_of(cast.aisha).get("/").content.decode()
