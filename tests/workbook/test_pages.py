"""Upload, preview, people, apply and undo in the browser, and who may."""

import io
import re

import pytest
import time_machine
from django.core.files import File
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.html import strip_tags

import interactions.tasks  # noqa: F401 - the worker loads the handlers of the jobs so
from accounts.imports.models import ImportRun
from accounts.jobs import queue
from accounts.jobs.models import Job
from accounts.people.models import Division, StaffAlias
from accounts.records.models import Account
from interactions.log.actions import reopen_action
from interactions.log.models import Interaction
from interactions.workbook import actions
from interactions.workbook.decisions import Choices
from interactions.workbook.forms import Name
from mikano_cx.kit import sheets
from mikano_cx.kit.refusal import Refused
from tests.conftest import NOW
from tests.workbook.conftest import ACCOUNT, CALL, CONTACT, buckets, exported, take_back

RUNS = "/workbook/"


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(NOW, tick=False):
        yield


def work() -> None:
    """What the worker does."""
    while waiting := queue.due(at=NOW):
        assert queue.run_job(waiting[0])


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
    assert "Old Salesman" in steward.get(people).content.decode()
    steward.post(people, {field_of(run, "F. A."): cast.funke.pk})
    work()
    run.refresh_from_db()
    assert StaffAlias.objects.get().staff == cast.funke
    assert run.state == "preview" and set(run.unknown_people) == {"Old Salesman"}


def test_a_wrong_answer_can_be_corrected_and_taken_back_until_the_import_is_applied(steward, faulty, cast):
    run = uploaded(steward, faulty)
    people = reverse("workbook:people", args=[run.pk])
    field = field_of(run, "F. A.")
    for chosen, kept in ((cast.emeka, [cast.emeka]), (cast.funke, [cast.funke]), (None, [])):
        assert steward.post(people, {field: chosen.pk if chosen else ""}).status_code == 302
        work()
        assert [alias.staff for alias in StaffAlias.objects.all()] == kept
        page = steward.get(people).content.decode()
        assert "F. A." in page and (f'<option value="{chosen.pk}" selected>' in page if chosen else True)
    run.refresh_from_db()
    assert set(run.unknown_people) == {"Old Salesman", "F. A."}


def test_the_staff_list_is_asked_for_once_and_many_names_are_paged(
    steward, workbook, cast, django_assert_max_num_queries
):
    run = uploaded(steward, workbook([[f"A{n:03d}", "Co", "", "", "", "", f"Stranger {n}"] for n in range(1, 251)]))
    people = reverse("workbook:people", args=[run.pk])
    with django_assert_max_num_queries(15):
        first = steward.get(people).content.decode()
    assert first.count("<select") == 200 and "Page 1" in strip_tags(first).replace("\xa0", " ")
    last = field_of(run, "Stranger 250")
    assert last not in first and last in steward.get(people + "?page=2").content.decode()
    steward.post(people + "?page=2", {last: cast.funke.pk})
    assert StaffAlias.objects.get().written == "Stranger 250"


def test_what_is_said_while_the_file_is_read_is_refused_not_lost(steward, faulty, cast):
    send(steward, faulty)
    run = ImportRun.objects.get()
    answer = steward.post(reverse("workbook:choices", args=[run.pk]), {}, follow=True).content.decode()
    assert "wait for its preview" in answer
    run.refresh_from_db()
    assert run.repair_names and run.blanks_keep
    with pytest.raises(Refused, match="wait for its preview"):
        actions.map_people(run, by=cast.aisha, at=NOW, people={"F. A.": cast.funke})
    assert not StaffAlias.objects.exists()


def test_an_import_that_nobody_works_on_can_be_tried_again(steward, small):
    send(steward, small)
    run = ImportRun.objects.get()
    Job.objects.all().delete()
    page = page_of(steward, run)
    assert "Nobody is working on this import" in page and "every 1s" not in page
    steward.post(reverse("workbook:again", args=[run.pk]))
    work()
    run.refresh_from_db()
    assert run.state == "preview"


