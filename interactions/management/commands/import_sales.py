"""The command that imports a file of the ERP's sales."""

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.utils import timezone

from accounts.imports.runs.commands import ImportCommand
from interactions.sales.actions import Outcome, import_sales_csv
from interactions.sales.erp_file import REFUSED
from mikano_cx.kit.sheets.writer import write_csv

SHOWN = 20


class Command(ImportCommand):
    help = "Bring invoices and credit notes in from a CSV file. Refused rows are no failure: see --report."

    report_is = "CSV file"

    def bring(self, file: Path, *, dry_run: bool, report: Path | None, **options: Any) -> None:
        outcome = import_sales_csv(file, by=None, at=timezone.now(), dry_run=dry_run)
        if report:
            write_report(report, outcome)
        if options["json"]:
            self.print_json(outcome.counts, problem_dicts(outcome))
        else:
            self.say(outcome, dry_run)

    def say(self, outcome: Outcome, dry_run: bool) -> None:
        self.stdout.write(", ".join(f"{count:,} {name}" for name, count in outcome.counts.items()) + ".")
        problems = problem_dicts(outcome)
        for kind, count in sorted(Counter(problem["kind"] for problem in problems).items()):
            self.stdout.write(f"  {kind.replace('_', ' ')} {count:,}")
        for problem in problems[:SHOWN]:
            where = f", {problem['field']}" if problem["field"] else ""
            self.stdout.write(f"Row {problem['row']:,}{where}: {problem['message']}")
        if len(problems) > SHOWN:
            self.stdout.write(f"and {len(problems) - SHOWN:,} more: see --report and --json.")
        for remark in outcome.file.remarks:
            self.stdout.write(remark)
        if dry_run:
            self.stdout.write("Nothing was changed: a dry run.")


def problem_dicts(outcome: Outcome) -> list[dict[str, Any]]:
    return [{"row": one.row.number, **asdict(problem)} for one in outcome.decisions for problem in one.problems]


def write_report(path: Path, outcome: Outcome) -> None:
    """Write the refused rows as they were in the file, with row numbers and reasons, for a corrected import."""
    width = len(outcome.file.header)
    rows = []
    for decision in outcome.decisions:
        if decision.bucket == REFUSED:
            why = " ".join(problem.message for problem in decision.problems if not problem.warning)
            cells, left_over = decision.row.as_written[:width], decision.row.as_written[width:]
            if any(left_over):
                why += f" Left over: {', '.join(left_over)}"
            rows.append([*cells, *[""] * (width - len(cells)), f"Row {decision.row.number}: {why}"])
    write_csv(path, [*outcome.file.header, "Why"], rows)
