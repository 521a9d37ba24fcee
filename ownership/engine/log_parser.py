"""A parser of logs: lines of JSON, one fact each, into facts. A wrong line is reported by its number and field.

A line has the fields of `ownership.engine.rules.Fact`: `id`, `account`, `kind` and `at` always, `recorded_at` where it
isn't `at`, and `by`, `value`, `substantive` or `target` as its kind asks for. Instants are ISO 8601 with an offset.
"""

import json
import math
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from ownership.engine.rules import FACT_KINDS, MOVEMENTS, RULINGS, Fact, apply_rulings

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_TARGETS = {
    "void": frozenset({"created", "sale", "interaction", "assignment", *MOVEMENTS}),
    "credit": frozenset({"sale"}),
    "reclassify": frozenset({"interaction"}),
}
_PERSON_OR_NOBODY = frozenset({"created", "sale", "interaction", "credit"})
_PERSON = frozenset({"assignment", *MOVEMENTS})
_LIMIT = Decimal(10) ** 15
_SMALLEST = -100_000  # the smallest exponent of a value; an exact sum of smaller ones might not fit in memory
_FIRST, _LAST = datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 29, tzinfo=UTC)


class BadLine(Exception):
    """A wrong line: its number (from 1), its wrong field (None: the line as a whole), and why."""

    def __init__(self, number: int, field: str | None, why: str) -> None:
        self.number, self.field, self.why = number, field, why
        super().__init__(f"Line {number}, {field}: {why}" if field else f"Line {number}: {why}")


class _Fault(Exception):
    def __init__(self, field: str | None, why: str) -> None:
        self.field, self.why = field, why


def read_log(lines: Iterable[bytes]) -> list[Fact]:
    """The facts of a log in its order; blank lines are skipped. Raises BadLine for the first line that is wrong.

    The targets of rulings are checked after all lines are read.
    """
    facts, numbers = read_facts(lines)
    check_targets(facts, numbers)
    return facts


def read_facts(lines: Iterable[bytes]) -> tuple[list[Fact], dict[str, int]]:
    """The facts, and the line number of each id; the targets of rulings aren't checked. Raises BadLine."""
    facts: list[Fact] = []
    numbers: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            fact = _fact(_json_object(line))
            if fact.id in numbers:
                raise _Fault("id", f"{fact.id!r} was used on line {numbers[fact.id]} already")
        except _Fault as bad:
            raise BadLine(number, bad.field, bad.why) from None
        numbers[fact.id] = number
        facts.append(fact)
    return facts, numbers


def check_targets(facts: Iterable[Fact], numbers: dict[str, int]) -> None:
    """Check that every ruling's target is a fact that it can rule on, of the same account. Raises BadLine if not."""
    rulings = [fact for fact in facts if fact.kind in RULINGS]
    wanted = {ruling.target for ruling in rulings}
    targets = {fact.id: fact for fact in facts if fact.id in wanted} if rulings else {}
    for ruling in rulings:
        target = targets.get(ruling.target or "")
        if target is None:
            raise BadLine(numbers[ruling.id], "target", f"there is no fact {ruling.target!r}")
        if target.kind not in _TARGETS[ruling.kind]:
            raise BadLine(numbers[ruling.id], "target", f"a {ruling.kind} can't aim at {target.id!r}: {target.kind}")
        if ruling.account != target.account:
            whose = "all accounts" if target.account is None else repr(target.account)
            raise BadLine(numbers[ruling.id], "account", f"{target.id!r} belongs to {whose}")


def facts_by_account(facts: Iterable[Fact], known_at: datetime | None = None) -> Iterator[tuple[str, list[Fact]]]:
    """The accounts of a log, sorted, each with its own facts and the known movements of the people they name."""
    own: dict[str, list[Fact]] = {}
    movements: dict[str | None, list[Fact]] = {}
    of_all: list[Fact] = []
    for fact in facts:
        if fact.account is None:
            of_all.append(fact)
        else:
            own.setdefault(fact.account, []).append(fact)
    for fact in apply_rulings(of_all, known_at):
        movements.setdefault(fact.by, []).append(fact)
    for account in sorted(own):
        named = {fact.by for fact in own[account]} & movements.keys()
        yield account, own[account] + [fact for person in named for fact in movements[person]]


