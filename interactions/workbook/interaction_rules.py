"""What happens to each row of the Interactions tab, a batch at a time. Pure.

The log is evidence: a row that the hub has is changed in its next action and due date only; any other cell that
differs becomes an amendment beside the original (`AMENDED`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from accounts.imports.files.cell_parsers import day_of
from interactions.workbook import cell_parsers
from interactions.workbook.decisions import Choices, Decision, Draft, People, Rights, SheetRow
from interactions.workbook.row_codes import Codes
from interactions.workbook.row_rules import NOT_YOURS, Known, TabCodes, unknown_person

TAB = "interactions"
AMENDED = frozenset({"date", "contact", "account", "channel", "notes", "logged_by"})


@dataclass(frozen=True, slots=True)
class HubInteraction:
    """An entry as it stands: the original with its amendments over it. `on` is a local day.

    `author_id` is whoever logged it, whatever an amendment says of the logger: rights go by that.
    """

    code: str
    on: date
    contact: str
    account: str
    channel: str
    channel_word: str
    notes: str
    next_action: str
    due_on: date | None
    logger_id: int | None
    logger_name: str
    division_id: int | None
    voided: bool
    confidential: bool = False
    author_id: int | None = None
    done: bool = False


@dataclass
class References:
    """What a row may name. `at` gives the accounts of a contact: after the import, and before it."""

    accounts: Known
    contacts: Known
    at: dict[str, tuple[str, str]] = field(default_factory=dict)


def decide_interactions(
    rows: Sequence[SheetRow],
    *,
    codes: Codes,
    tab_codes: TabCodes,
    hub: Mapping[str, HubInteraction],
    refs: References,
    people: People,
    choices: Choices,
    rights: Rights,
    on: date,
) -> list[Decision]:
    """`codes` says which code each row has; `on` is the local day of the import."""
    decisions = []
    for row in rows:
        code = codes.code_of(row)
        known = hub.get(code)
        who = cell_parsers.line(row.cells.get("contact")) or cell_parsers.line(row.cells.get("account"))
        draft = tab_codes.begin(TAB, row, code, who)
        day = _date(draft, row, known, on)
        _who(draft, row, known, refs)
        _channel(draft, row, known)
        _notes(draft, row, known, choices)
        _action(draft, row, known, day, choices)
        _logger(draft, row, known, people)
        if known and draft.changes and known.voided:
            draft.refuse("", "voided", f"{code} was voided in the hub, so it isn't amended.")
        elif known and draft.changes and not rights.reach(known.division_id):
            draft.refuse("", "not_your_division", NOT_YOURS)
        decisions.append(draft.decision(exists=known is not None))
    return decisions


def agreement(row: SheetRow, known: HubInteraction | None) -> tuple[int, ...]:
    """How well a row agrees with the hub's entry."""
    if known is None:
        return (0,)
    day = day_of(row.cells.get("date"))
    same = (
        bool(day and day.on == known.on),
        row.code("contact") == known.contact,
        cell_parsers.lines(row.cells.get("notes")) == known.notes,
        cell_parsers.line(row.cells.get("next_action")) == known.next_action,
        cell_parsers.line(row.cells.get("logged_by")) == known.logger_name,
    )
    return (sum(same),)


def _date(draft: Draft, row: SheetRow, known: HubInteraction | None, on: date) -> date | None:
    cell = row.cells.get("date")
    written = cell_parsers.line(cell)
    if not written:
        draft.refuse("date", "missing_date", "This row has no date.")
        return None
    read = day_of(cell)
    if read is None:
        draft.refuse("date", "bad_date", f"“{written[:40]}” is no day of the calendar (days come first: 21/05/2024).")
        return None
    if read.on < cell_parsers.EARLIEST:
        draft.refuse("date", "bad_date", f"{shown_day(read.on)} is before the year 2000.")
    elif read.on > on and not (known and known.on == read.on):
        draft.refuse("date", "future_date", f"{shown_day(read.on)} is in the future.")
    elif read.other:
        message = (
            f"“{written}” is read day first, {shown_day(read.on)}; month first it would be {shown_day(read.other)}."
        )
        draft.tell("date", "ambiguous_date", message)
    if known is None:
        draft.values["date"] = read.on
    elif known.on != read.on:
        draft.change("date", read.on, shown=(shown_day(known.on), shown_day(read.on)), before=None)
    return read.on


def _who(draft: Draft, row: SheetRow, known: HubInteraction | None, refs: References) -> None:
    contact = row.code("contact")
    account = row.code("account")
    if known is None:
        draft.values |= {"contact": None, "account": None}
        if not contact and not account:
            draft.refuse("contact", "unknown_contact", "This row says neither which contact nor which account.")
    usable = _contact(draft, contact, known, refs)
    theirs = contact if usable else known.contact if known and not contact else ""
    _account(draft, account, theirs, known, refs)


def _contact(draft: Draft, contact: str, known: HubInteraction | None, refs: References) -> bool:
    """Whether the row's contact can be referred to."""
    if not contact:
        return False
    if known and contact == known.contact:
        return True
    if contact in refs.contacts.accepted:
        if known is None:
            draft.values["contact"] = contact
        else:
            draft.change("contact", contact, shown=(known.contact, contact), before=None)
        return True
    refs.contacts.refuse(draft, "contact", contact)
    return False


