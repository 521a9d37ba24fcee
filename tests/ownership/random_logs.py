"""Nasty logs of facts, made from a seed: valid ones that crowd the edges of the rules, and ones with one fault.

The dates of a log huddle around a few days and around the days on which clocks that began there run out; the values
tie; the ids' order isn't that of time; lines come in any order. The same seed gives the same log.
"""

import json
import random
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

from tests.ownership.scenes import SCENES

LAGOS = timezone(timedelta(hours=1))  # since 1919
BASES = (
    date(2024, 2, 29),
    date(2024, 5, 20),
    date(2023, 8, 31),
    date(2024, 12, 31),
    date(2023, 2, 28),
    date(2025, 1, 30),
)
PEOPLE = ("ada", "Ada", "bola", "émeka", "\U0001f600zed")
ACCOUNTS = ("A1", "A10", "A2", "b")
TIMES = (
    time(0),
    time(0),
    time(0),
    time(0, 0, 0, 1),
    time(0, 30),
    time(1),
    time(12),
    time(12),
    time(18),
    time(23, 59, 59, 999999),
)
OFFSETS = ("+01:00", "+01:00", "+01:00", "Z", "+00:00", "-05:00", "+14:00", "+05:30", "-11:45")
# The texts of one column are one amount, and some amounts are the sum of others: ties come often.
HUNDRED = ("100", "1e2", "1E+2", "+100", "0100", "100.000", "1000e-1", "100.", ".1e3")
AMOUNTS = (
    *HUNDRED,
    *HUNDRED,
    *("50", "50", "5e1", "0.1", "0.2", "0.3", ".3", "99.9", "1e-40", "1e-400", "999999999999999.99"),
    *("100000000000000.00000000000000000001", "100000000000000", "42500000"),
    *("0", "-0", "0.00", "0e99", "-100", "-0.01", "-1e3"),
)
OWN_KINDS = ("created", "sale", "interaction", "assignment")
WEIGHTS = {
    "sale": 6, "interaction": 6, "assignment": 3, "created": 2, "departure": 2, "return": 1.5,
    "void": 1.5, "credit": 1.5, "reclassify": 1,
}  # fmt: skip
TARGETS = {"void": (*OWN_KINDS, "departure", "return"), "credit": ("sale",), "reclassify": ("interaction",)}


class Raw(str):
    """JSON as it stands, not to be quoted."""


@dataclass
class Draft:
    """A log in the making: its facts, and the days and instants that the next ones huddle around."""

    rng: random.Random
    people: list[str]
    accounts: list[str]
    lead_days: int
    months: int
    days: list[date]
    instants: list[datetime]
    facts: list[dict[str, Any]]
    at: dict[str, datetime]

    def day(self) -> date:
        """A day already there, the day on which a clock that began there runs out, or one beside either."""
        day = self.rng.choice(self.days)
        edge = self.rng.random()
        if edge < 0.3:
            day = months_later(day, self.months) + timedelta(days=1)
        elif edge < 0.5:
            day += timedelta(days=self.lead_days + 1)
        elif edge < 0.6:
            day += timedelta(days=self.rng.randint(1, 40))
        day += timedelta(days=self.rng.choice((0, 0, 0, 0, 1, -1)))
        if day.year > 2031:
            day = self.days[0]
        self.days.append(day)
        return day

    def instant(self) -> datetime:
        if self.instants and self.rng.random() < 0.2:
            return self.rng.choice(self.instants)
        instant = datetime.combine(self.day(), self.rng.choice(TIMES), LAGOS)
        self.instants.append(instant)
        return instant

    def owner_lapses(self, since: datetime) -> datetime:
        """When an owner's clock that began on the day of `since` runs out."""
        return datetime.combine(months_later(since.date(), self.months) + timedelta(days=1), time(0), LAGOS)

    def new_id(self) -> str:
        """Ids whose code-point order is neither that of time nor that of UTF-16 or of natural counting."""
        while (found := self.rng.choice("SsZé０￮\U0001f4a1\U0001f4a1") + str(self.rng.randint(1, 25))) in self.at:
            pass
        return found

    def add(self, kind: str, **fields: Any) -> dict[str, Any]:
        """A valid fact of `kind`, or ruling on one that is there already."""
        at = fields.pop("instant", None) or self.instant()
        fact: dict[str, Any] = {"id": self.new_id(), "kind": kind, "account": self.rng.choice(self.accounts)}
        if kind in ("departure", "return"):
            fact["account"] = None
        if kind in TARGETS:
            ruled = [each for each in self.facts if each["kind"] in TARGETS[kind]]
            target = self.rng.choice(ruled)
            fact |= {"target": target["id"], "account": target["account"]}
        if kind != "void" and kind != "reclassify":
            nobody = kind in ("created", "sale", "interaction", "credit") and self.rng.random() < 0.2
            fact["by"] = None if nobody else self.rng.choice(self.people)
        if kind == "sale":
            amount = self.rng.choice(AMOUNTS)
            fact["value"] = Raw(amount) if is_json(amount) and self.rng.random() < 0.5 else amount
        if kind in ("interaction", "reclassify"):
            fact["substantive"] = self.rng.random() < 0.75
        fact["at"] = written(self.rng, at)
        self.recorded(fact, at)
        if self.rng.random() < 0.1:
            fact["note"] = self.rng.choice((None, "x", {"by": "nobody"}, [1], Raw("1e999"), "Zoë\u00a0“quoted”"))
        fact |= fields
        self.facts.append(fact)
        self.at[fact["id"]] = at
        return fact

    def recorded(self, fact: dict[str, Any], at: datetime) -> None:
        chance = self.rng.random()
        if chance < 0.1:
            fact["recorded_at"] = None
        elif chance < 0.2:
            fact["recorded_at"] = written(self.rng, at)
        elif chance < 0.4:
            moment = self.instant()
            self.instants.append(moment)
            fact["recorded_at"] = written(self.rng, moment)


