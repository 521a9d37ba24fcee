"""A second, independent reading of the ownership rules: the oracle that the product is compared with.

Written from the rules' page alone, for obviousness and not for speed: the account is looked at again at every instant
at which anything could happen, and every list is selected and sorted anew for every question. It shares no line
with the product on purpose; never make one import the other.
"""

import argparse
import json
import re
import sys
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

LAGOS = ZoneInfo("Africa/Lagos")
OWN = ("created", "assignment", "sale", "interaction")  # kinds of an account's own facts, in their order at one instant
STAFF = ("departure", "return")
RULED = {"void": (*OWN, *STAFF), "credit": ("sale",), "reclassify": ("interaction",)}
DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
MAY_LACK_A_PERSON = ("created", "sale", "interaction", "credit")


class BadLog(Exception):
    """The first bad line (counted from 1, blank ones too) and its field; None where the line is no JSON object."""

    def __init__(self, line_number: int, field: str | None) -> None:
        super().__init__(f"line {line_number}: {field or 'no JSON object'}")
        self.line_number = line_number
        self.field = field


@dataclass(frozen=True)
class Number:
    """A JSON number as it was written, so that no digit is lost."""

    text: str


@dataclass(frozen=True)
class Fact:
    """One line of the log; instants in UTC."""

    line: int
    id: str
    account: str | None
    kind: str
    at: datetime
    recorded_at: datetime
    by: str | None = None
    value: Fraction = Fraction(0)
    substantive: bool = False
    target: str = ""

    @property
    def effect(self) -> datetime:
        """The instant that it takes effect: a sale's is the midnight that begins its local date."""
        return midnight(local_day(self.at)) if self.kind == "sale" else self.at


def local_day(instant: datetime) -> date:
    return instant.astimezone(LAGOS).date()


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=LAGOS).astimezone(UTC)


def months_later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, min(day.day, monthrange(day.year + years, month + 1)[1]))


def shown(instant: datetime | None) -> str | None:
    return instant.astimezone(LAGOS).isoformat() if instant else None


def read_instant(text: Any) -> datetime:
    if not isinstance(text, str):
        raise ValueError("no text")
    instant = datetime.fromisoformat(text)
    if instant.utcoffset() is None:
        raise ValueError("no offset")
    return instant.astimezone(UTC)


def read_text(text: Any) -> str:
    if not isinstance(text, str) or not text:
        raise ValueError("no text")
    return text


def read_value(value: Any) -> Fraction:
    text = value.text if isinstance(value, Number) else read_text(value)
    if not DECIMAL.fullmatch(text) or Decimal(text) >= 10**15:
        raise ValueError("no finite decimal below 1e15")
    return Fraction(Decimal(text))


def read_truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("neither true nor false")
    return value


def read_kind(value: Any) -> str:
    if value not in (*OWN, *STAFF, *RULED):
        raise ValueError("no kind")
    return str(value)


def read_object(line: str) -> dict[str, Any]:
    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} isn't JSON")

    found = json.loads(line, parse_int=Number, parse_float=Number, parse_constant=refuse)
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def read_fact(number: int, line: str) -> Fact:
    try:
        found = read_object(line)
    except (ValueError, RecursionError):
        raise BadLog(number, None) from None

    def field(name: str, reader: Any, *, null: Any = ValueError) -> Any:
        """The field `name`; `null` is what a null stands for, if one is allowed."""
        try:
            if name in found and found[name] is None and null is not ValueError:
                return null
            return reader(found[name])
        except (KeyError, ValueError, ArithmeticError):
            raise BadLog(number, name) from None

    kind, at = field("kind", read_kind), field("at", read_instant)
    fact = Fact(number, field("id", read_text), None, kind, at, at)
    fact = replace(fact, account=field("account", read_text, null=None if kind in (*STAFF, "void") else ValueError))
    if kind in STAFF and fact.account is not None:
        raise BadLog(number, "account")
    if "recorded_at" in found:
        fact = replace(fact, recorded_at=field("recorded_at", read_instant, null=at))
    if kind in (*OWN, *STAFF, "credit"):
        fact = replace(fact, by=field("by", read_text, null=None if kind in MAY_LACK_A_PERSON else ValueError))
    if kind == "sale":
        fact = replace(fact, value=field("value", read_value))
    if kind in ("interaction", "reclassify"):
        fact = replace(fact, substantive=field("substantive", read_truth))
    if kind in RULED:
        fact = replace(fact, target=field("target", read_text))
    return fact


