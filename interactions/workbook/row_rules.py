"""What the three tabs decide alike: a row's ID, references to accounts and contacts, texts, phones, people. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from interactions.workbook import cell_parsers
from interactions.workbook.decisions import Choices, Draft, SheetRow
from interactions.workbook.layout import BY_KEY, header_of
from mikano_cx.kit.mojibake import repair_mojibake
from mikano_cx.kit.phones import doubt, e164_or_typed

NOT_YOURS = "This record belongs to another division; its own steward changes it."
NAMES = {"name": "company name", "full_name": "name"}
PHONES = frozenset({"main_phone", "mobile"})


@dataclass
class Known:
    """What rows of later tabs may refer to. `refused` are codes of refused rows that the hub doesn't have."""

    accepted: set[str] = field(default_factory=set)
    refused: dict[str, int] = field(default_factory=dict)

    def refuse(self, draft: Draft, what: str, code: str) -> None:
        """Say why a row can't refer to this account or contact (`what`), which isn't among the accepted."""
        if code in self.refused:
            tab, at = BY_KEY[f"{what}s"].title, self.refused[code]
            draft.refuse(what, f"{what}_refused", f"{code} is row {at} of the {tab} tab, and that row is refused.")
        else:
            draft.refuse(what, f"unknown_{what}", f"There is no {what} {code[:40]}, in the file or in the hub.")


@dataclass(frozen=True)
class TabCodes:
    """The codes of a tab. `kept` says, for each that several rows use, which row keeps it and how many use it; `free`
    gives codes that neither the file nor the hub has, another one at each call."""

    kept: Mapping[str, tuple[int, int]]
    free: Iterator[str]

    def begin(self, tab: str, row: SheetRow, code: str, label: str) -> Draft:
        """A draft whose ID is looked at. A row that has none, or another row's, is told a free one."""
        draft = Draft(tab, row.number, code, label, row.odd)
        if not code:
            said = f"This row has no {header_of(tab, 'code')}: {next(self.free)} is free."
            draft.refuse("code", "missing_id", said)
        elif not cell_parsers.code_fits(code, BY_KEY[tab].longest["code"]):
            draft.refuse("code", "bad_id", cell_parsers.bad_code(code, BY_KEY[tab].longest["code"]))
        elif code in self.kept and self.kept[code][0] != row.number:
            other = f"If this is another {tab.removesuffix('s')}, {next(self.free)} is free."
            draft.refuse("code", "duplicate_id", f"{_used_twice(code, *self.kept[code])} {other}")
        return draft


def _used_twice(code: str, kept: int, times: int) -> str:
    keeper = f"row {kept} keeps it" if kept else f"and none of them is the hub's {code}"
    return f"{code} is used by {times} rows{';' if kept else ','} {keeper}."


def read_texts(draft: Draft, row: SheetRow, names: Iterable[str], known: Any, choices: Choices) -> None:
    """The text fields of these `names`: what people and companies are called mended, phones as E.164."""
    for name in names:
        if name not in row.cells:
            if known is None:
                draft.values[name] = ""
            continue
        kept = getattr(known, name) if known else None
        written = cell_parsers.line(row.cells[name], kept or "")
        if name in NAMES and not written:
            draft.refuse(name, "missing_name", f"This row has no {NAMES[name]}.")
        read = _read_name if name in NAMES else _read_phone if name in PHONES else None
        value = read(draft, name, written, choices) if read else written
        draft.fits(name, value)
        set_text(draft, name, written, value, kept, choices)


def _read_name(draft: Draft, field: str, written: str, choices: Choices) -> str:
    """The name as it is brought in: mended where it is damaged, if that is chosen."""
    meant = repair_mojibake(written)
    if not meant:
        return written
    done = "it is brought in as that" if choices.repair_names else "it stays as written"
    draft.warn(field, "mojibake_name", f"“{written}” seems to be a damaged “{meant}”; {done}.")
    return meant if choices.repair_names else written


def _read_phone(draft: Draft, field: str, written: str, choices: Choices) -> str:
    """E.164; a number that is none stays as typed, with a warning."""
    if why := doubt(written):
        draft.warn(field, "bad_phone", why)
    return e164_or_typed(written)


def set_text(draft: Draft, field: str, written: str, value: str, kept: str | None, choices: Choices) -> None:
    """Give the field its value: a new record's (`kept` None), or a change where the cell says something else."""
    if kept is None:
        draft.values[field] = value
        return
    if not written and (choices.blanks_keep or not kept):
        return
    if field in NAMES and not written:
        return
    if value != cell_parsers.clean(kept) and not cell_parsers.same_text(
        written, " ".join(cell_parsers.clean(kept).split())
    ):
        draft.change(field, value, shown=(kept, value), before=kept)


def unknown_person(written: str) -> str:
    return (
        f"Nobody on the staff list is called “{written}”: kept as an inactive person, unless the page "
        "“People” says who it is."
    )
