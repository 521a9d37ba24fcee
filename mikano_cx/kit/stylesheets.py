"""The stylesheets of all components, served as one file.

Each component has a stylesheet under its template's name. A page loads one file with all of them, because fifty
requests would cost a phone more than a few unneeded kilobytes.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

BUNDLE = "css/components.css"
COMPONENTS = Path(settings.BASE_DIR) / "static/css/components"
FOLDER = Path(settings.VAR_DIR) / "bundles"


def bundled() -> str:
    """The stylesheets of all components, in the order of their names. None may rely on coming after another."""
    return "\n".join(path.read_text() for path in sorted(COMPONENTS.glob("*.css")))


class ComponentStyles(BaseFinder):
    """A finder that offers the bundle as a static file to the development server, WhiteNoise and collectstatic."""

    storage = FileSystemStorage(FOLDER)

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        found = [str(_written())] if path == BUNDLE else []
        return found if find_all else (found[0] if found else None)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        _written()
        yield BUNDLE, self.storage


def _written() -> Path:
    """The bundle's file, written anew if a component has changed, and replaced atomically."""
    path, text = FOLDER / BUNDLE, bundled()
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(text)
        draft.replace(path)
    return path
