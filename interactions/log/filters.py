"""The filter set of the list of interactions."""

from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any, cast

import django_filters as filters
from django.db import connection
from django.db.models import BooleanField, Exists, Func, OuterRef, Q, QuerySet, Subquery

from accounts.records.filter_choices import YES_NO, division_choices, of_division, of_person, person_choices
from accounts.records.models import Account, Contact
from accounts.records.search import SHORTEST, match_search
from interactions.log.models import Channel, KindVersion, Source
from mikano_cx.kit.filters import HubFilterSet, choice_filter, day_filter, search_filter
from mikano_cx.kit.forms import QuickInput
from mikano_cx.kit.identifiers import hub_code
from mikano_cx.kit.local_time import day_start, local_date

FOUND = 1_000  # the most accounts or contacts whose interactions are looked up by id
ACTIONS = [
    ("open", "Still to be done"),
    ("overdue", "Overdue"),
    ("mine", "Mine, still to be done"),
    ("mine_overdue", "Mine, overdue"),
    ("done", "Done"),
    ("closed", "Closed at import"),
]


class InteractionFilters(HubFilterSet):
    q = search_filter("Who, account, code or notes")
    division = choice_filter("Division", division_choices, method="by_division")
    logged_by = choice_filter("Logged by", person_choices, method="by_logger")
    action = choice_filter("Next action", ACTIONS, method="by_action")
    channel = choice_filter("Channel", Channel.choices)
    kind = choice_filter("Kind", (), field_name="kind_id")
    substantive = choice_filter("Substantive", YES_NO, method="by_substance")
    account = filters.CharFilter(method="by_account", label="Account ID", max_length=20, widget=QuickInput())
    since = day_filter("From", method="by_first_day")
    until = day_filter("To", method="by_last_day")
    source = choice_filter("Source", Source.choices)
    voided = choice_filter("Void", YES_NO, method="by_void")

    main = ("q", "division", "logged_by")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.kinds = {version.kind_id: version.label for version in KindVersion.objects.in_force(self.at)}
        self.filters["kind"].extra["choices"] = list(self.kinds.items())

    @property
    def for_table(self) -> dict[str, Any]:
        return {"reader": self.me, "kinds": self.kinds, "today": local_date(self.at)}

    def by_division(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return of_division(rows, "account__division", value)

    def by_logger(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return of_person(rows, "logged_by", value, self.me)

    def by_action(self, rows: Any, name: str, value: str) -> QuerySet[Any]:
        if value in ("done", "closed"):
            done: QuerySet[Any] = rows.valid().filter(done_at__isnull=False, done_by__isnull=value == "closed")
            return done
        found: QuerySet[Any] = rows.actions_of(self.me) if value.startswith("mine") else rows.open_actions()
        return found.filter(due_on__lt=local_date(self.at)) if value.endswith("overdue") else found

    def by_substance(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(substantive=value == "yes")

    def by_account(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(account__code=hub_code(value))

    def by_first_day(self, rows: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        return rows.filter(occurred_at__gte=day_start(value))

    def by_last_day(self, rows: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        return rows.filter(occurred_at__lt=day_start(value + timedelta(days=1)))

    def by_void(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(voided_at__isnull=value == "no")

    def search(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """The interactions whose contact or account holds every word, whose readable notes do, or whose code it is."""
        people = _matching_ids(Contact, value)
        many = isinstance(people, QuerySet)
        self.people = Q(_AnyOf("contact_id", Subquery(people))) if many else Q(contact_id__in=people)
        self.ways = [Q(account_id__in=_matching_ids(Account, value)), Q(code=hub_code(value))]
        words = value.split()
        if any(len(word) >= SHORTEST for word in words):
            noted = self._readable()
            for word in words:
                noted &= Q(notes__icontains=word)
            self.ways.append(noted)
        return rows.filter(reduce(or_, self.ways, Q(contact_id__in=people)))

    def found_ids(self, most: int) -> list[int]:
        """The ids that the search finds, by one subquery for each place to look.

        Each place has its own index, and PostgreSQL uses none of them for one condition with OR. A row can be found in
        every place, so on PostgreSQL each subquery stops after `most` + 1 rows. SQLite can't limit the parts of a
        union.
        """
        rows = self.rest.order_by().values_list("pk", flat=True)
        first, *others = (rows.filter(way) for way in (self.people, *self.ways))
        if connection.vendor == "postgresql":
            first, *others = (way[: most + 1] for way in (first, *others))
        return list(dict.fromkeys(first.union(*others, all=True)[: (len(others) + 1) * most + 1]))

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Apply the search last, so that `rest` holds the rows that the other filters leave."""
        asked = self.form.cleaned_data
        words = asked.pop("q", "")
        self.rest = super().filter_queryset(queryset)
        asked["q"] = words
        return cast(QuerySet[Any], self.filters["q"].filter(self.rest, words))

    def _readable(self) -> Q:
        """The condition of readable notes, with the account's division in a subquery.

        With a condition on the joined account PostgreSQL couldn't walk the newest interactions until a page is full.
        """
        divisions = Q(division=None) | Q(division__in=self.me.division_ids)
        mine = Q(Exists(Account.objects.filter(divisions, pk=OuterRef("account_id"))))
        return Q(confidential=False) | Q(logged_by=self.me) | mine


class _AnyOf(Func):
    """The condition that a column is in a subquery, written so that PostgreSQL runs the subquery first.

    PostgreSQL then looks the ids up in an index until it has enough rows; a join would read a whole division's entries.
    """

    template, arg_joiner = "%(expressions)s)", " = ANY(ARRAY"
    output_field = BooleanField()


def _matching_ids(model: type[Account] | type[Contact], value: str) -> Any:
    """The ids of records that hold every word: a subquery on PostgreSQL, a list of bounded length on SQLite."""
    found = match_search(model._default_manager.order_by(), value).values_list("pk", flat=True)
    ids = list(found[: FOUND + 1])
    if len(ids) <= FOUND:
        return ids
    return found if connection.vendor == "postgresql" else list(found[:30_000])