def test_a_file_and_the_request_to_check_it_are_kept_together(cast, small, monkeypatch):
    def broken(*args, **kwargs):
        raise OSError("no such queue")

    monkeypatch.setattr(actions, "enqueue", broken)
    with small.open("rb") as file, pytest.raises(OSError, match="queue"):
        given = {"file": File(file), "file_name": "x.xlsx", "division": None, "choices": Choices()}
        actions.send(by=cast.aisha, at=NOW, **given)
    assert not ImportRun.objects.exists()


@pytest.fixture
def of_both(cast, workbook, bring_in, client_of):
    """P&BI's import for Motors that changes a record of Motors and one of Power."""
    motors, power = (Division.objects.get(slug=slug) for slug in ("motors", "power"))
    bring_in(workbook([["A001", "Ours", "", "", "", "", ""]]), division=motors)
    bring_in(workbook([["A002", "Theirs", "", "", "", "", ""]]), division=power)
    book = workbook([["A001", "Ours", "Cars", "", "", "", ""], ["A002", "Theirs", "Light", "", "", "", ""]])
    return uploaded(client_of(cast.tunde), book, division=motors.pk)


def test_a_steward_who_applies_the_import_of_p_and_bi_changes_only_their_own(of_both, steward):
    for applied in (False, True):  # first they are shown what it would do with their rights
        steward.post(reverse("workbook:apply", args=[of_both.pk]))
        work()
        of_both.refresh_from_db()
        assert of_both.state == ("applied" if applied else "preview")
        assert of_both.counts["accounts"]["refused"] == 1
    assert list(Account.objects.order_by("pk").values_list("industry", flat=True)) == ["Cars", ""]


def test_a_steward_does_not_undo_what_p_and_bi_changed_elsewhere(of_both, steward, cast, client_of):
    pbi = client_of(cast.tunde)
    pbi.post(reverse("workbook:apply", args=[of_both.pk]))
    work()
    undo = reverse("workbook:undo", args=[of_both.pk])
    assert "records of another division" in steward.post(undo, follow=True).content.decode()
    with pytest.raises(Refused, match="another division"):
        take_back(of_both, by=cast.aisha)
    assert Account.objects.get(code="A002").industry == "Light"
    pbi.post(undo)
    work()
    assert set(Account.objects.values_list("industry", flat=True)) == {""}


def field_of(run, written):
    return Name(written, 0, None).field


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


OLD_CALLS = [
    ["I00001", "2026-01-02", "C001", "", "Phone", "Long ago.", "Send specs", "2026-01-09", "Funke Ade"],
    ["I00002", "2026-03-02", "C001", "", "Phone", "Of late.", "Send an offer", "2026-02-14", "Funke Ade"],
    ["I00003", "2026-01-02", "C001", "", "Phone", "Nothing to do.", "", "2026-01-09", "Funke Ade"],
]


def test_old_next_actions_come_in_closed_if_that_is_left_ticked(cast, steward, workbook, bring_in, tmp_path, client_of):
    book, before = workbook([ACCOUNT], [CONTACT], OLD_CALLS), exported(tmp_path).read_bytes()
    run = uploaded(steward, book)
    page = page_of(steward, run)
    assert "Close 1 next action due before 14 Feb 2026" in strip_tags(page)
    assert re.search(r'<input type="checkbox" name="close_old"[^>]* checked', page)
    assert "was due 9 Jan 2026" in page_of(steward, run, "?tab=interactions&kind=old_action")
    steward.post(reverse("workbook:apply", args=[run.pk]), {"close_old": "on"})
    work()
    old = Interaction.objects.get(code="I00001")
    assert (old.done_at, old.done_by, old.closed_at_import, old.version) == (NOW, None, True, 1)
    assert old.history.get().done_at == NOW
    assert list(Interaction.objects.open_actions().values_list("code", flat=True)) == ["I00002"]
    assert "1 next action was closed" in strip_tags(page_of(steward, run))
    shown = strip_tags(steward.get(old.get_absolute_url()).content.decode())
    assert "closed at import" in shown and "done by nobody" in shown and "Open again" in shown
    assert "closed at import" in strip_tags(steward.get(old.account.get_absolute_url()).content.decode())
    for action, codes in (("done", []), ("closed", ["I00001"]), ("open", ["I00002"])):
        listed = steward.get(f"/interactions/?action={action}").content.decode()
        assert [code for code in ("I00001", "I00002", "I00003") if f"/interactions/{code}/" in listed] == codes

    after = exported(tmp_path)
    for again in (book, after):
        assert buckets(bring_in(again, old_before=NOW.date()))["interactions"] == (0, 0, 3, 0)
    assert exported(tmp_path).read_bytes() == after.read_bytes()
    take_back(run)
    assert exported(tmp_path).read_bytes() == before


