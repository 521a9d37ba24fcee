"""A log replayed in shares says what it says as a whole, and refuses what the whole refuses."""

import json

import pytest

from ownership.engine import parallel_replay
from ownership.engine.log_parser import BadLine, read_instant
from ownership.engine.parallel_replay import Question, replay_in_parts, timeline_lines
from ownership.engine.rules import Clocks
from tests.ownership.random_logs import broken_log, random_log

AS_OF = read_instant("2026-01-01T00:00:00+01:00")
QUESTION = Question(Clocks(), AS_OF)


def whole(lines: list[str]) -> bytes:
    return "\n".join(lines).encode(errors="surrogatepass")


@pytest.mark.parametrize("shares", [2, 3, 7])
def test_shares_say_what_the_whole_says(shares):
    told = 0
    for seed in range(300):
        log = whole(random_log(seed)[0])
        one_by_one = timeline_lines(log, QUESTION, cores=1)
        assert replay_in_parts(log, QUESTION, shares) == one_by_one
        told += len(one_by_one)
    assert told > 300


def test_no_share_takes_what_the_whole_refuses():
    for seed in range(300):
        assert replay_in_parts(whole(broken_log(seed)[0]), QUESTION, 3) is None


@pytest.mark.parametrize(
    "twist",
    [
        {"note": 'said "account": "B"'},
        {"note": "\\"},
        {"account": "Caf\u00e9 \U0001f600"},
        {"account": 'with "quotes"'},
        {"more": {"account": "B"}},
    ],
)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_accounts_that_are_hard_to_see_are_shared_too(twist, ascii_only):
    facts = [
        {"id": f"I{n}", "account": f"A{n}", "kind": "interaction", "at": "2025-05-20T15:30:00Z", "by": "ada"}
        | {"substantive": True}
        for n in range(8)
    ]
    facts[3] |= twist
    ruling = {"id": "R", "account": facts[3]["account"], "kind": "void", "at": "2025-05-21T09:00:00Z", "target": "I3"}
    left = {"id": "D", "account": None, "kind": "departure", "at": "2025-06-01T00:00:00+01:00", "by": "ada"}
    log = "\n".join(json.dumps(fact, ensure_ascii=ascii_only) for fact in [*facts, ruling, left])
    log = log.encode(errors="surrogatepass")
    assert replay_in_parts(log, QUESTION, 4) == timeline_lines(log, QUESTION, cores=1) != []


def test_one_id_in_two_shares_is_seen():
    fact = {"id": "X", "kind": "created", "at": "2025-05-20T15:30:00Z", "by": None}
    log = whole([json.dumps(fact | {"account": account}) for account in "ABCDEFGH"])
    assert replay_in_parts(log, QUESTION, 4) is None
    with pytest.raises(BadLine, match="Line 2, id: 'X' was used on line 1 already"):
        timeline_lines(log, QUESTION, cores=1)


def test_real_processes_do_the_same(monkeypatch):
    monkeypatch.setattr(parallel_replay, "ENOUGH", 1)
    log = whole(random_log(5)[0])
    assert timeline_lines(log, QUESTION, cores=2) == timeline_lines(log, QUESTION, cores=1) != []
    lines, number, field = broken_log(5)
    with pytest.raises(BadLine) as bad:
        timeline_lines(whole(lines), QUESTION, cores=2)
    assert (bad.value.number, bad.value.field) == (number, field)
