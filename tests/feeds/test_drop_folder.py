"""What a feed takes from its drop folder, by the schedule and by hand."""

import os
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from accounts.imports.models import Feed, ImportRun
from accounts.imports.runs import actions
from accounts.jobs.models import Job
from accounts.people.models import Division
from accounts.records.models import Account
from mikano_cx.kit.refusal import Refused
from tests.feeds.conftest import do_jobs

NIGHT = datetime(2026, 3, 16, 3, tzinfo=UTC)  # 04:00 in Lagos
HEAD = "customer_id,name\n"


@pytest.fixture
def feed(cast, settings, tmp_path) -> Feed:
    settings.DROP_DIR = tmp_path / "drop"
    (settings.DROP_DIR / "erp").mkdir(parents=True)
    given = {"folder": "erp", "pattern": "customers_*.csv", "days": "daily", "runs_at": time(2), "most_changed": 100}
    given |= {"updated_at": NIGHT - timedelta(days=9), "division": Division.objects.get(slug="motors")}
    return Feed.objects.create(name="ERP", kind="customers", **given)


@pytest.fixture
def put(settings):
    """`put(name, text)`: a file in the drop folder, written so many seconds before the night."""

    def put(name: str, text: str = HEAD + "K1,Company\n", ago: int = 600) -> None:
        path = settings.DROP_DIR / "erp" / name
        path.write_text(text)
        os.utime(path, (NIGHT.timestamp() - ago,) * 2)

    return put


def told() -> list[tuple[str, str]]:
    return list(ImportRun.objects.order_by("pk").values_list("file_name", "state"))


def test_of_files_that_hold_everything_the_newest_is_taken(feed, put):
    for day in ("13", "15", "14"):
        put(f"customers_202603{day}.csv", HEAD + f"K{day},Company {day}\n")
    run = actions.start_due(feed, at=NIGHT)
    assert told() == [("customers_20260315.csv", "waiting")]
    assert (run.business_date.isoformat(), run.trigger, run.size) == ("2026-03-16", "schedule", 32)
    do_jobs()
    assert Account.objects.get().name == "Company 15"
    assert actions.start_due(feed, at=NIGHT) is None
    tomorrow = actions.start_due(feed, at=NIGHT + timedelta(days=1))
    assert (tomorrow.state, tomorrow.message) == ("no_file", "No new file is in the drop folder.")


def test_of_files_of_changes_all_are_taken_one_by_one_in_their_order(feed, put):
    Feed.objects.update(holds="changes")
    feed.refresh_from_db()
    for day, name in (("15", "Newest"), ("13", "Oldest"), ("14", "Between")):
        put(f"customers_202603{day}.csv", HEAD + f"K1,{name}\n")
    actions.start_due(feed, at=NIGHT)
    assert [name for name, _ in told()] == [f"customers_202603{day}.csv" for day in (13, 14, 15)]
    for _ in range(3):
        assert Job.objects.filter(kind="feed_run", state="waiting").count() == 1
        do_jobs()
    do_jobs()
    assert {state for _, state in told()} == {"applied"} and not Job.objects.exclude(state="done").exists()
    account = Account.objects.get()
    names = list(account.history.order_by("history_id").values_list("name", flat=True))
    assert account.name == "Newest" and list(dict.fromkeys(names)) == ["Oldest", "Between", "Newest"]


def test_no_night_s_sales_are_left_out_though_a_file_may_hold_everything(feed, put):
    Feed.objects.update(kind="sales", holds="all")
    feed.refresh_from_db()
    for day in (13, 15, 14):
        put(f"customers_202603{day}.csv", f"invoice_number,customer,date,amount\nI{day},K1,2026-03-{day},500\n")
    actions.start_due(feed, at=NIGHT)
    assert [name for name, _ in told()] == [f"customers_202603{day}.csv" for day in (13, 14, 15)]


def test_one_that_is_refused_doesn_t_keep_the_others_waiting(feed, put):
    Feed.objects.update(holds="changes")
    feed.refresh_from_db()
    put("customers_20260313.csv", "nothing,of,use\n1,2,3\n")
    put("customers_20260314.csv")
    actions.start_due(feed, at=NIGHT)
    do_jobs()
    do_jobs()
    assert [state for _, state in told()] == ["refused", "applied"]


def test_what_was_left_waiting_goes_on(feed, put):
    put("customers_20260314.csv")
    actions.start_due(feed, at=NIGHT)
    Job.objects.all().delete()  # the worker died before the next was asked for
    actions.start_missed(at=NIGHT)
    assert Job.objects.get(kind="feed_run").state == "waiting"


def test_a_file_that_grows_is_left_until_it_lies_still(feed, put):
    put("customers_20260315.csv")
    put("customers_20260316.csv", ago=30)
    run = actions.start_due(feed, at=NIGHT)
    words = "customers_20260316.csv may still be being written: it has to lie still for 60 s first."
    assert (run.state, run.message) == ("no_file", words)
    assert actions.start_due(feed, at=NIGHT + timedelta(seconds=20)) is None
    with pytest.raises(Refused) as refused:
        actions.start(feed, at=NIGHT)
    assert refused.value.code == "no_file"
    assert actions.start_due(feed, at=NIGHT + timedelta(seconds=40)) == run
    assert told() == [("customers_20260316.csv", "waiting")]


def test_a_late_file_fills_the_night_s_run(feed, put):
    run = actions.start_due(feed, at=NIGHT)
    assert told() == [("", "no_file")]
    put("customers_20260316.csv", ago=-3600)
    assert actions.start_missed(at=NIGHT + timedelta(hours=2)) == [run]
    do_jobs()
    run.refresh_from_db()
    assert run.state == "applied" and not run.message and told() == [("customers_20260316.csv", "applied")]


