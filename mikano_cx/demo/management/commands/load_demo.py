"""The command that loads the demo."""

from argparse import ArgumentParser
from datetime import date, datetime, time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from mikano_cx.demo.loader import load_demo
from mikano_cx.kit.local_time import LAGOS


class Command(BaseCommand):
    help = "Loads the demo: invented companies, people and fourteen months of work. Does nothing where it stands."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--today", type=date.fromisoformat, help="the day it is made for, as 2026-03-16 (today)")

    def handle(self, *args: Any, today: date | None, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("Production never holds demo data.")
        made = load_demo(at=datetime.combine(today, time(18), tzinfo=LAGOS) if today else timezone.now())
        if options["verbosity"]:
            counts = ", ".join(f"{count:,} {noun}" for noun, count in made.items())
            self.stdout.write(
                f"Loaded the demo: {counts}."
                if made
                else "The demo stands already. `manage.py clear_demo` takes it away, then it can be loaded afresh."
            )