def read_instant(text: object) -> datetime:
    """An ISO 8601 instant with its offset, as UTC. Raises ValueError with what is wrong."""
    if not isinstance(text, str):
        raise ValueError("an instant is text, such as 2026-01-31T09:30:00+01:00")
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no instant, such as 2026-01-31T09:30:00+01:00") from None
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no offset, such as +01:00")
    try:
        instant = instant.astimezone(UTC)
    except OverflowError:
        instant = datetime.max.replace(tzinfo=UTC)
    if not _FIRST <= instant <= _LAST:
        raise ValueError(f"{text!r} is outside the calendar")
    return instant


def _number(text: str) -> Decimal | float:
    try:
        return Decimal(text)
    except ArithmeticError:
        return math.inf  # the exponent is beyond all bounds; only a field that nobody reads may hold it


def _no_number(name: str) -> None:
    raise _Fault(None, f"this is no JSON object: {name} is no number there (a value is a finite decimal)")


_JSON = json.JSONDecoder(parse_float=_number, parse_int=Decimal, parse_constant=_no_number)


def _json_object(line: bytes) -> dict[str, Any]:
    try:
        parsed = _JSON.decode(line.removeprefix(BOM_UTF8).decode())
    except (ValueError, RecursionError):
        raise _Fault(None, "this is no JSON object") from None
    if not isinstance(parsed, dict):
        raise _Fault(None, "this is no JSON object")
    return parsed


def _fact(record: dict[str, Any]) -> Fact:
    ident = _text(record, "id")
    kind = _text(record, "kind")
    if kind not in FACT_KINDS:
        raise _Fault("kind", f"there is no kind of fact called {kind!r}")
    account = _account(record, kind)
    at = _instant(record, "at")
    told_twice = record.get("recorded_at") in (None, record["at"])
    recorded_at = at if told_twice else _instant(record, "recorded_at")
    by = None
    if kind in _PERSON_OR_NOBODY:
        by = None if _required(record, "by") is None else _text(record, "by")
    elif kind in _PERSON:
        by = _text(record, "by")
    return Fact(
        ident,
        account,
        kind,
        at,
        recorded_at,
        by,
        _value(record) if kind == "sale" else Decimal(0),
        _flag_value(record) if kind in ("interaction", "reclassify") else False,
        _text(record, "target") if kind in RULINGS else None,
    )


def _required(record: dict[str, Any], field: str) -> Any:
    if field not in record:
        raise _Fault(field, "it is missing")
    return record[field]


def _text(record: dict[str, Any], field: str) -> str:
    text = record.get(field)
    if isinstance(text, str) and text:
        return text
    _required(record, field)
    raise _Fault(field, "it should be text")


def _account(record: dict[str, Any], kind: str) -> str | None:
    account = _required(record, "account")
    if kind in MOVEMENTS:
        if account is not None:
            raise _Fault("account", f"a {kind} holds for all accounts: leave it null")
        return None
    if account is None and kind == "void":
        return None
    return _text(record, "account")


def _instant(record: dict[str, Any], field: str) -> datetime:
    try:
        return read_instant(_required(record, field))
    except ValueError as error:
        raise _Fault(field, str(error)) from None


def _value(record: dict[str, Any]) -> Decimal:
    value = _required(record, "value")
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = _number(value)
    if not isinstance(value, Decimal):
        raise _Fault("value", "it should be a finite decimal number")
    if value >= _LIMIT:
        raise _Fault("value", "it should be below 1e15")
    if value > 0 and value.adjusted() < _SMALLEST:
        raise _Fault("value", "it is too small to be money")
    return value


def _flag_value(record: dict[str, Any]) -> bool:
    truth = _required(record, "substantive")
    if not isinstance(truth, bool):
        raise _Fault("substantive", "it should be true or false")
    return truth
