"""Writes a plan's decisions, set-based: a fixed number of queries for a thousand rows. Called inside a transaction."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import Max, OuterRef, Subquery
from django.utils.text import slugify
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from accounts.events import facts_changed
from accounts.imports.models import ImportRow, ImportRun
from accounts.people.models import Movement, Staff
from accounts.records.models import Account, Contact
from accounts.records.models.accounts import Origin, OwnerBasis, OwnershipState
from interactions.log.models import Amendment, Channel, Interaction, KindVersion, Source
from interactions.workbook.decisions import CHANGED, NEW, Decision, PersonRef
from interactions.workbook.layout import header_of
from mikano_cx.kit.chunks import chunks, distinct_chunks
from mikano_cx.kit.local_time import day_start, local_date

BATCH = 500
UPDATED = {  # field of a decision: columns
    "owner": ("owner_id", "owner_basis", "ownership_state"),
    "account": ("account_id",),
}
ACTION_FIELDS = ("next_action", "due_on")


class Writer:
    """Takes the decisions of a plan in its order; `finish` closes the import."""

    def __init__(self, run: ImportRun, *, by: Staff | None, at: datetime) -> None:
        self.run, self.by, self.at = run, by, at
        self.history = {"default_user": by, "default_change_reason": run.author, "default_date": at}
        self.account_ids: dict[str, int] = {}
        self.contact_ids: dict[str, int] = {}
        self.people: dict[str, int] = {}
        self.kinds = Kinds()
        self.touched: set[int] = set()
        self.touched_contacts: set[int] = set()

    def write(self, decisions: Sequence[Decision]) -> None:
        if not decisions:
            return
        write = {"accounts": self._accounts, "contacts": self._contacts, "interactions": self._interactions}
        new = [decision for decision in decisions if decision.bucket == NEW]
        changed = [decision for decision in decisions if decision.bucket == CHANGED]
        write[decisions[0].tab](new, changed)

    def finish(self) -> None:
        recompute_last_touch(self.touched, self.touched_contacts)
        facts_changed.send(ImportRun, account_ids=set(self.touched), at=self.at, by=self.by, run=self.run)

    # --- accounts ----------------------------------------------------------------------------------------------------
    def _accounts(self, new: list[Decision], changed: list[Decision]) -> None:
        ids = [d.code for d in changed if "erp_customer_id" in d.values]
        for chunk in distinct_chunks(ids):  # ids may be swapped: let go of them all before giving any
            Account.objects.filter(code__in=chunk).update(erp_customer_id=None)
        for part in chunks(changed, BATCH):
            records = self._load(Account, part)
            for decision in part:
                self._change_account(records[decision.code], decision)
            self._update(Account, part, records, derived=("name_key", "search_text"))
            self.touched |= {record.pk for record in records.values()}
        for part in chunks(new, BATCH):
            made = self._create(Account, [self._new_account(decision) for decision in part])
            self.touched |= {account.pk for account in made}

    def _new_account(self, decision: Decision) -> Account:
        values = dict(decision.values)
        owner = self._person(values.pop("owner"))
        return Account(
            code=decision.code,
            **values,
            division_id=self.run.division_id,
            **owned(owner),
            origin=Origin.WORKBOOK,
            created_at=self.at,
            created_by=self.by,
            import_run=self.run,
        ).prepare()

    def _change_account(self, account: Account, decision: Decision) -> None:
        values = dict(decision.values)
        if "owner" in values:
            values |= owned(self._person(values.pop("owner")))
        _set(account, values)

    # --- contacts ----------------------------------------------------------------------------------------------------
    def _contacts(self, new: list[Decision], changed: list[Decision]) -> None:
        for part in chunks(changed, BATCH):
            self._know(self.account_ids, Account, (d.values.get("account") for d in part))
            records = self._load(Contact, part)
            for decision in part:
                values = dict(decision.values)
                if "account" in values:
                    values["account_id"] = self.account_ids[values.pop("account")]
                _set(records[decision.code], values)
            self._update(Contact, part, records, derived=("name_key", "search_text"))
            self.touched |= {record.account_id for record in records.values()}
        for part in chunks(new, BATCH):
            self._know(self.account_ids, Account, (d.values["account"] for d in part))
            made = [self._new_contact(decision) for decision in part]
            self._create(Contact, made)

    def _new_contact(self, decision: Decision) -> Contact:
        values = dict(decision.values)
        return Contact(
            code=decision.code,
            account_id=self.account_ids[values.pop("account")],
            **values,
            origin=Origin.WORKBOOK,
            created_at=self.at,
            created_by=self.by,
            import_run=self.run,
        ).prepare()

    # --- the log -----------------------------------------------------------------------------------------------------
    def _interactions(self, new: list[Decision], changed: list[Decision]) -> None:
        self._know(self.account_ids, Account, (d.values["account"] for d in new))
        self._know(self.contact_ids, Contact, (d.values["contact"] for d in new))
        for part in chunks(new, BATCH):
            made = self._create(Interaction, [self._new_interaction(decision) for decision in part])
            self.touched |= {entry.account_id for entry in made}
            self.touched_contacts |= {entry.contact_id for entry in made if entry.contact_id}
        for part in chunks(changed, BATCH):
            records = self._load(Interaction, part)
            Amendment.objects.bulk_create(self._amendments(part, records), batch_size=BATCH)
            for decision in part:
                _set(records[decision.code], {k: v for k, v in decision.values.items() if k in ACTION_FIELDS})
            self._update(Interaction, part, records, only=ACTION_FIELDS)
            self.touched |= {record.account_id for record in records.values()}

    def _new_interaction(self, decision: Decision) -> Interaction:
        values = dict(decision.values)
        on, contact = values.pop("date"), values.pop("contact")
        kind_id, substantive = self.kinds.of(values["channel"], day_start(on))
        return Interaction(
            code=decision.code,
            occurred_at=day_start(on),
            logged_at=self.at,
            account_id=self.account_ids[values.pop("account")],
            contact_id=self.contact_ids[contact] if contact else None,
            kind_id=kind_id,
            substantive=substantive,
            logged_by_id=self._person(values.pop("logged_by")),
            done_at=self.at if values.pop("old", False) and self.run.closes_old_actions else None,
            **values,
            source=Source.IMPORT,
            import_run=self.run,
        )

    def _amendments(self, part: Sequence[Decision], records: dict[str, Any]) -> Iterable[Amendment]:
        for decision in part:
            amended = {name: value for name, value in decision.values.items() if name not in ACTION_FIELDS}
            if amended:
                said = [
                    f"{header_of('interactions', c.field)}: {c.new or 'nothing'} (not: {c.old or 'nothing'})"
                    for c in decision.changes
                    if c.field in amended
                ]
                yield Amendment(
                    interaction=records[decision.code],
                    at=self.at,
                    by=self.by,
                    text=f"The workbook gives {'; '.join(said)}",
                    values=self._amended(amended),
                    import_run=self.run,
                )

    def _amended(self, values: dict[str, Any]) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for name, value in values.items():
            if name == "channel":
                out["channel"], out["channel_word"] = value
            elif name == "logged_by":
                out["logged_by"], out["logger_name"] = self._person(value), value.name
            else:
                out[name] = value.isoformat() if isinstance(value, date) else value
        return out

    # --- shared ------------------------------------------------------------------------------------------------------
    def _create(self, model: Any, records: list[Any]) -> list[Any]:
        made: list[Any] = bulk_create_with_history(records, model, batch_size=BATCH, **self.history)
        return made

    def _load(self, model: Any, part: Sequence[Decision]) -> dict[str, Any]:
        codes = [decision.code for decision in part]
        return {record.code: record for record in model.objects.select_for_update().filter(code__in=codes)}

    def _update(
        self,
        model: Any,
        part: Sequence[Decision],
        records: dict[str, Any],
        *,
        derived: Sequence[str] = (),
        only: Sequence[str] | None = None,
    ) -> None:
        """Save the changed records with their history, and note on the import's rows which version they had."""
        versions = {decision.row: records[decision.code].version for decision in part}
        for record in records.values():
            record.version += 1
            if derived:
                record.prepare()
        names = {name for d in part for field in d.values for name in UPDATED.get(field, (field,))}
        columns = sorted((names if only is None else set(only)) | {*derived, "version"})
        fields = [name.removesuffix("_id") if name in ("owner_id", "account_id") else name for name in columns]
        bulk_update_with_history(list(records.values()), model, fields, batch_size=BATCH, **self.history)
        note_versions(self.run, part[0].tab, versions)

    def _know(self, ids: dict[str, int], model: Any, codes: Iterable[str | None]) -> None:
        for chunk in distinct_chunks(code for code in codes if code not in ids):
            ids.update(model.objects.filter(code__in=chunk).values_list("code", "pk"))

    def _person(self, ref: PersonRef | None) -> int | None:
        """The id of the person named; somebody unknown becomes an inactive person."""
        if ref is None:
            return None
        if ref.id is not None:
            return ref.id
        if ref.key not in self.people:
            self.people[ref.key] = self._new_person(ref).pk
            made = self.run.made.setdefault("staff", [])
            made.append(self.people[ref.key])
        return self.people[ref.key]

    def _new_person(self, ref: PersonRef) -> Staff:
        person = Staff(username=_free_username(ref.name), full_name=ref.name, is_active=False)
        person.set_unusable_password()
        person._history_user = self.by  # type: ignore[attr-defined]
        person._change_reason = self.run.author  # type: ignore[attr-defined]
        person.save()
        today = day_start(local_date(self.at))  # a name in a file: whatever it held is free from today on
        Movement.objects.create(
            staff=person, kind=Movement.Kind.DEPARTURE, at=today, recorded_at=self.at, recorded_by=self.by
        )
        return person


