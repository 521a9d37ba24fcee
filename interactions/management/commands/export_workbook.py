"""The command that writes the hub as a workbook of three tabs."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from interactions.workbook.export import export_workbook


class Command(BaseCommand):
    help = "Write accounts, contacts and interactions to an .xlsx file, confidential notes included."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            written = export_workbook(file, reader=None)
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}.", returncode=2) from error
        rows = ", ".join(f"{count:,} {tab.lower()}" for tab, count in written.rows.items())
        self.stdout.write(f"Wrote {rows}.")
        for tab, row, _ in written.cut:
            self.stdout.write(f"{tab} row {row}: a text longer than a cell can hold was cut, and says so.")
