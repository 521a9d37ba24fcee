"""Filter sets with a few main fields beside the search box and the rest behind "More filters"."""

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, cast

import django_filters as filters
from django import forms
from django.db.models import QuerySet
from django.forms import BoundField
from django.http import HttpRequest

from mikano_cx.kit.forms import QuickInput, QuickSelect

DAYS = (date(1900, 1, 1), date(2200, 12, 31))


@dataclass(frozen=True)
class SomeFields:
    """A subset of a form's fields, for templates that expect a form."""

    visible_fields: list[BoundField]
    hidden_fields: tuple[BoundField, ...] = ()

    def __iter__(self) -> Iterator[BoundField]:
        return iter(self.visible_fields)

    @property
    def in_use(self) -> int:
        """The number of these fields with a value."""
        return sum(1 for field in self.visible_fields if field.data not in (None, ""))


class Prototypes(dict[str, filters.Filter]):
    """The filters of a class. Copying them for a request copies only what a request changes."""

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, filters.Filter]:
        copies = {name: copy(prototype) for name, prototype in self.items()}
        for one in copies.values():
            one.extra, one.method = dict(one.extra), one.method  # setting `method` again binds it to this copy
        return copies


class HubFilterSet(filters.FilterSet):
    """A filter set. `at` is the instant that relative filters count from; `search` filters by the field `q`."""

    main: ClassVar[tuple[str, ...]] = ("q",)

    def __init__(self, data: Any, queryset: QuerySet[Any], *, request: HttpRequest, at: datetime) -> None:
        self.at = at
        super().__init__(data, queryset, request=request)
        for filter_ in self.filters.values():  # read the choices once, for validation and for display
            if callable(choices := filter_.extra.get("choices")):
                filter_.extra["choices"] = list(choices())

    @classmethod
    def get_filters(cls) -> Prototypes:
        return Prototypes(super().get_filters())

    def get_form_class(self) -> Callable[..., forms.Form]:
        """A function that makes a form of the filters' own fields, without a new class for each request."""

        def made(*args: Any, **options: Any) -> forms.Form:
            form = self._meta.form(*args, **options)
            form.fields.update({name: filter_.field for name, filter_ in self.filters.items()})
            return cast(forms.Form, form)

        return made

    @property
    def me(self) -> Any:
        return self.request.user

    @property
    def for_table(self) -> dict[str, Any]:
        """Keyword arguments for the table besides its rows."""
        return {}

    @property
    def main_fields(self) -> SomeFields:
        return SomeFields([self.form[name] for name in self.main])

    @property
    def more_fields(self) -> SomeFields:
        return SomeFields([self.form[name] for name in self.filters if name not in self.main])

    @property
    def searching(self) -> bool:
        return bool(self.form.is_valid() and self.form.cleaned_data.get("q"))

    def found_ids(self, most: int) -> list[int]:
        """The ids that a search finds, unordered; if there are more than `most`, at least one more than that."""
        return list(self.qs.order_by().values_list("pk", flat=True)[: most + 1])

    @property
    def in_use(self) -> int:
        return self.main_fields.in_use + self.more_fields.in_use


def choice_filter(label: str, choices: Any, **options: Any) -> filters.ChoiceFilter:
    """A filter by one of `choices`: pairs, or a function that returns pairs."""
    return filters.ChoiceFilter(label=label, choices=choices, widget=QuickSelect, **options)


def search_filter(placeholder: str) -> filters.CharFilter:
    widget = QuickInput({"placeholder": placeholder, "autocomplete": "off"}, input_type="search")
    return filters.CharFilter(method="search", label="Search", max_length=100, widget=widget)


def day_filter(label: str, **options: Any) -> filters.DateFilter:
    """A filter by a local day within `DAYS`, which leaves out the ends of the calendar: they have no instant in UTC."""
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return filters.DateFilter(label=label, widget=widget, validators=[_within_days], **options)


def _within_days(value: date) -> None:
    if not DAYS[0] <= value <= DAYS[1]:
        raise forms.ValidationError(f"Give a day between {DAYS[0].year} and {DAYS[1].year}.", code="far_day")