def months_later(day: date, months: int) -> date:
    month = day.year * 12 + day.month - 1 + months
    return date(month // 12, month % 12 + 1, min(day.day, monthrange(month // 12, month % 12 + 1)[1]))


def is_json(amount: str) -> bool:
    try:
        json.loads(amount)
    except ValueError:
        return False
    return True


def written(rng: random.Random, instant: datetime) -> str:
    """The same instant, in one offset or another."""
    offset = rng.choice(OFFSETS)
    if offset == "Z":
        return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
    sign = -1 if offset[0] == "-" else 1
    away = sign * timedelta(hours=int(offset[1:3]), minutes=int(offset[4:]))
    return instant.astimezone(timezone(away)).isoformat()


def line_of(rng: random.Random, fact: dict[str, Any]) -> str:
    names = list(fact)
    rng.shuffle(names)
    plain = rng.random() < 0.5
    pairs = []
    for name in names:
        value = fact[name]
        raw = str(value) if isinstance(value, Raw) else json.dumps(value, ensure_ascii=plain)
        pairs.append(f"{json.dumps(name)}: {raw}")
    return rng.choice(("", "", "  ")) + "{" + ", ".join(pairs) + "}"


def drafted(rng: random.Random) -> Draft:
    draft = Draft(
        rng=rng,
        people=rng.sample(PEOPLE, rng.randint(3, 5)),
        accounts=rng.sample(ACCOUNTS, rng.choice((1, 1, 2, 3, 4))),
        lead_days=rng.choice((90, 90, 1, 7, 28)),
        months=rng.choice((12, 12, 12, 1, 2, 13, 24)),
        days=[rng.choice(BASES)],
        instants=[],
        facts=[],
        at={},
    )
    if rng.random() < 0.3:
        draft.add("created", by=None)
    for _ in range(rng.randint(0, 4)):
        midnight = datetime.combine(draft.day(), time(0), LAGOS)
        rng.choice(SCENES)(draft, midnight, rng.choice(draft.accounts), rng.choice(draft.people))
    draft.add(rng.choice(OWN_KINDS))
    for _ in range(rng.randint(0, 12)):
        kind = rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        if kind not in TARGETS or any(each["kind"] in TARGETS[kind] for each in draft.facts):
            draft.add(kind)
    return draft


def options_for(draft: Draft) -> dict[str, Any]:
    """As of an edge, or long after; known at some instant of the log, or everything."""
    rng, chance = draft.rng, draft.rng.random()
    if chance < 0.3:
        as_of = rng.choice(draft.instants)
    elif chance < 0.6:
        as_of = datetime.combine(draft.day(), time(0), LAGOS)
    else:
        as_of = datetime.combine(max(draft.days) + timedelta(days=rng.choice((0, 1, 500))), time(12), LAGOS)
    known_at = rng.choice(draft.instants) if rng.random() < 0.35 else None
    nudge = (timedelta(0), timedelta(0), timedelta(microseconds=1), timedelta(microseconds=-1))
    return {
        "as_of": written(rng, as_of + rng.choice(nudge)),
        "known_at": written(rng, known_at + rng.choice(nudge)) if known_at else None,
        "lead_days": draft.lead_days,
        "orphan_after_months": draft.months,
    }


def random_log(seed: int) -> tuple[list[str], dict[str, Any]]:
    """A valid log in a shuffled order, with blank lines, and the options of one replay of it (`twin.replay_log`)."""
    draft = drafted(random.Random(seed))
    options = options_for(draft)
    lines = [line_of(draft.rng, fact) for fact in draft.facts]
    draft.rng.shuffle(lines)
    for _ in range(draft.rng.choice((0, 0, 1, 2))):
        lines.insert(draft.rng.randint(0, len(lines)), draft.rng.choice(("", "   ", "\t")))
    return lines, options


BAD_INSTANTS = (
    *("2024-05-20T10:00:00", "2024-05-20", "", "yesterday", "2024-02-30T00:00:00+01:00", "2023-02-29T00:00:00Z"),
    *(
        "2024-05-20T25:00:00+01:00",
        "2024-05-20T10:00:00+25:00",
        "2024-05-20T10:00:00+1:00",
        Raw("1716163200"),
        True,
        [],
    ),
)
BAD_VALUES = (
    *("NaN", "Infinity", "-Infinity", "inf", "1e15", "1000000000000000", "1e400", "", " 5", "5 ", "1,000", "1_000"),
    *("١٢٣", "１２", "five", "0x10", "1e", "e5", ".", "--5", "5-", "1/2", None, True, False, [], {}),
    *(Raw("1e15"), Raw("1000000000000000"), Raw("1e400"), Raw("1e999999"), Raw("1000000000000000.0")),
)
BAD_TEXTS = ("", None, Raw("7"), True, ["x"], {})
BAD_TRUTHS = (None, "true", "", Raw("1"), Raw("0"), [])
NO_OBJECTS = (
    "[]",
    '["id", "S1"]',
    '"S1"',
    "7",
    "null",
    "true",
    "{",
    '{"id": "S1",}',
    "{'id': 'S1'}",
    "S1;sale",
    "{} {}",
)
REQUIRED = {
    **dict.fromkeys((*OWN_KINDS, "departure", "return", "credit"), ("id", "kind", "account", "at", "by")),
    "void": ("id", "kind", "account", "at", "target"),
}
REQUIRED["sale"] += ("value",)
REQUIRED["interaction"] += ("substantive",)
REQUIRED["credit"] += ("target",)
REQUIRED["reclassify"] = (*REQUIRED["void"], "substantive")


def unreadable(rng: random.Random, fact: dict[str, Any]) -> str:
    """Spoil one field of the fact, or leave it out; the field's name."""
    kind = fact["kind"]
    field = rng.choice((*REQUIRED[kind], "recorded_at", *(["value"] * 5 if kind == "sale" else [])))
    if field != "recorded_at" and rng.random() < 0.3:
        del fact[field]
        return field
    bad: tuple[Any, ...] = BAD_TEXTS
    if field in ("at", "recorded_at"):
        bad = BAD_INSTANTS + ((None,) if field == "at" else ())
    elif field == "value":
        bad = BAD_VALUES
    elif field == "substantive":
        bad = BAD_TRUTHS
    elif field == "kind":
        bad = (*BAD_TEXTS, "Sale", "deal", "sale ", "returns")
    elif field == "account" and kind in ("departure", "return"):
        bad = ("A1", "")
    elif field == "account" and fact["account"] is None:  # a void of these
        bad = ("", *ACCOUNTS)
    elif field == "by" and kind in ("created", "sale", "interaction", "credit"):
        bad = tuple(each for each in BAD_TEXTS if each is not None)
    fact[field] = rng.choice(bad)
    return field


def misruled(rng: random.Random, draft: Draft, fact: dict[str, Any]) -> str:
    """Point a ruling at nothing, at the wrong kind, or away from its target's account; the field's name."""
    kind, chance = fact["kind"], rng.random()
    if chance < 0.3:
        fact["target"] = rng.choice(("nowhere", "s", fact["target"] + " ", fact["target"] + "\u0301"))
    elif chance < 0.65:
        wrong = [each for each in draft.facts if each["kind"] not in TARGETS[kind]]
        other = rng.choice(wrong)
        fact |= {"target": other["id"], "account": other["account"]}
        if kind != "void" and other["account"] is None:  # else the account would be at fault too
            fact |= {"target": fact["id"], "account": rng.choice(ACCOUNTS)}
    else:
        others = [each for each in ("elsewhere", *ACCOUNTS) if each != fact["account"]]
        fact["account"] = rng.choice((*others, None) if kind == "void" and fact["account"] else others)
        return "account"
    return "target"


def broken_log(seed: int) -> tuple[list[str], int, str | None]:
    """A log with exactly one fault, the number of its line from 1, and the field; None where it is no JSON object."""
    rng = random.Random(f"broken {seed}")
    draft = drafted(rng)
    kinds = (*OWN_KINDS, "departure", "return", "void", "credit", "reclassify")
    for kind in kinds:  # one of each at least: what a fault needs is there, and nothing points at the spoilt one
        draft.add(kind)
    faults: tuple[Callable[[], tuple[dict[str, Any], str]], ...] = (
        lambda: (fact := draft.add(rng.choice((*kinds, "sale", "sale"))), unreadable(rng, fact)),
        lambda: (fact := draft.add(rng.choice(tuple(TARGETS))), misruled(rng, draft, fact)),
        lambda: ({**rng.choice(draft.facts)}, "id"),
    )
    chance = rng.random()
    bad, field = rng.choices(faults, (6, 3, 1))[0]() if chance < 0.9 else ({}, None)
    good = [line_of(rng, fact) for fact in draft.facts if fact is not bad]
    rng.shuffle(good)
    if chance >= 0.9:
        line = rng.choice(NO_OBJECTS)
    else:
        line = line_of(rng, bad)
    # A repeated id is at fault where it comes again.
    repeated = field == "id" and any(fact["id"] == bad.get("id") for fact in draft.facts if fact is not bad)
    place = len(good) if repeated else rng.randint(0, len(good))
    good.insert(place, line)
    for _ in range(rng.choice((0, 1, 2))):
        blank = rng.randint(0, len(good))
        good.insert(blank, rng.choice(("", "  ")))
        place += blank <= place
    return good, place + 1, field
