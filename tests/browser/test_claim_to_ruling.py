"""From the pool to a signed ruling, in a browser: who claims, who objects, who rules, and what the pages then say."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.people.models import Division
from accounts.records.actions import create_account
from accounts.records.models import Account
from interactions.log.actions import log_interaction
from interactions.log.models import InteractionKind
from ownership.disputes.models import Dispute

WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 800}


@pytest.fixture
def lagoon(hub) -> Account:
    """An orphan of Motors: a steward brought it in, and nobody met them yet."""
    at = timezone.now() - timedelta(days=40)
    values = {"name": "Lagoon Movers Ltd", "division": Division.objects.get(slug="motors")}
    return create_account(by=hub.cast.tunde, at=at, values=values)


def claim(page, account) -> None:
    page.goto("/ownership/pool/")
    page.get_by_role("link", name=f"Claim {account}").click()
    form = page.get_by_role("dialog", name="Claim an account")
    form.locator("input[name=channel][value=meeting]").check()
    form.get_by_label("Notes").fill("Dropped brochures at the gate.")
    form.get_by_role("button", name="Log and claim").click()
    expect(page.get_by_text(f"You lead {account} now")).to_be_visible()


def object_to(page, account, claimants) -> None:
    page.goto(f"/accounts/{account.code}/")
    page.get_by_role("link", name="Why? Whose").first.click()
    expect(page.locator(".why-sentence")).to_contain_text("Funke Ade leads Lagoon Movers Ltd")
    page.get_by_role("link", name="This isn’t right: open a dispute").click()
    page.get_by_label("What is in question?").fill("Nobody was met: brochures are no meeting.")
    for name in claimants:
        page.get_by_role("checkbox", name=name).check()
    page.get_by_role("button", name="Open the dispute").click()
    page.wait_for_url(re.compile(r"/ownership/disputes/\d+/"))


def test_an_orphan_is_claimed_disputed_and_ruled_on(hub, lagoon, open_hub):
    cast = hub.cast
    funke = open_hub(cast.funke, viewport=WIDE)
    claim(funke, lagoon)
    funke.goto(f"/accounts/{lagoon.code}/")
    chip = funke.locator(".owner-chip").first
    expect(chip).to_contain_text("Funke Ade")
    expect(chip).to_contain_text("yours until")

    demonstration = InteractionKind.objects.get(slug="demonstration")
    log_interaction(by=cast.aisha, at=timezone.now(), account=lagoon, channel="site_visit", kind=demonstration)
    aisha = open_hub(cast.aisha, viewport=WIDE)
    object_to(aisha, lagoon, ["Funke Ade", "Aisha Bello"])
    dispute = Dispute.objects.get()
    assert {str(one) for one in dispute.claimants.all()} == {"Funke Ade", "Aisha Bello"}

    ngozi = open_hub(cast.ngozi, viewport=WIDE)
    expect(ngozi.locator("a.bell")).to_contain_text("unread")
    ngozi.goto(dispute.get_absolute_url())
    fact = ngozi.locator("#evidence li", has_text="Funke Ade").filter(has_text="Meeting").first
    fact.get_by_role("link", name="Rule on this").click()
    ngozi.get_by_role("radio", name="Not a substantive interaction").check()
    ngozi.get_by_label("Reason").fill("The guard took the brochures; nobody was met.")
    ngozi.get_by_role("button", name="Draft it").click()
    sides = ngozi.locator("#replay .dispute-side")
    expect(sides).to_have_count(2)
    expect(sides.nth(0)).to_contain_text("Funke Ade leads")
    expect(sides.nth(1)).to_contain_text("Aisha Bello leads")
    assert Account.objects.get(pk=lagoon.pk).owner == cast.funke  # a draft changes nothing
    ngozi.get_by_label("Why it is decided so").fill("Aisha's test drive is the first substantive interaction.")
    ngozi.get_by_role("button", name="Sign").click()
    expect(ngozi.locator("#decision")).to_contain_text("Ruled on")

    ngozi.goto(f"/accounts/{lagoon.code}/")
    expect(ngozi.locator(".owner-chip").first).to_contain_text("Aisha Bello")
    ngozi.goto(f"/ownership/why/{lagoon.code}/")
    expect(ngozi.locator(".why-sentence")).to_contain_text("Aisha Bello leads Lagoon Movers Ltd")
    funke.goto("/ownership/notices/")
    expect(funke.locator("main")).to_contain_text("Lagoon Movers Ltd is no longer yours. Aisha Bello has it now.")
    expect(funke.locator("main")).to_contain_text("Ngozi Eze ruled on the dispute on Lagoon Movers Ltd.")
    aisha.goto("/ownership/notices/")
    expect(aisha.locator("main")).to_contain_text("You lead Lagoon Movers Ltd now.")


def test_on_a_phone_a_claim_and_an_objection_fit(hub, lagoon, open_hub):
    funke = open_hub(hub.cast.funke, viewport=PHONE, has_touch=True)
    claim(funke, lagoon)
    assert funke.evaluate("document.documentElement.scrollWidth") <= 390
    aisha = open_hub(hub.cast.aisha, viewport=PHONE, has_touch=True)
    object_to(aisha, lagoon, ["Funke Ade"])
    assert aisha.evaluate("document.documentElement.scrollWidth") <= 390
    expect(aisha.locator("main")).to_contain_text("Nobody was met: brochures are no meeting.")
