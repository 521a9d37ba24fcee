"""The command that sweeps, as the hourly job does: it replays the accounts whose next change has come."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ownership.engine.log_parser import read_instant
from ownership.replay.actions.sweep import catch_up


class Command(BaseCommand):
    help = "Replay the accounts whose next change has come; missed nights are caught up in order."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--as-of", metavar="INSTANT", help="With offset; default: now. Nothing later is swept.")

    def handle(self, *args: Any, as_of: str | None, **options: Any) -> None:
        now = timezone.now()
        try:
            at = read_instant(as_of) if as_of else now
        except ValueError as error:
            raise CommandError(f"--as-of: {error}.", returncode=2) from None
        if at > now:
            raise CommandError("--as-of: the hub can't sweep the future.", returncode=2)
        for done in catch_up(at=at):
            self.stdout.write(
                f"As of {done.as_of:%Y-%m-%d %H:%M %Z}: {done.replayed} replayed, {done.changed} changed."
            )