def test_the_same_file_isn_t_taken_twice_and_one_written_anew_is(feed, put):
    Feed.objects.update(pattern="customers.csv")
    feed.refresh_from_db()
    put("customers.csv")
    actions.start(feed, at=NIGHT)
    do_jobs()
    with pytest.raises(Refused) as refused:
        actions.start(feed, at=NIGHT)
    words = "No new file is in the drop folder. customers.csv came in already: upload it to have it read again."
    assert refused.value.message == words
    put("customers.csv", ago=300)
    actions.start(feed, at=NIGHT)
    do_jobs()
    assert told() == [("customers.csv", "applied")] * 2 and Account.objects.count() == 1


def test_a_file_that_was_corrected_under_its_name_is_taken_and_one_that_was_only_touched_isn_t(feed, put):
    put("customers_20260315.csv", HEAD + "K1,Slip\n")
    actions.start_due(feed, at=NIGHT)
    do_jobs()
    put("customers_20260315.csv", HEAD + "K1,Slip\n", ago=-60)
    with pytest.raises(Refused) as refused:
        actions.start(feed, at=NIGHT + timedelta(minutes=5))
    assert refused.value.code == "no_file"
    put("customers_20260315.csv", HEAD + "K1,Right\n", ago=-120)
    actions.start_due(feed, at=NIGHT + timedelta(days=1))
    do_jobs()
    assert told() == [("customers_20260315.csv", "applied")] * 2 and Account.objects.get().name == "Right"


def test_another_file_as_old_as_the_last_is_left_by_the_schedule(feed, put):
    put("customers_20260315_b.csv")
    actions.start_due(feed, at=NIGHT)
    do_jobs()
    put("customers_20260315_a.csv", HEAD + "K1,Another\n")
    assert actions.start_due(feed, at=NIGHT + timedelta(days=1)).state == "no_file"


def test_what_was_undone_comes_again_for_whoever_asks_and_not_by_itself(feed, put, cast):
    put("customers_20260315.csv")
    run = actions.start_due(feed, at=NIGHT)
    do_jobs()
    run.refresh_from_db()
    actions.ask_undo(run, by=cast.chinedu, at=NIGHT)
    do_jobs()
    assert not Account.objects.exists()
    assert actions.start_due(feed, at=NIGHT + timedelta(days=1)).state == "no_file"
    actions.start(feed, at=NIGHT + timedelta(days=1), by=cast.chinedu)
    do_jobs()
    assert Account.objects.get().name == "Company"
    with pytest.raises(Refused) as refused:
        actions.start(feed, at=NIGHT + timedelta(days=1), by=cast.chinedu)
    assert refused.value.code == "no_file"


def test_an_older_file_is_stopped_for_whoever_asks_for_it_and_left_by_the_schedule(feed, put, cast):
    put("customers_20260315.csv")
    actions.start_due(feed, at=NIGHT)
    do_jobs()
    put("customers_20260301.csv", HEAD + "K1,Old name\n")
    tomorrow = actions.start_due(feed, at=NIGHT + timedelta(days=1))
    assert (tomorrow.state, tomorrow.file_name) == ("no_file", "")
    run = actions.start(feed, at=NIGHT, by=cast.chinedu)
    do_jobs()
    run.refresh_from_db()
    assert run.state == "stopped"
    assert run.guards == [{"code": "older", "text": "The file is of 1 Mar 2026, and the hub has one of 15 Mar 2026."}]
    assert Account.objects.get().name == "Company"


def test_a_folder_that_isn_t_there_is_said_once_and_the_others_run(feed, put):
    put("customers_20260316.csv")
    away = Feed.objects.create(
        name="Away",
        kind="customers",
        folder="away",
        pattern="*",
        days="daily",
        runs_at=time(2),
        updated_at=feed.updated_at,
    )
    assert len(actions.start_missed(at=NIGHT)) == 2
    assert actions.start_missed(at=NIGHT) == []
    run = away.runs.get()
    assert run.state == "no_file" and run.message == "The drop folder “away” can't be read: No such file or directory."
    with pytest.raises(Refused):
        actions.start(away, at=NIGHT)


def test_a_file_that_can_t_be_opened_is_said(feed, put, monkeypatch):
    put("customers_20260316.csv")

    def denied(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(actions, "_keep", denied)
    run = actions.start_due(feed, at=NIGHT)
    assert (run.state, run.message) == ("no_file", "customers_20260316.csv can't be read: Permission denied.")
    with pytest.raises(Refused):
        actions.start(feed, at=NIGHT)
    monkeypatch.undo()
    assert actions.start_due(feed, at=NIGHT) == run and told() == [("customers_20260316.csv", "waiting")]


def test_invoices_come_with_the_file_of_their_lines(feed, put):
    Feed.objects.update(kind="sales", pattern="invoices_*.csv", lines_pattern="lines_*.csv")
    feed.refresh_from_db()
    put("invoices_20260315.csv")
    run = actions.start_due(feed, at=NIGHT)
    assert (run.state, run.message) == ("no_file", "invoices_20260315.csv waits for its file of lines.")
    put("lines_20260315.csv", "lines")
    run = actions.start_due(feed, at=NIGHT)
    assert Path(run.lines_file.path).read_text() == "lines" and Path(run.file.path).read_text().startswith(HEAD)


def test_only_it_starts_a_run(feed, cast):
    with pytest.raises(Refused) as refused:
        actions.start(feed, at=NIGHT, by=cast.tunde)
    assert refused.value.code == "not_your_role"
