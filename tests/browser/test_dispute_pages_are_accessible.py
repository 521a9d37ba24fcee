"""axe finds nothing on the pages of disputes, light and dark, wide and narrow; they fit a phone; a head signs in a
browser, without JavaScript."""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from accounts.people.models import Division
from accounts.records.actions import create_account
from interactions.log.actions import log_interaction
from interactions.log.models import InteractionKind
from interactions.sales.actions import record_sale
from mikano_cx.kit.local_time import local_date
from ownership.disputes.actions.disputes import draft_ruling, open_dispute, preview_rulings, sign_rulings
from ownership.disputes.models import Dispute
from ownership.facts.queries import SALE, fact_id
from tests.browser.test_daily_pages_are_accessible import WIDTHS, faults


def disputed(hub, name, *, days):
    """An account that Funke led, with a sale of Aisha's recorded late, and an open dispute on it."""
    at, cast = timezone.now(), hub.cast
    motors = Division.objects.get(slug="motors")
    then = at - timedelta(days=days)
    account = create_account(by=cast.tunde, at=then, values={"name": name, "division": motors})
    meeting = InteractionKind.objects.get(slug="meeting")
    met = then + timedelta(days=5)
    occurred = met - timedelta(days=2)
    log_interaction(by=cast.funke, at=met, account=account, channel="meeting", kind=meeting, occurred_at=occurred)
    log_interaction(by=cast.emeka, at=met, account=account, channel="phone")
    sold = {"account": account, "sold_on": local_date(then + timedelta(days=20)), "amount": "42500000"}
    number = f"INV-{days}"
    record_sale(by=cast.tunde, at=then + timedelta(days=30), invoice_number=number, salesperson=cast.aisha, **sold)
    dispute = open_dispute(account, by=cast.funke, at=at, question="I wrote the quote.", claimants=[cast.funke])
    return dispute, fact_id(SALE, account.sales.get().pk)


@pytest.fixture
def disputes(hub):
    """One open, one with a draft, one closed."""
    at, cast = timezone.now(), hub.cast
    (fresh, sale), (drafted, other), (ruled, third) = (
        disputed(hub, name, days=days) for name, days in (("Dangote Cement", 60), ("Lafarge", 90), ("Nestle", 120))
    )
    given = {"by": cast.ngozi, "at": at, "kind": "credit", "reason": "Her quote", "credited_to": cast.funke}
    draft_ruling(drafted, target=other, **given)
    draft_ruling(ruled, target=third, **given)
    digest = preview_rulings(ruled, at=at).digest
    sign_rulings(ruled, by=cast.ngozi, at=at, reason="Her quote.", digest=digest)
    return SimpleNamespace(fresh=fresh, drafted=drafted, ruled=ruled, sale=sale)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing(hub, disputes, open_hub, scheme, width):
    page = open_hub(hub.cast.ngozi, color_scheme=scheme, viewport={"width": WIDTHS[width], "height": 800})
    fresh = disputes.fresh.get_absolute_url()
    paths = {
        "list": "/ownership/disputes/",
        "new": "/ownership/disputes/new/?account=A001",
        "open": fresh,
        "draft": f"{fresh}draft/?fact={disputes.sale}",
        "drafted": disputes.drafted.get_absolute_url(),
        "ruled": disputes.ruled.get_absolute_url(),
    }
    found = {}
    for name, path in paths.items():
        page.goto(path)
        found[name] = faults(page)
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found[name] += [f"{too_wide}px too wide"] if too_wide > 0 else []
    assert {name: problems for name, problems in found.items() if problems} == {}


def test_a_head_rules_without_javascript(hub, disputes, open_hub):
    page = open_hub(hub.cast.ngozi, java_script_enabled=False)
    page.goto(disputes.fresh.get_absolute_url())
    page.get_by_role("link", name=re.compile("Rule on this ?: Sale INV-60")).click()
    page.get_by_label("A sale of somebody else").check()
    page.get_by_label("Whose, if it is somebody else’s").select_option("Funke Ade")
    page.get_by_label("Reason").fill("The order names her quote.")
    page.get_by_role("button", name="Draft it").click()
    page.get_by_role("heading", name="After").wait_for()
    page.get_by_label("Why it is decided so").fill("It was her quote.")
    page.get_by_role("button", name="Sign", exact=True).click()
    page.get_by_role("heading", name="The decision").wait_for()
    assert Dispute.objects.get(pk=disputes.fresh.pk).state == Dispute.State.RULED


def test_the_record_prints_without_the_frame(hub, disputes, open_hub):
    page = open_hub(hub.cast.funke)
    page.goto(disputes.ruled.get_absolute_url())
    page.emulate_media(media="print")
    for gone in (".frame-nav", ".frame-header", ".bottom-bar", ".dispute .no-print"):
        assert page.locator(gone).count() and not page.locator(f"{gone}:visible").count(), gone
    page.set_viewport_size({"width": 688, "height": 1000})  # a sheet of A4 within its margins
    before, after = (page.locator(".dispute-side").nth(number).bounding_box() for number in (0, 1))
    assert before["y"] == after["y"] and before["x"] < after["x"], "side by side"
    assert page.locator(".dispute-rows thead th:visible").count() == 8
