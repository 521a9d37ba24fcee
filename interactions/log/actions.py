"""The actions that write the interaction log.

`by` is the member of staff who acts. `at` is the server's aware instant, which becomes `logged_at`.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Max
from simple_history.utils import bulk_update_with_history

from accounts.events import facts_changed
from accounts.people import roles
from accounts.people.models import Staff
from accounts.records.models import Account, CodeSeries, Contact
from interactions.log.channels import CHANNELS
from interactions.log.models import (
    EARLIEST,
    Amendment,
    Channel,
    Direction,
    Interaction,
    InteractionKind,
    Kinds,
    KindVersion,
    Source,
)
from mikano_cx.kit.local_time import local_date
from mikano_cx.kit.person_locks import lock_people
from mikano_cx.kit.prepared_queries import keep_plan
from mikano_cx.kit.refusal import Refused, gone, still_there

CLOCK_SKEW = timedelta(minutes=5)
LATEST_DUE = date(2100, 1, 1)
AMENDABLE_FIELDS = frozenset("occurred_at channel kind direction notes confidential next_action due_on".split())


def log_interaction(
    *,
    by: Staff,
    at: datetime,
    contact: Contact | None = None,
    account: Account | None = None,
    channel: str,
    kind: InteractionKind | None = None,
    occurred_at: datetime | None = None,
    direction: str = "",
    notes: str = "",
    confidential: bool = False,
    next_action: str = "",
    due_on: date | None = None,
    idempotency_key: str | None = None,
    source: str = Source.WEB,
    kinds: Kinds | None = None,
) -> Interaction:
    """Log one touchpoint. `occurred_at` (default: `at`) is the instant it happened; `due_on` is a local day.

    `kinds` are those in force at `at`, if known already. The same idempotency key returns the entry made first. An
    entry that a demo person logs with a demo account is demo data too.
    Refuses: `not_your_role`, `who_missing`, `account_not_the_contacts`, `unknown_channel`, `unknown_kind`,
    `future_date`, `bad_date`, `due_without_action`, `gone` (the contact or account), and `key_used` if the key made
    something else.
    """
    if not by.has_role(roles.LOGGING):
        raise Refused("not_your_role", "Your role reads the log and doesn't write it.")
    version = _kind_in_force(kind, channel, kinds if kinds and kinds.at == at else Kinds.of(at))
    values: dict[str, Any] = {"channel": channel, "direction": direction, "confidential": confidential}
    values |= {"notes": clean_notes(notes), "next_action": " ".join(next_action.split())[:200]}
    whose = {"contact": contact, "account": _account_of(contact, account), "idempotency_key": idempotency_key}
    entry = _entry(by, at, version, occurred_at=occurred_at or at, due_on=due_on, source=source, **values, **whose)
    _check(entry, at)
    return _write_once(entry, by)


def _entry(by: Staff, at: datetime, version: KindVersion, **values: Any) -> Interaction:
    """The unsaved entry that `by` logs at the instant `at`, with the meaning that its kind has then."""
    entry = Interaction(
        logged_at=at,
        logged_by=by,
        by_salesperson=by.has_role(roles.SELLING),
        kind=version.kind,
        substantive=version.substantive,
        **values,
    )
    entry.is_demo = by.is_demo and entry.account.is_demo
    return entry


def _write_once(entry: Interaction, by: Staff) -> Interaction:
    """Save the entry, or return the one that its key made before. Refuses `key_used` if the two differ."""
    key = entry.idempotency_key
    try:
        with transaction.atomic():
            return _write(entry, by)
    except IntegrityError:  # the key was used before, or by another request at the same moment
        again = Interaction.objects.filter(idempotency_key=key).first() if key else None
        if again is None:
            raise
        if not _says_the_same(again, entry):
            words = "This form was saved before, with other words: open a new one and log it there."
            raise Refused("key_used", words) from None
        return again


def _says_the_same(made: Interaction, asked: Interaction) -> bool:
    names = "logged_by_id contact_id account_id channel kind_id direction notes confidential next_action due_on"
    return all(getattr(made, name) == getattr(asked, name) for name in names.split())


def _write(entry: Interaction, by: Staff) -> Interaction:
    if entry.by_salesperson:
        lock_people([by.pk])
    entry.code = CodeSeries.take("I")[0]
    entry._history_user = by
    entry.save()
    next_at = _touch(entry)
    facts_changed.send(
        Interaction, account_ids={entry.account_id}, at=entry.logged_at, by=by, entry=entry, next_at=next_at
    )
    return entry


@transaction.atomic
def amend_interaction(
    interaction: Interaction, *, by: Staff, at: datetime, values: Mapping[str, Any] | None = None, text: str = ""
) -> Interaction | Amendment:
    """Amend an entry: for 15 minutes its author changes the entry itself by `values`; later `text` is saved beside it.

    Refuses: `voided`, `not_yours` (a steward or P&BI may add an amendment too), `text_missing`, and what
    `log_interaction` refuses.
    """
    entry = still_there(Interaction.objects.select_for_update(), interaction)
    if entry.voided_at:
        raise Refused("voided", "A voided entry is not amended.")
    if values and entry.amendable(by=by, at=at):
        return _amend_in_place(entry, by=by, at=at, values=values)
    steward = by.has_role(roles.VOIDING) and by.writes_in(entry.account.division_id)
    if by != entry.logged_by and not steward:
        raise Refused("not_yours", "Its author or the steward of the account’s division can amend an entry.")
    if not text.strip():
        raise Refused("text_missing", "Say what should have been logged.", field="text")
    amendment = Amendment.objects.create(interaction=entry, at=at, by=by, text=clean_notes(text))
    _bump(entry, by)
    return amendment


@transaction.atomic
def void_interaction(interaction: Interaction, *, by: Staff, at: datetime, reason: str) -> Interaction:
    """Void an entry with a reason; it stays visible. The steward of the account's division and P&BI may do this.

    Refuses: `not_your_role`, `not_your_division`, `reason_missing`, `voided`.
    """
    entry = _lock(interaction)
    if not by.has_role(roles.VOIDING):
        raise Refused("not_your_role", "A data steward can void an entry.")
    if not by.writes_in(entry.account.division_id):
        raise Refused("not_your_division", "The steward of the account's division can void this entry.")
    if not reason.strip():
        raise Refused("reason_missing", "Say why the entry is void.", field="reason")
    if entry.voided_at:
        raise Refused("voided", "This entry is void already.")
    entry.voided_at, entry.voided_by, entry.void_reason = at, by, " ".join(reason.split())[:300]
    _bump(entry, by)
    _find_last_touch(entry)
    facts_changed.send(Interaction, account_ids={entry.account_id}, at=at, by=by)
    return entry


@transaction.atomic
def complete_action(interaction: Interaction, *, by: Staff, at: datetime) -> Interaction:
    """Mark the next action as done. Repeating it changes nothing. Refuses `no_action`, `not_yours`."""
    entry = _lock_open_action(interaction, by)
    if entry.done_at is None:
        entry.done_at, entry.done_by = at, by
        _bump(entry, by)
    return entry


@transaction.atomic
def reopen_action(interaction: Interaction, *, by: Staff, at: datetime) -> Interaction:
    """Mark the next action as not done: the undo of `complete_action`."""
    entry = _lock_open_action(interaction, by)
    if entry.done_at is not None:
        entry.done_at = entry.done_by = None
        _bump(entry, by)
    return entry


@transaction.atomic
def reschedule_action(interaction: Interaction, *, by: Staff, at: datetime, due_on: date) -> Interaction:
    """Move the next action to another local day. Refuses `no_action`, `not_yours`, `done`, `past_date`."""
    entry = _lock_open_action(interaction, by)
    if entry.done_at is not None:
        raise Refused("done", "This action is done already.")
    if due_on < local_date(at):
        raise Refused("past_date", "Choose today or a later day.", field="due_on")
    if entry.due_on != due_on:
        entry.due_on = due_on
        _bump(entry, by)
    return entry


@transaction.atomic
def hand_over_actions(leaver: Staff, *, to: Staff, by: Staff, at: datetime) -> list[Interaction]:
    """Give a person's open next actions to a colleague. The entries keep the person who logged them.

    Returns the entries handed over; a second call returns none. For IT, and for the head of all the person's divisions.
    Refuses: `not_your_role`, `same_person`, `gone` (the colleague left), `role_reads_only` (the colleague's).
    """
    theirs = bool(leaver.division_ids) and leaver.division_ids <= by.division_ids
    if not (by.has_role(roles.STAFFING) or (by.has_role(roles.LEAVING) and theirs)):
        raise Refused("not_your_role", "IT hands actions over, and the head of the person's divisions.")
    if to == leaver:
        raise Refused("same_person", "Choose a colleague.", field="to")
    if not Staff.objects.working(local_date(at)).filter(pk=to.pk).exists():
        raise Refused("gone", f"{to} doesn't work here (any more).", field="to")
    if not to.has_role(roles.LOGGING):
        raise Refused("role_reads_only", f"{to} reads the log and doesn't write it.", field="to")
    entries = list(Interaction.objects.actions_of(leaver).select_for_update(of=("self",)).order_by("pk"))
    for entry in entries:
        entry.handed_to = to
        entry.version += 1
    bulk_update_with_history(
        entries, Interaction, ["handed_to", "version"], batch_size=200, default_user=by, default_date=at
    )
    return entries


@transaction.atomic
def plan_action(
    interaction: Interaction, *, by: Staff, at: datetime, next_action: str, due_on: date | None = None
) -> Interaction:
    """Add a next action to an entry that has none, due on a local day if given ("save and schedule next").

    Repeating it with the same words changes nothing.
    Refuses: `voided`, `not_yours`, `text_missing`, `has_action`, `past_date`.
    """
    entry = _lock(interaction)
    words = " ".join(next_action.split())[:200]
    if entry.voided_at:
        raise Refused("voided", "This entry is void.")
    if by != entry.logged_by and not by.writes_in(entry.account.division_id):
        raise Refused("not_yours", "Whoever logged it, or the account's division, can plan what comes next.")
    if not words:
        raise Refused("text_missing", "Say what is to be done next.", field="next_action")
    if (entry.next_action, entry.due_on) == (words, due_on):
        return entry
    if entry.next_action:
        raise Refused("has_action", "This entry has a next action already.", field="next_action")
    if due_on and due_on < local_date(at):
        raise Refused("past_date", "Choose today or a later day.", field="due_on")
    entry.next_action, entry.due_on = words, due_on
    _bump(entry, by)
    return entry


@transaction.atomic
def revise_kind(
    *, by: Staff, at: datetime, slug: str, label: str, substantive: bool, offered: bool, effective_from: datetime
) -> KindVersion:
    """Add a version of a kind of interaction from an instant on; a new slug adds a kind. P&BI only.

    Entries logged before keep the meaning that they were logged with.
    Refuses: `not_your_role`, `label_missing`, `past_date`, `same_instant`.
    """
    if not by.has_role(roles.DEFINING):
        raise Refused("not_your_role", "The P&BI team defines the kinds of interaction.")
    if not label.strip() or not slug:
        raise Refused("label_missing", "Give the kind a name.", field="label")
    if effective_from < at - CLOCK_SKEW:
        raise Refused("past_date", "A definition can't change the past: choose now or later.", field="effective_from")
    last = InteractionKind.objects.order_by("-position").first()
    kind, _ = InteractionKind.objects.get_or_create(slug=slug, defaults={"position": last.position + 1 if last else 0})
    if kind.versions.filter(effective_from=effective_from).exists():
        raise Refused("same_instant", "There is a definition from that instant on already.", field="effective_from")
    return KindVersion.objects.create(
        kind=kind,
        effective_from=effective_from,
        label=" ".join(label.split())[:60],
        substantive=substantive,
        offered=offered,
        author=by,
        created_at=at,
    )


def clean_notes(text: str) -> str:
    """Notes as typed, without control characters, and with uniform line breaks."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(char for char in text if char >= " " or char in "\n\t").strip()


def _kind_in_force(kind: InteractionKind | None, channel: str, kinds: Kinds) -> KindVersion:
    """The version in force of the kind or, without one, of the channel's usual kind. Refuses `unknown_kind`."""
    version = kinds.find(kind=kind) if kind else kinds.find(slug=CHANNELS.get(channel, CHANNELS["other"]).kind)
    if version is None:
        raise Refused("unknown_kind", "Choose one of the kinds of interaction.", field="kind")
    return version


def _account_of(contact: Contact | None, account: Account | None) -> Account:
    if contact is not None and account is not None and contact.account_id != account.pk:
        words = f"{contact} works at {contact.account}, not at {account}."
        raise Refused("account_not_the_contacts", words, field="account")
    if contact is not None:
        return contact.account
    if account is None:
        raise Refused("who_missing", "Say who it was with: a contact or an account.", field="who")
    return account


def _check(entry: Interaction, at: datetime) -> None:
    if entry.channel not in Channel.values:
        raise Refused("unknown_channel", "Choose how it happened: phone, WhatsApp, e-mail, ...", field="channel")
    if entry.direction not in Direction.values:
        raise Refused("unknown_direction", "Choose who contacted whom.", field="direction")
    if entry.occurred_at > at + CLOCK_SKEW:
        raise Refused("future_date", "It can't have happened in the future.", field="occurred_at")
    if entry.occurred_at < EARLIEST:
        raise Refused("bad_date", "That is too long ago: the log begins in the year 2000.", field="occurred_at")
    if entry.due_on and not local_date(EARLIEST) <= entry.due_on <= LATEST_DUE:
        raise Refused("bad_date", "Choose a day of this century.", field="due_on")
    if entry.due_on and not entry.next_action:
        raise Refused("due_without_action", "Say what is to be done by that day.", field="next_action")


def _amend_in_place(entry: Interaction, *, by: Staff, at: datetime, values: Mapping[str, Any]) -> Interaction:
    unknown = set(values) - AMENDABLE_FIELDS
    if unknown:
        raise Refused("not_amendable", f"This can't be amended: {', '.join(sorted(unknown))}.")
    clean = {name: clean_notes(value) if name == "notes" else value for name, value in values.items()}
    clean = {name: value for name, value in clean.items() if getattr(entry, name) != value}
    if not clean:
        return entry
    for name, value in clean.items():
        setattr(entry, name, value)
    version = _kind_in_force(entry.kind, entry.channel, Kinds.of(entry.logged_at))
    entry.substantive = version.substantive
    entry.amended_at = at
    _check(entry, at)
    _bump(entry, by)
    _find_last_touch(entry)
    facts_changed.send(Interaction, account_ids={entry.account_id}, at=at, by=by)
    return entry


def _lock(interaction: Interaction) -> Interaction:
    rows = Interaction.objects.select_for_update(of=("self",)).select_related("account")
    return still_there(rows, interaction)  # type: ignore[no-any-return]


def _lock_open_action(interaction: Interaction, by: Staff) -> Interaction:
    entry = _lock(interaction)
    if not entry.next_action or entry.voided_at:
        raise Refused("no_action", "There is no next action on this entry.")
    if by.pk not in (entry.logged_by_id, entry.handed_to_id) and not by.writes_in(entry.account.division_id):
        raise Refused("not_yours", "Whoever logged it, or the account's division, can change this action.")
    return entry


def _bump(entry: Interaction, by: Staff) -> None:
    entry.version += 1
    entry._history_user = by
    entry.save()


def _touch(entry: Interaction) -> datetime | None:
    """Move the last touch of the account and the contact forward; return the account's `next_at`, its row being locked.

    Refuses `gone`, because this is the first statement that reads both records. It is hand-written SQL, because other
    requests wait for the series of codes meanwhile.
    """
    at = connection.ops.adapt_datetimefield_value(entry.occurred_at)
    later = "CASE WHEN last_interaction_at > %s THEN last_interaction_at ELSE %s END"
    next_at = None
    with keep_plan(connection), connection.cursor() as cursor:
        for record, told in ((entry.account, "next_at"), (entry.contact, "id")):
            if record is None:
                continue
            update = f"UPDATE {record._meta.db_table} SET last_interaction_at = {later} WHERE id = %s RETURNING {told}"  # noqa: S608
            cursor.execute(update, [at, at, record.pk])
            row = cursor.fetchone()
            if row is None:
                raise gone(record, field="who")
            next_at = row[0] if record is entry.account else next_at
    field = Account._meta.get_field("next_at")
    for convert in connection.ops.get_db_converters(field.get_col("")):
        next_at = convert(next_at, None, connection)
    return next_at


def _find_last_touch(entry: Interaction) -> None:
    """Find the last touch of the account and the contact anew, because the entry may have been the last one."""
    for model, pk in ((Account, entry.account_id), (Contact, entry.contact_id)):
        if pk:
            mine = Interaction.objects.valid().filter(**{model.__name__.lower(): pk})
            last = mine.aggregate(last=Max("occurred_at"))["last"]
            model._default_manager.filter(pk=pk).update(last_interaction_at=last)
