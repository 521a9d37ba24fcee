"""IT brings Northwind and Maven in through feeds, in a browser; what they look like is accessible, light and dark."""

import csv
from collections.abc import Iterator
from decimal import Decimal
from itertools import product
from pathlib import Path

from django.db.models import Sum
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.imports.feeds.actions import save_feed
from accounts.imports.feeds.samples import EXAMPLES
from accounts.imports.models import ErpCustomer, Feed, ImportRun
from accounts.records.models import Account
from interactions.sales.models import Sale
from tests.browser.test_daily_pages_are_accessible import WIDTHS, faults
from tests.feeds.conftest import do_jobs

WIDE = {"width": 1280, "height": 900}


def rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def feed(name: str) -> Feed:
    given = next(example for example in EXAMPLES if example["name"] == name)
    return save_feed(Feed(**given), by=None, at=timezone.now())


def tile(page: Page, name: str):
    return page.get_by_role("region", name="Rows of the file").get_by_role("listitem").filter(has_text=name)


def look(page: Page) -> None:
    """axe finds nothing, and the page fits: wide and on a phone, light and dark."""
    for width, scheme in product(WIDTHS.values(), ("light", "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.reload()  # else colours are on their way
        assert faults(page) == [], (page.url, width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (page.url, width)
    page.set_viewport_size(WIDE)


def bring(page: Page, one: Feed, path: Path, lines: Path | None, counts: dict[str, int]) -> ImportRun:
    """Upload the file on the feed's page, look at what it would do, apply it."""
    page.goto(one.get_absolute_url())
    page.locator("input[type=file][name=file]").set_input_files(path)
    if lines:
        page.locator("input[type=file][name=lines_file]").set_input_files(lines)
    page.get_by_role("button", name="Read the file").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(path.name)
    do_jobs()
    expect(page.locator("main")).to_contain_text("Nothing has been changed yet.")
    for name, count in counts.items():
        expect(tile(page, name)).to_contain_text(f"{count:,}")
    look(page)
    page.get_by_role("button", name="Apply this file").click()
    do_jobs()
    expect(page.locator("main")).to_contain_text("This import is applied.")
    for name, count in counts.items():
        expect(tile(page, name)).to_contain_text(f"{count:,}")
    look(page)
    return ImportRun.objects.latest("pk")


def test_northwind_comes_in_through_its_feeds(hub, open_hub, shared_data):
    folder = shared_data / "northwind"
    it = open_hub(hub.cast.chinedu, viewport=WIDE)
    bring(it, feed("Northwind customers"), folder / "customers_repaired.csv", None, {"New": 91})
    lines = list(rows(folder / "order-details.csv"))
    orders = feed("Northwind sales")
    run = bring(it, orders, folder / "orders_repaired.csv", folder / "order-details.csv", {"New": 830})
    assert Account.objects.exclude(pk=hub.zenith.pk).count() == 91 and Sale.objects.count() == 830
    each = (Decimal(row["unitPrice"]) * int(row["quantity"]) * (1 - Decimal(row["discount"])) for row in lines)
    assert abs(Sale.objects.aggregate(sum=Sum("amount"))["sum"] - sum(each)) < len(lines) / Decimal(100)
    assert run.kinds == {"unknown_salesperson": 830}

    it.goto(orders.get_absolute_url())
    expect(it.get_by_role("table", name="Latest imports")).to_contain_text("Applied")
    tunde = open_hub(hub.cast.tunde, viewport=WIDE)
    tunde.goto("/feeds/customers/")
    expect(tunde.locator("#queue")).to_contain_text("of 91")
    look(tunde)
    tunde.get_by_role("button", name="Accept Alfreds Futterkiste", exact=True).click()
    expect(tunde.locator("#queue")).to_contain_text("of 90")
    assert ErpCustomer.objects.get(external_id="NW-ALFKI").check_state == "valid"


def test_maven_comes_in_through_its_feeds_and_goes_again(hub, open_hub, shared_data):
    folder = shared_data / "maven_crm"
    won = [row for row in rows(folder / "sales_pipeline.csv") if row["deal_stage"] == "Won"]
    others = sum(1 for _ in rows(folder / "sales_pipeline.csv")) - len(won)
    it = open_hub(hub.cast.chinedu, viewport=WIDE)
    bring(it, feed("Maven customers"), folder / "accounts.csv", None, {"New": 85})
    deals = feed("Maven sales")
    run = bring(it, deals, folder / "sales_pipeline.csv", None, {"New": len(won), "Left out": others})
    assert Sale.objects.count() == len(won) == 4_238
    assert Sale.objects.aggregate(sum=Sum("amount"))["sum"] == sum(Decimal(row["close_value"]) for row in won)

    it.goto(run.get_absolute_url())
    it.get_by_text("Undo this import").click()
    it.get_by_role("button", name="Undo it").click()
    do_jobs()
    expect(it.locator("main")).to_contain_text("This import was undone")
    assert not Sale.objects.exists() and Account.objects.count() == 86
