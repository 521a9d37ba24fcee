"""The style guide shows every component, and no template brings its own style or script."""

import re
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse
from django_tables2 import LazyPaginator

from accounts.people.models import Staff
from mikano_cx.kit.templatetags import hub
from mikano_cx.kit.templatetags.hub import days_left, page_span, page_window, tint, undo_url

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
COMPONENTS = sorted((ROOT / "templates/components").glob("*.html"))
STYLES = sorted(path for path in (ROOT / "static/css").rglob("*.css") if path.name != "tokens.css")
FORBIDDEN = {
    "an inline style": r"\sstyle\s*=|<style\b",
    "an inline script": r"<script\b(?![^>]*\ssrc=)|javascript:|\shx-on\b",
    "an inline handler": r"""\son[a-z]{3,}\s*=\s*["']""",
    "unescaped output": r"\|\s*safe\b|\|\s*safeseq\b|autoescape\s+off",
}
# Parts of one room's pages: they read records, and that room's tests render them.
ELSEWHERE = {
    "account_lookup.html",
    "action.html",
    "demo_logins.html",
    "event.html",
    "listing_filters.html",
    "listing_results.html",
    "listing_state.html",
    "listing_views.html",
    "move_days.html",
    "near_matches.html",
    "ownership_band.html",
    "record_conflict.html",
    "record_fields.html",
    "sentence.html",
    "timeline_filter.html",
}


@pytest.fixture
def guide(db: None, client: Client) -> Any:
    hub._constant_component.cache_clear()  # else what another page drew is not drawn here
    client.force_login(Staff.objects.create_superuser("guide", "Ngozi Eze", email="guide@mikano.test"))
    return client.get("/styleguide/")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_it_shows_every_component(guide: Any) -> None:
    assert guide.status_code == 200
    shown = {str(template.name) for template in guide.templates}
    missing = {f"components/{path.name}" for path in COMPONENTS if path.name not in ELSEWHERE} - shown
    try:
        reverse("pages:search")
    except NoReverseMatch:
        missing.discard("components/palette.html")
    assert missing == set(), "show it in templates/pages/styleguide.html; what reads records is named in ELSEWHERE"


def test_it_lets_no_inline_code_run(guide: Any) -> None:
    policy = guide.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_template_has(what: str, path: Path) -> None:
    assert not re.findall(FORBIDDEN[what], path.read_text(), re.IGNORECASE), f"{name(path)} has {what}"


@pytest.mark.parametrize("path", COMPONENTS, ids=name)
def test_a_component_says_what_it_takes(path: Path) -> None:
    head = path.read_text().split("#}" if path.read_text().startswith("{#") else "{% endcomment %}")[0]
    assert head.startswith(("{#", "{% comment %}"))
    assert path.name in ELSEWHERE or re.search(r"inputs?\b", head, re.IGNORECASE)


@pytest.mark.parametrize("path", STYLES, ids=name)
def test_colours_live_in_the_tokens_alone(path: Path) -> None:
    rules = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    values = re.findall(r":\s*([^;{}]+);", rules)
    assert not [value for value in values if re.search(r"#[0-9a-f]{3,8}\b|\b(rgb|hsl|oklch)a?\(", value, re.IGNORECASE)]


@pytest.mark.parametrize("path", STYLES, ids=name)
def test_every_token_that_is_used_exists(path: Path) -> None:
    """In the tokens, or as a name that the file itself gives one of them."""
    rules, tokens = path.read_text(), (ROOT / "static/css/tokens.css").read_text()
    assert set(re.findall(r"var\((--[\w-]+)", rules)) <= set(re.findall(r"(--[\w-]+):", tokens + rules))


@pytest.mark.parametrize(
    ("cookie", "theme"), [("dark", "dark"), ("light", "light"), ("'><script>", "auto"), ("", "auto")]
)
def test_the_server_writes_the_chosen_theme(db: None, client: Client, cookie: str, theme: str) -> None:
    client.cookies["theme"] = cookie
    assert f'<html lang="en-GB" data-theme="{theme}">' in client.get("/sign-in/").content.decode()


def test_a_component_sees_its_inputs_alone() -> None:
    leaky = Context({"title": "The page's title", "text": "the page's text"})
    assert "page's" not in Template('{% uiblock "card" %}x{% enduiblock %}{% ui "badge" %}').render(leaky)


def test_a_component_escapes_what_it_is_given() -> None:
    html = Template('{% ui "badge" text=text %}').render(Context({"text": "<b>Zenith</b>"}))
    assert "&lt;b&gt;Zenith" in html


def test_a_toast_offers_undo_where_the_message_names_it() -> None:
    assert undo_url(SimpleNamespace(extra_tags="undo:/log/X1/undo/")) == "/log/X1/undo/"
    assert undo_url(SimpleNamespace(extra_tags="safe")) == ""
    html = Template('{% ui "toast" text="Logged." undo="/log/X1/undo/" %}').render(Context({"csrf_token": "tok"}))
    assert 'action="/log/X1/undo/"' in html
    assert 'value="tok"' in html


def test_a_missing_page_leaves_no_link() -> None:
    context = Context({"request": RequestFactory().get("/")})
    assert "<a" not in Template('{% nav_link "pages:no_such_page" "Nowhere" "sun" %}').render(context)
    assert 'aria-current="page"' in Template('{% nav_link "pages:home" "My day" "sun" %}').render(context)


def test_page_links_keep_the_ends_and_the_neighbours() -> None:
    pages = Paginator(range(900), 25)
    assert page_window(pages.page(1)) == [1, 2, None, 36]
    assert page_window(pages.page(3)) == [1, 2, 3, 4, None, 36]
    assert page_window(pages.page(4)) == [1, 2, 3, 4, 5, None, 36]
    assert page_window(pages.page(36)) == [1, None, 35, 36]


def test_rows_are_counted_only_where_that_is_cheap() -> None:
    assert page_span(Paginator(range(900), 25).page(2)) == "26–50 of 900"
    assert page_span(LazyPaginator(range(900), 25).page(2)) == "Page 2"


@pytest.mark.parametrize(
    ("until", "left"), [(date(2026, 11, 22), 0), (date(2026, 12, 1), 9), (date(2026, 11, 21), -1), (None, None)]
)
def test_days_are_counted_in_lagos(time_machine: Any, until: date | None, left: int | None) -> None:
    time_machine.move_to("2026-11-20T23:30:00Z")  # 00:30 on the 21st in Lagos
    assert days_left(until) == left


def test_a_name_keeps_its_tint() -> None:
    assert tint("Funke Adeyemi") == tint("Funke Adeyemi")
    assert len({tint(f"Person {n}") for n in range(60)}) == 6
