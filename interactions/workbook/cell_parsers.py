"""What people write in the workbook's cells, read: texts, days, channels, e-mails, people's intentions. Pure."""

import re
from collections.abc import Mapping
from datetime import date

from accounts.imports.files.cell_parsers import is_empty
from interactions.log.channels import CHANNELS
from mikano_cx.kit import identifiers
from mikano_cx.kit.local_time import next_weekday
from mikano_cx.kit.sheets import Cell, text_of

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
EARLIEST = date(2000, 1, 1)
CONFIDENTIAL = (
    "(confidential: kept in the hub)"  # an export writes it in place of notes, an import leaves such notes be
)
OTHER = "other"

CHANNEL_OF_WORD: Mapping[str, str] = {
    word.replace("-", " "): channel for channel, traits in CHANNELS.items() for word in traits.written.split()
}
_NO_CHARACTER = re.compile("[\ud800-\udfff\ufffe\uffff]")
_CODE = re.compile(r"\w[\w.\-]*")
_EMAIL = re.compile(r"[^\s@,;<>()\"\\]+@[^\s@,;<>()\"\\.]+(\.[^\s@,;<>()\"\\.]+)+")
_CUT = re.compile(r" \[…cut: ([\d,]+) characters\]$")


def clean(text: str) -> str:
    """Text without control characters (but tabs and line ends, which are one kind) or what can't be written."""
    if text.isprintable():
        return text.strip()
    text = _NO_CHARACTER.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(char for char in text if char >= " " or char in "\n\t").strip()


def line(cell: Cell, kept: str = "") -> str:
    """One line of text; runs of white space are one space. "" where the cell says nothing (NULL, N/A, a dash), unless
    that is what the hub has `kept`."""
    said = " ".join(clean(text_of(cell)).split())
    return "" if is_empty(said) and said != kept else said


def code(cell: Cell) -> str:
    """The hub's code that a cell names."""
    return identifiers.hub_code(line(cell))


def erp_id(cell: Cell) -> str:
    """The ERP's ID that a cell names; `columns.unfit_id` says whether it can be one."""
    return identifiers.erp_id(line(cell))


def lines(cell: Cell) -> str:
    return clean(text_of(cell))


def code_fits(code: str, longest: int) -> bool:
    return len(code) <= longest and bool(_CODE.fullmatch(code))


def bad_code(code: str, longest: int) -> str:
    return f"“{code[:40]}” can't be an ID: letters, digits, - and . only, {longest} at most."


def channel(text: str) -> tuple[str, str]:
    """The channel and, when the word isn't one of ours, the word itself (the channel is then "other")."""
    key = " ".join(re.sub(r"[^a-z]+", " ", text.casefold()).split())
    known = CHANNEL_OF_WORD.get(key)
    return (known, "") if known else (OTHER, text[:40].strip())


def channel_text(channel: str, word: str) -> str:
    """How a channel is written in an export."""
    return word or CHANNELS[channel].label


def email_fits(text: str) -> bool:
    return len(text) <= 200 and bool(_EMAIL.fullmatch(text))


def promised_day(next_action: str, on: date) -> date | None:
    """The day that "Follow up on Friday" means when said on the day `on`: the Friday after it."""
    m = re.search(rf"\bon\s+({'|'.join(WEEKDAYS)})\b", next_action, re.I)
    return next_weekday(on, WEEKDAYS.index(m[1].casefold())) if m else None


def same_text(cell: str, kept: str) -> bool:
    """Whether a cell says what the hub keeps; a text that an export had to cut counts as the whole."""
    if cell == kept:
        return True
    if m := _CUT.search(cell):
        return int(m[1].replace(",", "")) == len(kept) and kept.startswith(cell[: m.start()])
    return False
