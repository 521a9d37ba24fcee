"""The rows that an import, or its undo, holds while it works, so that nothing that people write meanwhile is lost.

Everybody locks in one order: the series of codes, interactions, accounts, contacts. Called inside a transaction, before
the first look at what the rows say. (SQLite has one writer at a time and needs none of this.)
"""

from collections import deque
from typing import Any

from django.db.models import Q

from accounts.imports.models import ImportRow, ImportRun
from accounts.records.models import Account, CodeSeries, Contact
from interactions.log.models import Interaction
from interactions.workbook.decisions import CHANGED, NEW

MODELS: dict[str, Any] = {"interactions": Interaction, "accounts": Account, "contacts": Contact}


def hold_previewed(run: ImportRun) -> None:
    """What the preview says will change, and the codes that it gives to new records."""
    for prefix, tab in (("A", "accounts"), ("C", "contacts"), ("I", "interactions")):
        new = ImportRow.objects.filter(run=run, tab=tab, bucket=NEW, external_id__startswith=prefix)
        CodeSeries.reserve(prefix, new.order_by().values_list("external_id", flat=True).iterator())
    for tab, model in MODELS.items():
        _hold(model, Q(code__in=_changed(run, tab)))


def hold_applied(run: ImportRun) -> None:
    """What the import has created and changed."""
    for tab, model in MODELS.items():
        _hold(model, Q(import_run=run) | Q(code__in=_changed(run, tab)))


def _changed(run: ImportRun, tab: str) -> Any:
    return ImportRow.objects.filter(run=run, tab=tab, bucket=CHANGED).values("external_id")


def _hold(model: Any, wanted: Q) -> None:
    held = model.objects.select_for_update().filter(wanted).order_by("pk").values_list("pk", flat=True)
    deque(held.iterator(), maxlen=0)
