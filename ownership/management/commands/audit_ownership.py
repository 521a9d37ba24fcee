"""The command that audits ownership: it replays every account and reports differences from what is stored."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ownership.replay.actions.sweep import audit, catch_up


class Command(BaseCommand):
    help = "Replay every account and report those whose stored ownership differs from their log (exit code 1)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--repair", action="store_true", help="Store what the replay says.")

    def handle(self, *args: Any, repair: bool, **options: Any) -> None:
        at = timezone.now()
        catch_up(at=at)
        result = audit(at=at, repair=repair)
        for difference in result.differences:
            self.stdout.write(f"{difference['account']}: {', '.join(difference['differs'])}")
        self.stdout.write(f"{result.replayed} accounts compared, {result.changed} differ.")
        if result.changed and not repair:
            raise CommandError("The stored ownership differs from the log: --repair stores the replay.", returncode=1)
