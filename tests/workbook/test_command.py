"""The command line: JSON, report, refusals and exit codes; and every odd file through both doors."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError

import interactions.tasks  # noqa: F401 - the worker loads the handlers of the jobs so
from accounts.imports.models import ImportRun
from accounts.jobs import queue
from accounts.jobs.models import Job
from accounts.people.models import Division
from accounts.records.models import Account, CodeSeries
from interactions.log.models import Interaction
from mikano_cx.kit import sheets
from tests.conftest import SHARED_DATA, required_in_ci
from tests.workbook.conftest import ACCOUNT, CALL, CONTACT

HOSTILE = sorted(path for path in (SHARED_DATA / "hostile").rglob("*") if path.is_file() and path.suffix != ".md")


def run(*args, **options):
    out = StringIO()
    call_command("import_workbook", *args, stdout=out, **options)
    return out.getvalue()


def test_json_is_all_that_is_printed(workbook, cast):
    book = workbook([ACCOUNT, ["A002", "", "", "", "", "", ""]], [CONTACT], [CALL])
    said = json.loads(run(str(book), json=True))
    assert set(said) == {"accounts", "contacts", "interactions", "problems"}
    assert said["accounts"] == {"rows": 2, "new": 1, "changed": 0, "same": 0, "refused": 1, "warned": 0}
    missing = next(problem for problem in said["problems"] if problem["kind"] == "missing_name")
    assert missing == {
        "tab": "accounts",
        "row": 3,
        "field": "Company Name",
        "kind": "missing_name",
        "message": "This row has no company name.",
    }
    assert (Account.objects.count(), Interaction.objects.count(), ImportRun.objects.get().state) == (1, 1, "applied")


def test_a_dry_run_writes_nothing_but_the_report(small, cast, tmp_path, workbook):
    book = workbook([ACCOUNT], [["C001", "", "", "", "", "A001"]], [CALL])
    report = tmp_path / "report.xlsx"
    out = run(str(book), dry_run=True, report=report)
    assert "a dry run" in out and not Account.objects.exists() and not ImportRun.objects.exists()
    tabs = sheets.read(report).tabs
    assert tabs[1].rows[1] == ["C001", None, None, None, None, "A001", "This row has no name."]
    assert "C001 is row 2 of the Contacts tab" in tabs[2].rows[1][-1]


def test_new_accounts_go_to_the_division_named(small, cast):
    run(str(small), division="power")
    assert Account.objects.get().division == Division.objects.get(slug="power")
    with pytest.raises(CommandError, match="There is no division nowhere") as error:
        run(str(small), division="nowhere")
    assert error.value.returncode == 2


def test_blanks_empty(small, cast, workbook):
    run(str(small))
    run(str(workbook([["A001", "Zenith Bank PLC", "", "", "", "", ""]], [], [])), blanks_empty=True)
    assert Account.objects.get().industry == ""


def test_next_actions_come_in_open_unless_a_day_is_given(cast, workbook):
    old = [*CALL[:6], "Send specs", "2026-02-09", "Funke Ade"]
    for day, left in (("2026-02-09", 1), ("2026-02-10", 0)):
        book = str(workbook([ACCOUNT], [CONTACT], [old]))
        dry = run(book, f"--close-actions-before={day}", dry_run=True)
        out = run(book, f"--close-actions-before={day}")
        assert ("next actions closed at import 1" in out) == ("closed at import 1" in dry) == (not left)
        assert Interaction.objects.open_actions().count() == left
        call_command("undo_import", str(ImportRun.objects.latest("pk").pk), stdout=StringIO())
    run(str(workbook([ACCOUNT], [CONTACT], [old])))
    assert Interaction.objects.open_actions().count() == 1


def test_a_day_that_is_none_is_a_sentence(small, cast):
    with pytest.raises(CommandError, match="2026-02-31 is no day of the calendar"):
        run(str(small), "--close-actions-before=2026-02-31")


def test_what_can_not_be_read_is_a_sentence_and_exit_code_2(tmp_path, db):
    missing, text = tmp_path / "none.xlsx", tmp_path / "text.xlsx"
    text.write_text("only, words\n1,2\n")
    for path, said in ((missing, "There is no file"), (text, "isn't the hub workbook")):
        with pytest.raises(CommandError, match=said) as error:
            run(str(path))
        assert error.value.returncode == 2


def test_a_missing_column_is_a_sentence(workbook, db):
    book = workbook([["A001", "x"]], headers={"accounts": ["Account ID", "Industry"]})
    with pytest.raises(CommandError, match="Accounts tab has no column “Company Name”"):
        run(str(book))


def test_headers_may_be_lower_down_misspelt_and_joined_by_others(workbook, cast, tmp_path):
    book = workbook(
        [["", ""], ["account  id", "COMPANY name", "Colour"], ["A001", "Zenith", "red"]],
        headers={"accounts": ["The list of accounts"]},
        titles={"accounts": "accounts "},
    )
    out = run(str(book))
    assert Account.objects.get().name == "Zenith" and "“Colour”" in out


def test_a_row_with_its_made_id_and_the_same_row_without_are_one(workbook, cast, tmp_path):
    run(str(workbook([ACCOUNT], [CONTACT], [CALL, CALL])))
    codes = list(Interaction.objects.order_by("pk").values_list("code", flat=True))
    assert codes[1] == f"{codes[0]}-2"
    for given in codes:
        Interaction.objects.all().erase()
        both = workbook([], [], [[given, *CALL[1:]], CALL, CALL])
        said = json.loads(run(str(both), json=True))
        assert said["interactions"] == {"rows": 3, "new": 2, "changed": 0, "same": 0, "refused": 1, "warned": 0}
        assert [problem["kind"] for problem in said["problems"]] == ["duplicate_id"]
        assert sorted(Interaction.objects.values_list("code", flat=True)) == codes


def test_what_the_database_refuses_is_a_sentence(small, cast, monkeypatch):
    def refuse(*args):
        raise IntegrityError("duplicate key")

    monkeypatch.setattr("interactions.workbook.writer.Writer.finish", refuse)
    with pytest.raises(CommandError, match="nothing was written"):
        run(str(small))
    assert not Account.objects.exists()


def test_undo_import_takes_an_import_back_once(small, cast):
    run(str(small))
    pk, out = ImportRun.objects.get().pk, StringIO()
    call_command("undo_import", str(pk), stdout=out)
    assert f"Undid import {pk}" in out.getvalue() and not Account.objects.exists()
    for number, said in ((pk, "isn't applied"), (pk + 1, "There is no import")):
        with pytest.raises(CommandError, match=said) as error:
            call_command("undo_import", str(number))
        assert error.value.returncode == 2


def test_a_slip_of_the_keyboard_does_not_use_up_the_series(workbook, cast):
    rows = [[code, "Company", "", "", "", "", ""] for code in ("A007", "A999999999", "A900000", "A1500000")]
    run(str(workbook(rows)))
    assert Account.objects.count() == 4 and CodeSeries.objects.get(prefix="A").last == 1_500_000


@pytest.mark.parametrize("most", [100, 400 * 2**20])
def test_the_hubs_own_limit_of_a_files_size_is_the_readers(small, cast, settings, monkeypatch, most):
    settings.WORKBOOK_MAX_BYTES = most
    asked = []
    inspect, stream = sheets.inspect, sheets.stream
    monkeypatch.setattr(sheets, "inspect", lambda path, *, limits=None: asked.append(limits) or inspect(path))
    monkeypatch.setattr(sheets, "stream", lambda path, *, limits=None: asked.append(limits) or stream(path))
    run(str(small))
    assert {limits.file_bytes for limits in asked} == {most} and len(asked) >= 3


def test_export_writes_the_file(zenith, tmp_path):
    out = StringIO()
    call_command("export_workbook", str(tmp_path / "out.xlsx"), stdout=out)
    assert "1 accounts, 2 contacts, 0 interactions" in out.getvalue()
    assert sheets.read(tmp_path / "out.xlsx").tabs[1].rows[1][1] == "Tunde Leye"


def test_the_odd_files_are_there():
    required_in_ci(len(HOSTILE) > 150, "the odd and hostile files in ../shared/data/hostile")


@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_an_odd_file_is_a_sentence_at_the_command_line(path, db):
    with pytest.raises(CommandError) as error:
        run(str(path), dry_run=True)
    assert error.value.returncode == 2
    assert_a_sentence(str(error.value))


@pytest.mark.parametrize("path", HOSTILE[::9], ids=lambda path: f"{path.parent.name}-{path.name}")
def test_an_odd_file_is_a_sentence_in_the_browser(path: Path, cast, client_of):
    client = client_of(cast.tunde)
    answer = client.post("/workbook/", {"file": SimpleUploadedFile(path.name, path.read_bytes())})
    if answer.status_code == 302:
        for job in Job.objects.filter(state="waiting"):
            queue.run_job(job.pk)
        run = ImportRun.objects.get()
        assert run.state == "refused"
        assert_a_sentence(run.message)
        answer = client.get(answer.url)
        assert answer.status_code == 200
    else:
        assert answer.status_code == 422
    assert not Account.objects.exists()


def assert_a_sentence(text: str) -> None:
    assert text.endswith(".") and text[0].isupper() and "Traceback" not in text and "Error(" not in text
