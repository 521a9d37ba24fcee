"""Tables with a choice of columns and an export of plain values, and a paginator that stops counting early."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from datetime import datetime
from functools import cached_property, lru_cache
from inspect import signature
from operator import attrgetter, methodcaller
from typing import Any, ClassVar
from urllib.parse import quote

import django_tables2 as tables
from django.core.paginator import EmptyPage, PageNotAnInteger, Paginator
from django.db.models import F, OrderBy, QuerySet
from django.db.models.functions import Length
from django.http import HttpRequest
from django.urls import get_urlconf, reverse
from django.utils.safestring import SafeString

from mikano_cx.kit import phones
from mikano_cx.kit.html import escaped, markup, markup_of_each
from mikano_cx.kit.local_time import LAGOS
from mikano_cx.kit.names import initials
from mikano_cx.kit.templatetags.hub import lucide, moment, tint

PER_PAGE = 25
FRAMES = 200  # cached headers
FURTHEST = 10_000  # rows: an exact count of a big table costs more than its page


class AtLeast(int):
    """A count that stopped early, formatted as "10,000+"."""

    def __format__(self, spec: str) -> str:
        return f"{int(self):{spec}}+"


def count_up_to(rows: QuerySet[Any], furthest: int = FURTHEST) -> int:
    """The number of rows, exact up to `furthest`: one query that stops there."""
    found = rows.order_by().values("pk")[: furthest + 1].count()  # counts need no other columns
    return AtLeast(furthest) if found > furthest else found


class KnownCount(Paginator):
    """A paginator of rows whose count is known already."""

    def __init__(self, rows: Any, per_page: int, *, known: int, **options: Any) -> None:
        super().__init__(rows, per_page, **options)
        self.known = known

    @cached_property
    def count(self) -> int:
        return self.known


def address_of_page(view: str, record: str = "") -> Callable[[Any], str]:
    """A function that gives the address of a row's page, or of its `record`'s page. It calls reverse() only once."""
    code_of = attrgetter(f"{record}.code" if record else "code")

    def address(row: Any) -> str:
        before, after = _around_code(view, get_urlconf())
        return f"{before}{quote(code_of(row))}{after}"

    return address


@lru_cache(maxsize=100)
def _around_code(view: str, urlconf: Any) -> tuple[str, str]:
    before, _, after = reverse(view, urlconf, ["~code~"]).partition("~code~")
    return before, after


class Column(tables.Column):
    """A column. `plain` gives a record's value for an export (text, number, date), `href` its link.

    A column that isn't `exported` holds controls such as buttons and checkboxes.
    """

    def __init__(
        self,
        *args: Any,
        plain: Callable[[Any], Any] | None = None,
        href: Callable[[Any], str] | None = None,
        exported: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.plain, self.href, self.exported = plain, href, exported

    def __deepcopy__(self, memo: dict[int, Any]) -> "Column":
        return copy(self)  # each request's table copies its columns; their parts never change

    def value(self, record: Any, value: Any = None) -> Any:
        return self.plain(record) if self.plain else value


class MomentColumn(Column):
    """An instant, shown as a relative day and exported as local date and time. Missing ones sort as the oldest."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, initial_sort_descending=True, **options)

    def render(self, value: datetime) -> Any:
        return moment(value)

    def value(self, record: Any, value: Any = None) -> Any:
        return value.astimezone(LAGOS).replace(tzinfo=None)

    def order(self, queryset: QuerySet[Any], is_descending: bool) -> tuple[QuerySet[Any], bool]:
        if not queryset.model._meta.get_field(self.accessor).null:  # NULLS LAST would only hide the index
            order: tuple[Any, ...] = (f"-{self.accessor}", "-pk") if is_descending else (self.accessor, "pk")
        else:
            by = F(self.accessor)
            order = (by.desc(nulls_last=True), "-pk") if is_descending else (by.asc(nulls_first=True), "pk")
        return queryset.order_by(*order), True


