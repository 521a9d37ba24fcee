"""The admin of ownership: everything is read-only, except that policies are added here."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from accounts.people.access import staff_of
from accounts.people.admin_bases import ReadOnlyAdmin, VerbAdmin
from ownership.disputes.models import Dispute, DraftRuling
from ownership.facts.models import Assignment, Policy, Renewal, Ruling
from ownership.policies.actions.policies import set_policy
from ownership.policies.models import WhatIf, WhatIfChange
from ownership.replay.models import OwnerReview, OwnershipFlag, Sweep, Tenure
from ownership.routing.models import Routing


@admin.register(Policy)
class PolicyAdmin(VerbAdmin):
    """Policies are added and never edited."""

    list_display = ["effective_from", "orphan_after_months", "lead_days", "author", "reason"]
    list_select_related = ["author"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        given = ["effective_from", "orphan_after_months", "lead_days", "reason"]
        return [*given, "timezone", "author", "created_at"] if obj else given

    def write(self, request: HttpRequest, obj: Any, form: Any, *, change: bool) -> Policy:
        given = {name: form.cleaned_data[name] for name in self.get_fields(request)}
        return set_policy(by=staff_of(request), at=timezone.now(), **given)


class OfAccount(ReadOnlyAdmin):
    """Rows that belong to accounts: searched by the account's code, without a filter that lists all accounts."""

    search_fields = ["=account__code"]
    search_help_text = "An account's code, e.g. A001"
    raw_id_fields = ["account"]


@admin.register(Tenure)
class TenureAdmin(OfAccount):
    list_display = ["account", "state", "holder", "start", "end", "rule"]
    list_filter = ["state", "rule"]
    list_select_related = ["account", "holder"]


@admin.register(OwnershipFlag)
class OwnershipFlagAdmin(OfAccount):
    list_display = ["account", "kind", "at", "seen_at", "seen_by"]
    list_filter = ["kind", ("seen_at", admin.EmptyFieldListFilter)]
    list_select_related = ["account", "seen_by"]


@admin.register(OwnerReview)
class OwnerReviewAdmin(OfAccount):
    list_display = ["account", "state", "workbook_owner", "computed_owner", "rule", "decided_by", "decided_at"]
    list_filter = ["state", "rule"]
    list_select_related = ["account", "workbook_owner", "computed_owner", "decided_by"]


@admin.register(Assignment)
class AssignmentAdmin(OfAccount):
    list_display = ["account", "assignee", "by", "at", "reason"]
    list_select_related = ["account", "assignee", "by"]


@admin.register(Dispute)
class DisputeAdmin(OfAccount):
    list_display = ["account", "state", "opened_by", "opened_at", "closed_by", "closed_at"]
    list_filter = ["state"]
    list_select_related = ["account", "opened_by", "closed_by"]


@admin.register(Ruling)
class RulingAdmin(OfAccount):
    list_display = ["account", "kind", "target", "author", "at", "reason"]
    list_filter = ["kind"]
    list_select_related = ["account", "author"]


@admin.register(Renewal)
class RenewalAdmin(OfAccount):
    list_display = ["account", "kind", "target", "person", "at", "author", "recorded_at"]
    list_filter = ["kind"]
    list_select_related = ["account", "person", "author"]


@admin.register(DraftRuling)
class DraftRulingAdmin(ReadOnlyAdmin):
    list_display = ["dispute", "kind", "target", "author", "drafted_at"]
    list_select_related = ["dispute__account", "author"]


@admin.register(Routing)
class RoutingAdmin(OfAccount):
    list_display = ["at", "division", "product_line", "account", "to", "routed_by"]
    list_filter = ["division", "routed_by"]
    list_select_related = ["division", "product_line", "account", "to"]


@admin.register(Sweep)
class SweepAdmin(ReadOnlyAdmin):
    """Missed nights show as gaps; `changed` of an audit is the number of differences it found."""

    list_display = ["kind", "as_of", "finished_at", "replayed", "changed", "policy"]
    list_filter = ["kind"]
    list_select_related = ["policy"]


@admin.register(WhatIf)
class WhatIfAdmin(ReadOnlyAdmin):
    list_display = ["orphan_after_months", "lead_days", "as_of", "by", "finished_at"]
    list_select_related = ["by"]


@admin.register(WhatIfChange)
class WhatIfChangeAdmin(OfAccount):
    list_display = ["what_if", "account", "kind", "owner_now", "owner_then"]
    list_filter = ["kind"]
    list_select_related = ["what_if", "account", "owner_now", "owner_then"]
