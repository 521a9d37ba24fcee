"""The contents of My day, of record pages and of the search page, read in a fixed number of queries."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from django.db.models import Count, F, Model, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse

from accounts.imports.models import FeedFreshness
from accounts.people.models import Notice, Staff
from accounts.records.models import Account, Contact
from accounts.records.search import Hit, find_records
from interactions.log.facts import mask_notes, with_names_of
from interactions.log.models import Interaction, InteractionQuerySet
from mikano_cx.kit.columns import columns_but
from mikano_cx.kit.identifiers import hub_code
from mikano_cx.kit.local_time import day_start, day_text, local_date, next_weekday
from mikano_cx.kit.prepared_queries import Composed
from mikano_cx.pages.timeline import attach_record, log_of_record

OVERDUE_SHOWN = 15
OVERDUE_COUNTED = 200  # counting thousands costs more than the page
COMING_SHOWN = 30
UNDATED_SHOWN = 10
UNDATED_AMONG = 200  # how many of the latest entries are looked at for actions without a day
ENTRY_CODE = re.compile(r"(?=.*\d|I-)\w[\w.\-]{2,23}")  # a possible code of an entry; plain words don't match
RECENT_ENTRIES, RECENT_ACCOUNTS = 60, 8
NOTICES_SHOWN = 3
CONTACTS_SHOWN, ACTIONS_SHOWN, RELATIVES_SHOWN = 30, 10, 10  # rows shown on a record's page


class Counts(NamedTuple):
    """The person's entries since Monday 00:00 in Lagos."""

    entries: int
    substantive: int
    accounts: int
    overdue: int


@dataclass(frozen=True)
class MyDay:
    """One person's work as of an instant: next actions on the person's own entries, or handed over to the person."""

    today: date
    overdue: list[Interaction]
    due_today: list[Interaction]
    coming: list[Interaction]
    undated: list[Interaction]
    recent: list[Account]
    week: Counts
    notices: list[Notice]

    @property
    def more_overdue(self) -> bool:
        return self.week.overdue == OVERDUE_COUNTED

    @property
    def overdue_count(self) -> str:
        return _at_least(self.week.overdue, self.more_overdue)

    @property
    def is_buried(self) -> bool:
        """Whether so much is overdue that today's work would be out of sight below it."""
        return self.week.overdue > OVERDUE_SHOWN

    @property
    def is_new(self) -> bool:
        """Whether nothing was logged lately, so that the page explains itself instead."""
        return not (self.recent or self.overdue or self.due_today or self.coming or self.undated)


def my_day_of(staff: Staff, at: datetime) -> MyDay:
    """The person's day at the instant `at`. Nine queries. It has the latest overdue actions only."""
    today = local_date(at)
    ahead = mask_notes(_soon.of(staff.pk, today, today + timedelta(days=7)), staff)
    open_ended = [entry for part in (_own_undated, _handed_undated) for entry in mask_notes(part.of(staff.pk), staff)]
    open_ended.sort(key=lambda entry: (entry.occurred_at, entry.pk), reverse=True)
    return MyDay(
        today=today,
        overdue=mask_notes(_overdue.of(staff.pk, today), staff),
        due_today=[entry for entry in ahead if entry.due_on == today],
        coming=[entry for entry in ahead if entry.due_on != today],
        undated=open_ended[:UNDATED_SHOWN],
        recent=_recent_accounts(staff),
        week=_week(staff, today),
        notices=_unread.of(staff.pk),
    )


def _first_actions(actions: InteractionQuerySet, most: int, *order: Any) -> InteractionQuerySet:
    """The first actions, chosen before any join.

    An imported history has hundreds, and PostgreSQL, which expects thousands, would read every account first.
    """
    first = actions.order_by(*order).values("pk")[:most]
    return with_names_of(Interaction.objects.filter(pk__in=first).order_by(*order), "contact", "account")


def _actions_of(staff: int, **when: date) -> InteractionQuerySet:
    return Interaction.objects.actions_of(staff).filter(**when)


def _undated_of(staff: int) -> InteractionQuerySet:
    return Interaction.objects.actions_of(staff).filter(due_on=None)


def _latest_of(staff: int) -> "QuerySet[Any]":
    return Interaction.objects.filter(logged_by=staff).order_by("-occurred_at", "-pk").values("pk")[:UNDATED_AMONG]


