"""The command that writes invented files as the ERP exports them, for trying feeds."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.imports.feeds import samples
from mikano_cx.kit.local_time import local_date


class Command(BaseCommand):
    help = "Write invented customers_YYYYMMDD.csv and sales_YYYYMMDD.csv into a folder. The same seed, the same files."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--customers", type=int, default=1_000)
        parser.add_argument("--sales", type=int, default=5_000, help="in the two years up to the day")
        parser.add_argument("--seed", type=int, default=samples.SEED)
        parser.add_argument("--day", type=date.fromisoformat, help="YYYY-MM-DD; today, if not given")
        parser.add_argument("--changed", type=float, default=0, help="percent of customers changed on this day")

    def handle(self, *args: Any, folder: Path, customers: int, sales: int, **options: Any) -> None:
        if customers < 1 or sales < 0:
            raise CommandError("There must be a customer at least, and sales can't be fewer than none.", returncode=2)
        on = options["day"] or local_date(timezone.now())
        try:
            written = samples.write_drop(
                folder, customers=customers, sales=sales, on=on, seed=options["seed"], changed=options["changed"]
            )
        except OSError as error:
            raise CommandError(f"The files can't be written: {error}.", returncode=2) from error
        for path in written:
            self.stdout.write(str(path))