def read_log(lines: Iterable[str]) -> list[Fact]:
    """Every fact and ruling of the log; targets are looked for after all lines are read."""
    facts: dict[str, Fact] = {}
    for number, line in enumerate(lines, start=1):
        if line.strip():
            fact = read_fact(number, line)
            if fact.id in facts:
                raise BadLog(number, "id")
            facts[fact.id] = fact
    for ruling in facts.values():
        if ruling.kind in RULED:
            if ruling.target not in facts or facts[ruling.target].kind not in RULED[ruling.kind]:
                raise BadLog(ruling.line, "target")
            if facts[ruling.target].account != ruling.account:
                raise BadLog(ruling.line, "account")
    return list(facts.values())


def ruled_facts(log: list[Fact], known_at: datetime | None) -> list[Fact]:
    """The facts that are known and not struck out, as the rulings known by then left them."""
    known = [fact for fact in log if known_at is None or fact.recorded_at <= known_at]
    left = []
    for fact in known:
        rulings = sorted((each for each in known if each.target == fact.id), key=lambda each: (each.at, each.id))
        last = rulings[-1] if rulings else None
        if fact.kind in RULED or (last and last.kind == "void"):
            continue
        if last and last.kind == "credit":
            fact = replace(fact, by=last.by)
        if last and last.kind == "reclassify":
            fact = replace(fact, substantive=last.substantive)
        if fact.kind != "sale" or fact.value > 0:
            left.append(fact)
    return left


@dataclass(frozen=True)
class Change:
    """From `at` on, the account is in `state` with `holder`."""

    at: datetime
    state: str
    holder: str | None
    rule: str
    evidence: list[str]

    def told(self, end: datetime | None) -> dict[str, Any]:
        told = {"state": self.state, "holder": self.holder, "start": shown(self.at), "end": shown(end)}
        return {**told, "rule": self.rule, "evidence": self.evidence}


