"""The components' stylesheets go out as one file."""

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.files.storage import FileSystemStorage

from mikano_cx.kit import stylesheets
from mikano_cx.kit.stylesheets import BUNDLE, COMPONENTS, ComponentStyles, bundled


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(stylesheets, "FOLDER", tmp_path)
    monkeypatch.setattr(ComponentStyles, "storage", FileSystemStorage(tmp_path))
    return tmp_path


def test_the_bundle_holds_every_component() -> None:
    text = bundled()
    assert len(list(COMPONENTS.glob("*.css"))) > 40
    assert all(path.read_text() in text for path in COMPONENTS.glob("*.css"))


def test_it_is_found_as_any_static_file() -> None:
    found = finders.find(BUNDLE)
    assert Path(found).read_text() == bundled()
    assert finders.find(BUNDLE, find_all=True) == [found]
    assert ComponentStyles().find("css/base.css") is None
    assert ComponentStyles().find("css/base.css", find_all=True) == []


def test_it_is_listed_for_collectstatic() -> None:
    [(path, storage)] = ComponentStyles().list([])
    assert path == BUNDLE
    assert Path(storage.path(path)).read_text() == bundled()


def test_it_is_written_anew_once_a_component_changes(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    path = Path(ComponentStyles().find(BUNDLE))
    before = path.stat().st_mtime_ns
    ComponentStyles().find(BUNDLE)
    assert path.stat().st_mtime_ns == before
    monkeypatch.setattr(stylesheets, "bundled", lambda: ".btn {}")
    ComponentStyles().find(BUNDLE)
    assert path.read_text() == ".btn {}"
    assert [left.name for left in path.parent.iterdir()] == ["components.css"]


def test_no_static_file_lies_where_the_bundle_is_offered() -> None:
    assert not (COMPONENTS.parent / "components.css").exists()
