"""The rules of engagement as a pure function: the facts of one account in, the time line of its ownership out.

Sources: strategy v9, "Rules of Engagement"; operational playbook, "Sales Conflict Resolution Rules". *Reading:* v9
gives an account to whoever closed its last deal, by value, and calls it an orphan after more than 12 months without
a sale. Both hold together when the owner is the salesperson of the last closed deal, ties within a day go by value,
and ownership ends more than 12 months after the last sale.

There is no clock, database or randomness here. Instants are aware; days and months are counted, and the results
given, in the policy's time zone.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import NamedTuple

from ownership.engine.calendar import Calendar

OWNED, LED, UNASSIGNED, ORPHAN = "owned", "led", "unassigned", "orphan"
OUT_OF_TURN_SALE, ASSIGNMENT_IGNORED = "out-of-turn-sale", "assignment-ignored"

# What happens at one instant happens in this order, after the clocks.
ORDER = {"departure": 0, "return": 1, "created": 2, "assignment": 3, "sale": 4, "interaction": 5}
MOVEMENTS = frozenset({"departure", "return"})
RULINGS = frozenset({"void", "credit", "reclassify"})
FACT_KINDS = ORDER.keys() | RULINGS
_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)


@dataclass(frozen=True, slots=True)
class Clocks:
    """The parameters of the rules: calendar months without a sale, and days for a lead."""

    orphan_after_months: int = 12
    lead_days: int = 90
    timezone: str = "Africa/Lagos"


class Fact(NamedTuple):
    """Something that happened (`at`) and was recorded (`recorded_at`); `kind` says which other fields it has.

    A sale's `value` is in NGN. `account` is None for departures, returns and the voids of these.
    """

    id: str
    account: str | None
    kind: str
    at: datetime
    recorded_at: datetime
    by: str | None = None
    value: Decimal = Decimal(0)
    substantive: bool = False
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """One holder (or none) in one state from `start` until before `end`; the last one's `end` is None."""

    state: str
    holder: str | None
    start: datetime
    end: datetime | None
    rule: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class Flag:
    """Something that a division head should see."""

    at: datetime
    cause: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """What the rules say of one account. Without a fact that counts there are no segments.

    `last_sale_on` is the local day of its last sale; the JSON form leaves it out.
    """

    segments: tuple[Segment, ...] = ()
    expires_at: datetime | None = None
    next_at: datetime | None = None
    flags: tuple[Flag, ...] = ()
    last_sale_on: date | None = field(default=None, compare=False)

    @property
    def current(self) -> Segment | None:
        return self.segments[-1] if self.segments else None


def replay(facts: Iterable[Fact], policy: Clocks, as_of: datetime, known_at: datetime | None = None) -> Timeline:
    """The time line of one account up to and including `as_of`, by what was known at `known_at` (default: all).

    `facts` are those of the account, with the departures, returns and rulings that concern it; in any order.
    """
    calendar = Calendar.of(policy.timezone)
    known = sorted(_event(fact, calendar) for fact in apply_rulings(facts, known_at))
    walk = _Walk(policy, calendar, [event for event in known if event.fact.kind in MOVEMENTS])
    happened = [event for event in known if event.instant <= as_of]
    for (instant, _), events in groupby(happened, key=itemgetter(0, 1)):
        walk.run_clocks(until=instant)
        walk.take(list(events))
    walk.run_clocks(until=as_of)
    return walk.timeline(known[len(happened) :])


def apply_rulings(facts: Iterable[Fact], known_at: datetime | None = None) -> Iterator[Fact]:
    """The facts that are known, with the last known ruling on each applied; struck-out and non-positive sales left out.

    A later ruling on a fact replaces the earlier ones: a credit after a void restores the sale.
    """
    known = [fact for fact in facts if known_at is None or fact.recorded_at <= known_at]
    signed = sorted((fact for fact in known if fact.kind in RULINGS), key=attrgetter("at", "id"))
    rulings = {ruling.target: ruling for ruling in signed}
    for fact in known:
        if fact.kind in RULINGS:
            continue
        ruling = rulings.get(fact.id)
        if ruling is not None:
            if ruling.kind == "void":
                continue
            if ruling.kind == "credit":
                fact = fact._replace(by=ruling.by)
            else:
                fact = fact._replace(substantive=ruling.substantive)
        if fact.kind != "sale" or fact.value > 0:
            yield fact


