"""Feeds, set up by IT; their runs and what the ERP gave are rows to look at."""

from collections.abc import Iterable
from datetime import time
from functools import cache
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from accounts.imports.feeds.actions import save_feed
from accounts.imports.feeds.forms import FeedForm, form_of
from accounts.imports.feeds.samples import EXAMPLES
from accounts.imports.feeds.trial import columns_of
from accounts.imports.models import ErpCustomer, Feed, FeedFreshness
from accounts.imports.models.feeds import feed_kinds
from accounts.imports.runs.labels import schedule_words
from accounts.people.access import staff_of
from accounts.people.admin_bases import HistoryAdmin, ReadOnlyAdmin, VerbAdmin, VerbForm

NIGHT = time(2)  # a scheduled example's hour, in Lagos
BY_NAME = {example["name"]: example for example in EXAMPLES}


class FeedSettings(VerbForm, FeedForm):
    """Of a feed that exists."""

    class Meta(FeedForm.Meta):
        pass


class NewFeed(VerbForm):
    """What is asked first: its kind decides which columns it has. An example fills in all the rest."""

    example = forms.ChoiceField(
        label="Fill in from",
        required=False,
        choices=[("", "Nothing"), *((name, f"The example “{name}”") for name in BY_NAME)],
        help_text="“ERP customers” and “ERP sales” are the default layout of Mikano's own export.",
    )
    name = forms.CharField(max_length=80, required=False, help_text="As on the pages; the example's, if left empty.")
    kind = forms.ChoiceField(label="It brings", required=False, choices=lambda: [("", "As the example"), *feed_kinds()])

    class Meta:
        model = Feed
        fields = ("name", "kind", "division")

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        given = self.cleaned_data
        example = BY_NAME.get(given.get("example", ""), {})
        for name, value in example.items():
            setattr(self.instance, name, value)
        for name in ("name", "kind"):
            given[name] = given.get(name) or example.get(name, "")
        if self.instance.days and self.instance.runs_at is None:
            self.instance.runs_at = NIGHT
        return cleaned


@admin.register(Feed)
class FeedAdmin(HistoryAdmin, VerbAdmin):
    form = FeedSettings
    change_form_template = "admin/accounts/feed/change_form.html"
    list_display = ["name", "kind", "division", "schedule", "is_active", "imports"]
    list_filter = ["kind", "division", "is_active"]
    list_select_related = ["division"]
    search_fields = ["name"]
    readonly_fields = ["brings", "imports"]

    @admin.display(description="Runs")
    def schedule(self, obj: Feed) -> str:
        return schedule_words(obj)

    @admin.display(description="It brings")
    def brings(self, obj: Feed) -> str:
        return obj.get_kind_display()

    @admin.display(description="Imports")
    def imports(self, obj: Feed) -> str:
        return format_html('<a href="{}?feed={}">Its imports</a>', reverse("feeds:runs"), obj.pk)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        made = form_of(obj, FeedSettings, cache(lambda: columns_of(obj, at=timezone.now()))) if obj else NewFeed
        return super().get_form(request, obj, change, **{**kwargs, "form": made})

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": ["example", "name", "kind", "division"]})]
        if not self.has_change_permission(request, obj):
            return [(None, {"fields": [*FeedForm.Meta.fields, "mapping", "lines_mapping", "only", "imports"]})]
        return list(_fieldsets(form_of(obj, FeedSettings)))

    def write(self, request: HttpRequest, obj: Any, form: Any, *, change: bool) -> Feed:
        return save_feed(form.instance, by=staff_of(request), at=timezone.now())

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """On to the settings, whichever button was pressed."""
        self.message_user(request, f"{obj.name} is there. Look at its settings, and test them.")
        return redirect("admin:accounts_feed_change", obj.pk)


def _fieldsets(form: type[FeedForm]) -> Iterable[tuple[str | None, dict[str, Any]]]:
    groups = {
        None: "name brings source id_prefix division is_active imports",
        "Where its files come from": "folder pattern lines_pattern settle_seconds holds",
        "How they read": (
            "tab encoding delimiter decimal_comma date_order header_row footer_rows has_trailer only_rows"
        ),
        "When it runs": "days runs_at",
        "What is too odd to be applied unasked": "most_vanished most_changed",
    }
    known = {*form.base_fields, "brings", "imports"}
    for title, names in groups.items():
        yield title, {"fields": [name for name in names.split() if name in known]}
        if title == "How they read":
            yield from _columns(form)


def _columns(form: type[FeedForm]) -> Iterable[tuple[str, dict[str, Any]]]:
    titles = {"mapping": "Columns of the file", "lines_mapping": "Columns of the file of lines"}
    words = "Which column of the file each field of the hub is. Empty: found by its name. “-”: not read."
    for name, terms in form.columns.items():
        yield titles[name], {"fields": [f"{name}_{term.name}" for term in terms], "description": words}


@admin.register(ErpCustomer)
class ErpCustomerAdmin(ReadOnlyAdmin):
    list_display = ["external_id", "name", "source", "division", "check_state", "account", "vanished_at"]
    list_filter = ["check_state", "source", "division", ("vanished_at", admin.EmptyFieldListFilter)]
    list_select_related = ["division", "account"]
    search_fields = ["=external_id", "search_text"]
    exclude = ["search_text", "digest"]
    raw_id_fields = ["account"]


@admin.register(FeedFreshness)
class FeedFreshnessAdmin(ReadOnlyAdmin):
    list_display = ["feed", "good_at", "file_at", "late_after"]
    list_select_related = ["feed"]
