"""The page of every list: filters, sorting, search, paging, columns, saved views and export, as its address says."""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from tempfile import TemporaryFile
from typing import Any, cast

from django.db.models import F, OrderBy, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import FileResponse, HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.lists.models import SavedView
from accounts.lists.registry import LISTS
from accounts.people.access import allow, staff_of
from accounts.people.models import Staff
from accounts.people.roles import EDITING, EVERYONE
from mikano_cx.kit.filters import HubFilterSet
from mikano_cx.kit.local_time import local_date
from mikano_cx.kit.prepared_queries import Composed
from mikano_cx.kit.sheets.writer import TabOut, csv_lines, write_workbook
from mikano_cx.kit.tables import FURTHEST, AtLeast, HubTable, count_up_to

TEMPLATE = "accounts/listing.html"
SEARCHED = 1_000  # rows: a search that finds no more is turned into a list of ids
LARGEST_WORKBOOK = 50_000  # rows: writing more takes longer than a browser waits; text tables have no limit
PASSING = ("page", "_export", "csrfmiddlewaretoken")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Listing:
    """The declaration of one list. Creating it registers the list for saved views.

    `presets` are (label, query) pairs shown to everybody beside their saved views. An empty list shows `nothing`, the
    `promise` of what will stand here and, to people who may add a record (by the view `new`, if there is one), the
    first step `first`. A list with rows of which none match shows the words `searched_by`: what a search looks in. A
    search is counted up to `searched_to` rows; a low number suits a list whose search reads other tables. `template`
    extends accounts/listing.html.
    """

    name: str
    label: str
    noun: str
    nouns: str
    rows: Callable[[], QuerySet[Any]]
    table: type[HubTable]
    filters: type[HubFilterSet]
    icon: str
    nothing: str
    promise: str
    searched_by: str
    first: str = ""
    new: str = ""
    new_label: str = ""
    presets: tuple[tuple[str, str], ...] = ()
    searched_to: int = FURTHEST
    new_in_header: bool = True  # False where the frame of every page has that button already
    template: str = TEMPLATE

    def __post_init__(self) -> None:
        LISTS[self.name] = self.label


def list_view(
    listing: Listing, fitted: Callable[[Listing, Staff], Listing] | None = None
) -> Callable[[HttpRequest], HttpResponse]:
    """Make the view of a list that everybody may read. `fitted` adapts the listing to the person who reads it."""

    @allow(EVERYONE)
    @require_safe
    def view(request: HttpRequest) -> HttpResponse:
        shown = fitted(listing, staff_of(request)) if fitted else listing
        return list_response(request, shown, at=timezone.now())

    return view


def list_response(
    request: HttpRequest, listing: Listing, *, at: datetime, status: int = 200, **more: Any
) -> HttpResponse:
    """Answer with the list's page, for htmx with its partial `results`, for `_export=csv|xlsx` with a file of all rows.

    `more` is additional context for the listing's own template.
    """
    filters = listing.filters(request.GET, listing.rows(), request=request, at=at)
    columns = listing.table.chosen(request.GET.getlist("columns"))
    rows, count = _rows_and_count(filters, listing.searched_to)
    table = listing.table(rows, columns=columns, order_by=request.GET.getlist("sort") or None, **filters.for_table)
    if filters.searching and count > SEARCHED and not isinstance(count, AtLeast):
        table.data.data = _sort_last(table.data.data)
    wanted = request.GET.get("_export")
    too_long = wanted == "xlsx" and isinstance(count_up_to(rows, LARGEST_WORKBOOK), AtLeast)
    if wanted in ("csv", "xlsx") and filters.is_valid() and not too_long:
        return _export(wanted, table, f"{listing.name}-{local_date(at)}")
    table.empty_template = f"{TEMPLATE}#empty"
    table.turn_to(request.GET.get("page"), count)
    query = shortest_query(request.GET, listing.table)
    context = {
        "listing": listing,
        "filters": filters,
        "may_edit": staff_of(request).has_role(EDITING),
        "table": table,
        "count": f"{count:,}",
        "query": query.urlencode(),
        "columns": listing.table.choices(columns),
        "sort": query.getlist("sort"),
        "too_long": too_long,
        "largest_workbook": LARGEST_WORKBOOK,
        **_views(staff_of(request), listing, query),
        **more,
    }
    partial = request.htmx and not request.htmx.boosted  # type: ignore[attr-defined]
    response = render(request, f"{TEMPLATE}#results" if partial else listing.template, context, status=status)
    response["Vary"] = "HX-Request"
    if partial:
        if table.page.number > 1:
            query["page"] = str(table.page.number)
        response["HX-Push-Url"] = f"{request.path}?{query.urlencode()}".rstrip("?")
    return response


