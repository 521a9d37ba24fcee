"""What happens to each row of the Contacts tab. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from interactions.workbook import cell_parsers
from interactions.workbook.decisions import Choices, Decision, Draft, Rights, SheetRow, keepers
from interactions.workbook.row_rules import NOT_YOURS, Known, TabCodes, read_texts, set_text
from mikano_cx.kit.mojibake import repair_mojibake
from mikano_cx.kit.names import person_key

TAB = "contacts"
TEXTS = ("full_name", "job_title", "mobile")
NOTE = "E-mail as written: "


@dataclass(frozen=True, slots=True)
class HubContact:
    code: str
    full_name: str
    job_title: str
    email: str
    mobile: str
    note: str
    account: str
    division_id: int | None


def decide_contacts(
    rows: Sequence[SheetRow],
    *,
    hub: Mapping[str, HubContact],
    accounts: Known,
    divisions: Mapping[str, int | None],
    free: Iterator[str],
    choices: Choices,
    rights: Rights,
) -> list[Decision]:
    """`accounts` says which account codes can be referred to, `divisions` whose each of those is,
    `free` gives unused codes."""
    by_number = {row.number: row for row in rows}
    numbers = [(row.code(), row.number) for row in rows]
    codes = TabCodes(keepers(numbers, lambda number: _agreement(by_number[number], hub), hub), free)
    decisions = []
    for row in rows:
        draft = codes.begin(TAB, row, row.code(), cell_parsers.line(row.cells.get("full_name")))
        known = hub.get(draft.code)
        account = _account(draft, row, known, accounts)
        read_texts(draft, row, TEXTS, known, choices)
        _email(draft, row, known, choices)
        theirs = not rights.reach(known.division_id) if known else False
        if (theirs and draft.changes) or (
            (known is None or "account" in draft.values) and not rights.reach(divisions.get(account))
        ):
            draft.refuse("", "not_your_division", NOT_YOURS)
        decisions.append(draft.decision(exists=known is not None))
    return decisions


def _agreement(row: SheetRow, hub: Mapping[str, HubContact]) -> tuple[int, ...]:
    name = cell_parsers.line(row.cells.get("full_name"))
    known = hub.get(row.code())
    if known is None:
        return (bool(name), 0)
    account = row.code("account")
    names = {person_key(name), person_key(repair_mojibake(name) or name)}
    return (person_key(known.full_name) in names, (account == known.account))


def _account(draft: Draft, row: SheetRow, known: HubContact | None, accounts: Known) -> str:
    """The account code that the row names and can have; a change where the hub has the person elsewhere."""
    code = row.code("account")
    if not code and known is None:
        draft.refuse("account", "missing_account", "This row doesn't say which account the person works at.")
    elif known is not None and code in ("", known.account):
        return known.account
    elif code in accounts.accepted:
        if known is None:
            draft.values["account"] = code
        else:
            draft.change("account", code, shown=(known.account, code), before=known.account)
    else:
        accounts.refuse(draft, "account", code)
    return code


def _email(draft: Draft, row: SheetRow, known: HubContact | None, choices: Choices) -> None:
    """An e-mail address; what is none goes into the note, so that nothing typed is lost."""
    written = cell_parsers.line(row.cells.get("email"), known.email if known else "")
    if known is None:
        draft.values |= {"email": "", "note": ""}
    if written and not cell_parsers.email_fits(written):
        draft.warn("email", "bad_email", f"“{written[:80]}” is no e-mail address; kept in the contact's note.")
        note = NOTE + written
        if known is None:
            draft.values["note"] = note
        elif note not in known.note.split("\n"):
            longer = f"{known.note}\n{note}" if known.note else note
            draft.change("note", longer, shown=(known.note, longer), before=known.note)
    elif "email" in row.cells:
        if known and written.casefold() == known.email.casefold():
            return
        set_text(draft, "email", written, written, known.email if known else None, choices)
