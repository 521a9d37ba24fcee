"""The command that undoes an applied import: the same undo as on the page, without a job."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.imports.models import ImportRun
from interactions.workbook import actions
from mikano_cx.kit.refusal import Refused


class Command(BaseCommand):
    help = "Undo an import of a workbook: erase what it created and restore what it changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run", type=int, help="the import's number, as import_workbook and its page's address say")

    def handle(self, *args: Any, run: int, **options: Any) -> None:
        found = ImportRun.objects.filter(kind="workbook", pk=run).first()
        if found is None:
            raise CommandError(f"There is no import {run}.", returncode=2)
        try:
            actions.start_undoing(found, by=None)
            actions.undo(found, at=timezone.now())
        except Refused as refused:
            raise CommandError(refused.message, returncode=2) from refused
        self.stdout.write(f"Undid import {run}: the hub is as it was before it.")
