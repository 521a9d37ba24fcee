"""Entries of the log for pages, read in a fixed number of queries, with notes masked for readers without the right."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.db.models import DateTimeField, Model, OuterRef, Prefetch, QuerySet, Subquery, Value

from accounts.imports.models import ImportRun
from accounts.people.models import Staff
from interactions.log.models import Amendment, Interaction, InteractionKind, InteractionQuerySet, KindVersion
from mikano_cx.kit.columns import columns_but
from mikano_cx.kit.local_time import LAGOS

MASK = "Confidential: for the account's division."


def may_read_notes(entry: Interaction, reader: Staff) -> bool:
    """Whether the reader may read the notes: confidential ones are for their author and the account's division."""
    return not entry.confidential or may_read_secrets(entry, reader)


def may_read_secrets(entry: Interaction, reader: Staff) -> bool:
    """Whether the reader may also read the confidential text of the entry, present or past."""
    mine = entry.logged_by_id is not None and entry.logged_by_id == reader.pk
    return mine or reader.reads_confidential(entry.account.division_id)


def mask_notes(entries: Iterable[Interaction], reader: Staff) -> list[Interaction]:
    """The entries with `readable` set, and with notes and amendments masked where `reader` may not read them.

    For display only: a masked entry must never be saved.
    """
    rows = list(entries)
    for entry in rows:
        entry.readable = may_read_notes(entry, reader)  # type: ignore[attr-defined]
        if not entry.readable:  # type: ignore[attr-defined]
            entry.notes = MASK
    return rows


def with_names_of(entries: InteractionQuerySet, *joined: str) -> InteractionQuerySet:
    """The entries joined with the records in `joined` ("contact", "account"), as far as their names and divisions.

    A list's row needs neither search texts nor a password, and each joined column costs the database time to plan.
    """
    needed = {"contact": ("code", "full_name"), "account": ("code", "name", "division_id")}
    columns = [f"{name}__{column}" for name in joined for column in needed[name]]
    return entries.select_related(*joined).only(*columns_but(Interaction), *columns)


def with_details(entries: "QuerySet[Interaction]") -> "QuerySet[Interaction]":
    """The entries with what a time line shows, except for people and import runs (see `attach_people`): two queries.

    `kind_label` is the kind's label when the entry was logged, `amended` the list of amendments.
    """
    label = (
        KindVersion.objects.filter(kind=OuterRef("kind"), effective_from__lte=OuterRef("logged_at"))
        .order_by("-effective_from")
        .values("label")[:1]
    )
    amendments = Prefetch("amendments", Amendment.objects.defer("values"), to_attr="amended")
    return entries.prefetch_related(amendments).annotate(kind_label=Subquery(label))


PEOPLE = ("logged_by", "handed_to", "voided_by", "done_by", "by", "created_by", "history_user", "owner")


def attach_people(rows: Iterable[Model]) -> None:
    """Set the people and import runs that the rows refer to, whatever their models: at most one query for all rows."""
    rows = list(rows)
    rows += [amendment for row in rows for amendment in getattr(row, "amended", ())]
    people, runs = _rows_by_key(rows, PEOPLE), _rows_by_key(rows, ("import_run",))
    if not people and not runs:
        return
    records: dict[tuple[str, int], Model] = {}
    for letter, pk, *values in _columns_of_names(people, runs):
        model, columns = _PEOPLE_AND_RUNS[letter]
        told = {"id": pk, **dict(zip(columns, values, strict=True))}
        names = [name for name in columns_but(model) if name in told]
        records[letter, pk] = model.from_db("default", names, [told[name] for name in names])
    for letter, wanted in (("p", people), ("r", runs)):
        for pk, places in wanted.items():
            for row, name in places:
                row._state.fields_cache[name] = records.get((letter, pk))


# The columns of people and of import runs that pages show; the others are deferred.
_PEOPLE_AND_RUNS: dict[str, tuple[type[Model], tuple[str, ...]]] = {
    "p": (Staff, ("full_name", "initials", "username", "")),
    "r": (ImportRun, ("file_name", "", "", "finished_at")),
}


