"""Upload, preview, people, apply and undo in the browser, and who may."""

import io

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

import interactions.tasks  # noqa: F401 - the worker loads the handlers of the jobs so
from accounts import jobs
from accounts.models import Account, Division, ImportRun, Job, StaffAlias
from interactions.models import Interaction
from mikano_cx.kit import sheets
from tests.conftest import NOW
from tests.workbook.conftest import ACCOUNT, CALL, CONTACT

RUNS = "/workbook/"


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(NOW, tick=False):
        yield


def work() -> None:
    """What the worker does."""
    while waiting := jobs.due(at=NOW):
        assert jobs.run_job(waiting[0])


def send(client, path, **choices):
    file = SimpleUploadedFile(path.name, path.read_bytes())
    ticks = {"blanks_keep": "on", "repair_names": "on", "propose_dates": "on"}
    return client.post(RUNS, {"file": file, **ticks, **choices})


def uploaded(client, path, **choices) -> ImportRun:
    answer = send(client, path, **choices)
    assert answer.status_code == 302, answer.content.decode()
    work()
    return ImportRun.objects.get(pk=answer.url.strip("/").split("/")[-1])


def page_of(client, run, query=""):
    answer = client.get(reverse("workbook:run", args=[run.pk]) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def downloaded(answer) -> bytes:
    content = answer.getvalue()
    for close in answer._resource_closers:  # closing the answer itself would end the test's transaction
        close()
    return content


@pytest.fixture
def steward(cast, client_of):
    return client_of(cast.aisha)


@pytest.fixture
def faulty(workbook):
    return workbook(
        [ACCOUNT, ["A002", "", "", "", "", "", "Old Salesman"]],
        [CONTACT],
        [CALL, ["", "31/02/2025", "C001", "", "Pigeon", "=1+1", "", "", "F. A."]],
        headers={"accounts": ["Account ID", "Company", "Industry", "Address", "Phone", "ERP ID", "Owner"]},
    )


def test_it_shows_progress_then_a_preview_and_applies_once(steward, faulty):
    answer = send(steward, faulty, division=Division.objects.get(slug="motors").pk)
    run = ImportRun.objects.get()
    assert 'hx-trigger="every 1s"' in page_of(steward, run) and 'http-equiv="refresh"' in page_of(steward, run)
    work()
    page = page_of(steward, run)
    assert "Apply this import" in page and "every 1s" not in page
    assert not Account.objects.exists()
    apply = reverse("workbook:apply", args=[run.pk])
    for _ in range(2):  # a double click
        assert steward.post(apply).url == answer.url
    assert Job.objects.filter(kind="workbook_apply").count() == 1
    work()
    run.refresh_from_db()
    assert (run.state, Account.objects.count(), Interaction.objects.count()) == ("applied", 1, 1)
    assert Account.objects.get().division.slug == "motors"
    assert "has been done already" in steward.post(apply, follow=True).content.decode()


def test_tiles_and_kinds_open_their_rows(steward, faulty):
    run = uploaded(steward, faulty)
    assert "31/02/2025" in page_of(steward, run, "?tab=interactions&bucket=refused")
    assert "Zenith Bank PLC" in page_of(steward, run, "?tab=accounts&bucket=new")
    kinds = page_of(steward, run, "?tab=accounts&kind=missing_name")
    assert "This row has no company name." in kinds and "Zenith" not in kinds
    assert page_of(steward, run, "?tab=nonsense&bucket=x")


def test_a_changed_cell_is_shown_old_and_new(steward, workbook, bring_in):
    bring_in(workbook([ACCOUNT], [], []))
    run = uploaded(steward, workbook([["A001", "Zenith Bank PLC", "Banking", "", "", "", ""]], [], []))
    page = page_of(steward, run, "?tab=accounts&bucket=changed")
    assert "<del>Finance</del>" in page and "<ins>Banking</ins>" in page


def test_the_mapping_of_people_is_kept_as_aliases_and_checked_anew(steward, faulty, cast):
    run = uploaded(steward, faulty)
    people = reverse("workbook:people", args=[run.pk])
    assert set(run.unknown_people) == {"Old Salesman", "F. A."}
    at = list(run.unknown_people).index("F. A.")
    assert "Old Salesman" in steward.get(people).content.decode()
    steward.post(people, {f"person_{at}": cast.funke.pk})
    work()
    run.refresh_from_db()
    assert StaffAlias.objects.get().staff == cast.funke
    assert run.state == "preview" and set(run.unknown_people) == {"Old Salesman"}


def test_the_choices_can_be_changed_on_the_preview(steward, workbook):
    run = uploaded(steward, workbook([["A001", "CafÃ©", "", "", "", "", ""]], [], []))
    assert "it is brought in as that" in page_of(steward, run, "?tab=accounts&bucket=warned")
    steward.post(reverse("workbook:choices", args=[run.pk]), {"blanks_keep": "on"})
    work()
    assert "it stays as written" in page_of(steward, run, "?tab=accounts&bucket=warned")


def test_refused_rows_come_back_as_a_workbook_to_mend(steward, faulty, tmp_path):
    run = uploaded(steward, faulty)
    answer = steward.get(reverse("workbook:refused", args=[run.pk]))
    mended = tmp_path / "refused.xlsx"
    mended.write_bytes(downloaded(answer))
    book = sheets.read(mended)
    assert [tab.name for tab in book.tabs] == ["Accounts", "Contacts", "Interactions"]
    header, row = book.tabs[0].rows
    assert header == ["Account ID", "Company", "Industry", "Address", "Phone", "ERP ID", "Owner", "Error"]
    assert row[0] == "A002" and row[-1] == "This row has no company name."
    assert book.tabs[1].rows == [
        ["Contact ID", "Full Name", "Job Title", "Email", "Mobile Number", "Associated Account ID", "Error"]
    ]
    assert book.tabs[2].rows[1][1] == "31/02/2025" and book.tabs[2].rows[1][5] == "=1+1"
    again = uploaded(steward, mended)
    assert again.remarks == [] and again.counts["accounts"]["refused"] == 1


def test_the_refused_cell_carries_a_comment(steward, faulty):
    from openpyxl import load_workbook

    run = uploaded(steward, faulty)
    answer = steward.get(reverse("workbook:refused", args=[run.pk]))
    book = load_workbook(io.BytesIO(downloaded(answer)))
    assert book["Accounts"]["B2"].comment.text == "This row has no company name."


def test_a_hub_that_changed_since_the_preview_gives_a_new_preview(steward, small, bring_in):
    run = uploaded(steward, small)
    bring_in(small)
    steward.post(reverse("workbook:apply", args=[run.pk]))
    work()
    run.refresh_from_db()
    assert run.state == "preview" and run.counts["accounts"]["same"] == 1
    assert "The hub has changed since this preview" in page_of(steward, run)


def test_undo_asks_nothing_more_than_a_click_and_names_what_is_in_the_way(steward, small, cast):
    run = uploaded(steward, small)
    steward.post(reverse("workbook:apply", args=[run.pk]))
    work()
    undo = reverse("workbook:undo", args=[run.pk])
    Account.objects.update(version=2)
    assert "A001" in steward.post(undo, follow=True).content.decode()
    Account.objects.update(version=1)
    steward.post(undo)
    work()
    run.refresh_from_db()
    assert run.state == "undone" and run.undone_by == cast.aisha and not Account.objects.exists()


def test_a_run_can_be_put_aside(steward, small):
    run = uploaded(steward, small)
    steward.post(reverse("workbook:discard", args=[run.pk]))
    assert "put aside" in page_of(steward, run)
    assert "moved on" in steward.post(reverse("workbook:apply", args=[run.pk]), follow=True).content.decode()


def test_failed_work_can_be_asked_for_again(steward, small):
    send(steward, small)
    run = ImportRun.objects.get()
    Job.objects.update(state="failed", message="Something went wrong on the hub's side.")
    assert "Try again" in page_of(steward, run)
    steward.post(reverse("workbook:again", args=[run.pk]))
    work()
    run.refresh_from_db()
    assert run.state == "preview"


def test_it_says_so_when_no_worker_runs(steward, small):
    send(steward, small)
    Job.objects.update(created_at=NOW.replace(year=2025))
    assert "Waiting for the hub" in page_of(steward, ImportRun.objects.get())


def test_a_file_that_is_no_spreadsheet_is_refused_at_once_with_a_sentence(steward, tmp_path):
    path = tmp_path / "hub.xlsx"
    path.write_bytes(b"%PDF-1.7 nothing")
    answer = send(steward, path)
    assert answer.status_code == 422 and "a PDF document, not a spreadsheet" in answer.content.decode()
    assert not ImportRun.objects.exists()


def test_a_spreadsheet_that_is_no_hub_workbook_is_refused_after_reading(steward, workbook):
    titles = {"accounts": "Sheet1", "contacts": "Sheet2", "interactions": "Sheet3"}
    headers = {tab: ["Colour", "Price"] for tab in titles}
    run = uploaded(steward, workbook([["red", 1]], titles=titles, headers=headers))
    page = page_of(steward, run)
    assert run.state == "refused" and "none of the tabs" in page


def test_new_accounts_go_only_to_a_division_of_ones_own(steward, small):
    power = Division.objects.get(slug="power")
    assert send(steward, small, division=power.pk).status_code == 422


def test_a_steward_sees_their_divisions_imports_and_p_and_bi_all(cast, client_of, steward, small):
    theirs = uploaded(client_of(cast.tunde), small, division=Division.objects.get(slug="power").pk)
    url = reverse("workbook:run", args=[theirs.pk])
    assert steward.get(url).status_code == 404
    assert steward.post(reverse("workbook:apply", args=[theirs.pk])).status_code == 404
    assert client_of(cast.tunde).get(url).status_code == 200
    ours = uploaded(client_of(cast.tunde), small, division=Division.objects.get(slug="motors").pk)
    assert steward.get(reverse("workbook:run", args=[ours.pk])).status_code == 200


@pytest.mark.parametrize("name", ["funke", "ngozi", "chinedu", "halima"])
def test_others_only_export(cast, client_of, name, steward, small):
    run = uploaded(steward, small)
    client = client_of(getattr(cast, name))
    assert client.get(RUNS).status_code == 403
    for view in ("apply", "undo", "discard", "choices", "again"):
        assert client.post(reverse(f"workbook:{view}", args=[run.pk])).status_code == 403
    run.refresh_from_db()
    assert run.state == "preview"
    assert downloaded(client.get(reverse("workbook:export"))).startswith(b"PK")


def test_runs_teaches_while_there_is_nothing_yet(steward):
    assert "No workbook has come in yet" in steward.get(RUNS).content.decode()
