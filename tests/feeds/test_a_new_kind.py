"""What another kind of feed costs: its columns, what a row says, and deciding and applying. All else is there."""

from functools import partial

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.imports.feeds.actions import save_feed
from accounts.imports.files.columns import DIVISION, NAME, Problem
from accounts.imports.files.row_values import Wrong, or_problem, read_text, read_word
from accounts.imports.models import Feed, ImportRun
from accounts.imports.models.feeds import FEED_KINDS
from accounts.imports.runs import actions, registry
from accounts.imports.runs.registry import COMMON, Divisions, FeedKind, left_out, refused, understood
from accounts.imports.runs.stage import copied
from accounts.people.models import ProductLine
from tests.feeds.conftest import do_jobs


class Row(tuple):
    name = property(lambda row: row[0])
    division = property(lambda row: row[1])


@or_problem
def product_line(cells, prefix):
    name, division = cells
    if not read_text(NAME, name):
        raise Wrong("name", "missing_name", "This row has no name.")
    return Row((read_text(NAME, name), read_word(DIVISION, division)))


class ProductLines(FeedKind):
    name, label, brings = "lines", "Product lines", "new product line"
    fills = ("accounts_productline",)
    columns = COMMON | {"division_id": "bigint"}

    def fields(self, feed):
        return NAME, DIVISION

    def reader(self, feed, on):
        return partial(product_line, prefix=feed.id_prefix)

    def rows(self, run, file, *, at):
        divisions, read_row = Divisions(run.feed), self.reader(run.feed, at.date())
        for row in file:
            read, division = divisions.of(understood(row, read_row))
            if row.left_out:
                yield *left_out(row), None
            elif isinstance(read, Problem):
                yield *refused(row, "", read, row.cells[0]), None
            else:
                yield row.number, read.name, read.name, "", "", "", "", division

    def decide(self, run, stage, *, at):
        stage.sql(
            "UPDATE {stage} SET bucket = 'same' WHERE bucket = '' AND EXISTS (SELECT 1 FROM accounts_productline l"
            " WHERE l.name = {stage}.label AND l.division_id = {stage}.division_id)"
        )
        stage.sql("UPDATE {stage} SET bucket = 'new' WHERE bucket = ''")

    def changes(self, run, stage):
        return iter(())

    def apply(self, run, stage, *, at):
        given = {"name": "s.label", "division": "s.division_id"}
        copied(ProductLine, f"{stage.name} s WHERE s.bucket = 'new' ORDER BY s.row", given)

    def touched(self, run, *, at):
        return []

    def undo(self, run, *, by, at):
        names = run.decided.filter(bucket="new").values("external_id")
        ProductLine.objects.filter(name__in=names).delete()
        return set()


@pytest.fixture
def feed(cast, monkeypatch):
    monkeypatch.setattr(registry, "_KINDS", dict(registry._KINDS))
    monkeypatch.delitem(FEED_KINDS, "lines", raising=False)
    registry.register(ProductLines)
    monkeypatch.setitem(FEED_KINDS, "lines", ProductLines.label)  # taken away again after the test
    return save_feed(Feed(name="Product lines", kind="lines"), by=cast.chinedu, at=timezone.now())


def test_it_has_settings_pages_preview_refused_rows_and_undo(cast, client_of, feed):
    it = client_of(cast.chinedu)
    text = "Name,Business unit\nGensets,motors\n,motors\nSolar,Nowhere\n"
    run_url = it.post(f"/feeds/{feed.pk}/", {"file": SimpleUploadedFile("lines.csv", text.encode())}).url
    do_jobs()
    run = ImportRun.objects.get()
    assert (run.kind, run.state, run.counts["new"], run.kinds) == (
        *("lines", "preview", 1),
        {"missing_name": 1, "unknown_division": 1},
    )
    page = it.get(f"{run_url}?kind=missing_name").content.decode()
    assert "This row has no name." in page and "Product lines" in page
    assert it.get(f"/admin/accounts/feed/{feed.pk}/change/").status_code == 200
    actions.approve(run, by=cast.chinedu, at=timezone.now())
    do_jobs()
    assert ProductLine.objects.filter(name="Gensets").exists()
    lines = b"".join(it.get(f"{run_url}refused/").streaming_content).decode().splitlines()
    assert lines[1:] == [
        ",motors,Name: This row has no name.",
        "Solar,Nowhere,Business unit: There is no division “Nowhere”.",
    ]
    actions.ask_undo(run, by=cast.chinedu, at=timezone.now())
    do_jobs()
    assert ImportRun.objects.get().state == "undone" and not ProductLine.objects.filter(name="Gensets").exists()