def _rows_by_key(rows: Iterable[Model], names: Sequence[str]) -> dict[int, list[tuple[Model, str]]]:
    """The rows and field names by foreign key, for the fields `names` that are set and weren't joined."""
    wanted: dict[int, list[tuple[Model, str]]] = {}
    for row in rows:
        for name in names:
            if (pk := getattr(row, f"{name}_id", None)) is not None and name not in row._state.fields_cache:
                wanted.setdefault(pk, []).append((row, name))
    return wanted


def _columns_of_names(people: Iterable[int], runs: Iterable[int]) -> Iterable[Any]:
    """The columns of `_PEOPLE_AND_RUNS` for these people and import runs."""
    nothing, never = Value(""), Value(None, output_field=DateTimeField())
    staff = Staff.objects.filter(pk__in=people).order_by()
    found = staff.values_list(Value("p"), "pk", "full_name", "initials", "username", never)
    if not runs:
        return found
    imports = ImportRun.objects.filter(pk__in=runs).order_by()
    return found.union(imports.values_list(Value("r"), "pk", "file_name", nothing, nothing, "finished_at"), all=True)


@dataclass(frozen=True)
class KindHistory:
    """A kind with the version in force, its later versions and its earlier ones."""

    kind: InteractionKind
    current: KindVersion | None
    coming: list[KindVersion]
    earlier: list[KindVersion]


def kind_histories(at: datetime) -> list[KindHistory]:
    """Every kind as of the instant `at`, in the order of the list. Two queries."""
    newest_first = KindVersion.objects.select_related("author").order_by("-effective_from")
    histories = []
    for kind in InteractionKind.objects.prefetch_related(Prefetch("versions", newest_first)):
        versions = list(kind.versions.all())
        past = [version for version in versions if version.effective_from <= at]
        coming = [version for version in versions if version.effective_from > at]
        histories.append(KindHistory(kind, past[0] if past else None, coming, past[1:]))
    return histories


@dataclass(frozen=True)
class EntryChange:
    """One change of an entry, in words."""

    at: datetime
    by: Any
    words: list[str]
    reason: str


def changes_of(entry: Interaction, *, reader: Staff) -> list[EntryChange]:
    """The changes of an entry since it was logged, in words, oldest first.

    Former notes are shown only to a reader who could read them then and can read the entry now: making notes open
    doesn't open their past.
    """
    secrets = may_read_secrets(entry, reader)
    records = list(
        entry.history.select_related("history_user", "kind", "handed_to").order_by("history_date", "history_id")
    )
    changes = []
    for older, newer in pairwise(records):
        words = _change_phrases(older, newer, secrets or not (entry.confidential or older.confidential))
        if words:
            changes.append(
                EntryChange(newer.history_date, newer.history_user, words, newer.history_change_reason or "")
            )
    return changes


def _change_phrases(older: Any, newer: Any, readable: bool) -> list[str]:
    words = []
    if newer.voided_at and not older.voided_at:
        words.append(f"voided it: {newer.void_reason}")
    if newer.done_at and not older.done_at:
        words.append("marked the next action as done")
    if older.done_at and not newer.done_at:
        words.append("took “done” back" if older.done_by_id else "opened the next action again")
    if newer.next_action != older.next_action:
        words.append(f"set the next action: {newer.next_action}" if newer.next_action else "dropped the next action")
    if newer.handed_to_id != older.handed_to_id:
        words.append(f"handed the next action over to {newer.handed_to}")
    if newer.due_on != older.due_on:
        due = newer.due_on
        words.append(f"moved the due date to {due.day} {due:%b %Y}" if due else "dropped the due date")
    if newer.channel != older.channel:
        words.append(f"changed the channel from {older.get_channel_display()} to {newer.get_channel_display()}")
    if newer.kind_id != older.kind_id:
        words.append(f"changed the kind from {older.kind} to {newer.kind}")
    if newer.direction != older.direction:
        words.append("changed the direction")
    if newer.occurred_at != older.occurred_at:
        local = newer.occurred_at.astimezone(LAGOS)
        words.append(f"changed when it happened to {local.day} {local:%b %Y, %H:%M}")
    if newer.confidential != older.confidential:
        words.append("marked the notes confidential" if newer.confidential else "opened the notes to everybody")
    if newer.notes != older.notes:
        words.append(f"changed the notes; before: “{older.notes}”" if readable else "changed the notes")
    return words
