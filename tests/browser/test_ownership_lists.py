"""The lists of ownership in a browser: axe finds nothing, they fit a phone, and claiming and assigning work by hand."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.records.models import Account
from mikano_cx.kit.local_time import local_date
from tests.browser.test_daily_pages_are_accessible import WIDTHS, faults
from tests.ownership.account_lists import logged, met, sold

PAGES = {
    "pool": "/ownership/pool/",
    "claim": "/ownership/claim/{orphan}/",
    "mine": "/ownership/mine/?whose=division&sort=owner",
    "expiring": "/ownership/expiring/?whose=all",
    "unassigned": "/ownership/unassigned/?state=both",
    "flags": "/ownership/flags/",
    "leaving": "/ownership/leaving/?person=funke&last_working_day={friday}",
    "back": "/ownership/leaving/emeka/back/",
}


@pytest.fixture
def story(hub):
    """An orphan, one that waits, one led to its last days, one flagged; somebody who left."""
    at, cast = timezone.now(), hub.cast
    orphan = logged(cast.tunde, "Lafarge Africa", at=at)
    met(cast.funke, logged(cast.tunde, "Led for long", at=at - timedelta(days=85)), at - timedelta(days=80))
    flagged = logged(cast.funke, "Dangote Cement", at=at - timedelta(days=50))
    for account, number, seller in ((logged(cast.tunde, "Waits", at=at), "W", None), (flagged, "D", cast.emeka)):
        sold(account, number, by=cast.tunde, at=at - timedelta(days=5), known=at, seller=seller)
    cast.emeka.divisions.set(cast.ngozi.divisions.all())
    cast.emeka.last_working_day = local_date(at)
    cast.emeka.save()
    return orphan


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing(hub, story, open_hub, scheme, width):
    page = open_hub(hub.cast.ngozi, color_scheme=scheme, viewport={"width": WIDTHS[width], "height": 800})
    friday = (local_date(timezone.now()) + timedelta(days=4)).isoformat()
    found = {}
    for name, path in PAGES.items():
        answer = page.goto(path.format(orphan=story.code, friday=friday))
        found[name] = faults(page) + ([] if answer.status == 200 else [f"{answer.status}"])
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found[name] += [f"{too_wide}px too wide"] if too_wide > 0 else []
    assert {name: problems for name, problems in found.items() if problems} == {}


def test_claiming_in_a_dialog_says_who_leads_it_now(hub, story, open_hub):
    page = open_hub(hub.cast.funke)
    page.goto("/ownership/pool/?q=lafarge")
    page.get_by_role("link", name="Claim Lafarge Africa").click()
    dialog = page.get_by_role("dialog", name="Claim an account")
    dialog.get_by_text("This claims Lafarge Africa.").wait_for()
    dialog.get_by_role("button", name="Log and claim").click()
    dialog.get_by_text("Choose how it happened").first.wait_for()
    dialog.locator("label.chip", has_text="Phone").click()
    dialog.get_by_role("button", name="Log and claim").click()
    dialog.get_by_text("Choose what it was").first.wait_for()  # a call is no meeting
    dialog.locator("label.chip", has_text="Negotiation").click()
    assert faults(page) == []
    dialog.get_by_role("button", name="Log and claim").click()
    page.get_by_text("You lead Lafarge Africa now").wait_for()
    assert page.get_by_role("link", name="Claim Lafarge Africa").count() == 0
    assert Account.objects.get(pk=story.pk).owner == hub.cast.funke


@pytest.mark.parametrize("script", [True, False])
def test_a_head_ticks_and_assigns_with_and_without_scripts(hub, story, open_hub, script):
    page = open_hub(hub.cast.ngozi, java_script_enabled=script)
    page.goto("/ownership/unassigned/?state=both")
    if script:
        page.get_by_label("All on this page").check()
    else:
        for name in ("Lafarge Africa", "Waits"):
            page.get_by_label(f"Assign {name}").check()
    page.get_by_label("Assign to").select_option(str(hub.cast.aisha.pk))
    page.get_by_role("button", name="Assign the ticked ones").click()
    page.get_by_text("Aisha Bello owns 2 accounts now.").wait_for()
    assert page.url.endswith("?state=both")
