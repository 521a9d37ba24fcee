"""Takes an applied import back: erases what it created, restores what it changed. Called inside a transaction."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, ProtectedError, Q, QuerySet
from simple_history.utils import bulk_update_with_history

from accounts.events import facts_changed
from accounts.imports.models import ImportRow, ImportRun
from accounts.people.models import Staff, StaffAlias
from accounts.records.models import Account, Contact
from accounts.records.models.accounts import OwnerBasis
from interactions.log.models import Amendment, Interaction
from interactions.workbook.decisions import CHANGED
from interactions.workbook.rights import rights_of
from interactions.workbook.row_locks import hold_applied
from interactions.workbook.writer import BATCH, owned, recompute_last_touch
from mikano_cx.kit.refusal import Refused

MODELS: dict[str, Any] = {"accounts": Account, "contacts": Contact, "interactions": Interaction}


def undo(run: ImportRun, *, by: Staff | None, at: datetime) -> None:
    """The hub as it was before the import.

    Refuses `not_your_division`, and `touched`, naming the records that were changed since. Its records are held first,
    so that nobody works on them between the look and the deed.
    """
    hold_applied(run)
    refuse_out_of_reach(run, by)
    refuse_touched(run)
    undone = {"default_user": by, "default_change_reason": f"{run.author} undone", "default_date": at}
    accounts = _accounts_concerned(run)
    contacts = set(Interaction.objects.filter(import_run=run, contact__isnull=False).values_list("contact", flat=True))
    Amendment.objects.filter(import_run=run).erase()
    _erase_interactions(run)
    _restore(run, "interactions", undone)
    _restore(run, "contacts", undone)
    try:
        Contact.objects.filter(import_run=run).delete()
        Account.objects.filter(import_run=run).delete()
    except ProtectedError as error:
        names = ", ".join(sorted(str(record) for record in error.protected_objects)[:5])
        raise Refused("touched", f"Other records refer to what this import created: {names}.") from error
    _restore(run, "accounts", undone)
    _sign_deletions(run, by)
    recompute_last_touch(accounts, contacts)
    facts_changed.send(ImportRun, account_ids=accounts, at=at, by=by)
    _remove_people(run)


def refuse_out_of_reach(run: ImportRun, by: Staff | None) -> None:
    """Whoever takes an import back must be able to change each account and contact, and each entry that it changed."""
    rights = rights_of(by)
    if rights.everywhere:
        return
    theirs: set[int | None] = set()
    for tab, field in (("accounts", ""), ("contacts", "account__"), ("interactions", "account__")):
        changed = ImportRow.objects.filter(run=run, tab=tab, bucket=CHANGED)
        concerned = Q(code__in=changed.values("external_id"))
        if tab != "interactions":  # anybody may log with any account
            concerned |= Q(import_run=run)
        theirs |= set(MODELS[tab].objects.filter(concerned).order_by().values_list(f"{field}division", flat=True))
    if not all(rights.reach(division) for division in theirs):
        raise Refused("not_your_division", "This import changed records of another division: P&BI can undo it.")


def refuse_touched(run: ImportRun) -> None:
    """Created records that were edited or are in use, and changed records that were changed again."""
    touched = [*_created_and_touched(run), *_changed_again(run), *_erp_ids_taken(run)]
    if touched:
        shown = ", ".join(touched[:12])
        more = f" and {len(touched) - 12} more" if len(touched) > 12 else ""
        later = ImportRun.objects.filter(kind=run.kind, state=ImportRun.State.APPLIED, finished_at__gt=run.finished_at)
        names = ", ".join(later.order_by("-finished_at").values_list("file_name", flat=True)[:3])
        first = f" Later imports changed some of it too, maybe all: undo them first ({names})." if names else ""
        raise Refused(
            "touched",
            f"This import can't be undone as it is: what it brought in was worked on since ({shown}{more}).{first}",
        )


def _created_and_touched(run: ImportRun) -> Iterator[str]:
    def others(queryset: Any, field: str) -> Exists:
        return Exists(queryset.filter(**{field: OuterRef("pk")}).exclude(import_run=run))

    moved = ImportRow.objects.filter(run=run, tab="contacts", bucket=CHANGED).values("external_id")
    worked_on = {
        Account: others(Contact.objects.exclude(code__in=moved), "account")
        | others(Interaction.objects, "account")
        | others(Account.objects, "parent"),
        Contact: others(Interaction.objects, "contact"),
        Interaction: others(Amendment.objects, "interaction"),
    }
    for model, condition in worked_on.items():
        records: QuerySet[Any] = model._default_manager.filter(import_run=run)
        yield from records.filter(Q(version__gt=1) | condition).order_by("pk").values_list("code", flat=True)


def _changed_again(run: ImportRun) -> Iterator[str]:
    for tab, model in MODELS.items():
        for rows in _changed_rows(run, tab):
            versions = dict(model.objects.filter(code__in=list(rows)).values_list("code", "version"))
            yield from (code for code, row in rows.items() if versions.get(code) != (row.version or 0) + 1)


def _erp_ids_taken(run: ImportRun) -> Iterator[str]:
    """Who has an ERP ID that the undo gives back, unless the undo takes it from them."""
    for rows in _changed_rows(run, "accounts"):
        ids = [row.cells["erp_customer_id"] for row in rows.values() if row.cells.get("erp_customer_id")]
        letting_go = ImportRow.objects.filter(
            run=run, tab="accounts", bucket=CHANGED, cells__has_key="erp_customer_id"
        ).values("external_id")
        others = Account.objects.filter(erp_customer_id__in=ids).exclude(import_run=run).exclude(code__in=letting_go)
        for code, erp in others.order_by("pk").values_list("code", "erp_customer_id"):
            yield f"{code} (has ERP ID {erp} now)"


def _changed_rows(run: ImportRun, tab: str) -> Iterator[dict[str, ImportRow]]:
    rows = ImportRow.objects.filter(run=run, tab=tab, bucket=CHANGED).order_by("row")
    at = 0
    while part := list(rows.filter(row__gt=at)[:BATCH]):
        yield {row.external_id: row for row in part}
        at = part[-1].row


def _accounts_concerned(run: ImportRun) -> set[int]:
    """Accounts that were there before and lose an interaction, or get their old values back."""
    ids = set(Interaction.objects.filter(import_run=run).values_list("account", flat=True).distinct())
    for tab, field in (("accounts", "pk"), ("contacts", "account"), ("interactions", "account")):
        for rows in _changed_rows(run, tab):
            ids |= set(MODELS[tab].objects.filter(code__in=list(rows)).values_list(field, flat=True))
    return ids - set(Account.objects.filter(import_run=run).values_list("pk", flat=True))


def _erase_interactions(run: ImportRun) -> None:
    mine = Interaction.objects.filter(import_run=run)
    while part := list(mine.order_by().values_list("pk", flat=True)[: 2 * BATCH]):
        try:
            Interaction.objects.filter(pk__in=part).erase()
        except ProtectedError as error:
            raise Refused("touched", "Signed rulings rest on entries that this import brought in.") from error


def _restore(run: ImportRun, tab: str, undone: dict[str, Any]) -> None:
    model = MODELS[tab]
    if tab == "accounts":  # ids may have been swapped: let go of them all before giving any
        for rows in _changed_rows(run, tab):
            erp_changed = [code for code, row in rows.items() if "erp_customer_id" in row.cells]
            model.objects.filter(code__in=erp_changed).update(erp_customer_id=None)
    for rows in _changed_rows(run, tab):
        records = list(model.objects.filter(code__in=list(rows)))
        codes = {row.cells["account"] for row in rows.values() if tab == "contacts" and "account" in row.cells}
        account_ids = dict(Account.objects.filter(code__in=codes).values_list("code", "pk"))
        columns = {"version"}
        for record in records:
            columns |= _give_back(record, tab, rows[record.code], account_ids)
        bulk_update_with_history(records, model, sorted(columns), batch_size=BATCH, **undone)


def _give_back(record: Any, tab: str, row: ImportRow, account_ids: dict[str, int]) -> set[str]:
    """Set the old values on the record; the columns that they are in."""
    values = dict(row.cells)
    if tab == "interactions":
        values = {name: values[name] for name in ("next_action", "due_on") if name in values}
        if values.get("due_on"):
            values["due_on"] = date.fromisoformat(values["due_on"])
    if "owner" in values and record.owner_basis == OwnerBasis.RULES:
        del values["owner"]  # the rules found another since, and a head accepted it
    if "owner" in values:
        values |= owned(values.pop("owner"))
    if "account" in values:
        values["account_id"] = account_ids[values.pop("account")]
    values["version"] = row.version
    for name, value in values.items():
        setattr(record, name, value)
    columns = {name.removesuffix("_id") if name in ("owner_id", "account_id") else name for name in values}
    if tab != "interactions":
        record.prepare()
        columns |= {"name_key", "search_text"}
    return columns


def _sign_deletions(run: ImportRun, by: Staff | None) -> None:
    """The history of what is deleted in bulk says who undid the import."""
    for model in MODELS.values():
        model.history.filter(history_type="-", import_run=run).update(
            history_user=by, history_change_reason=f"{run.author} undone"
        )


def _remove_people(run: ImportRun) -> None:
    """Take away aliases, and people known only from this file, unless they are in use by now."""
    StaffAlias.objects.filter(pk__in=run.made.get("aliases", [])).delete()
    made = Staff.objects.filter(pk__in=run.made.get("staff", []), is_active=False, last_working_day=None, aliases=None)
    for pk in made.values_list("pk", flat=True):
        try:
            with transaction.atomic():
                QuerySet(Staff).filter(pk=pk).delete()  # the manager's own delete refuses: people leave, as a rule
        except ProtectedError:
            continue
