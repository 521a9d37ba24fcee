"""What a person's day and the search page show, gathered in a fixed number of queries."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Q
from django.urls import reverse

from accounts.models import Account, Contact, Staff
from accounts.search import Hit, find
from interactions.facts import shown
from interactions.models import Interaction
from mikano_cx.kit.templatetags.hub import day_text
from mikano_cx.kit.timing import day_start, local_date, next_weekday

OVERDUE_SHOWN = 15
OVERDUE_COUNTED = 200  # counting thousands costs more than the page
COMING_SHOWN = 30
UNDATED_SHOWN = 10
UNDATED_AMONG = 200  # of my latest entries
RECENT_ENTRIES, RECENT_ACCOUNTS = 60, 8


class Counts(NamedTuple):
    """My entries since Monday 00:00 in Lagos."""

    entries: int
    substantive: int
    accounts: int
    overdue: int


@dataclass(frozen=True)
class Day:
    """One person's work as of an instant: next actions on the entries that the person logged."""

    today: date
    overdue: list[Interaction]
    due_today: list[Interaction]
    coming: list[Interaction]
    undated: list[Interaction]
    recent: list[Account]
    week: Counts

    @property
    def more_overdue(self) -> bool:
        return self.week.overdue == OVERDUE_COUNTED

    @property
    def is_new(self) -> bool:
        """Nothing was ever logged lately: the page teaches instead."""
        return not (self.recent or self.overdue or self.due_today or self.coming or self.undated)


def day_of(staff: Staff, at: datetime) -> Day:
    """Seven queries. Of overdue actions the latest ones: an imported history has hundreds of old ones."""
    today = local_date(at)
    mine = Interaction.objects.filter(logged_by=staff)
    actions = mine.for_listing().open_actions()
    dated = actions.filter(due_on__isnull=False)
    overdue = dated.filter(due_on__lt=today).order_by("-due_on", "-pk")[:OVERDUE_SHOWN]
    soon = dated.filter(due_on__gte=today, due_on__lte=today + timedelta(days=7)).order_by("due_on", "pk")
    ahead = shown(soon[:COMING_SHOWN], staff)
    latest = mine.order_by("-occurred_at", "-pk").values("pk")[:UNDATED_AMONG]
    undated = actions.filter(due_on=None, pk__in=latest).order_by("-occurred_at", "-pk")
    return Day(
        today=today,
        overdue=shown(overdue, staff),
        due_today=[entry for entry in ahead if entry.due_on == today],
        coming=[entry for entry in ahead if entry.due_on != today],
        undated=shown(undated[:UNDATED_SHOWN], staff),
        recent=_recent_accounts(staff),
        week=_week(staff, today),
    )


def _recent_accounts(staff: Staff) -> list[Account]:
    """The accounts that the person logged with last, latest first."""
    latest = Interaction.objects.filter(logged_by=staff).order_by("-occurred_at", "-pk")
    ids = list(dict.fromkeys(latest.values_list("account_id", flat=True)[:RECENT_ENTRIES]))[:RECENT_ACCOUNTS]
    found = Account.objects.for_listing().in_bulk(ids)
    return [found[pk] for pk in ids]


def _week(staff: Staff, today: date) -> Counts:
    mine = Interaction.objects.filter(logged_by=staff).valid()
    monday = day_start(today - timedelta(days=today.weekday()))
    week = mine.filter(occurred_at__gte=monday).aggregate(
        entries=Count("pk"),
        substantive=Count("pk", filter=Q(substantive=True)),
        accounts=Count("account", distinct=True),
    )
    overdue = mine.open_actions().filter(due_on__isnull=False, due_on__lt=today)
    return Counts(**week, overdue=overdue.order_by()[:OVERDUE_COUNTED].count())


class MoveTo(NamedTuple):
    """A day that an action is often moved to, ready to be shown on every row."""

    iso: str
    words: str
    exact: str


def days_to_move_to(today: date) -> list[MoveTo]:
    tomorrow, friday, week = today + timedelta(days=1), next_weekday(today, 4), today + timedelta(days=7)
    days = [(today, "Today"), (tomorrow, "Tomorrow")]
    if friday not in (tomorrow, week):
        days.append((friday, "Friday"))
    return [MoveTo(day.isoformat(), words, day_text(day)) for day, words in [*days, (week, "In a week")]]


# --- search ----------------------------------------------------------------------------------------------------------
class Found(NamedTuple):
    query: str
    accounts: list[Hit]
    contacts: list[Hit]

    @property
    def total(self) -> int:
        return len(self.accounts) + len(self.contacts)


def found_for(query: str, *, limit: int = 24) -> Found:
    """Hits for the query, accounts and contacts apart, best first."""
    hits = find(query, limit=limit)
    accounts = [hit for hit in hits if isinstance(hit.record, Account)]
    return Found(query, accounts, [hit for hit in hits if isinstance(hit.record, Contact)])


class Command(NamedTuple):
    title: str
    url: str
    icon: str


def commands_for(query: str, *, may_log: bool) -> list[Command]:
    """What the palette can do beside finding: all of it for no words, else what holds them."""
    wanted = query.casefold().split()
    return [c for c in _commands(may_log) if all(word in c.title.casefold() for word in wanted)]


def _commands(may_log: bool) -> Iterator[Command]:
    if may_log:
        yield Command("Log an interaction", reverse("interactions:log"), "plus")
    for title, view, icon, needs_log in (
        ("New account", "accounts:account_new", "building-2", True),
        ("New contact", "accounts:contact_new", "user-plus", True),
        ("Go to My day", "pages:home", "sun", False),
        ("Go to accounts", "accounts:account_list", "building-2", False),
        ("Go to contacts", "accounts:contact_list", "users", False),
        ("Go to interactions", "interactions:interaction_list", "message-square-text", False),
        ("Kinds of interaction", "interactions:kinds", "list-checks", False),
    ):
        if may_log or not needs_log:
            yield Command(title, reverse(view), icon)