_overdue = Composed(
    lambda staff, today: _first_actions(_actions_of(staff, due_on__lt=today), OVERDUE_SHOWN, "-due_on", "-pk"),
    int,
    date,
)
_soon = Composed(
    lambda staff, first, last: _first_actions(
        _actions_of(staff, due_on__gte=first, due_on__lte=last), COMING_SHOWN, "due_on", "pk"
    ),
    int,
    date,
    date,
)
# Two queries, each with its own index; with one condition with OR PostgreSQL would walk the whole log.
_own_undated = Composed(
    lambda staff: _first_actions(
        _undated_of(staff).filter(handed_to=None, pk__in=_latest_of(staff)), UNDATED_SHOWN, "-occurred_at", "-pk"
    ),
    int,
)
_handed_undated = Composed(
    lambda staff: _first_actions(_undated_of(staff).filter(handed_to=staff), UNDATED_SHOWN, "-occurred_at", "-pk"), int
)
_unread = Composed(
    lambda staff: Notice.objects.filter(to=staff, read_at=None).order_by("-at", "-pk")[:NOTICES_SHOWN], int
)


def _recent_accounts(staff: Staff) -> list[Account]:
    """The accounts of the person's latest entries, latest first."""
    latest = Interaction.objects.filter(logged_by=staff).order_by("-occurred_at", "-pk")
    ids = list(dict.fromkeys(latest.values_list("account_id", flat=True)[:RECENT_ENTRIES]))[:RECENT_ACCOUNTS]
    owned = ("owner__full_name", "owner__initials", "owner_basis", "ownership_state", "expires_at")
    recent = Account.objects.select_related("owner").only("code", "name", "last_interaction_at", *owned)
    accounts = recent.in_bulk(ids)
    return [accounts[pk] for pk in ids]


def _week(staff: Staff, today: date) -> Counts:
    mine = Interaction.objects.filter(logged_by=staff).valid()
    monday = day_start(today - timedelta(days=today.weekday()))
    week = mine.filter(occurred_at__gte=monday).aggregate(
        entries=Count("pk"),
        substantive=Count("pk", filter=Q(substantive=True)),
        accounts=Count("account", distinct=True),
    )
    overdue = Interaction.objects.actions_of(staff).filter(due_on__isnull=False, due_on__lt=today)
    return Counts(**week, overdue=overdue.order_by()[:OVERDUE_COUNTED].count())


class MoveTo(NamedTuple):
    """A day that actions are often moved to, as every row shows it."""

    iso: str
    words: str
    exact: str


def days_to_move_to(today: date) -> list[MoveTo]:
    """The days that actions are often moved to, as of the local day `today`."""
    tomorrow, friday, week = today + timedelta(days=1), next_weekday(today, 4), today + timedelta(days=7)
    days = [(today, "Today"), (tomorrow, "Tomorrow")]
    if friday not in (tomorrow, week):
        days.append((friday, "Friday"))
    return [MoveTo(day.isoformat(), words, day_text(day)) for day, words in [*days, (week, "In a week")]]


# --- an account, a contact -------------------------------------------------------------------------------------------
def _lean(records: "QuerySet[Any]", owner: str) -> "QuerySet[Any]":
    """The records without the columns that a record's page doesn't show: search text and most of the owner."""
    unseen = ("password", "last_login", "name_key", "email", "erp_code", "created_at")
    wide = ["search_text", *(f"{owner}__{name}" for name in unseen)]
    return records.defer(*wide, *(["account__search_text"] if owner.startswith("account") else []))


def _account(code: str) -> "QuerySet[Account]":
    """The account, with its ERP data and `erp_as_of`, the time of the last good import of customers, in one query."""
    fresh = FeedFreshness.objects.filter(feed__kind="customers", feed__source=OuterRef("erp_customer__source"))
    newest = fresh.filter(good_at__isnull=False).order_by("-good_at").values("good_at")[:1]
    accounts = Account.objects.filter(code=code).select_related("owner", "division", "erp_customer", "parent")
    of_parent = (field.name for field in Account._meta.concrete_fields if field.name not in ("id", "code", "name"))
    accounts = accounts.defer(*(f"parent__{name}" for name in of_parent))
    return _lean(accounts.annotate(erp_as_of=Subquery(newest)), "owner")


def _contact(code: str) -> "QuerySet[Contact]":
    return _lean(Contact.objects.filter(code=code).select_related("account__owner"), "account__owner")