def test_a_row_that_moves_a_closed_action_is_told_that_it_stays_closed(steward, workbook):
    run = uploaded(steward, workbook([ACCOUNT], [CONTACT], OLD_CALLS))
    steward.post(reverse("workbook:apply", args=[run.pk]), {"close_old": "on"})
    work()
    run = uploaded(steward, workbook([], [], [[*OLD_CALLS[0][:7], "2026-04-01", "Funke Ade"], OLD_CALLS[1]]))
    assert run.hints["interactions"] == {"action_done": 1} and buckets(run)["interactions"] == (0, 1, 1, 0)


def test_old_next_actions_stay_open_where_the_tick_is_taken_away(steward, workbook):
    run = uploaded(steward, workbook([ACCOUNT], [CONTACT], OLD_CALLS))
    steward.post(reverse("workbook:apply", args=[run.pk]))
    work()
    assert Interaction.objects.open_actions().count() == 2
    assert "was closed" not in strip_tags(page_of(steward, run))


def test_the_day_before_which_actions_are_old_can_be_chosen(steward, workbook):
    run = uploaded(steward, workbook([ACCOUNT], [CONTACT], OLD_CALLS))
    choices = reverse("workbook:choices", args=[run.pk])
    assert "Choose a day of the calendar" in steward.post(choices, {"old_before": "x"}, follow=True).content.decode()
    for day, words in (("2026-02-15", "Close 2 next actions due before 15 Feb 2026"), ("", None)):
        steward.post(choices, {"old_before": day})
        work()
        page = page_of(steward, run)
        assert words in strip_tags(page) if words else "close_old" not in page


def test_an_action_closed_at_import_can_be_opened_and_stops_the_undo(cast, steward, workbook, client_of):
    run = uploaded(steward, workbook([ACCOUNT], [CONTACT], OLD_CALLS), division=Division.objects.get(slug="motors").pk)
    steward.post(reverse("workbook:apply", args=[run.pk]), {"close_old": "on"})
    work()
    entry = Interaction.objects.get(code="I00001")
    reopen_action(entry, by=cast.aisha, at=NOW)
    assert not Interaction.objects.get(code="I00001").closed_at_import
    assert "opened the next action again" in steward.get(entry.get_absolute_url()).content.decode()
    assert "I00001" in strip_tags(steward.post(reverse("workbook:undo", args=[run.pk]), follow=True).content.decode())


@pytest.mark.parametrize(
    ("row", "said"), [(ACCOUNT, "the hub has all of this"), (["A001", ""], "in the hub already, or refused")]
)
def test_a_preview_that_changes_nothing_says_so_and_offers_no_apply(steward, workbook, bring_in, row, said):
    bring_in(workbook([ACCOUNT]))
    page = page_of(steward, uploaded(steward, workbook([row])))
    assert "There is nothing to bring in" in page and said in page
    assert "Apply this import" not in page and "/apply/" not in page
    assert ("Refused rows to mend" in page) == (row != ACCOUNT)
