"""What happens to each row of the Accounts tab. Pure: the rows, the hub's records and the choices in, decisions out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from interactions.workbook import cells
from interactions.workbook.decisions import Choices, Decision, Draft, People, Rights, SheetRow, keepers, used_twice
from mikano_cx.kit.identifiers import code as tidy_code
from mikano_cx.kit.identifiers import erp_id
from mikano_cx.kit.mojibake import repaired
from mikano_cx.kit.names import company_key
from mikano_cx.kit.phones import e164, tidy
from mikano_cx.kit.sheets import Cell, text_of

TAB = "accounts"
LENGTHS = {"name": 200, "industry": 80, "address": 300, "main_phone": 60, "erp_customer_id": 40}
NOT_YOURS = "This record belongs to another division; its own steward changes it."


@dataclass(frozen=True, slots=True)
class HubAccount:
    code: str
    name: str
    industry: str
    address: str
    main_phone: str
    erp_customer_id: str
    owner_id: int | None
    owner_name: str
    by_rules: bool
    division_id: int | None


@dataclass
class Known:
    """What rows of later tabs may refer to. `refused` are codes of refused rows that the hub doesn't have."""

    accepted: set[str] = field(default_factory=set)
    refused: dict[str, int] = field(default_factory=dict)


def decide_accounts(
    rows: Sequence[SheetRow],
    *,
    hub: Mapping[str, HubAccount],
    erp_holders: Mapping[str, str],
    people: People,
    choices: Choices,
    rights: Rights,
) -> list[Decision]:
    """`hub` has the records whose codes the rows use; `erp_holders` the code that holds each ERP id in the hub."""
    by_number = {row.number: row for row in rows}
    codes = [(_code(row), row.number) for row in rows]
    shared = keepers(codes, lambda number: _agreement(by_number[number], hub), hub)
    drafts = [_begin(row, code, shared) for row, (code, _) in zip(rows, codes, strict=True)]
    for row, draft in zip(rows, drafts, strict=True):
        _texts(draft, row, hub.get(draft.code), choices)
        _owner(draft, row, hub.get(draft.code), people, choices)
    theirs = {code for code, known in hub.items() if not rights.reach(known.division_id)}
    granted = _grant_erp_ids(rows, drafts, hub, erp_holders, choices, theirs)
    decisions = []
    for row, draft in zip(rows, drafts, strict=True):
        known = hub.get(draft.code)
        _erp_id(draft, row, known, granted, choices)
        if known and draft.changes and not rights.reach(known.division_id):
            draft.refuse("", "not_your_division", NOT_YOURS)
        decisions.append(draft.decision(exists=known is not None))
    return decisions


def _code(row: SheetRow) -> str:
    return tidy_code(text_of(row.cells.get("code")))


def _agreement(row: SheetRow, hub: Mapping[str, HubAccount]) -> tuple[int, ...]:
    name = cells.line(row.cells.get("name"))
    known = hub.get(_code(row))
    if known is None:
        return (bool(name), 0)
    names = {company_key(name), company_key(repaired(name) or name)}
    same = (known.industry, known.address, known.erp_customer_id)
    cell = row.cells.get
    given = (cells.line(cell("industry")), cells.line(cell("address")), erp_id(text_of(cell("erp_customer_id"))))
    return (company_key(known.name) in names, sum(a == b for a, b in zip(same, given, strict=True)))


def _begin(row: SheetRow, code: str, shared: Mapping[str, tuple[int, int]]) -> Draft:
    name = cells.line(row.cells.get("name"))
    draft = Draft(TAB, row.number, code, name)
    if not code:
        draft.refuse("code", "missing_id", "This row has no Account ID: give it the next free one.")
    elif not cells.code_fits(code, 20):
        draft.refuse(
            "code", "bad_id", f"“{code[:40]}” can't be an Account ID: letters, digits, - and . only, 20 at most."
        )
    elif code in shared and shared[code][0] != row.number:
        draft.refuse("code", "duplicate_id", used_twice(code, *shared[code]))
    if not name:
        draft.refuse("name", "missing_name", "This row has no company name.")
    draft.fits("erp_customer_id", _erp_cell(row), LENGTHS["erp_customer_id"])
    return draft


def _texts(draft: Draft, row: SheetRow, known: HubAccount | None, choices: Choices) -> None:
    for name in ("name", "industry", "address", "main_phone"):
        if name not in row.cells:
            if known is None:
                draft.values[name] = ""
            continue
        written = cells.line(row.cells[name])
        value = _read(draft, name, written, choices)
        draft.fits(name, value, LENGTHS[name])
        set_text(draft, name, written, value, getattr(known, name) if known else None, choices)


