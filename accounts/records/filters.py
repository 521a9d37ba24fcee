"""Filter sets of the lists of accounts and contacts."""

from datetime import timedelta
from typing import Any

import django_filters as filters
from django.db.models import Q, QuerySet

from accounts.records.filter_choices import YES_NO, division_choices, industries, of_division, of_person, person_choices
from accounts.records.models.accounts import OwnershipState
from accounts.records.models.contacts import Consent
from accounts.records.search import match_search
from mikano_cx.kit.filters import HubFilterSet, choice_filter, search_filter
from mikano_cx.kit.forms import QuickInput, SuggestInput
from mikano_cx.kit.identifiers import hub_code


class TouchFilters(HubFilterSet):
    untouched = filters.NumberFilter(
        method="by_touch", label="No touch for (days)", min_value=1, max_value=36500,
        widget=QuickInput({"inputmode": "numeric", "min": 1}, input_type="number"),
    )  # fmt: skip

    def by_touch(self, rows: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        before = self.at - timedelta(days=int(value))
        return rows.filter(Q(last_interaction_at=None) | Q(last_interaction_at__lt=before))

    def search(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return match_search(rows, value)


class AccountFilters(TouchFilters):
    q = search_filter("Name, phone, ERP ID or code")
    division = choice_filter("Division", division_choices, method="by_division")
    owner = choice_filter("Owner", person_choices, method="by_owner")
    industry = filters.CharFilter(label="Industry", max_length=80, widget=SuggestInput(industries))
    state = choice_filter("State", OwnershipState.choices, field_name="ownership_state")

    main = ("q", "division", "owner")

    def by_division(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return of_division(rows, "division", value)

    def by_owner(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return of_person(rows, "owner", value, self.me)


class ContactFilters(TouchFilters):
    q = search_filter("Name, phone, e-mail or code")
    division = choice_filter("Division", division_choices, method="by_division")
    owner = choice_filter("Account owner", person_choices, method="by_owner")
    account = filters.CharFilter(method="by_account", label="Account ID", max_length=20, widget=QuickInput())
    active = choice_filter("Still works there", YES_NO, method="by_active")
    consent = choice_filter("Consent", Consent.choices)

    main = ("q", "division", "owner")

    def by_division(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return of_division(rows, "account__division", value)

    def by_owner(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return of_person(rows, "account__owner", value, self.me)

    def by_account(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(account__code=hub_code(value))

    def by_active(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(is_active=value == "yes")
