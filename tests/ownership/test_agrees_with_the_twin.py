"""The product's reading of the rules, held to the independent one (`twin.py`) on nasty logs (`random_logs.py`).

A difference is decided by the text of the rules of engagement, and whichever is wrong is mended.
"""

import json

import pytest

from ownership.engine.log_parser import BadLine, facts_by_account, read_instant, read_log
from ownership.engine.rules import Clocks, replay
from ownership.engine.timeline_json import timeline_to_json
from tests.ownership import twin
from tests.ownership.random_logs import broken_log, random_log

BATCHES = [range(first, first + 100) for first in range(0, 500, 100)]


def replayed(lines: list[str], options: dict) -> list[dict]:
    as_of = read_instant(options["as_of"])
    known_at = options["known_at"] and read_instant(options["known_at"])
    policy = Clocks(options["orphan_after_months"], options["lead_days"])
    found = []
    for account, facts in facts_by_account(read_log(line.encode() for line in lines), known_at):
        timeline = replay(facts, policy, as_of, known_at)
        if timeline.segments:
            found.append(json.loads(json.dumps(timeline_to_json(account, timeline))))
    return found


@pytest.mark.parametrize("seeds", BATCHES, ids=str)
def test_they_reach_the_same_time_lines(seeds):
    for seed in seeds:
        lines, options = random_log(seed)
        told = [json.loads(line) for line in twin.replay_log(lines, **options)]
        assert replayed(lines, options) == told, f"seed {seed}"


@pytest.mark.parametrize("seeds", BATCHES, ids=str)
def test_they_refuse_the_same_line_for_the_same_field(seeds):
    for seed in seeds:
        lines, line, field = broken_log(seed)
        with pytest.raises(twin.BadLog) as other:
            twin.read_log(lines)
        with pytest.raises(BadLine) as ours:
            read_log(text.encode("utf-8", "surrogatepass") for text in lines)
        assert (ours.value.number, ours.value.field) == (line, field), f"seed {seed}"
        assert (other.value.line_number, other.value.field) == (line, field), f"seed {seed}"