def _read(draft: Draft, name: str, written: str, choices: Choices) -> str:
    if name == "main_phone":
        return read_phone(draft, name, written)
    if name == "name" and (meant := repaired(written)):
        done = "it is brought in as that" if choices.repair_names else "it stays as written"
        draft.warn(name, "mojibake_name", f"“{written}” seems to be a damaged “{meant}”; {done}.")
        return meant if choices.repair_names else written
    return written


def read_phone(draft: Draft, field: str, written: str) -> str:
    """E.164; a number that is none stays as typed, with a warning."""
    if written and e164(written) is None:
        draft.warn(field, "bad_phone", f"“{written[:60]}” is no phone number that can be dialled; kept as typed.")
    return tidy(written)


def set_text(draft: Draft, field: str, written: str, value: str, kept: str | None, choices: Choices) -> None:
    """Give the field its value: a new record's (`kept` None), or a change where the cell says something else."""
    if kept is None:
        draft.values[field] = value
        return
    if not written and (choices.blanks_keep or not kept):
        return
    if field == "name" and not written:
        return
    if value != cells.clean(kept) and not cells.same_text(written, " ".join(cells.clean(kept).split())):
        draft.change(field, value, shown=(kept, value), before=kept)


def _erp_cell(row: SheetRow) -> str:
    cell: Cell = row.cells.get("erp_customer_id")
    return erp_id(cells.line(cell)) if cell is not None else ""


def _grant_erp_ids(
    rows: Sequence[SheetRow],
    drafts: Sequence[Draft],
    hub: Mapping[str, HubAccount],
    holders: Mapping[str, str],
    choices: Choices,
    stuck: set[str],
) -> dict[str, str]:
    """ERP id: the code that has it once the file is in. The accounts `stuck` can't change.

    The account that holds it in the hub keeps it, unless its own row gives it another; else the first row of the
    file that names it gets it. Giving up an id that one then can't replace is no giving up, hence the rounds.
    """
    wanted = {d.code: _erp_cell(row) for row, d in zip(rows, drafts, strict=True) if not d.refused}
    emptied = {code for code, erp in wanted.items() if not erp and not choices.blanks_keep and code in hub}
    while True:
        granted: dict[str, str] = {}
        for erp, holder in holders.items():
            gives_up = holder not in stuck and (wanted.get(holder, erp) or erp) != erp
            if not gives_up and holder not in emptied:
                granted[erp] = holder
        for code, erp in wanted.items():
            if erp and code not in stuck:
                granted.setdefault(erp, code)
        failed = {code for code, erp in wanted.items() if erp and granted.get(erp) != code} - stuck
        holding = set(holders.values())
        if not (failed & holding):
            return granted
        stuck = stuck | (failed & holding)


def _erp_id(
    draft: Draft, row: SheetRow, known: HubAccount | None, granted: Mapping[str, str], choices: Choices
) -> None:
    value = _erp_cell(row)
    holder = granted.get(value, draft.code)
    if value and holder != draft.code and not draft.refused:
        draft.warn(
            "erp_customer_id",
            "duplicate_erp_id",
            f"ERP customer ID {value} is {holder}'s already: it keeps it, {draft.code} goes without.",
        )
        if known is None:
            draft.values["erp_customer_id"] = ""
    elif known is None:
        draft.values["erp_customer_id"] = value
    elif "erp_customer_id" in row.cells and value != erp_id(known.erp_customer_id):
        set_text(draft, "erp_customer_id", value, value, known.erp_customer_id, choices)


def _owner(draft: Draft, row: SheetRow, known: HubAccount | None, people: People, choices: Choices) -> None:
    written = cells.line(row.cells.get("owner"))
    draft.fits("owner", written, 120)
    if known is None:
        draft.values["owner"] = None
    if not written:
        if "owner" in row.cells:
            draft.warn("owner", "no_owner", "This row names no account owner.")
        if known and known.owner_id and not choices.blanks_keep and "owner" in row.cells and not known.by_rules:
            draft.change("owner", None, shown=(known.owner_name, ""), before=known.owner_id)
        return
    ref = people.find(written)
    if ref.unknown:
        draft.warn("owner", "unknown_owner", unknown_person(written))
    if known is None:
        draft.values["owner"] = ref
    elif written != known.owner_name and (ref.id is None or ref.id != known.owner_id):
        if known.by_rules:
            draft.tell(
                "owner", "owner_by_rules", f"The rules made {known.owner_name or 'nobody'} its owner; that stays."
            )
        else:
            draft.change("owner", ref, shown=(known.owner_name, ref.name), before=known.owner_id)


def unknown_person(written: str) -> str:
    return (
        f"Nobody on the staff list is called “{written}”: kept as an inactive person, unless the page "
        "“People” says who it is."
    )
