"""The hub as the workbook: the same three tabs and columns, row by row. An import of it changes nothing."""

from collections.abc import Iterator
from os import PathLike
from typing import IO, Any

from accounts.people.models import Staff
from accounts.records.models import Account, Contact
from interactions.log.models import Interaction
from interactions.workbook import cell_parsers
from interactions.workbook.facts import BATCH, effective
from interactions.workbook.layout import BY_KEY, TabLayout
from mikano_cx.kit.sheets.writer import TabOut, Written, write_workbook

Cells = tuple[Any, ...]


def export_workbook(target: str | PathLike[str] | IO[bytes], *, reader: Staff | None) -> Written:
    """Write the workbook, streamed. Confidential notes that `reader` may not read are masked; None reads all."""
    rows = {"accounts": _accounts(), "contacts": _contacts(), "interactions": _interactions(reader)}
    return write_workbook(target, [tab_out(BY_KEY[key], rows[key]) for key in ("accounts", "contacts", "interactions")])


def tab_out(layout: TabLayout, rows: Iterator[Cells]) -> TabOut:
    headers = [column.label for column in layout.columns]
    return TabOut(layout.title, headers, rows, widths=[column.width for column in layout.columns])


def _accounts() -> Iterator[Cells]:
    yield from (
        Account.objects.order_by("pk")
        .values_list("code", "name", "industry", "address", "main_phone", "erp_customer_id", "owner__full_name")
        .iterator(BATCH)
    )


def _contacts() -> Iterator[Cells]:
    yield from (
        Contact.objects.order_by("pk")
        .values_list("code", "full_name", "job_title", "email", "mobile", "account__code")
        .iterator(BATCH)
    )


def _interactions(reader: Staff | None) -> Iterator[Cells]:
    """Voided entries are left out: a workbook has no place to say that they don't count."""
    hidden = _hidden(reader)
    for entry in effective(Interaction.objects.valid().order_by("pk")):
        yield (
            entry.code,
            entry.on,
            entry.contact,
            entry.account,
            cell_parsers.channel_text(entry.channel, entry.channel_word),
            cell_parsers.CONFIDENTIAL if entry.confidential and hidden(entry) else entry.notes,
            entry.next_action,
            entry.due_on,
            entry.logger_name,
        )


def _hidden(reader: Staff | None) -> Any:
    """Whether a confidential entry is none of the reader's business: another division's, and not their own."""
    if reader is None:
        return lambda entry: False
    return lambda entry: entry.author_id != reader.pk and not reader.reads_confidential(entry.division_id)
