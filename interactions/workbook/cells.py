"""What people write in the workbook's cells, read: texts, days, channels, e-mails, people's intentions. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mikano_cx.kit.sheets import Cell, text_of
from mikano_cx.kit.timing import next_weekday

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
EARLIEST = date(2000, 1, 1)
CONFIDENTIAL = (
    "(confidential: kept in the hub)"  # an export writes it in place of notes, an import leaves such notes be
)
OTHER = "other"

_CHANNELS = {
    "phone": "phone call called calls tel telephone phone-call",
    "whatsapp": "whatsapp whats-app wa whatsapp-call",
    "email": "email e-mail mail emailed",
    "meeting": "meeting meet met",
    "site_visit": "site-visit visit site visited",
    "walk_in": "walk-in walkin showroom",
    "web": "web website online web-form",
    OTHER: "other",
}
CHANNELS: Mapping[str, str] = {
    word.replace("-", " "): channel for channel, words in _CHANNELS.items() for word in words.split()
}
CHANNEL_LABELS: Mapping[str, str] = {  # as the models label them
    "phone": "Phone",
    "whatsapp": "WhatsApp",
    "email": "E-mail",
    "meeting": "Meeting",
    "site_visit": "Site visit",
    "walk_in": "Walk-in",
    "web": "Web",
    OTHER: "Other",
}
_NO_CHARACTER = re.compile("[\ud800-\udfff\ufffe\uffff]")
_CODE = re.compile(r"\w[\w.\-]*")
_EMAIL = re.compile(r"[^\s@,;<>()\"\\]+@[^\s@,;<>()\"\\.]+(\.[^\s@,;<>()\"\\.]+)+")
_MONTHS = {name: at for at, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)}
_TIME = re.compile(r"[T ,]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*([ap]\.?m\.?)?(Z|[+-]\d{2}:?\d{2})?$", re.I)
_CUT = re.compile(r" \[…cut: ([\d,]+) characters\]$")


def clean(text: str) -> str:
    """Text without control characters (but tabs and line ends, which are one kind) or what can't be written."""
    if text.isprintable():
        return text.strip()
    text = _NO_CHARACTER.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(char for char in text if char >= " " or char in "\n\t").strip()


def line(cell: Cell) -> str:
    """One line of text; runs of white space are one space."""
    return " ".join(clean(text_of(cell)).split())


def lines(cell: Cell) -> str:
    return clean(text_of(cell))


def code_fits(code: str, longest: int) -> bool:
    return len(code) <= longest and bool(_CODE.fullmatch(code))


def bad_code(code: str, longest: int) -> str:
    return f"“{code[:40]}” can't be an ID: letters, digits, - and . only, {longest} at most."


@dataclass(frozen=True)
class Day:
    """A day as read; `other` is what it would be month first, where both make sense."""

    on: date
    other: date | None = None


def day(cell: Cell) -> Day | None:
    """The local day that a cell names, day first; None when it names none (31/02/2025). Not for blank cells."""
    if isinstance(cell, datetime):
        return Day(cell.date())
    if isinstance(cell, date):
        return Day(cell)
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        return _serial(float(cell))
    return _day_of_text(line(cell))


def _serial(number: float) -> Day | None:
    """A day as spreadsheets count them; days from 1954 to 2119 are believed."""
    return Day(date(1899, 12, 30) + timedelta(days=int(number))) if 20_000 <= number < 80_000 else None


def _day_of_text(text: str) -> Day | None:
    text = _TIME.sub("", text).strip()
    text = re.sub(r"^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+", "", text, flags=re.I)
    text = re.sub(r"(?<=\d)(?:st|nd|rd|th)\b", "", text, flags=re.I)
    if re.fullmatch(r"\d{5}(?:\.0*)?", text):
        return _serial(float(text))
    if m := re.fullmatch(r"(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})", text):
        return _made(int(m[1]), int(m[2]), int(m[3]))
    if m := re.fullmatch(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})", text):
        first, second, year = int(m[1]), int(m[2]), _year(m[3])
        read = _made(year, second, first)
        if read and first <= 12 and first != second:
            return Day(read.on, date(year, first, second))
        return read
    if m := re.fullmatch(r"(\d{1,2})[-/. ]*([A-Za-z]{3,9})\.?,?[-/. ]*(\d{4}|\d{2})", text):
        return _worded(m[3], m[2], m[1])
    if m := re.fullmatch(r"([A-Za-z]{3,9})\.? +(\d{1,2}),? +(\d{4})", text):
        return _worded(m[3], m[1], m[2])
    return None


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < 70 else 1900)


def _worded(year: str, month: str, day_of_month: str) -> Day | None:
    number = _MONTHS.get(month[:3].casefold())
    full = ("january february march april may june july august september october november december sept").split()
    if number is None or not any(name.startswith(month.casefold()) for name in full):
        return None
    return _made(_year(year), number, int(day_of_month))


def _made(year: int, month: int, day_of_month: int) -> Day | None:
    try:
        return Day(date(year, month, day_of_month))
    except ValueError:
        return None


def channel(text: str) -> tuple[str, str]:
    """The channel and, when the word isn't one of ours, the word itself (the channel is then "other")."""
    key = " ".join(re.sub(r"[^a-z]+", " ", text.casefold()).split())
    known = CHANNELS.get(key)
    return (known, "") if known else (OTHER, text[:40].strip())


def channel_text(channel: str, word: str) -> str:
    """How a channel is written in an export."""
    return word or CHANNEL_LABELS[channel]


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
