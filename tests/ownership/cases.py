"""Cases for words and pictures, from rows that a salesperson can read (see `stories.py`)."""

from ownership.engine.log_parser import read_log
from ownership.engine.rules import Clocks, Fact, replay
from ownership.explain import Case, label_facts
from tests.ownership import stories

NAMES = {"Funke": "Funke Ade", "Emeka": "Emeka Nwosu", "Ada": "Ada Obi"}
ACCOUNT = "Zenith Bank PLC"


def log(*rows: str) -> list[Fact]:
    return read_log(line.encode() for line in stories.lines(rows))


def case(as_of: str, *rows: str, months: int = 12, days: int = 90, texts: dict[str, str] | None = None) -> Case:
    facts, policy, at = log(*rows), Clocks(months, days), stories.instant(as_of)
    return Case(ACCOUNT, replay(facts, policy, at), at, NAMES, label_facts(facts, texts or {}, policy), policy)
