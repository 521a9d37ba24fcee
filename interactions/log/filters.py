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

FOUND = 1_000  # accounts or contacts whose interactions are asked for by their ids
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
        """Interactions with people or accounts that hold every word, or whose notes (that one may read) do."""
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
        """Each way to find an interaction has an index of its own, which PostgreSQL doesn't use for all ways at once.

        A row can be found in every way, so more rows than `most` for each of them are more than `most`, and so are
        more than `most` of one: PostgreSQL stops each way there. (SQLite has no such limit.)
        """
        rows = self.rest.order_by().values_list("pk", flat=True)
        first, *others = (rows.filter(way) for way in (self.people, *self.ways))
        if connection.vendor == "postgresql":
            first, *others = (way[: most + 1] for way in (first, *others))
        return list(dict.fromkeys(first.union(*others, all=True)[: (len(others) + 1) * most + 1]))

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The search comes last, so that `rest` is what the other filters leave."""
        asked = self.form.cleaned_data
        words = asked.pop("q", "")
        self.rest = super().filter_queryset(queryset)
        asked["q"] = words
        return cast(QuerySet[Any], self.filters["q"].filter(self.rest, words))

    def _readable(self) -> Q:
        """Asks for the account's division by a query of its own: a condition on the joined account would keep
        PostgreSQL from walking the newest interactions until a page is full."""
        divisions = Q(division=None) | Q(division__in=self.me.division_ids)
        mine = Q(Exists(Account.objects.filter(divisions, pk=OuterRef("account_id"))))
        return Q(confidential=False) | Q(logged_by=self.me) | mine


class _AnyOf(Func):
    """Whether a column is in a subquery that PostgreSQL answers first, to look the ids up in an index until there are
    enough rows; a join of the two it would begin by reading a whole division's interactions."""

    template, arg_joiner = "%(expressions)s)", " = ANY(ARRAY"
    output_field = BooleanField()


def _matching_ids(model: type[Account] | type[Contact], value: str) -> Any:
    """The ids that hold every word. PostgreSQL looks a long list up itself; SQLite takes this many at a time."""
    found = match_search(model._default_manager.order_by(), value).values_list("pk", flat=True)
    ids = list(found[: FOUND + 1])
    if len(ids) <= FOUND:
        return ids
    return found if connection.vendor == "postgresql" else list(found[:30_000])
