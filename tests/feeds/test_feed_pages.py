"""The pages of feeds: what came, what it did, what somebody decides; driven as people drive them."""

from datetime import datetime, timedelta
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import accounts.tasks  # noqa: F401 (registers what jobs do)
from accounts.imports.customers.rows import CUSTOMER_COLUMNS
from accounts.imports.files.file_reader import open_rows
from accounts.imports.files.layout import Layout
from accounts.imports.models import Feed, FeedFreshness, ImportRow, ImportRun
from accounts.jobs import queue
from accounts.jobs.models import Job
from accounts.people.models import Division
from accounts.records.models import Account
from mikano_cx.kit import sheets
from mikano_cx.kit.local_time import LAGOS
from tests.conftest import NOW
from tests.feeds.conftest import CUSTOMERS
from tests.pages.conftest import TidyClient

ROWS = [
    "C1,Dangote Cement PLC,Manufacturing,good,1 Alfred Rewane Road,Lagos,08031234568",
    "C2,Lafarge Africa,Manufacturing,on hold,,,",
    "C3,Nestle Nigeria,Food,good,Plot 22,Ilupeju,",
]
FILE = CUSTOMERS + "\n".join(ROWS) + "\n"


@pytest.fixture
def it(cast, client_of):
    return client_of(cast.chinedu)


@pytest.fixture
def steward(cast, client_of):
    return client_of(cast.aisha)


def work() -> None:
    for job in Job.objects.filter(state=Job.State.WAITING, leased_until=None):
        queue.run_job(job.pk)


