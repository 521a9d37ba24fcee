"""The case: the time line of one account with its labelled facts and people's names, for sentences and pictures."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from operator import attrgetter

from mikano_cx.kit.local_time import day_text
from ownership.engine.calendar import Calendar
from ownership.engine.rules import MOVEMENTS, ORDER, RULINGS, Clocks, Fact, Segment, Timeline, apply_rulings
from ownership.explain.phrases import Part, count


@dataclass(frozen=True, slots=True)
class FactLabel:
    """One fact under the name that people know, with the ruling on it applied.

    `label` is the invoice number of a sale, the code of an interaction or account. `at` is the instant at which the
    fact takes effect (a sale: 00:00 of its day), `day` its local day. `amount` is in NGN. `ruling` is the id of the
    ruling that is in effect on it. A fact that is `ignored` was struck out, or is a sale of zero or less.
    """

    id: str
    kind: str
    label: str
    at: datetime
    day: date
    by: str | None = None
    amount: Decimal | None = None
    substantive: bool = False
    ruling: str | None = None
    ignored: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """One account (`account` is its name) as of an instant.

    `names` gives the name of a person's key, `facts` the label of a fact's id. A person or a fact that is missing
    there is shown by its key or id. `sentence` needs only the current segment and the labels of its evidence.
    """

    account: str
    timeline: Timeline
    as_of: datetime
    names: Mapping[str, str]
    facts: Mapping[str, FactLabel]
    policy: Clocks

    def person(self, key: str | None) -> Part:
        return Part("somebody") if key is None else Part(self.names.get(key) or key, person=key)

    def fact(self, ident: str, text: str | None = None) -> Part:
        """The part that names the fact, by `text` or else by its label."""
        label = self.facts.get(ident)
        return Part(text or (label.label if label and label.label else ident), fact=ident)

    def labels(self, idents: Iterable[str]) -> list[FactLabel]:
        return [self.facts[ident] for ident in idents if ident in self.facts]

    def day(self, instant: datetime) -> date:
        return Calendar.of(self.policy.timezone).day(instant)

    def day_text(self, instant: datetime) -> str:
        return day_text(self.day(instant))

    def day_before(self, instant: datetime) -> str:
        """The day just before the instant, such as the last working day of a departure."""
        return self.day_text(instant - timedelta(microseconds=1))

    @property
    def months(self) -> str:
        return count(self.policy.orphan_after_months, "month")

    def counted(self, *kinds: str) -> Iterator[FactLabel]:
        """The facts of these kinds that count at `as_of`."""
        return (
            fact for fact in self.facts.values() if fact.kind in kinds and not fact.ignored and fact.at <= self.as_of
        )

    def to_come(self) -> list[FactLabel]:
        """The facts that take effect after `as_of` and could change the holder, the earliest first."""
        holder = self.timeline.current.holder if self.timeline.current else None
        later = (fact for fact in self.facts.values() if not fact.ignored and fact.at > self.as_of)
        ours = (
            fact
            for fact in later
            if fact.kind not in MOVEMENTS or (fact.kind == "departure" and holder is not None and fact.by == holder)
        )
        return sorted(ours, key=attrgetter("at", "id"))

    def last_sale(self) -> FactLabel | None:
        return max(self.counted("sale"), key=attrgetter("at", "id"), default=None)

    def active(self, person: str, at: datetime) -> bool:
        """Whether the person works here at that instant, by the movements among the facts."""
        moves = [fact for fact in self.counted(*MOVEMENTS) if fact.by == person and fact.at <= at]
        last = max(moves, key=lambda fact: (fact.at, ORDER[fact.kind], fact.id), default=None)
        return last is None or last.kind == "return"

    def before(self, segment: Segment) -> Segment | None:
        """The segment before this one; None for the first."""
        place = self.timeline.segments.index(segment)
        return self.timeline.segments[place - 1] if place else None


def label_facts(
    facts: Iterable[Fact], texts: Mapping[str, str], policy: Clocks, known_at: datetime | None = None
) -> dict[str, FactLabel]:
    """The labels of an account's facts by id, struck-out facts included; rulings get no labels of their own.

    `texts` gives the invoice number, code, ... of a fact's id; without one a fact is called by its id.
    """
    calendar = Calendar.of(policy.timezone)
    known = [fact for fact in facts if known_at is None or fact.recorded_at <= known_at]
    signed = sorted((fact for fact in known if fact.kind in RULINGS), key=attrgetter("at", "id"))
    rulings = {ruling.target: ruling.id for ruling in signed}
    counts = {fact.id: fact for fact in apply_rulings(known)}
    labels = {}
    for fact in known:
        if fact.kind in RULINGS:
            continue
        seen = counts.get(fact.id, fact)
        day = calendar.day(fact.at)
        labels[fact.id] = FactLabel(
            fact.id,
            fact.kind,
            texts.get(fact.id) or fact.id,
            calendar.midnight(day) if fact.kind == "sale" else fact.at,
            day,
            seen.by,
            fact.value if fact.kind == "sale" else None,
            seen.substantive,
            rulings.get(fact.id),
            fact.id not in counts,
        )
    return labels
