"""axe finds nothing on the daily pages, light and dark, wide and narrow; they fit a phone."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from accounts.records.actions import edit_contact
from accounts.records.models import Contact
from accounts.records.models.contacts import Consent
from interactions.log.actions import amend_interaction, log_interaction, void_interaction
from interactions.sales.actions import record_sale
from mikano_cx.kit.local_time import local_date

WIDTHS = {"wide": 1280, "narrow": 360}
PAGES = {
    "home": "/",
    "account": "/accounts/A001/",
    "contact": "/contacts/C002/",
    "why": "/ownership/why/A001/",
    "why, as of a day": "/ownership/why/A001/?on=2020-01-01&known=x",
    "interaction": "/interactions/{entry}/",
    "void": "/interactions/{entry}/void/",
    "log": "/interactions/log/?contact=C002",
    "search": "/search/?q=zenith",
    "kinds": "/interactions/kinds/",
}


@pytest.fixture
def story(hub):
    """Entries of every sort, actions late and to come, somebody who opted out."""
    at, cast = timezone.now(), hub.cast
    today = local_date(at)
    tunde_leye, ada = Contact.objects.order_by("code")
    values = {"consent": Consent.OPTED_OUT, "consent_on": today}
    edit_contact(ada, by=cast.funke, at=at, values=values, seen_version=ada.version)
    for days in (-3, 0, 2, None):
        due = None if days is None else today + timedelta(days=days)
        log_interaction(by=cast.tunde, at=at, contact=tunde_leye, channel="phone", next_action="Call", due_on=due)
    entry = log_interaction(by=cast.tunde, at=at, contact=ada, channel="meeting", notes="Secret", confidential=True)
    amend_interaction(entry, by=cast.tunde, at=at + timedelta(hours=1), text="Beside it.")
    void_interaction(
        log_interaction(by=cast.tunde, at=at, account=hub.zenith, channel="web"), by=cast.tunde, at=at, reason="x"
    )
    sold = today - timedelta(days=90)
    record_sale(
        by=cast.tunde,
        at=at,
        invoice_number="INV-1",
        account=hub.zenith,
        sold_on=sold,
        amount="42500000",
        salesperson=cast.emeka,
    )
    return entry


def faults(page):
    return [
        f"{violation['id']}: {node['html'][:160]} {node['failureSummary'][:160]}"
        for violation in Axe().run(page).response["violations"]
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing(hub, story, open_hub, scheme, width):
    page = open_hub(hub.cast.tunde, color_scheme=scheme, viewport={"width": WIDTHS[width], "height": 800})
    found = {}
    for name, path in PAGES.items():
        page.goto(path.format(entry=story.code))
        found[name] = faults(page)
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found[name] += [f"{too_wide}px too wide"] if too_wide > 0 else []
    page.goto("/")
    page.locator("[data-quick-log]:visible, .bottom-bar-log:visible").first.click()
    page.locator("#log_who").press_sequentially("leye")
    page.locator("#quick-log").get_by_role("option").first.wait_for()
    found["dialog"] = faults(page)
    page.locator("#quick-log").get_by_role("option").first.click()
    found["dialog, picked"] = faults(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.locator("#palette-q").press_sequentially("zenith")
    page.locator("#palette-results [data-option]").first.wait_for()
    found["palette"] = faults(page)
    assert {name: problems for name, problems in found.items() if problems} == {}
