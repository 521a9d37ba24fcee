"""The filters of the lists of ownership."""

from datetime import timedelta
from typing import Any, ClassVar

import django_filters as filters
from django.db.models import Q, QuerySet

from accounts.people.models import Staff
from accounts.people.roles import HEADING, SELLING
from accounts.records.filter_choices import division_choices, industries, of_division, person_choices
from accounts.records.models import Account
from accounts.records.models.accounts import OwnershipState
from accounts.records.search import match_search
from mikano_cx.kit.filters import HubFilterSet, choice_filter, search_filter
from mikano_cx.kit.forms import SuggestInput
from mikano_cx.kit.local_time import end_after, local_date
from ownership.replay.models import OwnershipFlag
from ownership.replay.models.tenures import HELD, FlagKind
from ownership.replay.queries import under_review

OWNERS_END_WITHIN, LEADS_END_WITHIN = 60, 14  # days
YEAR = 365  # days; only for the filter by the last sale's age
ALL, DIVISION = "all", "division"
LAST_SALE = [("never", "Never sold to"), ("2", "Within 2 years"), ("5", "2 to 5 years ago"), ("old", "Longer ago")]
WHOSE = [("mine", "Mine"), (DIVISION, "My divisions’"), (ALL, "Everybody’s")]
FREE = [("unassigned", "Unassigned"), ("orphan", "Orphans"), ("both", "Both")]
SEEN = [("no", "Not seen yet"), ("yes", "Seen"), (ALL, "All")]


def of_my_divisions(rows: QuerySet[Any], me: Staff, path: str = "division") -> QuerySet[Any]:
    """Rows whose division (`path` leads to it) is one of the person's, and rows without a division."""
    return rows.filter(Q(**{path: None}) | Q(**{f"{path}__in": me.division_ids}))


class AccountsFilters(HubFilterSet):
    """The filters that all these lists share.

    `unsaid` gives the choices that hold when the address names none; the empty choice shows their labels.
    """

    q = search_filter("Name, phone, ERP ID or code")
    division = choice_filter("Division", division_choices, method="by_division")
    industry = filters.CharFilter(label="Industry", max_length=80, widget=SuggestInput(industries))

    main: ClassVar[tuple[str, ...]] = ("q", "division")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, value in self.unsaid().items():
            offered = self.filters[name].extra
            offered["empty_label"] = dict(offered["choices"])[value]
            offered["choices"] = [pair for pair in offered["choices"] if pair[0] != value]

    def unsaid(self) -> dict[str, str]:
        return {}

    @property
    def for_table(self) -> dict[str, Any]:
        return {"reader": self.me, "today": local_date(self.at), "ticked": self.request.POST.getlist("accounts")}

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        for name, value in self.unsaid().items():
            if not self.form.cleaned_data.get(name):
                queryset = getattr(self, self.filters[name].method)(queryset, name, value)
        return super().filter_queryset(queryset)  # type: ignore[no-any-return]

    def search(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return match_search(rows, value)

    def by_division(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return of_division(rows, "division", value)


class PoolFilters(AccountsFilters):
    """Orphans that can be claimed: those without an open owner review."""

    last_sale = choice_filter("Last sale", LAST_SALE, method="by_last_sale")

    main = ("q", "division", "last_sale")

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return super().filter_queryset(queryset.filter(~under_review(), ownership_state=OwnershipState.ORPHAN))

    def by_last_sale(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        today = local_date(self.at)
        two, five = (today - timedelta(days=years * YEAR) for years in (2, 5))
        conditions = {
            "never": Q(last_sale_on=None),
            "2": Q(last_sale_on__gt=two),
            "5": Q(last_sale_on__gt=five, last_sale_on__lte=two),
            "old": Q(last_sale_on__lte=five),
        }
        return rows.filter(conditions[value])


class HeldFilters(AccountsFilters):
    """Accounts that somebody holds; by default the reader's own."""

    whose = choice_filter("Whose", lambda: [*WHOSE, *person_choices()[2:]], method="by_holder")
    state = choice_filter(
        "State", [pair for pair in OwnershipState.choices if pair[0] in HELD], field_name="ownership_state"
    )

    main = ("q", "whose", "state")

    def unsaid(self) -> dict[str, str]:
        return {"whose": "mine"}

    def by_holder(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        if value == "mine":
            return rows.filter(owner=self.me)
        if value == DIVISION:
            return rows.filter(division__in=self.me.division_ids)
        return rows if value == ALL else rows.filter(owner__username=value)


class ExpiringFilters(HeldFilters):
    """Accounts whose owner's clock runs out within 60 days, or whose lead's within 14.

    By default the reader's own; everybody's for a reader who isn't in sales.
    """

    def unsaid(self) -> dict[str, str]:
        return {"whose": "mine" if self.me.has_role(SELLING) else ALL}

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return super().filter_queryset(queryset.filter(self._soon(), expires_at__gt=self.at))

    def _soon(self) -> Q:
        today = local_date(self.at)
        owned, led = (end_after(today, days) for days in (OWNERS_END_WITHIN, LEADS_END_WITHIN))
        later = Q(expires_at__lte=led, ownership_state=OwnershipState.LED)
        return Q(expires_at__lte=owned) & (Q(ownership_state=OwnershipState.OWNED) | later)


class UnassignedFilters(AccountsFilters):
    """Accounts that heads may assign; by default the unassigned ones, for a head those of their divisions."""

    division = choice_filter(
        "Division",
        lambda: [(DIVISION, "My divisions"), (ALL, "All divisions"), *division_choices()],
        method="by_division",
    )
    state = choice_filter("Show", FREE, method="by_state")

    main = ("q", "division", "state")

    def unsaid(self) -> dict[str, str]:
        return {"division": DIVISION if self.me.has_role(HEADING) else ALL, "state": "unassigned"}

    def by_division(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        if value in (DIVISION, ALL):
            return of_my_divisions(rows, self.me) if value == DIVISION else rows
        return of_division(rows, "division", value)

    def by_state(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        wanted = [OwnershipState.UNASSIGNED, OwnershipState.ORPHAN] if value == "both" else [value]
        return rows.filter(ownership_state__in=wanted)


class FlagFilters(AccountsFilters):
    """Flags (out-of-turn sales and ignored assignments); by default those that nobody has seen."""

    industry = None
    kind = choice_filter("What", FlagKind.choices)
    seen = choice_filter("Seen", SEEN, method="by_seen")

    main = ("q", "division", "kind", "seen")

    def unsaid(self) -> dict[str, str]:
        return {"seen": "no"}

    def search(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        flagged = Account.objects.filter(pk__in=OwnershipFlag.objects.order_by().values("account")).order_by()
        return rows.filter(account__in=list(match_search(flagged, value).values_list("pk", flat=True)))

    def by_division(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return of_division(rows, "account__division", value)

    def by_seen(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows if value == ALL else rows.filter(seen_at__isnull=value == "no")
