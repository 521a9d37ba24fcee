"""What if the clocks ran differently? Asked before anyone saves it; saved from a day on; met by a sweep."""

from datetime import timedelta

import pytest
import time_machine

from accounts.jobs.models import Job
from accounts.jobs.queue import run_job
from accounts.people.models import Division
from accounts.records.actions import create_account
from accounts.records.models import Account
from interactions.log.actions import log_interaction
from interactions.log.models import InteractionKind
from mikano_cx.kit.local_time import day_start
from mikano_cx.kit.refusal import Refused
from ownership.facts.models import Policy
from ownership.policies.actions.policies import set_policy
from ownership.policies.actions.what_if import ask_what_if
from ownership.policies.models import WhatIf
from ownership.replay import tasks
from ownership.replay.actions.sweep import catch_up, sweep
from ownership.replay.models import OwnerReview, Sweep
from tests.conftest import NOW, TODAY

URL = "/ownership/policy/"
LATER = NOW + timedelta(days=80)


@pytest.fixture
def led(cast):
    """Orphans that Emeka leads since NOW: on the 81st day."""
    kind, motors = InteractionKind.objects.get(slug="meeting"), Division.objects.get(slug="motors")
    made = []
    for name in ("Lafarge Africa", "Ikeja Foods"):
        account = create_account(by=cast.tunde, at=NOW, values={"name": name, "division": motors})
        log_interaction(by=cast.emeka, at=NOW, account=account, channel="meeting", kind=kind)
        made.append(account)
    with time_machine.travel(LATER, tick=False):
        yield made


def test_everybody_reads_it_and_pbi_alone_asks(cast, led, client_of):
    html = client_of(cast.funke).get(URL).content.decode()
    assert "12 months" in html and "90 days" in html and "What if?" not in html
    assert client_of(cast.funke).post(URL, {"orphan_after_months": 12, "lead_days": 60}).status_code == 403
    with pytest.raises(Refused, match="P&BI"):
        ask_what_if(by=cast.ngozi, at=LATER, orphan_after_months=12, lead_days=60)
    assert not WhatIf.objects.exists()


def test_a_small_hub_is_answered_at_once_and_nothing_changes(cast, led, client_of):
    client = client_of(cast.tunde)
    answer = client.post(URL, {"orphan_after_months": "12", "lead_days": "60"})
    asked = WhatIf.objects.get()
    assert answer.url == asked.get_absolute_url()
    assert (asked.counts["accounts"], asked.counts["changed"], asked.counts["freed"]) == (2, 2, 2)
    assert (asked.counts["now_led"], asked.counts["then_orphan"]) == (2, 2)
    html = client_of(cast.funke).get(answer.url).content.decode()
    assert "Lafarge Africa" in html and "Emeka Nwosu" in html and "Make it the policy" not in html
    assert "Make it the policy" in client.get(answer.url).content.decode()
    for account in led:
        account.refresh_from_db()
        assert account.ownership_state == "led"
    assert Policy.objects.count() == 1


