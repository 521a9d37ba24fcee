"""What happens to each row of the Accounts tab. Pure: the rows, the hub's records and the choices in, decisions out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from accounts.imports.files.columns import unfit_id
from interactions.workbook import cell_parsers
from interactions.workbook.decisions import Choices, Decision, Draft, People, Rights, SheetRow, keepers
from interactions.workbook.row_rules import NOT_YOURS, TabCodes, read_texts, set_text, unknown_person
from mikano_cx.kit.identifiers import erp_id
from mikano_cx.kit.mojibake import repair_mojibake
from mikano_cx.kit.names import company_key

TAB = "accounts"
TEXTS = ("name", "industry", "address", "main_phone")


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
    erp_owns: frozenset[str] = frozenset()


def decide_accounts(
    rows: Sequence[SheetRow],
    *,
    hub: Mapping[str, HubAccount],
    erp_holders: Mapping[str, str],
    free: Iterator[str],
    people: People,
    choices: Choices,
    rights: Rights,
) -> list[Decision]:
    """`hub` has the records whose codes the rows use; `erp_holders` the code that holds each ERP id
    in the hub, `free` unused codes."""
    by_number = {row.number: row for row in rows}
    numbers = [(row.code(), row.number) for row in rows]
    codes = TabCodes(keepers(numbers, lambda number: _agreement(by_number[number], hub), hub), free)
    drafts = [codes.begin(TAB, row, row.code(), cell_parsers.line(row.cells.get("name"))) for row in rows]
    for row, draft in zip(rows, drafts, strict=True):
        _fit_erp_id(draft, row, hub.get(draft.code))
        read_texts(draft, row, TEXTS, hub.get(draft.code), choices)
        _owner(draft, row, hub.get(draft.code), people, choices)
    theirs = {code for code, known in hub.items() if not rights.reach(known.division_id) or known.erp_owns}
    granted = _grant_erp_ids(rows, drafts, hub, erp_holders, choices, theirs)
    decisions = []
    for row, draft in zip(rows, drafts, strict=True):
        known = hub.get(draft.code)
        _erp_id(draft, row, known, granted, choices)
        if known:
            _leave_to_the_erp(draft, known)
        if known and draft.changes and not rights.reach(known.division_id):
            draft.refuse("", "not_your_division", NOT_YOURS)
        decisions.append(draft.decision(exists=known is not None))
    return decisions


def _agreement(row: SheetRow, hub: Mapping[str, HubAccount]) -> tuple[int, ...]:
    name = cell_parsers.line(row.cells.get("name"))
    known = hub.get(row.code())
    if known is None:
        return (bool(name), 0)
    names = {company_key(name), company_key(repair_mojibake(name) or name)}
    same = (known.industry, known.address, known.erp_customer_id)
    cell = row.cells.get
    given = (
        cell_parsers.line(cell("industry")),
        cell_parsers.line(cell("address")),
        _erp_cell(row),
    )
    return (company_key(known.name) in names, sum(a == b for a, b in zip(same, given, strict=True)))


def _erp_cell(row: SheetRow) -> str:
    return cell_parsers.erp_id(row.cells.get("erp_customer_id"))


def _fit_erp_id(draft: Draft, row: SheetRow, known: HubAccount | None) -> None:
    """Refuse an ID that is too long, or that the ERP can't have given; one that the hub has already is let be."""
    value, said = _erp_cell(row), cell_parsers.line(row.cells.get("erp_customer_id"))
    draft.fits("erp_customer_id", value)
    stays = known is not None and (known.erp_owns or value == erp_id(known.erp_customer_id))
    if value and not stays and (why := unfit_id(said, draft.label)):
        draft.refuse("erp_customer_id", "bad_erp_id", why)


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
    kept = {code for code, known in hub.items() if choices.blanks_keep or known.erp_owns}
    emptied = {code for code, erp in wanted.items() if not erp and code in hub and code not in kept}
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


def _leave_to_the_erp(draft: Draft, known: HubAccount) -> None:
    for change in [change for change in draft.changes if change.field in known.erp_owns]:
        draft.drop(change)
        words = f"“{change.old}” comes from the ERP and stays: change it there."
        draft.warn(change.field, "erp_owns", words)


def _owner(draft: Draft, row: SheetRow, known: HubAccount | None, people: People, choices: Choices) -> None:
    written = cell_parsers.line(row.cells.get("owner"))
    draft.fits("owner", written)
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
