"""A whole log replayed on every core: each process reads and replays its own share of the accounts.

The result doesn't depend on the number of shares: each share has all facts of its accounts, and all facts that hold
for every account. When a share meets a bad line, the log is read once more as a whole, so that the first bad line is
reported.
"""

import gc
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from functools import partial
from heapq import merge
from typing import NamedTuple
from zlib import crc32

from ownership.engine.log_parser import BadLine, check_targets, facts_by_account, read_facts, read_log
from ownership.engine.rules import Clocks, Fact, replay
from ownership.engine.timeline_json import timeline_to_json

ENOUGH = 4_000_000  # bytes; a smaller log is replayed before a second process has started
_ACCOUNT = re.compile(rb'"account"\s*:\s*"([^"]*)"')


class Question(NamedTuple):
    """The clocks and the instants for which every account of a log is replayed."""

    policy: Clocks
    as_of: datetime
    known_at: datetime | None = None


def timeline_lines(log: bytes, question: Question, cores: int | None = None) -> Iterable[str]:
    """The time line of each account as a line of JSON, sorted by account. Raises BadLine for the first bad line."""
    cores = (os.cpu_count() or 1) if cores is None else cores
    if cores > 1 and len(log) >= ENOUGH:
        with ProcessPoolExecutor(cores) as pool:
            together = replay_in_parts(log, question, cores, pool.map)
        if together is not None:
            return together
    return [line for _, line in _replay_lines(read_log(log.split(b"\n")), question)]


def replay_in_parts(
    log: bytes, question: Question, shares: int, run: Callable[..., Iterable["PartialReplay | None"]] = map
) -> list[str] | None:
    """The lines of `timeline_lines`, replayed in `shares` parts; None when a line is bad or an id is used twice."""
    done = [share for share in run(partial(_replay_part, log, question, shares), range(shares)) if share is not None]
    if len(done) < shares or len(set().union(*(share.ids for share in done))) < sum(len(share.ids) for share in done):
        return None
    return [line for _, line in merge(*(share.lines for share in done))]


class PartialReplay(NamedTuple):
    """The result of one share: the ids of its facts, and each account with its line."""

    ids: list[str]
    lines: list[tuple[str, str]]


def _replay_part(log: bytes, question: Question, shares: int, own: int) -> PartialReplay | None:
    gc.disable()  # all facts live until the end, so collecting garbage only costs time
    lines = (line for line in log.split(b"\n") if _part_of_line(line, shares) in (own, None))
    try:
        facts, numbers = read_facts(lines)
        facts = [fact for fact in facts if _belongs_to_part(own, fact, shares)]
        check_targets(facts, numbers)
    except BadLine:
        return None
    ids = [fact.id for fact in facts if fact.account is not None or own == 0]
    return PartialReplay(ids, list(_replay_lines(facts, question)))


def _part_of_line(line: bytes, shares: int) -> int | None:
    """The share that a line belongs to; None when every share has to parse it to know."""
    found = _ACCOUNT.findall(line)
    if len(found) != 1 or b"\\" in line or line.count(b'"account"') != 1:
        return None
    return _part_of_account(found[0], shares)


def _belongs_to_part(own: int, fact: Fact, shares: int) -> bool:
    return fact.account is None or _part_of_account(fact.account.encode(errors="surrogatepass"), shares) == own


def _part_of_account(account: bytes, shares: int) -> int:
    return crc32(account) % shares


def _replay_lines(facts: Iterable[Fact], question: Question) -> Iterator[tuple[str, str]]:
    policy, as_of, known_at = question
    for account, own in facts_by_account(facts, known_at):
        timeline = replay(own, policy, as_of, known_at)
        if timeline.segments:
            yield account, json.dumps(timeline_to_json(account, timeline))