def test_all_of_it_goes_out_as_text_and_as_a_workbook(cast, led, client_of):
    client = client_of(cast.tunde)
    client.post(URL, {"orphan_after_months": "12", "lead_days": "60"})
    at = WhatIf.objects.get().get_absolute_url()
    lines = b"".join(client.get(f"{at}accounts.csv").streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Account,Name") and len(lines) == 3
    assert "Nobody's any more,Led,Emeka Nwosu,Orphan," in lines[1]
    answer = client.get(f"{at}accounts.xlsx")
    assert b"".join(answer.streaming_content)[:2] == b"PK"
    assert client.get(f"{at}accounts.exe").status_code == 404


def test_a_row_says_whom_an_account_under_review_shows(cast, led, client_of):
    Account.objects.filter(pk=led[0].pk).update(owner=cast.funke, owner_basis="workbook")
    OwnerReview.objects.create(account=led[0], workbook_owner=cast.funke, computed_state="led", created_at=NOW)
    client = client_of(cast.tunde)
    client.post(URL, {"orphan_after_months": "12", "lead_days": "60"})
    at = WhatIf.objects.get().get_absolute_url()
    html = client.get(at).content.decode()
    assert html.count("the account shows Funke Ade until") == html.count("the account shows") == 1
    lines = b"".join(client.get(f"{at}accounts.csv").streaming_content).decode("utf-8-sig").splitlines()
    assert [line.rpartition(",")[2] for line in lines] == ["Shown for review", "", "Funke Ade"]  # by name


def test_clocks_of_today_or_of_nothing_are_refused_with_a_sentence(cast, led, client_of):
    client = client_of(cast.tunde)
    for months, days, words in (
        (12, 90, "the clocks of today"),
        (0, 90, "Give 1 or more months"),
        ("", "x", "Say how many months."),
        ("", "x", "Give a whole number of days."),
        (12, 10**9, "Give 3,650 days or fewer"),
    ):
        answer = client.post(URL, {"orphan_after_months": months, "lead_days": days})
        assert answer.status_code == 422 and words in answer.content.decode()
    assert not WhatIf.objects.exists()


def test_a_question_that_is_still_worked_on_shows_so_and_is_answered_once(cast, led, client_of):
    asked = ask_what_if(by=cast.tunde, at=LATER, orphan_after_months=12, lead_days=60)
    html = client_of(cast.funke).get(asked.get_absolute_url()).content.decode()
    assert 'hx-trigger="every 1s"' in html and 'http-equiv="refresh"' in html
    assert run_job(asked.job_id) and not run_job(asked.job_id)
    assert asked.changes.count() == 2
    assert Job.objects.get(pk=asked.job_id).message == "2 of 2 accounts would change."
    Job.objects.filter(pk=asked.job_id).update(state="failed", message="Something went wrong.")
    WhatIf.objects.update(finished_at=None)
    assert "Something went wrong." in client_of(cast.funke).get(asked.get_absolute_url()).content.decode()


def test_saved_from_today_on_every_account_is_replayed(cast, led, client_of):
    sweep(as_of=day_start(TODAY + timedelta(days=80)), at=LATER)
    catch_up(at=LATER)
    client = client_of(cast.tunde)
    client.post(URL, {"orphan_after_months": "12", "lead_days": "60"})
    at = WhatIf.objects.get().get_absolute_url()
    today = (TODAY + timedelta(days=80)).isoformat()
    assert client.post(at, {"effective_from": today, "reason": ""}).status_code == 422
    assert client_of(cast.ngozi).post(at, {"effective_from": today, "reason": "x"}).status_code == 403
    assert client.post(at, {"effective_from": today, "reason": "Agreed in June"}).url == URL
    job = Job.objects.get(kind=tasks.SWEEP_JOB)
    with time_machine.travel(LATER + timedelta(minutes=3), tick=False):  # that hour was swept before
        assert run_job(job.pk)
    for account in led:
        account.refresh_from_db()
        assert account.ownership_state == "orphan"
    last = Sweep.objects.filter(kind="sweep").latest("as_of")
    assert (last.policy.lead_days, last.replayed) == (60, 2)
    assert catch_up(at=LATER + timedelta(minutes=5)) == []  # the policy was met
    html = client.get(URL).content.decode()
    assert "Agreed in June" in html and "60 days" in html


def test_one_of_a_later_day_waits_for_its_midnight(cast, led):
    first = TODAY + timedelta(days=85)
    catch_up(at=LATER)
    set_policy(by=cast.tunde, at=LATER, effective_from=first, orphan_after_months=12, lead_days=60, reason="x")
    assert not Job.objects.filter(kind=tasks.SWEEP_JOB).exists()
    catch_up(at=day_start(first) - timedelta(minutes=1))
    led[0].refresh_from_db()
    assert led[0].ownership_state == "led"
    catch_up(at=day_start(first))
    led[0].refresh_from_db()
    assert led[0].ownership_state == "orphan"


def test_questions_go_after_a_month(cast, led):
    ask_what_if(by=cast.tunde, at=LATER, orphan_after_months=12, lead_days=60)
    ask_what_if(by=cast.tunde, at=LATER + timedelta(days=31), orphan_after_months=12, lead_days=30)
    assert [row.lead_days for row in WhatIf.objects.all()] == [30]


def test_the_page_costs_the_same_for_few_and_many_changes(cast, led, client_of, django_assert_max_num_queries):
    client = client_of(cast.tunde)
    client.post(URL, {"orphan_after_months": "12", "lead_days": "60"})
    with django_assert_max_num_queries(8):
        client.get(WhatIf.objects.get().get_absolute_url())
    with django_assert_max_num_queries(6):
        client.get(URL)
