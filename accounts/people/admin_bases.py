"""Base classes of the hub's admin pages: actions write, nothing is deleted, history is read only."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.functional import cached_property
from simple_history.admin import SimpleHistoryAdmin

from mikano_cx.kit.refusal import Refused

FILTER_ENDINGS = ("", "__exact", "__id__exact", "__isnull", "__isempty", "__gte", "__lt")  # what Django's filters use
COUNTED_TO = 5_000  # rows; an exact count of a million costs more than its page


class CountedAtLeast(int):
    """A count that stopped early, shown as "more than N"."""

    def __str__(self) -> str:
        return f"more than {int(self):,}"


class BoundedPaginator(Paginator):
    """A paginator that counts no further than `COUNTED_TO`; people search or filter to see more."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        found = int(rows[: COUNTED_TO + 1].count())
        return CountedAtLeast(COUNTED_TO) if found > COUNTED_TO else found


class ListedLookups(admin.ModelAdmin):
    """An admin page whose address filters only by the fields that `list_filter` names.

    Django allows lookups on every field of the model: `?password__startswith=` would reveal what nobody may read.
    """

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        filters = self.list_filter if request is None else self.get_list_filter(request)
        named = (str(one[0] if isinstance(one, (list, tuple)) else one) for one in filters)
        return lookup in {name + ending for name in named for ending in FILTER_ENDINGS}


class RecordAdmin(ListedLookups):
    """An admin page without deleting, whose list is bounded."""

    list_per_page = 50
    list_max_show_all = 50
    show_full_result_count = False
    paginator = BoundedPaginator

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(RecordAdmin):
    """An admin page for rows that only actions, jobs and imports write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyInline(admin.TabularInline):
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class HistoryAdmin(SimpleHistoryAdmin):
    """An admin page with history as differences.

    The library's page of one old version is left out, because posting to it would save without an action.
    """

    def get_urls(self) -> list[URLPattern]:
        return super(SimpleHistoryAdmin, self).get_urls()  # type: ignore[no-any-return]

    def revert_disabled(self, request: HttpRequest, obj: Any = None) -> bool:
        return True


class VerbForm(forms.ModelForm):
    """A form that shows the refusal of the action, at the field at fault if there is one."""

    refusal: Refused | None = None

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.refusal:
            field = self.refusal.field
            self.add_error(field if field in self.fields else None, self.refusal.message)
        return cleaned


class VerbAdmin(RecordAdmin):
    """An admin page that saves by an action, called in `write`. A refusal rolls back and is shown in the form."""

    form = VerbForm

    def write(self, request: HttpRequest, obj: Any, form: Any, *, change: bool) -> Any:
        """Call the action with the form's values, and return the record that it wrote."""
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.__dict__.update(self.write(request, obj, form, change=change).__dict__)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Do nothing: the action wrote the related rows."""

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        try:
            with transaction.atomic():
                return super().changeform_view(request, object_id, form_url, extra_context)
        except Refused as refusal:
            request.refusal = refusal  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"refusal": getattr(request, "refusal", None)})
