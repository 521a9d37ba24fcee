"""The command that imports a workbook: the same check and apply as on the pages, without a job."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import CommandError
from django.utils import timezone

from accounts.imports.models import ImportRun
from accounts.imports.runs.commands import ImportCommand
from accounts.people.models import Division
from interactions.workbook import actions
from interactions.workbook.decisions import INFO, Choices, Decision, Rights, Tally
from interactions.workbook.facts import open_book
from interactions.workbook.plan import Plan
from interactions.workbook.refused_rows import faults_in, write_refused
from mikano_cx.kit.local_time import local_date


class Command(ImportCommand):
    help = "Bring the hub workbook (accounts, contacts, interactions) in. Refused rows are no failure: see --report."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--division", metavar="SLUG", help="the division of new accounts")
        parser.add_argument("--blanks-empty", action="store_true", help="a blank cell empties the field")
        parser.add_argument(
            "--close-actions-before",
            type=parse_day_option,
            metavar="DATE",
            help="bring next actions due before this day (2026-01-31) in as closed; else all come in open",
        )

    def bring(self, file: Path, *, division: str | None, report: Path | None, **options: Any) -> None:
        now = timezone.now()
        choices = Choices(blanks_keep=not options["blanks_empty"], old_before=options["close_actions_before"])
        home = self.division(division)
        with open_book(file) as book:
            tally, problems, faults = Tally(), [], dict[str, Any]()
            for decisions in Plan(book, choices, Rights(everywhere=True), local_date(now)):
                tally.add(decisions)
                problems += [problem for decision in decisions for problem in problem_dicts(decision)]
                for tab, row, said in faults_in(decisions):
                    faults.setdefault(tab, {})[row] = said
            if report:
                write_refused(report, book, faults)
            remarks = book.layout.notes
        run = None if options["dry_run"] else self.bring_in(file, now=now, division=home, choices=choices)
        if options["json"]:
            self.print_json(tally.tabs, problems)
        else:
            self.say(tally, remarks, run)

    def division(self, slug: str | None) -> Division | None:
        if slug is None:
            return None
        division = Division.objects.filter(slug=slug).first()
        if division is None:
            known = ", ".join(Division.objects.values_list("slug", flat=True))
            raise CommandError(f"There is no division {slug}: one of {known}.", returncode=2)
        return division

    def bring_in(self, file: Path, *, now: Any, division: Division | None, choices: Choices) -> ImportRun:
        with file.open("rb") as content:
            run = actions.upload(
                by=None, at=now, file=File(content), file_name=file.name, division=division, choices=choices
            )
        actions.check(run, at=now)
        actions.start_applying(run, by=None, close_old=choices.old_before is not None)
        try:
            actions.apply(run, at=now)
        except actions.Stale as stale:
            actions.preview_again(run)
            raise CommandError(
                "The hub changed while the file was being read; nothing was written. Try again.", returncode=1
            ) from stale
        return run

    def say(self, tally: Tally, remarks: tuple[str, ...], run: ImportRun | None) -> None:
        columns = ("rows", "new", "changed", "same", "refused", "warned")
        self.stdout.write(f"{'':14}" + "".join(f"{name:>9}" for name in columns))
        for tab, counts in tally.tabs.items():
            self.stdout.write(f"{tab:14}" + "".join(f"{counts[name]:>9,}" for name in columns))
        for tab, kinds in tally.kinds.items():
            for kind, count in sorted(kinds.items()):
                self.stdout.write(f"  {tab}: {kind.replace('_', ' ')} {count:,}")
        if old := tally.notes["interactions"].get("old_action"):
            self.stdout.write(f"  interactions: next actions closed at import {old:,}")
        for remark in remarks:
            self.stdout.write(remark)
        done = "Nothing was changed: a dry run." if run is None else f"Brought in as import {run.pk}."
        self.stdout.write(done)


def parse_day_option(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text} is no day of the calendar: write it as 2026-01-31") from error


def problem_dicts(decision: Decision) -> list[dict[str, Any]]:
    return [
        {"tab": decision.tab, "row": decision.row, "field": p.field, "kind": p.kind, "message": p.message}
        for p in decision.problems
        if p.weight != INFO
    ]