def _account(draft: Draft, account: str, contact: str, known: HubInteraction | None, refs: References) -> None:
    """The account given, if it is one of the contact's; the contact's where the cell is blank."""
    moved = known is not None and "contact" in draft.values
    theirs: tuple[str, ...] = refs.at.get(contact, ("", "")) if contact else ()
    if not account:
        if known is None and contact:
            draft.values["account"] = theirs[0]
        elif known is not None and moved and known.account not in theirs:
            draft.change("account", theirs[0], shown=(known.account, theirs[0]), before=None)
        return
    if known is not None and account == known.account and not moved:
        return
    if account not in refs.accounts.accepted:
        refs.accounts.refuse(draft, "account", account)
    elif contact and account not in theirs:
        draft.refuse(
            "account",
            "account_not_the_contacts",
            f"{contact} works at {theirs[0]}, and this row says {account}: one of the two is wrong.",
        )
    elif known is None:
        draft.values["account"] = account
    elif account != known.account:
        draft.change("account", account, shown=(known.account, account), before=None)


def _channel(draft: Draft, row: SheetRow, known: HubInteraction | None) -> None:
    written = cell_parsers.line(row.cells.get("channel"))
    channel, word = cell_parsers.channel(written)
    if word:
        draft.warn("channel", "unknown_channel", f"“{word}” is none of our channels: kept as “Other”, with the word.")
    elif not written:
        channel = cell_parsers.OTHER
        if known is None:
            draft.warn("channel", "missing_channel", "This row doesn't say how it happened: kept as “Other”.")
    if known is None:
        draft.values |= {"channel": channel, "channel_word": word}
        return
    kept = cell_parsers.channel_text(known.channel, known.channel_word)
    if written and written != kept and (channel, word) != (known.channel, known.channel_word):
        draft.change("channel", (channel, word), shown=(kept, cell_parsers.channel_text(channel, word)), before=None)


def _notes(draft: Draft, row: SheetRow, known: HubInteraction | None, choices: Choices) -> None:
    written = cell_parsers.lines(row.cells.get("notes"))
    if not written:
        draft.warn("notes", "missing_notes", "This row has no notes.")
    if written == cell_parsers.CONFIDENTIAL:
        if known is None:
            draft.values["notes"] = ""
        return
    if known is None:
        draft.values["notes"] = written
        return
    if (not written and choices.blanks_keep) or "notes" not in row.cells:
        return
    if not cell_parsers.same_text(written, cell_parsers.clean(known.notes)):
        old = cell_parsers.CONFIDENTIAL if known.confidential else known.notes
        draft.change("notes", written, shown=(old, written), before=None)


def _action(draft: Draft, row: SheetRow, known: HubInteraction | None, day: date | None, choices: Choices) -> None:
    action = cell_parsers.line(row.cells.get("next_action"), known.next_action if known else "")
    draft.fits("next_action", action)
    due = _due(draft, row, known, action, day, choices)
    if known is None:
        draft.values |= {"next_action": action, "due_on": due}
        if action and due and choices.old_before and due < choices.old_before:
            draft.values["old"] = True
            draft.tell("due_on", "old_action", f"“{action}” was due {shown_day(due)}: closed, if that is chosen.")
        return
    empties = not choices.blanks_keep
    if (
        "next_action" in row.cells
        and (action or empties)
        and action != " ".join(cell_parsers.clean(known.next_action).split())
    ):
        draft.change("next_action", action, shown=(known.next_action, action), before=known.next_action)
    if (due or (empties and "due_on" in row.cells)) and due != known.due_on:
        before = known.due_on.isoformat() if known.due_on else None
        draft.change("due_on", due, shown=(shown_day(known.due_on), shown_day(due)), before=before)
    if known.done and any(change.field in ("next_action", "due_on") for change in draft.changes):
        draft.tell("next_action", "action_done", "This action is done or closed in the hub, and stays so.")


def _due(
    draft: Draft, row: SheetRow, known: HubInteraction | None, action: str, day: date | None, choices: Choices
) -> date | None:
    """The due date written, or, for an entry new to the hub, proposed from the words of its next action."""
    cell = row.cells.get("due_on")
    if cell_parsers.line(cell):
        read = day_of(cell)
        if read is None or read.on < cell_parsers.EARLIEST:
            draft.warn(
                "due_on", "bad_due_date", f"“{cell_parsers.line(cell)[:40]}” is no day of the calendar; left out."
            )
            return known.due_on if known else None
        return read.on
    proposed = cell_parsers.promised_day(action, day) if day and choices.propose_dates else None
    if known:  # a proposal that was taken up isn't emptied again by its blank cell
        return proposed if proposed == known.due_on else None
    if proposed:
        draft.tell("due_on", "proposed_date", f"“{action}”: due {shown_day(proposed)}, the first after the row's date.")
    return proposed


def _logger(draft: Draft, row: SheetRow, known: HubInteraction | None, people: People) -> None:
    written = cell_parsers.line(row.cells.get("logged_by"))
    draft.fits("logged_by", written)
    if known is None:
        draft.values["logged_by"] = None
    if not written:
        if known is None:
            draft.warn("logged_by", "no_logger", "This row doesn't say who logged it.")
        return
    ref = people.find(written)
    if ref.unknown:
        draft.warn("logged_by", "unknown_logger", unknown_person(written))
    if known is None:
        draft.values["logged_by"] = ref
    elif written != known.logger_name and (ref.id is None or ref.id != known.logger_id):
        draft.change("logged_by", ref, shown=(known.logger_name, ref.name), before=None)


def shown_day(on: date | None) -> str:
    return f"{on.day} {on:%b %Y}" if on else ""