class Walk:
    """One account, looked at again at every instant at which something could happen, up to and including `as_of`."""

    def __init__(self, account: str, facts: list[Fact], as_of: datetime, lead_days: int, months: int):
        self.account, self.as_of, self.lead_days, self.months = account, as_of, lead_days, months
        self.own = [fact for fact in facts if fact.account == account]
        self.staff = [fact for fact in facts if fact.kind in STAFF]
        self.changes: list[Change] = []
        self.flags: list[tuple[datetime, str, list[str]]] = []

    def counting(self) -> list[Fact]:
        """The account's own facts that count, in the order in which they are taken up."""
        return sorted(
            (fact for fact in self.own if fact.effect <= self.as_of),
            key=lambda fact: (fact.effect, OWN.index(fact.kind), fact.at, fact.id),
        )

    def taken_up(self, kind: str, t: datetime) -> list[Fact]:
        return [fact for fact in self.counting() if fact.kind == kind and fact.effect == t]

    def active(self, person: str | None, t: datetime) -> bool:
        moves = [fact for fact in self.staff if fact.by == person and fact.at <= t]
        moves.sort(key=lambda fact: (fact.at, STAFF.index(fact.kind)))
        return person is not None and not (moves and moves[-1].kind == "departure")

    def last_sales(self, t: datetime, *, before: bool = False) -> list[Fact]:
        """All the sales of the last day with any, up to and including `t`, or `before` it."""
        sales = [fact for fact in self.counting() if fact.kind == "sale" and fact.effect <= t]
        sales = [fact for fact in sales if not before or fact.effect < t]
        return [fact for fact in sales if fact.effect == max(other.effect for other in sales)]

    def after_months(self, day: date) -> datetime:
        return midnight(months_later(day, self.months) + timedelta(days=1))

    def after_lead(self, day: date) -> datetime:
        return midnight(day + timedelta(days=self.lead_days + 1))

    def runs_out(self, sales: list[Fact]) -> datetime | None:
        """When the running clock runs out, where `sales` are those of the last sale day."""
        now = self.changes[-1]
        sale_days = [local_day(sale.at) for sale in sales[:1]]
        if now.state == "owned":
            return self.after_months(max([*sale_days, local_day(now.at)]))
        if now.state == "led":
            return self.after_lead(local_day(now.at))
        return self.after_months(sale_days[0]) if now.state == "unassigned" else None

    def without_holder(self, t: datetime) -> str:
        sales = self.last_sales(t, before=True)
        return "unassigned" if sales and t < self.after_months(local_day(sales[0].at)) else "orphan"

    def change(self, t: datetime, state: str, holder: str | None, rule: str, evidence: Iterable[Fact | str]) -> None:
        ids = sorted(each if isinstance(each, str) else each.id for each in evidence)
        self.changes.append(Change(t, state, holder, rule, ids))

    def clocks(self, t: datetime) -> None:
        now, sales = self.changes[-1], self.last_sales(t, before=True)
        if self.runs_out(sales) != t:
            return
        if now.state == "owned":
            set_by_sale = bool(sales) and local_day(sales[0].at) >= local_day(now.at)
            self.change(t, "orphan", None, "owner-lapsed", sales if set_by_sale else now.evidence)
        elif now.state == "led":
            self.change(t, self.without_holder(t), None, "lead-lapsed", now.evidence)
        else:
            self.change(t, "orphan", None, "sale-aged", sales)

    def departures(self, t: datetime) -> None:
        leaving = [fact for fact in self.staff if fact.kind == "departure" and fact.at == t]
        for fact in sorted(leaving, key=lambda each: each.id):
            if self.changes[-1].holder == fact.by:
                self.change(t, self.without_holder(t), None, "departed", [fact])

    def created(self, t: datetime) -> None:
        for fact in self.taken_up("created", t):
            everything = self.counting()
            earlier = [each for each in everything[: everything.index(fact)] if each.kind in ("created", "assignment")]
            sold = [each for each in everything if each.kind == "sale" and local_day(each.at) < local_day(fact.at)]
            if not self.changes[-1].holder and self.active(fact.by, t) and not earlier and not sold:
                self.change(t, "owned", fact.by, "new-account", [fact])

    def assignments(self, t: datetime) -> None:
        for fact in self.taken_up("assignment", t):
            now = self.changes[-1]
            if not now.holder and self.active(fact.by, t):
                self.change(t, "owned", fact.by, "assigned", [fact])
            elif (now.state, now.holder) != ("owned", fact.by):
                self.flags.append((t, "assignment-ignored", [fact.id]))

    def sales(self, t: datetime) -> None:
        day, now = self.taken_up("sale", t), self.changes[-1]
        sellers = {fact.by for fact in day if self.active(fact.by, t)}
        if not sellers:
            if day and now.state == "orphan":
                self.change(t, "unassigned", None, "unattributed-sale", day)
            return

        def rank(seller: str | None) -> tuple[Fraction, str]:
            theirs = [fact for fact in day if fact.by == seller]
            return (-sum(fact.value for fact in theirs), min(fact.id for fact in theirs))

        winner = min(sellers, key=rank)
        won = sorted(fact.id for fact in day if fact.by == winner)
        if now.state == "owned" and now.holder == winner:
            return
        if now.state == "owned" and now.at < t:
            self.flags.append((t, "out-of-turn-sale", won))
        self.change(t, "owned", winner, "closed-deal", won)

    def interactions(self, t: datetime) -> None:
        for fact in self.taken_up("interaction", t):
            if fact.substantive and self.active(fact.by, t) and self.changes[-1].state == "orphan":
                self.change(t, "led", fact.by, "first-substantive", [fact])

    def instants(self) -> list[datetime]:
        """Every instant from the first fact to `as_of` at which anything could happen."""
        facts = self.counting()
        days = {local_day(fact.at) for fact in facts}
        found = {fact.effect for fact in [*facts, *self.staff]}
        found |= {self.after_months(day) for day in days} | {self.after_lead(day) for day in days}
        return sorted(t for t in found if facts[0].effect <= t <= self.as_of)

    def next_at(self, expires_at: datetime | None) -> datetime | None:
        coming = [fact.effect for fact in self.own]
        coming += [fact.at for fact in self.staff if fact.kind == "departure" and fact.by == self.changes[-1].holder]
        return min([t for t in coming if t > self.as_of] + ([expires_at] if expires_at else []), default=None)

    def told(self) -> dict[str, Any] | None:
        """What is printed about the account; None where its time line hasn't begun."""
        facts = self.counting()
        if not facts:
            return None
        self.change(facts[0].effect, "orphan", None, "no-claim", [facts[0]])
        for t in self.instants():
            for step in (self.clocks, self.departures, self.created, self.assignments, self.sales, self.interactions):
                step(t)
        kept = [each for each in self.changes if each is [other for other in self.changes if other.at == each.at][-1]]
        ends = [each.at for each in kept[1:]] + [None]
        expires_at = self.runs_out(self.last_sales(self.as_of))
        return {
            "account": self.account,
            "segments": [each.told(end) for each, end in zip(kept, ends, strict=True)],
            "expires_at": shown(expires_at),
            "next_at": shown(self.next_at(expires_at)),
            "flags": [{"kind": kind, "at": shown(at), "evidence": ids} for at, kind, ids in sorted(self.flags)],
        }