class CodeColumn(Column):
    """A record's code, sorted by its number: A101 comes before A1000."""

    def order(self, queryset: QuerySet[Any], is_descending: bool) -> tuple[QuerySet[Any], bool]:
        by = (OrderBy(part, descending=is_descending) for part in (Length("code"), F("code")))
        return queryset.order_by(*by), True


class DayColumn(MomentColumn):
    """A local day."""

    def value(self, record: Any, value: Any = None) -> Any:
        return value


class PhoneColumn(Column):
    """A phone number as a link that dials it."""

    def render(self, value: str) -> Any:
        shown = phones.phone_text(value)
        return markup('<a class="phone" href="tel:{}">{}</a>', value, shown) if value.startswith("+") else shown

    def value(self, record: Any, value: Any = None) -> Any:
        return phones.phone_text(value or "")


class PersonColumn(Column):
    """A member of staff, as components/person.html shows one, without rendering a template per row."""

    def render(self, value: Any) -> SafeString:
        return person_chip(value)

    def value(self, record: Any, value: Any = None) -> Any:
        return str(value or "")


def person_chip(staff: Any) -> SafeString:
    """The initials and name of a person as HTML."""
    return _chip(staff.full_name, staff.initials)


@lru_cache(maxsize=1_000)
def _chip(full_name: str, short: str) -> SafeString:
    return markup(
        '<span class="person" title="{2}"><span class="avatar avatar-sm tint-{0}" aria-hidden="true">{1}</span>'
        "<span>{2}</span></span>",
        tint(full_name),
        short or initials(full_name),
        full_name,
    )


def badge(text: str, tone: str = "", title: str = "") -> SafeString:
    """A badge, as components/badge.html shows it, without rendering a template per row."""
    return markup('<span class="badge{}" title="{}">{}</span>', f" badge-{tone}" if tone else "", title, text)


_frames: dict[Any, tuple[SafeString, list[SafeString]]] = {}


