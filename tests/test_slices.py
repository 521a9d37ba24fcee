"""How large a slice, a module and a function may grow."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
APPS = ("accounts", "interactions", "ownership", "kpis")
PRODUCT = (*APPS, "mikano_cx", "deploy")
# Rooms that Django keeps for itself, and the pure packages, are no slices of their own.
NO_SLICES = ("management", "migrations", "templatetags")
ENTRIES, LINES, MODULE, FUNCTION = 14, 3_000, 400, 50
# Slices that are still to be divided.
NOT_YET = frozenset({"interactions/workbook"})


def slices() -> list[Path]:
    """The packages directly below an app, and below the imports of accounts, which are slices within a slice."""
    homes = [*(ROOT / app for app in APPS), ROOT / "accounts/imports"]
    packages = {path.parent for home in homes for path in home.glob("*/__init__.py")}
    return sorted(path for path in packages if path.name not in NO_SLICES and path != ROOT / "accounts/imports")


def modules(*folders: str) -> list[Path]:
    paths = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in paths if "migrations" not in path.parts)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def line_count(path: Path) -> int:
    return len(path.read_text().splitlines())


def entries(folder: Path) -> list[Path]:
    """Its modules and packages; `__init__` is the folder itself."""
    return [
        path
        for path in folder.iterdir()
        if (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").exists()
    ]


@pytest.mark.parametrize("folder", slices(), ids=name_of)
def test_a_slice_has_few_entries(folder):
    if name_of(folder) not in NOT_YET:
        assert len(entries(folder)) <= ENTRIES, sorted(path.name for path in entries(folder))


@pytest.mark.parametrize("folder", slices(), ids=name_of)
def test_a_slice_is_read_in_an_afternoon(folder):
    if name_of(folder) not in NOT_YET:
        assert sum(map(line_count, modules(name_of(folder)))) <= LINES


def test_a_module_is_no_longer_than_a_few_screens():
    assert not {name_of(path): line_count(path) for path in modules(*PRODUCT) if line_count(path) > MODULE}


def test_a_function_fits_a_screen():
    long = {}
    for path in modules(*PRODUCT):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
                length = node.end_lineno - node.lineno + 1
                if length > FUNCTION:
                    long[f"{name_of(path)}:{node.name}"] = length
    assert not long


def test_what_is_still_to_be_divided_is_too_large():
    for name in NOT_YET:
        folder = ROOT / name
        too_many = len(entries(folder)) > ENTRIES
        assert too_many or sum(map(line_count, modules(name))) > LINES, f"{name} is small enough: take it off NOT_YET"