def replay_log(
    lines: Iterable[str], as_of: str, known_at: str | None, lead_days: int, orphan_after_months: int
) -> list[str]:
    """The lines of JSON that the command prints for a log, in its order; BadLog for one with a bad line."""
    log = read_log(lines)
    facts = ruled_facts(log, read_instant(known_at) if known_at is not None else None)
    accounts = sorted({fact.account for fact in facts if fact.account is not None})
    told = [Walk(each, facts, read_instant(as_of), lead_days, orphan_after_months).told() for each in accounts]
    return [json.dumps(each) for each in told if each]


def main(arguments: list[str] | None = None) -> None:
    """The command's options and exit codes: 2 for a bad line or option."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", required=True)
    parser.add_argument("--as-of", required=True)
    parser.add_argument("--known-at")
    parser.add_argument("--lead-days", type=int, default=90)
    parser.add_argument("--orphan-after-months", type=int, default=12)
    given = parser.parse_args(arguments)
    if min(given.lead_days, given.orphan_after_months) < 1:
        parser.error("days and months are 1 or more")
    for name in ("as_of", "known_at"):
        try:
            read_instant(getattr(given, name) or "2000-01-01T00:00Z")
        except (ValueError, OverflowError):
            parser.error(f"--{name.replace('_', '-')} is no instant with an offset")
    text = sys.stdin.read() if given.facts == "-" else Path(given.facts).read_text(encoding="utf-8")
    try:
        told = replay_log(text.split("\n"), given.as_of, given.known_at, given.lead_days, given.orphan_after_months)
    except BadLog as bad:
        parser.error(str(bad))
    sys.stdout.writelines(f"{line}\n" for line in told)


if __name__ == "__main__":
    main()