def page(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, answer.status_code
    return unescape(" ".join(answer.content.decode().split()))


def upload(client: Client, feed: Feed, content: str | bytes, name: str = "customers.csv"):
    data = content.encode() if isinstance(content, str) else content
    return client.post(f"/feeds/{feed.pk}/", {"file": SimpleUploadedFile(name, data)})


def run_of(feed: Feed, **values) -> ImportRun:
    return ImportRun.objects.create(**{"feed": feed, "trigger": "hand", "created_at": timezone.now(), **values})


# --- the list, and one feed ------------------------------------------------------------------------------------------
def test_the_list_says_when_each_feed_runs_and_what_became_of_its_last_file(cast, it, customers_feed, bring):
    bring(customers_feed, FILE)
    Feed.objects.filter(pk=customers_feed.pk).update(days="daily", runs_at="02:00", folder="erp", pattern="c*.csv")
    text = page(it, "/feeds/")
    assert "Every day at 02:00 Lagos time" in text and "Last good run" in text and "Applied" in text
    assert f'action="/feeds/{customers_feed.pk}/start/"' in text


def test_what_waits_for_a_decision_isn_t_hidden_by_a_later_import(it, customers_feed):
    run_of(customers_feed, state="stopped", created_at=NOW)
    assert "to decide" not in page(it, "/feeds/")  # it is the one that the list shows
    run_of(customers_feed, state="preview", created_at=NOW + timedelta(hours=1))
    run_of(customers_feed, state="applied", created_at=NOW + timedelta(hours=2))
    assert "2 earlier imports to decide" in page(it, "/feeds/")


def test_a_drop_folder_that_isn_t_there_is_said(it, steward, customers_feed, settings, tmp_path):
    settings.DROP_DIR = tmp_path
    Feed.objects.update(folder="erp", pattern="c*.csv")
    own = customers_feed.get_absolute_url()
    assert "The drop folder isn't there." in page(it, own) and str(tmp_path / "erp") in page(it, own)
    assert "The drop folder isn't there." not in page(steward, own)
    (tmp_path / "erp").mkdir()
    assert "The drop folder isn't there." not in page(it, own)


def test_a_steward_sees_the_feeds_and_runs_of_their_divisions(cast, steward, customers_feed, bring):
    power = Feed.objects.create(
        name="Power customers", kind="customers", division=Division.objects.get(slug="power"), updated_at=NOW
    )
    other = run_of(power)
    own = bring(customers_feed, FILE)
    text = page(steward, "/feeds/")
    assert "ERP customers" in text and "Power customers" not in text
    assert "Run now" not in text and "Upload a file" not in text
    assert steward.get(f"/feeds/{power.pk}/").status_code == 404
    for path in ("", "approve/", "discard/", "refused/"):
        url = f"/feeds/runs/{other.pk}/{path}"
        assert (steward.post(url) if path and path != "refused/" else steward.get(url)).status_code == 404
    text = page(steward, "/feeds/runs/")
    assert f"/feeds/runs/{own.pk}/" in text and f"/feeds/runs/{other.pk}/" not in text


def test_runs_are_filtered_by_feed_and_state(it, customers_feed, sales_feed):
    first, second = run_of(customers_feed, state="applied"), run_of(sales_feed, state="no_file")
    text = page(it, f"/feeds/runs/?feed={sales_feed.pk}")
    assert f"/feeds/runs/{second.pk}/" in text and f"/feeds/runs/{first.pk}/" not in text
    assert f"/feeds/runs/{first.pk}/" in page(it, "/feeds/runs/?state=applied&feed=nonsense")
    assert "No import matches" in page(it, "/feeds/runs/?state=undone")


def test_run_now_takes_what_is_in_the_drop_folder(it, customers_feed, settings, tmp_path):
    settings.DROP_DIR = tmp_path
    Feed.objects.update(folder="erp", pattern="customers_*.csv", settle_seconds=0)
    answer = it.post(f"/feeds/{customers_feed.pk}/start/", follow=True)
    assert "can't be read" in unescape(answer.content.decode()) and not ImportRun.objects.exists()
    (tmp_path / "erp").mkdir()
    (tmp_path / "erp" / "customers_20260316.csv").write_text(FILE)
    answer = it.post(f"/feeds/{customers_feed.pk}/start/")
    run = ImportRun.objects.get()
    assert answer.url == f"/feeds/runs/{run.pk}/" and run.by.username == "chinedu"


def test_an_uploaded_file_is_of_the_date_in_its_name_else_of_now(it, customers_feed):
    upload(it, customers_feed, FILE, "customers_20260310.csv")
    before = timezone.now()
    upload(it, customers_feed, FILE + "C9,Okomu Oil,,,,,\n")
    dated, undated = ImportRun.objects.order_by("pk")
    assert dated.file_at == datetime(2026, 3, 10, tzinfo=LAGOS) and undated.file_at >= before


def test_the_same_bytes_under_another_name_are_said_to_be_here(it, customers_feed):
    upload(it, customers_feed, FILE, "customers_20260310.csv")
    run = ImportRun.objects.get()
    answer = it.post(
        f"/feeds/{customers_feed.pk}/", {"file": SimpleUploadedFile("other.csv", FILE.encode())}, follow=True
    )
    assert answer.redirect_chain == [(run.get_absolute_url(), 302)] and ImportRun.objects.count() == 1
    assert "is here already, as customers_20260310.csv" in unescape(answer.content.decode())


def test_an_upload_without_a_file_says_so(it, customers_feed):
    answer = it.post(f"/feeds/{customers_feed.pk}/", {})
    assert answer.status_code == 422 and "Choose the file to bring in." in answer.content.decode()


def test_the_file_of_lines_is_asked_for_where_the_feed_has_one(it, sales_feed):
    assert 'name="lines_file"' not in page(it, f"/feeds/{sales_feed.pk}/")
    Feed.objects.update(lines_pattern="lines_*.csv")
    answer = upload(it, sales_feed, "x")
    assert answer.status_code == 422 and "invoices' lines too" in unescape(answer.content.decode())


# --- a run from upload to undo ---------------------------------------------------------------------------------------
def test_an_upload_is_shown_then_applied_then_undone(it, customers_feed):
    run_url = upload(it, customers_feed, FILE).url
    assert "Waiting" in page(it, run_url)
    work()
    text = page(it, run_url)
    assert "Ready to apply" in text and "Nothing has been changed yet." in text and not Account.objects.exists()
    answer = it.post(f"{run_url}approve/", follow=True)
    assert "customers.csv is being applied." in answer.content.decode()
    work()
    text = page(it, f"{run_url}?bucket=new")
    assert "This takes back 3 new accounts." in text
    assert "This import is applied." in text and "Dangote Cement PLC" in text
    assert {account.erp_customer_id for account in Account.objects.all()} == {"C1", "C2", "C3"}
    answer = it.post(f"{run_url}undo/", follow=True)
    assert "customers.csv is being undone." in answer.content.decode()
    work()
    assert "was undone" in page(it, run_url) and not Account.objects.exists()


def test_the_tiles_add_up_to_the_file_s_rows(it, customers_feed, bring):
    bring(customers_feed, FILE)
    changed = FILE.replace("on hold", "good") + "C4,,Food,good,,,\nC5,Okomu Oil,Farming,good,,,\n"
    customers_feed.most_changed = 100
    customers_feed.save()
    run = bring(customers_feed, changed)
    tiles = it.get(f"/feeds/runs/{run.pk}/").context["tiles"]
    counts = {tile["bucket"]: tile["count"] for tile in tiles}
    assert counts == {"new": 1, "changed": 1, "same": 2, "left_out": 0, "held": 0, "refused": 1}
    assert sum(counts.values()) == run.rows == 5
    text = page(it, f"/feeds/runs/{run.pk}/?bucket=changed")
    assert "<del>on hold</del>" in text and "<ins>good</ins>" in text and "Credit status" in text
    text = page(it, f"/feeds/runs/{run.pk}/?kind=missing_name")
    assert "<b>Name:</b> This row has no name." in text and "Missing name" in text
    assert "No such rows." in page(it, f"/feeds/runs/{run.pk}/?bucket=held&kind=nonsense")


def test_kinds_of_problems_are_said_in_words_and_a_row_without_name_by_its_id(it, customers_feed):
    kinds = {"looks_same": 2, "missing_id": 1}
    run = run_of(customers_feed, state="applied", rows=5, counts={"new": 1, "changed": 2}, kinds=kinds, seconds=0.4)
    ImportRow.objects.create(run=run, row=2, bucket="refused", external_id="C77", problem_kind="looks_same")
    text = page(it, f"/feeds/runs/{run.pk}/?bucket=refused")
    assert "Why rows were refused, held or noted" in text
    assert "Looks like an account of the hub" in text and "No ID" in text
    assert "This takes back 1 new account and 2 changes." in text
    assert "<div>C77</div>" in text and "rows a second" not in text
    ImportRun.objects.update(seconds=2, counts={"same": 5})
    text = page(it, f"/feeds/runs/{run.pk}/")
    assert "2.0 s" in text and "2 rows a second" in text and "It brought nothing new and changed nothing." in text


def test_a_guard_s_stop_is_approved_with_one_click(it, steward, customers_feed, bring):
    many = CUSTOMERS + "".join(f"C{n},Company number {n},Food,good,,,\n" for n in range(1, 61))
    bring(customers_feed, many)
    run = bring(customers_feed, FILE)
    assert run.state == "stopped"
    text = page(steward, f"/feeds/runs/{run.pk}/")
    assert "would vanish: more than 10 %." in text and "Stopped before anything was changed" in text
    steward.post(f"/feeds/runs/{run.pk}/approve/")
    work()
    run.refresh_from_db()
    assert (run.state, run.approved_by.username) == ("applied", "aisha")
    assert "57 customers that the file lacks" in page(steward, f"/feeds/runs/{run.pk}/")


def test_a_stopped_file_is_discarded(it, customers_feed):
    run = run_of(customers_feed, state="stopped", guards=[{"code": "empty", "text": "The file holds no rows."}])
    it.post(f"/feeds/runs/{run.pk}/discard/")
    assert "was discarded" in page(it, f"/feeds/runs/{run.pk}/")
    answer = it.post(f"/feeds/runs/{run.pk}/approve/", follow=True)
    assert "is discarded now" in answer.content.decode()


def test_a_refused_file_says_why_and_is_tried_again(it, customers_feed):
    run_url = upload(it, customers_feed, "a,b\n1,2\n").url
    work()
    text = page(it, run_url)
    assert "This file was not imported" in text and "no column for ERP customer ID" in text
    it.post(f"{run_url}again/")
    assert ImportRun.objects.get().state == "waiting"


def test_accounts_that_changed_hands_link_to_why(it, cast, zenith, customers_feed):
    run = run_of(customers_feed, state="applied", rows=1, moved=1, counts={"same": 1})
    changes = {"Owner": ["Funke Ade", "Emeka Nwosu"]}
    ImportRow.objects.create(run=run, row=0, bucket="moved", account=zenith, label=zenith.name, changes=changes)
    text = page(it, f"/feeds/runs/{run.pk}/?bucket=moved")
    assert "1 account that changed hands" in text and '<a href="/ownership/why/A001/">Why' in text
    assert "<del>Funke Ade</del>" in text and "<ins>Emeka Nwosu</ins>" in text


# --- progress --------------------------------------------------------------------------------------------------------
@pytest.fixture
def job(customers_feed, time_machine):
    """A run at work since two seconds, with 3,200 of 6,000 rows done."""
    time_machine.move_to(NOW, tick=False)
    run = run_of(customers_feed, state="reading", created_at=NOW)
    return Job.objects.create(
        kind="feed_run",
        subject=str(run.pk),
        state="running",
        created_at=NOW - timedelta(minutes=1),
        started_at=NOW - timedelta(seconds=2),
        done_steps=3_200,
        all_steps=6_000,
        lease=None,
    )


def test_progress_is_shown_with_speed_and_time_left_and_asks_again_by_itself(it, job):
    text = page(it, f"/feeds/runs/{job.subject}/")
    assert "3,200 of 6,000 rows, 1,600 rows/s, 2 s left" in text and "Being read" in text
    assert 'hx-trigger="every 1s"' in text and '<meta http-equiv="refresh" content="2">' in text
    assert "hx-trigger" not in page(it, f"/feeds/runs/{job.subject}/").split('id="run"')[0].split("<main")[1]


def test_while_accounts_are_replayed_the_page_says_so(it, job):
    ImportRun.objects.update(state="applied")
    text = page(it, f"/feeds/runs/{job.subject}/")
    assert "Looking whose the accounts are now" in text and "3,200 of 6,000 accounts" in text
    assert "Undo this import" not in text


def test_a_run_that_nobody_takes_says_that_the_worker_is_missing(it, job):
    Job.objects.update(state="waiting")
    assert "Waiting for the hub's worker." in page(it, f"/feeds/runs/{job.subject}/")


def test_a_run_whose_turn_comes_later_says_so_and_isn_t_stuck(it, job):
    Job.objects.all().delete()
    ImportRun.objects.update(state="waiting")
    text = page(it, f"/feeds/runs/{job.subject}/")
    assert "Waiting in line." in text and "come to a stop" not in text and 'hx-trigger="every 1s"' in text
    ImportRun.objects.update(state="reading")
    assert "Nobody is working on this import." in page(it, f"/feeds/runs/{job.subject}/")


def test_a_run_that_failed_on_the_hub_s_side_can_be_tried_again(it, job):
    Job.objects.update(state="failed", message="Something went wrong on the hub's side.")
    text = page(it, f"/feeds/runs/{job.subject}/")
    assert "This has come to a stop." in text and "Something went wrong" in text and "Try again" in text


# --- refused rows ----------------------------------------------------------------------------------------------------
def download(client_of, person, run: ImportRun, tmp_path):
    client = TidyClient()
    client.force_login(person)
    answer = client.get(f"/feeds/runs/{run.pk}/refused/")
    name = answer["Content-Disposition"].split('"')[1]
    path = tmp_path / name
    path.write_bytes(b"".join(answer.streaming_content))
    return path


def test_refused_rows_come_back_as_the_same_kind_of_text(cast, client_of, customers_feed, bring, tmp_path):
    customers_feed.header_row, customers_feed.has_trailer, customers_feed.footer_rows = 3, True, 1
    customers_feed.delimiter = ";"
    customers_feed.save()
    rows = ["C1;Café Ltd;Food;good;;;", "C2;;Food;good;=1+1;;", "C3;Okomu Oil;Farming;good;;;", ";Nobody;;;@x;;"]
    header = CUSTOMERS.replace(",", ";")
    text = f"Customers of the ERP\n\n{header}" + "\n".join(rows) + "\nEnd of file\nTOTAL;4\n"
    run = bring(customers_feed, text.encode("cp1252"))
    assert run.counts["refused"] == 2
    path = download(client_of, cast.chinedu, run, tmp_path)
    assert path.name == f"refused rows of import {run.pk}.csv"
    lines = path.read_bytes().decode("cp1252").splitlines()
    assert lines[0] == "Customers of the ERP" and lines[1] == "" and lines[2] == header.strip() + ";Error"
    assert lines[3] == "C2;;Food;good;'=1+1;;;name: This row has no name."
    assert lines[4].startswith(";Nobody;;;'@x;;;customer_id: ")
    assert lines[5:] == ["End of file", "TOTAL;2"]
    with open_rows(path, Layout.of(customers_feed), CUSTOMER_COLUMNS) as file:  # the feed reads it again
        assert (file.rows, file.unused) == (2, ["Error"])


def test_refused_rows_of_a_mended_file_have_one_column_of_reasons(cast, client_of, customers_feed, bring, tmp_path):
    text = CUSTOMERS.strip() + ",Error\nC1,,Food,good,,,,an old reason\n"
    path = download(client_of, cast.chinedu, bring(customers_feed, text), tmp_path)
    assert path.read_text().splitlines() == [
        CUSTOMERS.strip() + ",Error",
        "C1,,Food,good,,,,name: This row has no name.",
    ]


def test_a_refused_row_keeps_what_it_has_too_much(cast, client_of, customers_feed, bring, tmp_path):
    text = CUSTOMERS + "C1,Okomu Oil,Farming,good,4, Broad Street,Lagos,0803\n"
    run = bring(customers_feed, text)
    [_, row] = download(client_of, cast.chinedu, run, tmp_path).read_text().splitlines()
    assert row.startswith("C1,Okomu Oil,Farming,good,4, Broad Street,Lagos,0803,This row has more or fewer cells")


def test_refused_rows_of_utf_16_stay_utf_16(cast, client_of, customers_feed, bring, tmp_path):
    text = CUSTOMERS + "C1,,Food,góod,,,\n"
    path = download(client_of, cast.chinedu, bring(customers_feed, text.encode("utf-16")), tmp_path)
    assert "góod" in path.read_bytes().decode("utf-16")


def test_refused_rows_of_a_workbook_come_back_as_one(cast, client_of, customers_feed, bring, tmp_path):
    book = tmp_path / "in.xlsx"
    header = CUSTOMERS.strip().split(",")
    rows = [["C1", "Okomu Oil", "", "", "", "", ""], ["C2", "", "", "", "=1+1", "", ""]]
    sheets.writer.write_workbook(book, [sheets.writer.TabOut("Customers", header, rows)])
    run = bring(customers_feed, book, name="customers.xlsx")
    path = download(client_of, cast.chinedu, run, tmp_path)
    assert path.suffix == ".xlsx"
    [tab] = sheets.read(path).tabs
    assert [list(row) for row in tab.rows] == [
        [*header, "Error"],
        ["C2", None, None, None, "=1+1", None, None, "name: This row has no name."],
    ]


# --- queries, and who is told ----------------------------------------------------------------------------------------
def count(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    return len(asked)


def test_pages_cost_the_same_for_3_and_30_rows(it, customers_feed):
    def more(number: int) -> ImportRun:
        feeds = [Feed(name=f"Feed {number} {n}", kind="customers", updated_at=NOW) for n in range(number)]
        for feed in Feed.objects.bulk_create(feeds):
            run_of(feed)
        run = run_of(customers_feed, state="applied", rows=number, counts={"new": number})
        ImportRow.objects.bulk_create(ImportRow(run=run, row=n, bucket="new") for n in range(1, number + 1))
        return run

    urls = ("/feeds/", f"/feeds/{customers_feed.pk}/", "/feeds/runs/", "/feeds/runs/{}/?bucket=new")
    run = more(3)
    few = [count(it, url.format(run.pk)) for url in urls]
    run = more(30)
    assert [count(it, url.format(run.pk)) for url in urls] == few
    assert max(few) <= 12


def test_every_page_says_when_the_erp_s_data_is_late_and_asks_nothing_more(cast, client_of, customers_feed):
    client = client_of(cast.funke)
    fresh = FeedFreshness.objects.create(feed=customers_feed, late_after=timezone.now() + timedelta(hours=1))
    assert "not up to date" not in page(client, "/accounts/")
    before = count(client, "/accounts/")
    FeedFreshness.objects.filter(pk=fresh.pk).update(late_after=timezone.now() - timedelta(hours=1))
    for url in ("/", "/accounts/", "/ownership/pool/"):
        text = page(client, url)
        assert "The ERP's data is not up to date." in text and "“ERP customers” last came in never" in text
        assert "Look at the feeds" not in text  # of no use to sales
    assert count(client, "/accounts/") == before
    assert "Look at the feeds" in page(client_of(cast.chinedu), "/")
