"""Templates read like prose: short lines, every link of the navigation once, every layout with pages."""

import re
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.pure
ROOT = Path(settings.BASE_DIR) / "templates"
TEMPLATES = {str(path.relative_to(ROOT)): path.read_text() for path in sorted(ROOT.rglob("*.html"))}
WIDTH = 160


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_line_fits_a_screen(name: str) -> None:
    long = [number for number, line in enumerate(TEMPLATES[name].splitlines(), 1) if len(line) > WIDTH]
    assert not long, f"templates/{name}: break these lines where whitespace changes nothing that a person sees"


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_line_is_indented_with_spaces_and_ends_without(name: str) -> None:
    assert not re.search(r"\t|[ ]+$", TEMPLATES[name], re.MULTILINE)


def test_the_navigation_is_written_once() -> None:
    views = [view for text in TEMPLATES.values() for view in re.findall(r'{% nav_link "([\w:]+)"', text)]
    assert len(views) > 8
    assert sorted(views) == sorted(set(views))


def test_every_layout_has_pages_and_every_part_is_used() -> None:
    everything = "\n".join(TEMPLATES.values())
    for name in TEMPLATES:
        if name.startswith("layouts/"):
            assert re.search(rf"{{% extends [^%]*{re.escape(name)}", everything), f"nothing extends {name}"
