"""Small workbooks made in the test, and the door through which they go in."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files import File

from accounts.imports.models import ImportRun
from interactions.workbook import actions
from interactions.workbook.decisions import Choices
from interactions.workbook.export import export_workbook
from interactions.workbook.layout import TABS
from mikano_cx.kit.sheets.writer import TabOut, write_workbook
from tests.conftest import NOW
from tests.races.conftest import processes, race  # noqa: F401 - fixtures that are used here too

ACCOUNT = ["A001", "Zenith Bank PLC", "Finance", "", "0803 123 4567", 102345, "Funke Ade"]
CONTACT = ["C001", "Tunde Leye", "Project Manager", "", "", "A001"]
CALL = ["", "2026-02-02", "C001", "", "Phone", "Called about the generator.", "Send specs", "", "Funke Ade"]


@pytest.fixture
def workbook(tmp_path) -> Callable[..., Path]:
    """Write a workbook of these rows; `headers` and `titles` replace a tab's own."""

    def make(
        accounts: Any = (), contacts: Any = (), interactions: Any = (), *, headers: Any = None, titles: Any = None
    ) -> Path:
        path: Path = tmp_path / f"hub-{len(list(tmp_path.iterdir()))}.xlsx"
        rows = {"accounts": accounts, "contacts": contacts, "interactions": interactions}
        tabs = [
            TabOut(
                (titles or {}).get(tab.key, tab.title),
                (headers or {}).get(tab.key, [column.label for column in tab.columns]),
                rows[tab.key],
            )
            for tab in TABS
        ]
        write_workbook(path, tabs)
        return path

    return make


@pytest.fixture
def preview(cast) -> Callable[..., ImportRun]:
    def check(path: Path, *, by: Any = None, at: datetime = NOW, **options: Any) -> ImportRun:
        division = options.pop("division", None)
        with path.open("rb") as file:
            run = actions.upload(
                by=by, at=at, file=File(file), file_name=path.name, division=division, choices=Choices(**options)
            )
        actions.check(run, at=at)
        run.refresh_from_db()
        return run

    return check


@pytest.fixture
def bring_in(preview) -> Callable[..., ImportRun]:
    def apply(path: Path, *, by: Any = None, at: datetime = NOW, **options: Any) -> ImportRun:
        run = preview(path, by=by, at=at, **options)
        actions.start_applying(run, by=by)
        actions.apply(run, at=at)
        run.refresh_from_db()
        return run

    return apply


@pytest.fixture
def small(workbook) -> Path:
    return workbook([ACCOUNT], [CONTACT], [CALL])


def take_back(run: ImportRun, *, by: Any = None, at: datetime = NOW) -> None:
    actions.start_undoing(run, by=by)
    actions.undo(run, at=at)


def exported(tmp_path: Path, reader: Any = None) -> Path:
    path = tmp_path / f"export-{len(list(tmp_path.iterdir()))}.xlsx"
    export_workbook(path, reader=reader)
    return path


def buckets(run: ImportRun) -> dict[str, tuple[int, int, int, int]]:
    """new, changed, same, refused by tab."""
    return {tab: (c["new"], c["changed"], c["same"], c["refused"]) for tab, c in run.counts.items()}


def row_of(run: ImportRun, tab: str, number: int) -> SimpleNamespace:
    row = run.decided.get(tab=tab, row=number)
    kinds = {problem["kind"] for problem in row.problems}
    return SimpleNamespace(
        bucket=row.bucket, kinds=kinds, changes=row.changes, code=row.external_id, problems=row.problems
    )
