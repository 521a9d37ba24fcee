"""Each component and page has a stylesheet of its own, in its layer, and no class that nothing uses."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

ROOT = Path(settings.BASE_DIR)
CSS = ROOT / "static/css"
OURS = sorted(
    path for path in CSS.rglob("*.css") if not path.name.startswith("admin")
)  # the admin's classes are Django's
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static/js").glob("*.js"))
SOURCES = sorted(
    path
    for room in ("mikano_cx", "accounts", "interactions", "ownership", "kpis")
    for path in (ROOT / room).rglob("*.py")
    if "migrations" not in path.parts
)
NAME = r"-?[a-zA-Z_][\w-]*"
TAG = r"{%.*?%}|{{.*?}}|{[^{}]*}"
OPEN = "…"  # where a class goes on with a value: badge-…
BY_HTMX = {"htmx-request"}  # htmx sets it while it asks
OF_THE_ADMIN = {"aligned", "default", "fieldset-heading", "form-row", "module", "paginator", "submit-row", "this-page"}
# Stylesheets of the components' folder that have no template: parts of the frame, and what several components share.
WITHOUT_TEMPLATE = {"bottom_bar", "count", "entry_notes", "facts", "global_search", "list", "quick_log", "record_links"}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def rules(path: Path) -> str:
    return re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)


def styled(path: Path) -> set[str]:
    """The classes that its selectors name."""
    selectors = re.findall(r"([^{};]+){", rules(path))
    return {found for one in selectors if "@" not in one for found in re.findall(rf"\.({NAME})", one)}


def classes(value: str) -> Iterator[str]:
    """The classes of an attribute as a template or Python writes it; one that ends in a value ends in OPEN."""
    filled = re.sub(r"{%.*?%}", " ", value, flags=re.DOTALL)
    yield from re.sub(r"{{.*?}}|{[^{}]*}", OPEN, filled, flags=re.DOTALL).split()


def of_a_template(text: str) -> Iterator[str]:
    values = re.findall(rf'\bclass="((?:{TAG}|[^"{{])*)"', text, re.DOTALL)
    values += re.findall(r"{% block \w+_class %}(.*?){% endblock %}", text)
    for choice in re.findall(r'class=[\w.]+\|yesno:"([^"]*)"', text):
        values += choice.split(",")
    for value in values:
        yield from classes(value)


def of_a_source(text: str) -> Iterator[str]:
    values = re.findall(r'class="([^"]*)"', text)
    values += re.findall(r"""["']class["']: f?["']([^"']*)["']""", text)
    for value in values:
        yield from classes(value)


def of_a_script(text: str) -> Iterator[str]:
    for literal in re.findall(r"""["'`]([^"'`\n]*)["'`]""", text):
        yield from re.findall(rf"\.({NAME})", literal)
        if re.fullmatch(r"[\w -]+", literal):
            yield from literal.split()


@pytest.fixture(scope="module")
def used() -> set[str]:
    found = {one for path in TEMPLATES for one in of_a_template(path.read_text())}
    found |= {one for path in SOURCES for one in of_a_source(path.read_text())}
    return found | {one for path in SCRIPTS for one in of_a_script(path.read_text())}


@pytest.fixture(scope="module")
def words() -> set[str]:
    """What a class that goes on with a value may go on with: the words of templates and sources, and numbers."""
    texts = "\n".join(path.read_text() for path in [*TEMPLATES, *SOURCES])
    return set(re.findall(r"\w+", texts)) | {str(number) for number in range(10)}


@pytest.mark.pure
@pytest.mark.parametrize("path", OURS, ids=name)
def test_no_class_is_dead(path: Path, used: set[str], words: set[str]) -> None:
    starts = {one.split(OPEN)[0] for one in used if OPEN in one} - {""}
    dead = {
        one
        for one in styled(path) - used - BY_HTMX
        if not any(one.startswith(start) and one.removeprefix(start) in words for start in starts)
    }
    assert not dead, "no template, source or script uses these: take them out"


@pytest.mark.pure
@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_uses_no_class_that_nothing_knows(path: Path) -> None:
    known = set().union(*map(styled, CSS.rglob("*.css"))) | OF_THE_ADMIN
    known |= {one for script in SCRIPTS for one in of_a_script(script.read_text())}
    unknown = {one for one in of_a_template(path.read_text()) if OPEN not in one} - known
    assert not unknown, "neither a stylesheet nor a script knows these"


@pytest.mark.pure
@pytest.mark.parametrize("path", OURS, ids=name)
def test_a_stylesheet_keeps_to_its_layer(path: Path) -> None:
    layer = path.parent.name if path.parent != CSS else path.stem
    assert set(re.findall(r"@layer (\w+) {", rules(path))) == {layer}
    ordered = "@layer tokens, base, components, pages;" in rules(path)
    assert ordered is (path.stem == "tokens"), "the order of the layers is said once, in the first stylesheet"


@pytest.mark.pure
def test_a_component_s_stylesheet_is_named_as_its_template() -> None:
    sheets = {path.stem for path in (CSS / "components").glob("*.css")}
    templates = {path.stem for path in (ROOT / "templates/components").glob("*.html")}
    assert sheets - templates == WITHOUT_TEMPLATE


@pytest.mark.pure
def test_every_page_s_stylesheet_is_linked() -> None:
    links = "\n".join(path.read_text() for path in TEMPLATES)
    assert [path.name for path in (CSS / "pages").glob("*.css") if f"css/pages/{path.name}" not in links] == []
    for linked in re.findall(r"{% static '(css/[^']+)' %}", links):
        assert linked == "css/components.css" or (ROOT / "static" / linked).exists(), linked


@pytest.mark.once
def test_the_first_page_asks_for_few_stylesheets(db: None, client: Client) -> None:
    page = client.get("/sign-in/").content.decode()
    assert re.findall(r'rel="stylesheet" href="/static/css/([\w.-]+)"', page) == [
        "tokens.css",
        "base.css",
        "components.css",
    ]