class _Event(NamedTuple):
    """A fact at the instant (UTC) it takes effect, in the order in which facts are taken up."""

    instant: datetime
    place: int
    at: datetime
    id: str
    fact: Fact


def _event(fact: Fact, calendar: Calendar) -> _Event:
    at = fact.at.astimezone(UTC)
    instant = calendar.midnight(calendar.day(at)) if fact.kind == "sale" else at
    return _Event(instant, ORDER[fact.kind], at, fact.id, fact)


class _Change(NamedTuple):
    """A segment that has begun, at an instant in UTC."""

    state: str
    holder: str | None
    start: datetime
    rule: str
    evidence: tuple[str, ...]


@dataclass(slots=True)
class _Walk:
    """The account as the facts are taken up one after another."""

    policy: Clocks
    calendar: Calendar
    movements: Sequence[_Event]
    changes: list[_Change] = field(default_factory=list)
    flags: list[Flag] = field(default_factory=list)
    first_sale_day: date | None = None
    last_sale_day: date | None = None
    last_sales: tuple[str, ...] = ()
    sourced: bool = False  # a `created` or an `assignment` was met

    @property
    def state(self) -> str:
        return self.changes[-1].state if self.changes else ORPHAN

    @property
    def holder(self) -> str | None:
        return self.changes[-1].holder if self.changes else None

    def take(self, events: list[_Event]) -> None:
        """Facts of one kind at one instant, in their order."""
        first = events[0]
        if first.fact.kind in MOVEMENTS:
            if first.fact.kind == "departure":
                for event in events:
                    self._depart(event)
            return
        if not self.changes:
            self._change(ORPHAN, None, first.instant, "no-claim", (first.fact.id,))
        if first.fact.kind == "sale":
            self._sell(first.instant, [event.fact for event in events])
            return
        verb = {"created": self._create, "assignment": self._assign, "interaction": self._interact}[first.fact.kind]
        for event in events:
            verb(event.fact, event.instant)

    def run_clocks(self, until: datetime) -> None:
        """Let every clock run out that does so up to and including `until`."""
        while (at := self.expires_at()) is not None and at <= until:
            current = self.changes[-1]
            if current.state == OWNED:
                began = self.calendar.day(current.start)
                by_sale = self.last_sale_day is not None and self.last_sale_day >= began
                self._change(ORPHAN, None, at, "owner-lapsed", self.last_sales if by_sale else current.evidence)
            elif current.state == LED:
                self._release(at, "lead-lapsed", current.evidence)
            else:
                self._change(ORPHAN, None, at, "sale-aged", self.last_sales)

    def expires_at(self) -> datetime | None:
        """When the running clock runs out; None when none runs, or beyond the calendar's end."""
        if self.state == ORPHAN:
            return None
        if self.state == UNASSIGNED:
            return self._sale_ages_at()
        began = self.calendar.day(self.changes[-1].start)
        if self.state == LED:
            return self.calendar.after_days(began, self.policy.lead_days)
        return self.calendar.after_months(max(began, self.last_sale_day or began), self.policy.orphan_after_months)

    def timeline(self, to_come: list[_Event]) -> Timeline:
        if not self.changes:
            own = [event.instant for event in to_come if event.fact.kind not in MOVEMENTS]
            return Timeline(next_at=self.calendar.local(min(own, default=None)))
        expires_at = self.expires_at()
        waits = [
            event.instant
            for event in to_come
            if event.fact.kind not in MOVEMENTS
            or (event.fact.kind == "departure" and event.fact.by == self.holder and self.holder is not None)
        ]
        if expires_at is not None:
            waits.append(expires_at)
        local = self.calendar.local
        starts = [local(change.start) for change in self.changes]
        return Timeline(
            tuple(
                Segment(change.state, change.holder, start, end, change.rule, change.evidence)
                for change, start, end in zip(self.changes, starts, [*starts[1:], None], strict=True)
            ),
            local(expires_at),
            local(min(waits, default=None)),
            tuple(sorted(self.flags)),
            self.last_sale_day,
        )

    # --- what each fact does ---

    def _depart(self, event: _Event) -> None:
        """Rule 6: an account whose holder leaves is an orphan, or unassigned while its last sale is young."""
        if self.holder is not None and self.holder == event.fact.by:
            self._release(event.instant, "departed", (event.fact.id,))

    def _create(self, fact: Fact, at: datetime) -> None:
        """Rule 2: the salesperson who logged a brand-new account owns it."""
        brand_new = not self.sourced and (self.first_sale_day is None or self.first_sale_day >= self.calendar.day(at))
        self.sourced = True
        if brand_new and self.holder is None and self._active(fact.by, at):
            self._change(OWNED, fact.by, at, "new-account", (fact.id,))

    def _assign(self, fact: Fact, at: datetime) -> None:
        """Rule 4: a head assigns an account that nobody holds."""
        self.sourced = True
        if self.holder is None and self._active(fact.by, at):
            self._change(OWNED, fact.by, at, "assigned", (fact.id,))
        elif not (self.state == OWNED and self.holder == fact.by):
            self._flag(ASSIGNMENT_IGNORED, at, (fact.id,))

    def _sell(self, midnight: datetime, sales: list[Fact]) -> None:
        """Rule 1: the day's greatest seller owns the account; sales of nobody restart the clock."""
        self.last_sale_day = self.calendar.day(midnight)
        self.first_sale_day = self.first_sale_day or self.last_sale_day
        self.last_sales = tuple(sorted(sale.id for sale in sales))
        winner, evidence = self._winner(midnight, sales)
        if winner is None:
            if self.state == ORPHAN:
                self._change(UNASSIGNED, None, midnight, "unattributed-sale", self.last_sales)
            return
        if self.state == OWNED:
            if self.holder == winner:
                return
            if self.changes[-1].start < midnight:
                self._flag(OUT_OF_TURN_SALE, midnight, evidence)
        self._change(OWNED, winner, midnight, "closed-deal", evidence)

    def _interact(self, fact: Fact, at: datetime) -> None:
        """Rule 3: the first substantive interaction claims an orphan."""
        if fact.substantive and self.state == ORPHAN and self._active(fact.by, at):
            self._change(LED, fact.by, at, "first-substantive", (fact.id,))

    # --- small parts ---

    def _winner(self, midnight: datetime, sales: list[Fact]) -> tuple[str | None, tuple[str, ...]]:
        """The greatest seller of the day and that person's sales; a tie goes to the smallest sale id."""
        totals: dict[str, Decimal] = {}
        ids: dict[str, list[str]] = {}
        for sale in sales:
            if sale.by is not None and self._active(sale.by, midnight):
                totals[sale.by] = _EXACT.add(totals.get(sale.by, Decimal(0)), sale.value)
                ids.setdefault(sale.by, []).append(sale.id)
        if not totals:
            return None, ()
        most = max(totals.values())
        winner = min((person for person, total in totals.items() if total == most), key=lambda person: min(ids[person]))
        return winner, tuple(sorted(ids[winner]))

    def _active(self, person: str | None, at: datetime) -> bool:
        """Whether the person works here at that instant: the last movement up to and including it is no departure."""
        if person is None:
            return False
        kind = None
        for event in self.movements:
            if event.instant > at:
                break
            if event.fact.by == person:
                kind = event.fact.kind
        return kind != "departure"

    def _release(self, at: datetime, rule: str, evidence: tuple[str, ...]) -> None:
        ages_at = self._sale_ages_at()
        young = self.last_sale_day is not None and (ages_at is None or at < ages_at)
        self._change(UNASSIGNED if young else ORPHAN, None, at, rule, evidence)

    def _sale_ages_at(self) -> datetime | None:
        if self.last_sale_day is None:
            return None
        return self.calendar.after_months(self.last_sale_day, self.policy.orphan_after_months)

    def _change(self, state: str, holder: str | None, at: datetime, rule: str, evidence: tuple[str, ...]) -> None:
        """A new segment; of several changes at one instant the last stands."""
        if self.changes and self.changes[-1].start == at:
            self.changes.pop()
        self.changes.append(_Change(state, holder, at, rule, evidence))

    def _flag(self, cause: str, at: datetime, evidence: tuple[str, ...]) -> None:
        self.flags.append(Flag(self.calendar.local(at), cause, evidence))
