"""The scenario tables in `scenarios/*.yaml`: rows that a salesperson can read, as facts and as outcomes.

A row of facts says when, what, and (if the hub learned of it at another time) when it was recorded:

    20 May 2024, sale S1 by Funke, NGN 42,500,000
    21 May 2024 09:30, interaction I1 by nobody, not substantive, recorded 1 Jun 2024

All facts are of one account; a date without a time is midnight in Lagos.
"""

import json
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from mikano_cx.kit.local_time import LAGOS

FOLDER = Path(__file__).parent / "scenarios"
KEYS = {"title", "says", "facts", "as of", "known at", "policy", "expect", "expires", "next", "flags"}
WHEN = r"\d{1,2} [A-Z][a-z]{2} \d{4}(?: \d\d:\d\d(?::\d\d(?:\.\d+)?)?)?"
ROW = re.compile(rf"(?P<at>{WHEN}), (?P<what>.+?)(?:, recorded (?P<recorded_at>{WHEN}))?")
WHAT = {
    r"(?P<kind>created) (?P<id>\w+) by (?P<by>\w+)",
    r"(?P<kind>sale) (?P<id>\w+) by (?P<by>\w+), NGN (?P<value>\S+)",
    r"(?P<kind>interaction) (?P<id>\w+) by (?P<by>\w+), (?P<substantive>(?:not )?substantive)",
    r"(?P<kind>assignment) (?P<id>\w+) to (?P<by>\w+)",
    r"(?P<kind>departure|return) (?P<id>\w+) of (?P<by>\w+)",
    r"ruling (?P<id>\w+) (?P<kind>void)s (?P<target>\w+)",
    r"ruling (?P<id>\w+) (?P<kind>credit)s (?P<target>\w+) to (?P<by>\w+)",
    r"ruling (?P<id>\w+) (?P<kind>reclassif)ies (?P<target>\w+) as (?P<substantive>(?:not )?substantive)",
}


def scenarios() -> list[tuple[str, dict[str, Any]]]:
    """Every scenario of every table, with its name: the table's and its title."""
    found = []
    for path in sorted(FOLDER.glob("*.yaml")):
        for scenario in yaml.safe_load(path.read_text(encoding="utf-8")):
            assert scenario.keys() <= KEYS, f"{path.name}: {scenario.keys() - KEYS}"
            found.append((f"{path.stem}: {scenario['title']}", scenario))
    return found


def instant(text: str) -> datetime:
    day, _, time = text.partition(":")
    if not time:
        return datetime.strptime(day, "%d %b %Y").replace(tzinfo=LAGOS)
    pattern = "%d %b %Y %H:%M" + (":%S" if text.count(":") == 2 else "") + (".%f" if "." in text else "")
    return datetime.strptime(text, pattern).replace(tzinfo=LAGOS)


def told(at: datetime | str | None) -> str:
    """An instant as the tables write it; `never` for none."""
    if at is None:
        return "never"
    at = (datetime.fromisoformat(at) if isinstance(at, str) else at).astimezone(LAGOS)
    time = at.time().isoformat().removesuffix(":00")
    return f"{at.day} {at:%b %Y}" + ("" if time == "00:00" else f" {time}")


def fact(row: str) -> dict[str, Any]:
    """A row of facts as the object of a log's line; the account is `A` but for what holds for all accounts."""
    outer = ROW.fullmatch(row)
    assert outer, f"not a row of facts: {row}"
    inner = next(filter(None, (re.fullmatch(pattern, outer["what"]) for pattern in WHAT)), None)
    assert inner, f"not a fact: {outer['what']}"
    found: dict[str, Any] = {"account": "A", "at": instant(outer["at"]).isoformat(), **inner.groupdict()}
    if outer["recorded_at"]:
        found["recorded_at"] = instant(outer["recorded_at"]).isoformat()
    if found["kind"] in ("departure", "return"):
        found["account"] = None
    if found["kind"] == "reclassif":
        found["kind"] = "reclassify"
    if found.get("by") == "nobody":
        found["by"] = None
    if "value" in found:
        found["value"] = found["value"].replace(",", "")
    if "substantive" in found:
        found["substantive"] = found["substantive"] == "substantive"
    return found


def lines(rows: Iterable[str]) -> list[str]:
    """The log of a scenario, one JSON object a line. A ruling has its target's account."""
    facts = [fact(row) for row in rows]
    accounts = {each["id"]: each["account"] for each in facts}
    for each in facts:
        each["account"] = accounts.get(each.get("target"), each["account"])
    return [json.dumps(each) for each in facts]


def segment(found: dict[str, Any]) -> str:
    """A printed segment as a row: `20 May 2024 to 21 May 2025, owned by Funke, closed-deal (S1)`."""
    holder = f" by {found['holder']}" if found["holder"] else ""
    span = f"{told(found['start'])} to {told(found['end'])}" if found["end"] else f"from {told(found['start'])}"
    return f"{span}, {found['state']}{holder}, {found['rule']} ({' '.join(found['evidence'])})"


def flag(found: dict[str, Any]) -> str:
    return f"{told(found['at'])}, {found['kind']} ({' '.join(found['evidence'])})"


def outcome(printed: dict[str, Any]) -> dict[str, Any]:
    """What the command printed about the account, in a scenario's own words."""
    return {
        "expect": [segment(each) for each in printed["segments"]],
        "expires": told(printed["expires_at"]),
        "next": told(printed["next_at"]),
        "flags": [flag(each) for each in printed["flags"]],
    }


def expected(scenario: dict[str, Any]) -> dict[str, Any]:
    nothing = {"expires": "never", "next": "never", "flags": []}
    return {key: scenario.get(key, nothing.get(key)) for key in ("expect", "expires", "next", "flags")}
