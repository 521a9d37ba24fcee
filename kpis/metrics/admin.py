"""The admin of definitions."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from accounts.people.access import staff_of
from accounts.people.admin_bases import VerbAdmin
from kpis.metrics.actions import define
from kpis.metrics.models import Definition


@admin.register(Definition)
class DefinitionAdmin(VerbAdmin):
    """Definitions are added and never edited."""

    list_display = ["metric", "effective_from", "target", "author"]
    list_select_related = ["author"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        given = ["metric", "effective_from", "target", "text"]
        return [*given, "author", "created_at"] if obj else given

    def write(self, request: HttpRequest, obj: Any, form: Any, *, change: bool) -> Definition:
        given = {name: form.cleaned_data[name] for name in self.get_fields(request)}
        return define(by=staff_of(request), at=timezone.now(), **given)
