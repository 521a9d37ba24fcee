"""A stranger knows what a module holds from its name, and a name means one thing."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).parent.parent
APPS = ("accounts", "interactions", "ownership", "kpis")
PRODUCT = (*APPS, "mikano_cx", "deploy", "bench")
# Slices whose classes and functions are still to be named.
NOT_YET = ("accounts/imports/", "interactions/workbook/", "interactions/sales/")

# A module is a noun of the field or Django's word for its role. These say neither.
BANNED = frozenset(
    "applying arranging base cards cells checking choices common composed conflict core deciding "
    "drawing fetching fields found handling helpers holding leaving listening listing logging made_up making misc "
    "noticing owning paging parts picking reading remarks renewing rows said sharing showing specimens staging "
    "standing stuff supposing telling terms things told tools undoing utils validating values walking words working "
    "writing".split()
)
# Words of the field that end as participles do.
NOUNS = frozenset({"account_standing", "feed", "review_feed", "routing"})

# Django's own words, and what stands in every app or slice under one name.
DJANGO_CLASSES = frozenset({"Command", "Meta"})
CLASSES_OF_ONE_NAME = {
    **dict.fromkeys(
        ("Account", "Contact", "Division", "Interaction", "Person"), "the benchmark's bare Django page, without the hub"
    ),
}
FUNCTIONS_OF_ONE_NAME = {
    "days_left": "the template filter of local_time's answer",
    "initials": "the template filter of names' answer",
    "last_day": "the template filter of local_time's answer",
}
# Where a name mirrors what it calls: a view its action, a task its job.
DOORS = frozenset({"views", "urls", "tasks", "admin", "management"})


def modules(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in (ROOT / folder).rglob("*.py") if "migrations" not in path.parts)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def is_done(path: Path) -> bool:
    return not name_of(path).startswith(NOT_YET)


def defined(path: Path, *kinds: type[ast.AST]) -> Iterator[str]:
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, kinds):
            yield node.name


def names_of_modules_and_packages() -> dict[str, str]:
    product = [path.parent if path.stem == "__init__" else path for path in modules(*PRODUCT) if is_done(path)]
    helpers = [path for path in modules("tests") if not path.stem.startswith("test_") and path.stem != "__init__"]
    return {name_of(path): path.stem for path in (*product, *helpers)}


def test_no_module_has_a_name_that_says_nothing():
    assert not {path for path, stem in names_of_modules_and_packages().items() if stem in BANNED}


def test_a_module_is_named_by_a_noun():
    participles = {
        path
        for path, stem in names_of_modules_and_packages().items()
        if re.search("(ing|ed)$", stem) and stem not in NOUNS
    }
    assert not participles


def test_no_two_classes_share_a_name():
    places = defaultdict(list)
    for path in filter(is_done, modules(*PRODUCT)):
        for name in defined(path, ast.ClassDef):
            places[name].append(name_of(path))
    shared = {name: paths for name, paths in places.items() if len(paths) > 1 and not name.startswith("_")}
    assert not {name: paths for name, paths in shared.items() if name not in {*DJANGO_CLASSES, *CLASSES_OF_ONE_NAME}}


@pytest.mark.parametrize("folder", [*APPS, "mikano_cx"])
def test_no_two_functions_of_an_app_share_a_name(folder):
    places = defaultdict(list)
    for path in filter(is_done, modules(folder)):
        if DOORS.isdisjoint((*path.parts, path.stem)):
            for name in defined(path, ast.FunctionDef, ast.AsyncFunctionDef):
                places[name].append(name_of(path))
    shared = {name: paths for name, paths in places.items() if len(paths) > 1 and not name.startswith("_")}
    assert not {name: paths for name, paths in shared.items() if name not in {"main", *FUNCTIONS_OF_ONE_NAME}}


def test_no_import_is_renamed_to_a_participle():
    """An import keeps its own name; where two modules of one name meet, the alias says which is which."""
    renamed = set()
    for path in filter(is_done, modules(*PRODUCT)):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                renamed |= {
                    f"{name_of(path)}: {alias.name} as {alias.asname}"
                    for alias in node.names
                    if alias.asname and alias.asname.endswith("ing") and alias.asname not in NOUNS
                }
    assert not renamed


def vocabulary() -> str:
    return (ROOT / "docs/vocabulary.md").read_text()


@pytest.mark.parametrize("label", APPS)
def test_every_model_stands_in_the_vocabulary(label):
    explained = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", vocabulary()))))
    models = apps.get_app_config(label).get_models()
    missing = {
        model.__name__
        for model in models
        if not model.__name__.startswith("Historical") and model.__name__ not in explained
    }
    assert not missing, "docs/vocabulary.md says each model's business word, and what it is"


def test_a_word_stands_in_the_vocabulary_once():
    words = [
        word
        for row in re.findall(r"^\| (\*\*.+?) \|", vocabulary(), re.M)
        for word in re.findall(r"\*\*(.+?)\*\*", row)
    ]
    assert not {word for word in words if words.count(word) > 1}
