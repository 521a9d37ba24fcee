"""The base of the commands that load sample data."""

from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from mikano_cx.demo.samples import SampleData, load_sample


class SampleCommand(BaseCommand):
    read: Callable[[Path], SampleData]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="where the CSV files are")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("Production never holds sample data.")
        try:
            sample = self.read(folder)
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}.", returncode=2) from error
        except (KeyError, ValueError, ArithmeticError) as error:
            raise CommandError(f"The files in {folder} aren't the ones expected: {error!r}.", returncode=2) from error
        made = load_sample(sample, at=timezone.now())
        if options["verbosity"]:
            self.stdout.write("Loaded " + ", ".join(f"{count:,} {noun}" for noun, count in made.items()) + ".")
            if sample.skipped:
                self.stdout.write(f"Left out {sample.skipped:,} deals that name no account.")
