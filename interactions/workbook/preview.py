"""What the page of a workbook's import shows: tiles, problems by kind, and the rows behind each."""

from typing import Any

from django.core.paginator import Page

from accounts.imports.models import ImportRun
from accounts.imports.runs.presenters import Filter, kinds, tiles
from interactions.workbook.decisions import BUCKETS, WARNED
from interactions.workbook.layout import BY_KEY, header_of

NOTE_HEADER = "Note"
TITLES = {key: layout.title for key, layout in BY_KEY.items()}
TILES = {bucket: bucket for bucket in (*BUCKETS, WARNED)}


def tabs(run: ImportRun, chosen: Filter) -> list[dict[str, Any]]:
    """The tabs that the file has; after the problems of each, what is only worth a look."""
    return [
        {
            "key": tab,
            "title": title,
            "rows": run.counts[tab]["rows"],
            "tiles": tiles(run.counts[tab], TILES, chosen, tab=tab),
            "kinds": [kind for found in (run.kinds, run.hints) for kind in kinds(found.get(tab, {}), chosen, tab=tab)],
        }
        for tab, title in TITLES.items()
        if tab in run.counts
    ]


def old_actions(run: ImportRun) -> int:
    """How many next actions it brings in that were due before the chosen day."""
    found: int = run.hints.get("interactions", {}).get("old_action", 0)
    return found


def page(run: ImportRun, chosen: Filter, number: str | None) -> Page:
    """A page of rows, each change under the header by which people know the cell."""
    page = chosen.page(run, number)
    for row in page.object_list:
        row.changes = {
            NOTE_HEADER if field == "note" else header_of(row.tab, field): change
            for field, change in row.changes.items()
        }
    return page