class HubTable(tables.Table):
    """A table. `always` names columns that can't be hidden, `usual` those shown unless the address chooses others."""

    always: ClassVar[tuple[str, ...]] = ()
    usual: ClassVar[tuple[str, ...]] = ()
    label: ClassVar[str] = ""
    empty_template: str | None = None

    def __init__(self, data: Any, *, columns: Sequence[str], **options: Any) -> None:
        hidden = [name for name in self.base_columns if name not in columns]
        super().__init__(data, exclude=hidden, **options)

    @classmethod
    def chosen(cls, wanted: Iterable[str]) -> list[str]:
        """The columns of an address (`columns=a,b` or repeated), in the table's order; the usual ones if it has
        none."""
        names = {name for part in wanted for name in part.split(",")} & set(cls.base_columns)
        names = names | set(cls.always) if names else set(cls.usual)
        return [name for name in cls.base_columns if name in names]

    @classmethod
    def choices(cls, chosen: Sequence[str]) -> list[dict[str, Any]]:
        """The columns to offer: name, label, whether shown."""
        return [
            {"name": name, "label": column.verbose_name, "shown": name in chosen}
            for name, column in cls.base_columns.items()
            if name not in cls.always
        ]

    def turn_to(self, page: str | None, count: int) -> None:
        """Show this page of the `count` rows; the last page if there are fewer."""
        paging = {"paginator_class": KnownCount, "per_page": PER_PAGE, "known": count}
        try:
            self.paginate(page=page or 1, **paging)
        except PageNotAnInteger:
            self.paginate(page=1, **paging)
        except EmptyPage:
            self.paginate(page=self.paginator.num_pages, **paging)

    def before_render(self, request: HttpRequest) -> None:
        self.asked = request.GET

    def row_class(self, record: Any) -> str:
        return ""

    def head(self) -> SafeString:
        """The header's cells as components/table.html lays them out, several times faster."""
        return self._frame()[0]

    def _frame(self) -> tuple[SafeString, list[SafeString]]:
        """The header and the opening tags of each column's cells.

        They are cached by columns, sorting and address, because making them takes longer than making the rows.
        """
        key = (type(self), tuple(self.columns.names()), tuple(self.order_by), self.asked.urlencode())
        if key not in _frames:
            if len(_frames) >= FRAMES:
                _frames.clear()
            heading = markup_of_each("{}", ((self._heading(column),) for column in self.columns))
            _frames[key] = heading, [self._opening(column) for column in self.columns]
        return _frames[key]

    def _heading(self, column: Any) -> SafeString:
        if not column.orderable:
            sort, content = "", column.header
        else:
            alias = column.order_by_alias
            down, query = alias.is_descending, self.asked.copy()
            query.pop(self.prefixed_page_field, None)
            query[self.prefixed_order_by_field] = alias.next
            sort = f' aria-sort="{"descending" if down else "ascending"}"' if column.is_ordered else ""
            arrow = ("arrow-down" if down else "arrow-up") if column.is_ordered else "chevrons-up-down"
            content = markup(
                '<a class="table-sort" href="?{0}" hx-get="?{0}" hx-push-url="true">{1}{2}</a>',
                query.urlencode(),
                column.header,
                SafeString(lucide(arrow, size=12, aria_hidden="true")),
            )
        opening = '<th scope="col" role="columnheader" {}{}>{}</th>'
        return markup(opening, column.attrs["th"].as_html(), SafeString(sort), content)

    def body(self) -> SafeString:
        """The page's rows as components/table.html lays them out, several times faster."""
        columns = list(zip(self._frame()[1], map(self._cell, self.columns), strict=True))
        rows = []
        for record in self.paginated_rows.data:
            rows.append(f'<tr role="row" class="{escaped(self.row_class(record))}">')
            for opening, cell in columns:
                rows += opening, escaped(cell(record)), "</td>"
            rows.append("</tr>")
        return SafeString("".join(rows))

    def _opening(self, column: Any) -> SafeString:
        return markup('<td role="cell" {} data-label="{}">', column.attrs["td"].as_html(), column.header)

    def _cell(self, column: Any) -> Callable[[Any], Any]:
        """The function that gives the column's cell for a record, looked up once per table."""
        get, empty, default, href = self._getter(column), column.column.empty_values, column.default, column.column.href
        render = column.render
        wanted = _parameters_of(getattr(render, "__func__", render))

        def cell(record: Any) -> Any:
            value = get(record)
            if value in empty:
                return default
            known = {"record": record, "value": value}
            content = render(*[known[name] for name in wanted])
            return markup('<a href="{}">{}</a>', href(record), content) if href else content

        return cell

    def _getter(self, column: Any) -> Callable[[Any], Any]:
        path = str(column.accessor).replace("__", ".")
        model = self.data.model
        field = next((field for field in model._meta.concrete_fields if field.name == path), None)
        if getattr(field, "choices", None):
            return methodcaller(f"get_{path}_display")
        return attrgetter(path)

    def header(self) -> list[str]:
        return [str(column.header) for column in self._exported()]

    def values(self) -> Iterator[list[Any]]:
        """The plain values of every row, streamed from the database."""
        plain = [self._plain(column) for column in self._exported()]
        for record in self.data.data.iterator(chunk_size=2000):
            yield [value(record) for value in plain]

    def _exported(self) -> list[Any]:
        return [column for column in self.columns if column.column.exported]

    def _plain(self, column: Any) -> Callable[[Any], Any]:
        """The function that gives the column's plain value of a record, from `value_<name>` or the column's `value`."""
        if own := getattr(self, f"value_{column.name}", None):
            return lambda record: own(record)
        get, empty, value = self._getter(column), column.column.empty_values, column.column.value

        def of(record: Any) -> Any:
            found = get(record)
            return None if found in empty else value(record, found)

        return of


@lru_cache(maxsize=1_000)
def _parameters_of(render: Callable[..., Any]) -> tuple[str, ...]:
    """The parameters of a column's function, in order: record, value, or both."""
    return tuple(name for name in signature(render).parameters if name != "self")