def shortest_query(query: QueryDict, table: type[HubTable]) -> QueryDict:
    """The shortest query with the same meaning, as a saved view stores it and an address shows it."""
    kept = QueryDict(mutable=True)
    for name, values in query.lists():
        values = [value for value in values if value != ""]
        if name == "columns":
            values = [] if table.chosen(values) == table.chosen(()) else [",".join(table.chosen(values))]
        if name not in PASSING and values:
            kept.setlist(name, values)
    return kept


def _views_for(person: int, list_name: str) -> QuerySet[SavedView]:
    """The person's own saved views of a list, and those shared with the person's divisions."""
    mine = Q(owner=person) | Q(division__in=Staff.divisions.through.objects.filter(staff=person).values("division"))
    return SavedView.objects.filter(mine, list_name=list_name).select_related("owner", "division")


_saved_views = Composed(_views_for, int, str)


def _rows_and_count(filters: HubFilterSet, most: int) -> tuple[QuerySet[Any], int]:
    """The rows and their count, at most `most` for a search. A search with few results becomes a list of ids.

    `ORDER BY name LIMIT 25` on a search would make PostgreSQL walk the name index, past every name before the first
    hit.
    """
    rows = filters.qs
    if not filters.searching:
        return rows, count_up_to(rows)
    ids = filters.found_ids(most)
    if len(ids) > SEARCHED:
        return rows, AtLeast(most) if len(ids) > most else len(ids)
    return filters.queryset.filter(pk__in=ids), len(ids)


def _sort_last(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The same order, written so that PostgreSQL finds the rows first and sorts them, instead of walking an index."""
    order = []
    for by in rows.query.order_by:
        term: Any = OrderBy(F(by.lstrip("-")), descending=by.startswith("-")) if isinstance(by, str) else copy(by)
        term.expression = Coalesce(term.expression, term.expression)
        order.append(term)
    return rows.order_by(*order)


def _views(person: Staff, listing: Listing, query: QueryDict) -> dict[str, Any]:
    saved = [
        {"view": view, "current": _is_same_query(view.query, query), "mine": view.owner_id == person.pk}
        for view in _saved_views.of(person.pk, listing.name)
    ]
    presets = [
        {"label": label, "query": asked, "current": _is_same_query(asked, query)} for label, asked in listing.presets
    ]
    current = next((row["view"] for row in saved if row["current"] and row["mine"]), None)
    return {"saved_views": saved, "presets": presets, "own_view": current, "own_divisions": person.divisions.all()}


def _is_same_query(saved: str, query: QueryDict) -> bool:
    return dict(QueryDict(saved).lists()) == dict(query.lists())


def _export(file_format: str, table: HubTable, name: str) -> HttpResponse:
    if file_format == "csv":
        lines = csv_lines(table.header(), table.values())
        response: Any = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return cast(HttpResponse, response)
    file = TemporaryFile()  # noqa: SIM115 - the response closes it
    write_workbook(file, [TabOut(table.label, table.header(), table.values(), [22.0] * len(table.header()))])
    file.seek(0)
    sent: Any = FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)
    return cast(HttpResponse, sent)