class Kinds:
    """The kind that a channel alone tells, and whether it was substantive at the time."""

    BY_CHANNEL = {Channel.MEETING: "meeting", Channel.SITE_VISIT: "site-visit"}

    def __init__(self) -> None:
        self.versions: dict[str, list[tuple[datetime, int, bool]]] = {}
        for slug, since, kind_id, substantive in KindVersion.objects.order_by("effective_from", "pk").values_list(
            "kind__slug", "effective_from", "kind_id", "substantive"
        ):
            self.versions.setdefault(slug, []).append((since, kind_id, substantive))

    def of(self, channel: str, at: datetime) -> tuple[int, bool]:
        """Kind id, substantive; before the kind's first definition that one holds."""
        versions = self.versions[self.BY_CHANNEL.get(channel, "conversation")]  # type: ignore[call-overload]
        held = [version for version in versions if version[0] <= at] or versions[:1]
        return held[-1][1], held[-1][2]


def note_versions(run: ImportRun, tab: str, versions: dict[int, int]) -> None:
    rows = list(ImportRow.objects.filter(run=run, tab=tab, row__in=list(versions)).only("pk", "row"))
    for row in rows:
        row.version = versions[row.row]
    ImportRow.objects.bulk_update(rows, ["version"], batch_size=BATCH)


def recompute_last_touch(account_ids: Iterable[int], contact_ids: Iterable[int]) -> None:
    """The last touch of each, from the entries that are valid."""
    for model, field, ids in ((Account, "account", account_ids), (Contact, "contact", contact_ids)):
        last = (
            Interaction.objects.valid()
            .filter(**{field: OuterRef("pk")})
            .order_by()
            .values(field)
            .annotate(last=Max("occurred_at"))
            .values("last")
        )
        for chunk in distinct_chunks(ids):
            model.objects.filter(pk__in=chunk).update(last_interaction_at=Subquery(last))


def owned(owner_id: int | None) -> dict[str, Any]:
    return {
        "owner_id": owner_id,
        "owner_basis": OwnerBasis.WORKBOOK if owner_id else OwnerBasis.NONE,
        "ownership_state": OwnershipState.OWNED if owner_id else OwnershipState.ORPHAN,
    }


def _set(record: Any, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(record, name, value)


def _free_username(name: str) -> str:
    base = slugify(name)[:70] or "person"
    taken = {name.lower() for (name,) in Staff.objects.filter(username__istartswith=base).values_list("username")}
    return next(name for n in range(1, len(taken) + 2) if (name := base if n == 1 else f"{base}-{n}") not in taken)
