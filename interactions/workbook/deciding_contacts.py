"""What happens to each row of the Contacts tab. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from interactions.workbook import cells
from interactions.workbook.deciding_accounts import NOT_YOURS, Known, read_phone, set_text
from interactions.workbook.decisions import Choices, Decision, Draft, Rights, SheetRow, keepers, used_twice
from mikano_cx.kit.identifiers import code as tidy_code
from mikano_cx.kit.mojibake import repaired
from mikano_cx.kit.names import person_key
from mikano_cx.kit.sheets import text_of

TAB = "contacts"
LENGTHS = {"full_name": 120, "job_title": 120, "mobile": 60}
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
    choices: Choices,
    rights: Rights,
) -> list[Decision]:
    """`accounts` says which account codes can be referred to, `divisions` whose each of those is."""
    by_number = {row.number: row for row in rows}
    codes = [(tidy_code(text_of(row.cells.get("code"))), row.number) for row in rows]
    shared = keepers(codes, lambda number: _agreement(by_number[number], hub), hub)
    decisions = []
    for row, (code, _) in zip(rows, codes, strict=True):
        draft = _begin(row, code, shared)
        known = hub.get(code)
        account = _account(draft, row, known, accounts)
        _texts(draft, row, known, choices)
        _email(draft, row, known, choices)
        theirs = not rights.reach(known.division_id) if known else False
        if (theirs and draft.changes) or (
            (known is None or "account" in draft.values) and not rights.reach(divisions.get(account))
        ):
            draft.refuse("", "not_your_division", NOT_YOURS)
        decisions.append(draft.decision(exists=known is not None))
    return decisions


def _agreement(row: SheetRow, hub: Mapping[str, HubContact]) -> tuple[int, ...]:
    name = cells.line(row.cells.get("full_name"))
    known = hub.get(tidy_code(text_of(row.cells.get("code"))))
    if known is None:
        return (bool(name), 0)
    account = tidy_code(text_of(row.cells.get("account")))
    names = {person_key(name), person_key(repaired(name) or name)}
    return (person_key(known.full_name) in names, (account == known.account))


def _begin(row: SheetRow, code: str, shared: Mapping[str, tuple[int, int]]) -> Draft:
    name = cells.line(row.cells.get("full_name"))
    draft = Draft(TAB, row.number, code, name)
    if not code:
        draft.refuse("code", "missing_id", "This row has no Contact ID: give it the next free one.")
    elif not cells.code_fits(code, 20):
        draft.refuse(
            "code", "bad_id", f"“{code[:40]}” can't be a Contact ID: letters, digits, - and . only, 20 at most."
        )
    elif code in shared and shared[code][0] != row.number:
        draft.refuse("code", "duplicate_id", used_twice(code, *shared[code]))
    if not name:
        draft.refuse("full_name", "missing_name", "This row has no name.")
    return draft


def _account(draft: Draft, row: SheetRow, known: HubContact | None, accounts: Known) -> str:
    """The account code that the row names and can have; a change where the hub has the person elsewhere."""
    code = tidy_code(text_of(row.cells.get("account")))
    if not code and known is None:
        draft.refuse("account", "missing_account", "This row doesn't say which account the person works at.")
    elif known is not None and code in ("", known.account):
        return known.account
    elif code in accounts.accepted:
        if known is None:
            draft.values["account"] = code
        else:
            draft.change("account", code, shown=(known.account, code), before=known.account)
    elif code in accounts.refused:
        at = accounts.refused[code]
        draft.refuse("account", "account_refused", f"{code} is row {at} of the Accounts tab, and that row is refused.")
    else:
        draft.refuse("account", "unknown_account", f"There is no account {code[:40]}, in the file or in the hub.")
    return code


def _texts(draft: Draft, row: SheetRow, known: HubContact | None, choices: Choices) -> None:
    for name, longest in LENGTHS.items():
        written = cells.line(row.cells.get(name))
        if name not in row.cells or (name == "full_name" and not written):
            if known is None:
                draft.values[name] = ""
            continue
        value = read_phone(draft, name, written) if name == "mobile" else written
        if name == "full_name" and (meant := repaired(written)):
            value = meant if choices.repair_names else written
            draft.warn(name, "mojibake_name", f"“{written}” seems to be a damaged “{meant}”.")
        draft.fits(name, value, longest)
        set_text(draft, name, written, value, getattr(known, name) if known else None, choices)


def _email(draft: Draft, row: SheetRow, known: HubContact | None, choices: Choices) -> None:
    """An e-mail address; what is none goes into the note, so that nothing typed is lost."""
    written = cells.line(row.cells.get("email"))
    if known is None:
        draft.values |= {"email": "", "note": ""}
    if written and not cells.email_fits(written):
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
