"""What the commands that bring a file in share: a refusal is a sentence and exit code 2, --json prints it all."""

import json
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError

from mikano_cx.kit.refusal import Refused


class ImportCommand(BaseCommand):
    report_is: ClassVar[str] = "workbook"
    bring: Callable[..., None]  # brings the file in with the options, and prints what became of it

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and change nothing")
        words = f"write the refused rows to this {self.report_is}"
        parser.add_argument("--report", type=Path, metavar="FILE", help=words)
        parser.add_argument("--json", action="store_true", help="print counts and problems as JSON")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        if not file.is_file():
            raise CommandError(f"There is no file {file}.", returncode=2)
        try:
            self.bring(file, **options)
        except Refused as refused:
            raise CommandError(refused.message, returncode=2) from refused
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}.", returncode=2) from error
        except (OperationalError, ProgrammingError) as error:
            words = f"The hub's database can't be used ({error}). Is it there, and migrated (`manage.py migrate`)?"
            raise CommandError(words, returncode=2) from error

    def print_json(self, counts: dict[str, Any], problems: list[dict[str, Any]]) -> None:
        self.stdout.write(json.dumps({**counts, "problems": problems}, ensure_ascii=False))
