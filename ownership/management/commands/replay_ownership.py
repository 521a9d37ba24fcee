"""The command that replays a log of facts and prints a JSON object for each account. It needs no database.

The formats are in `ownership.engine.log_parser` and `ownership.engine.timeline_json`.
"""

import sys
from argparse import ArgumentParser
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ownership.engine.log_parser import BadLine, read_instant
from ownership.engine.parallel_replay import Question, timeline_lines
from ownership.engine.rules import Clocks

LONGER_THAN_THE_CALENDAR = Decimal(10**9)  # as days, and so as months too
WRONG = 2  # the exit code for a bad line or option


class Command(BaseCommand):
    help = "Replay a log of facts (one JSON fact a line) by the rules of engagement, as of an instant."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--facts", required=True, metavar="FILE", help="The log, - for standard input.")
        parser.add_argument("--as-of", required=True, metavar="INSTANT", help="With offset: 2026-01-01T00:00:00+01:00")
        parser.add_argument("--known-at", metavar="INSTANT", help="Use only what was recorded by then.")
        parser.add_argument("--lead-days", metavar="N", default="90", help="What if a lead ran for N days?")
        parser.add_argument("--orphan-after-months", metavar="N", default="12", help="What if owners lapsed after N?")

    def handle(self, *args: Any, **options: Any) -> None:
        policy = Clocks(
            orphan_after_months=_count("--orphan-after-months", options["orphan_after_months"]),
            lead_days=_count("--lead-days", options["lead_days"]),
        )
        as_of = _instant("--as-of", options["as_of"])
        known_at = _instant("--known-at", options["known_at"]) if options["known_at"] is not None else None
        try:
            lines = timeline_lines(_log(options["facts"]), Question(policy, as_of, known_at))
        except BadLine as error:
            raise CommandError(str(error), returncode=WRONG) from None
        if lines:
            self.stdout.write("\n".join(lines))


def _log(source: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as error:
        raise CommandError(f"--facts: {source}: {error.strerror}", returncode=WRONG) from None


def _count(option: str, given: object) -> int:
    text = str(given)
    if not (text.isascii() and text.isdigit() and Decimal(text) >= 1):
        raise CommandError(f"{option}: {text!r} should be a whole number, 1 or more.", returncode=WRONG)
    return int(min(Decimal(text), LONGER_THAN_THE_CALENDAR))


def _instant(option: str, given: object) -> datetime:
    try:
        return given if isinstance(given, datetime) else read_instant(given)
    except ValueError as error:
        raise CommandError(f"{option}: {error}.", returncode=WRONG) from None
