"""A real Chromium before a live server. Without a browser these tests skip loudly; in CI that is a failure."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.test import Client
from playwright.sync_api import sync_playwright

from tests.conftest import required_in_ci

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
# A refused form; a search that the next letter made needless (a failed one says htmx:sendError as well).
NO_FAULT = ("status of 422", "htmx:sendAbort", "htmx:afterRequest")
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps an event loop in this thread


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser():
    """One Chromium for all. (pytest-playwright's own fixture warns under this pytest, and warnings are errors.)"""
    required_in_ci(Path(CHROMIUM).exists(), f"a browser ({CHROMIUM})")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def hub(live_server, request) -> SimpleNamespace:
    """The running hub: its address, the cast, and Zenith with its two contacts."""
    cast = request.getfixturevalue("cast")
    zenith = request.getfixturevalue("zenith")
    return SimpleNamespace(url=live_server.url, cast=cast, zenith=zenith)


@pytest.fixture
def open_hub(hub, browser):
    """`open_hub(person, **context)`: a page of a signed-in browser. It may not log an error nor break the CSP."""
    faults: list[str] = []
    contexts = []

    def note(message):
        if message.type == "error" and not any(words in message.text for words in NO_FAULT):
            faults.append(message.text)

    def opened(person, *, faultless=True, **options):
        client = Client()
        client.force_login(person)
        context = browser.new_context(base_url=hub.url, **options)
        contexts.append(context)
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": hub.url}
        context.add_cookies([cookie])
        page = context.new_page()
        page.set_default_timeout(10_000)
        if faultless:
            page.on("console", note)
            page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto("/")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []
