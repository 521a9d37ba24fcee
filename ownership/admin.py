from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from accounts.admin.base import VerbAdmin, acting
from ownership.actions import set_policy
from ownership.models import Policy


@admin.register(Policy)
class PolicyAdmin(VerbAdmin):
    """A policy is added from a day on; none is edited."""

    list_display = ["effective_from", "orphan_after_months", "lead_days", "author", "reason"]
    list_select_related = ["author"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        given = ["effective_from", "orphan_after_months", "lead_days", "reason"]
        return [*given, "timezone", "author", "created_at"] if obj else given

    def write(self, request: HttpRequest, obj: Any, form: Any, *, change: bool) -> Policy:
        given = {name: form.cleaned_data[name] for name in self.get_fields(request)}
        return set_policy(by=acting(request), at=timezone.now(), **given)
