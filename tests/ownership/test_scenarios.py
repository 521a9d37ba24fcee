"""The rules, told as scenarios (`scenarios/*.yaml`), held against the engine and against the independent reading."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

from ownership.engine import rules
from ownership.engine.log_parser import facts_by_account, read_log
from ownership.engine.rules import Clocks, Timeline, replay
from ownership.engine.timeline_json import timeline_to_json
from tests.ownership import stories, twin

SCENARIOS = stories.scenarios()


def names() -> list[str]:
    return [name for name, _ in SCENARIOS]


def options(scenario: dict) -> dict:
    policy = scenario.get("policy", {})
    assert policy.keys() <= {"lead days", "orphan after months"}
    return {
        "as_of": stories.instant(scenario["as of"]),
        "known_at": stories.instant(scenario["known at"]) if "known at" in scenario else None,
        "lead_days": policy.get("lead days", 90),
        "orphan_after_months": policy.get("orphan after months", 12),
    }


def played(scenario: dict) -> Timeline:
    given = options(scenario)
    log = read_log(line.encode() for line in stories.lines(scenario["facts"]))
    policy = Clocks(given["orphan_after_months"], given["lead_days"])
    [(_, facts)] = facts_by_account(log, given["known_at"])
    return replay(facts, policy, given["as_of"], given["known_at"])


@pytest.mark.parametrize("scenario", [scenario for _, scenario in SCENARIOS], ids=names())
def test_the_rules_say_so(scenario):
    timeline = played(scenario)
    assert stories.outcome(json.loads(json.dumps(timeline_to_json("A", timeline)))) == stories.expected(scenario)
    assert timeline.current == (timeline.segments[-1] if scenario["expect"] else None)


def within_the_calendar(scenario: dict) -> bool:
    return max(scenario.get("policy", {}).values(), default=0) < 1000


@pytest.mark.parametrize(
    "scenario", [scenario for _, scenario in SCENARIOS if scenario["expect"] and within_the_calendar(scenario)]
)
def test_so_does_the_independent_reading(scenario):
    given = options(scenario)
    given |= {name: given[name] and given[name].isoformat() for name in ("as_of", "known_at")}
    [line] = twin.replay_log(stories.lines(scenario["facts"]), **given)
    assert stories.outcome(json.loads(line)) == stories.expected(scenario)


def test_every_rule_state_and_flag_has_a_scenario_and_every_title_is_there_once():
    rows = " ".join(row for _, scenario in SCENARIOS for row in [*scenario["expect"], *scenario.get("flags", [])])
    rules = "closed-deal new-account first-substantive assigned owner-lapsed lead-lapsed departed sale-aged"
    for (
        word
    ) in f"{rules} no-claim unattributed-sale owned led unassigned orphan out-of-turn-sale assignment-ignored".split():
        assert f" {word} " in rows.replace(",", ""), word
    assert len(set(names())) == len(names())
    assert all(scenario["says"] for _, scenario in SCENARIOS)


def functions(code: CodeType) -> Iterator[CodeType]:
    """The functions in a module's code, without the bodies of the module and its classes."""
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            if inner.co_flags & 0x1:  # CO_OPTIMIZED: a function, a lambda or a comprehension
                yield inner
            yield from functions(inner)


def test_the_scenarios_reach_every_line_of_the_engine():
    """A line that no scenario reaches is a rule that nobody told."""
    path = Path(rules.__file__)
    reached: set[int] = set()

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_filename != str(path):
            return None
        reached.add(frame.f_lineno)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        for _, scenario in SCENARIOS:
            assert played(scenario).current is None or scenario["expect"]
    finally:
        sys.settrace(before)
    engine = compile(path.read_text(encoding="utf-8"), str(path), "exec")
    lines = {line for code in functions(engine) for _, _, line in code.co_lines() if line}
    assert sorted(lines - reached) == []