def _contacts(account: int) -> "QuerySet[Contact]":
    """The account's contacts: current ones first, by name; one more than the page shows."""
    contacts = Contact.objects.filter(account_id=account).only(*columns_but(Contact, Contact.UNLISTED))
    return contacts.order_by("-is_active", "full_name", "pk")[: CONTACTS_SHOWN + 1]


def _subsidiaries(account: int) -> "QuerySet[Account]":
    family = Account.objects.filter(parent_id=account).only("code", "name", "parent")
    return family.order_by("name", "pk")[:RELATIVES_SHOWN]


def _open_actions(model: type[Model], pk: int) -> InteractionQuerySet:
    """The latest open next actions by day, one more than the page shows.

    They are chosen before any join, because an imported history has hundreds.
    """
    latest_first = (F("due_on").desc(nulls_last=True), "-pk")
    actions = log_of_record(model, pk).open_actions()
    latest = actions.order_by(*latest_first).values("pk")[: ACTIONS_SHOWN + 1]
    return actions.filter(pk__in=latest).order_by(*latest_first)


account_of = Composed(_account, str)
contact_of = Composed(_contact, str)
contacts_of = Composed(_contacts, int)
subsidiaries_of = Composed(_subsidiaries, int)
_OPEN_ACTIONS = {model: Composed(partial(_open_actions, model), int) for model in (Account, Contact)}


def open_actions_of(record: Account | Contact) -> list[Interaction]:
    """The record's open next actions, one more than its page shows. One query."""
    return attach_record(_OPEN_ACTIONS[type(record)].of(record.pk), record)


# --- search ----------------------------------------------------------------------------------------------------------
class SearchResult(NamedTuple):
    """The hits of a search, and the entry with the typed code if there is one."""

    query: str
    accounts: list[Hit]
    contacts: list[Hit]
    capped: bool = False  # whether there are more hits than these
    entry: Interaction | None = None  # the entry with the typed code

    @property
    def accounts_count(self) -> str:
        return _at_least(len(self.accounts), self.capped)

    @property
    def contacts_count(self) -> str:
        return _at_least(len(self.contacts), self.capped)

    @property
    def records(self) -> int:
        return len(self.accounts) + len(self.contacts)

    @property
    def total(self) -> int:
        return self.records + bool(self.entry)


def search_result(query: str, *, limit: int = 24) -> SearchResult:
    """The hits of the query, accounts and contacts apart, best first, and the log's entry with this code."""
    hits = find_records(query, limit=limit + 1)
    best = hits[:limit]
    accounts = [hit for hit in best if isinstance(hit.record, Account)]
    contacts = [hit for hit in best if isinstance(hit.record, Contact)]
    return SearchResult(query, accounts, contacts, capped=len(hits) > limit, entry=_entry_of(query))


def _entry_of(query: str) -> Interaction | None:
    """The entry whose code the query is. Queries that can't be a code (words, phone numbers) aren't looked up."""
    written = hub_code(query)
    if not ENTRY_CODE.fullmatch(written):
        return None
    return with_names_of(Interaction.objects.filter(code=written), "contact", "account").first()


def _at_least(count: int, capped: bool) -> str:
    return f"{count}+" if capped else str(count)


class PaletteCommand(NamedTuple):
    title: str
    url: str
    icon: str


def commands_for(query: str, *, may_log: bool) -> list[PaletteCommand]:
    """The palette's commands: all of them for an empty query, else those that hold its words."""
    wanted = query.casefold().split()
    return [c for c in _commands(may_log) if all(word in c.title.casefold() for word in wanted)]


def _commands(may_log: bool) -> Iterator[PaletteCommand]:
    if may_log:
        yield PaletteCommand("Log an interaction", reverse("interactions:log"), "plus")
    for title, view, icon, needs_log in (
        ("New account", "accounts:account_new", "building-2", True),
        ("New contact", "accounts:contact_new", "user-plus", True),
        ("Go to My day", "pages:home", "sun", False),
        ("Go to accounts", "accounts:account_list", "building-2", False),
        ("Go to contacts", "accounts:contact_list", "users", False),
        ("Go to interactions", "interactions:interaction_list", "message-square-text", False),
        ("Notices", "accounts:notices", "bell", False),
        ("Owners to review", "ownership:reviews", "scale", False),
        ("Ownership policy", "ownership:policy", "timer", False),
        ("Routing", "ownership:routing", "split", False),
        ("Kinds of interaction", "interactions:kinds", "list-checks", False),
    ):
        if may_log or not needs_log:
            yield PaletteCommand(title, reverse(view), icon)
