"""axe finds nothing on the workbook's pages, and bringing one in works by hand: choose, check, look, apply."""

import pytest
from django.core.files import File
from django.utils import timezone

from accounts.jobs.models import Job
from interactions.workbook import actions
from interactions.workbook.decisions import Choices
from mikano_cx.kit.sheets.writer import TabOut, write_workbook
from tests.browser.test_daily_pages_are_accessible import WIDTHS, faults

ACCOUNTS = ["Account ID", "Company Name", "Industry", "Account Owner"]


@pytest.fixture
def book(tmp_path):
    path = tmp_path / "hub.xlsx"
    rows = [["A001", "Zenith Bank PLC", "Banking", "Old Salesman"], ["A002", "", "", ""], ["A003", "CafÃ©", "", ""]]
    write_workbook(path, [TabOut("Accounts", ACCOUNTS, rows)])
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing(hub, book, open_hub, scheme, width):
    page = open_hub(hub.cast.aisha, color_scheme=scheme, viewport={"width": WIDTHS[width], "height": 800})
    page.goto("/workbook/")
    found = {"empty": faults(page)}
    with book.open("rb") as file:
        run = actions.upload(
            by=hub.cast.aisha,
            at=timezone.now(),
            file=File(file),
            file_name="hub.xlsx",
            division=None,
            choices=Choices(),
        )
    page.goto(f"/workbook/{run.pk}/")
    found["progress"] = faults(page)
    actions.check(run, at=timezone.now())
    for name in ("", "?tab=accounts&bucket=changed", "?tab=accounts&bucket=refused", "people/", "../"):
        page.goto(f"/workbook/{run.pk}/{name}")
        found[name] = faults(page)
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found[name] += [f"{too_wide}px too wide"] if too_wide > 0 else []
    assert {name: what for name, what in found.items() if what} == {}


def test_a_workbook_is_chosen_checked_and_asked_to_be_applied(hub, book, open_hub):
    page = open_hub(hub.cast.aisha)
    page.goto("/workbook/")
    page.get_by_label("Workbook", exact=True).set_input_files(str(book))
    page.get_by_role("button", name="Check the workbook").click()
    page.get_by_text("You can leave this page").wait_for()
    actions.check(hub.cast.aisha.import_runs.get(), at=timezone.now())
    Job.objects.update(state="done")
    page.get_by_role("button", name="Apply this import").click()  # the page has found out by itself
    page.get_by_text("Being applied").first.wait_for()
