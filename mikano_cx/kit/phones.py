"""Parsing and showing Nigerian phone numbers, which are stored as E.164."""

import re
from typing import Any

import phonenumbers

REGION = "NG"
# The library's own pattern of mobile numbers. Matching it directly is fifty times faster than asking the library.
_PLAN: Any = phonenumbers.PhoneMetadata.metadata_for_region(REGION)
_MOBILE = re.compile(_PLAN.mobile.national_number_pattern)


def e164(raw: str) -> str | None:
    """The number as E.164; None if it isn't valid.

    Lagos and other landlines changed from 01 xxx xxxx to 0201 xxx xxxx, so the old spelling is rewritten first. A
    mobile number that lost its leading 0 in a spreadsheet (8031234567) is accepted.
    """
    digits = re.sub(r"\D", "", raw)
    if not 7 <= len(digits) <= 15:
        return None
    national = re.sub(r"^(?:00234|234)?0?", "", digits) if digits.startswith(("00234", "234", "0")) else digits
    candidates = [raw]
    if not raw.strip().startswith("+") or digits.startswith("234"):
        if re.fullmatch(r"[1-9]\d{7}", national):
            candidates.insert(0, f"+23420{national}")
        if _MOBILE.fullmatch(national):
            return f"+234{national}"
        if re.fullmatch(r"[789]\d{9}", national):
            candidates.insert(0, f"+234{national}")
    for candidate in candidates:
        try:
            number = phonenumbers.parse(candidate, REGION)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return None


def e164_or_typed(raw: str) -> str:
    """The number as E.164 if it can be parsed, else the trimmed text, so that no old row is refused for it."""
    raw = " ".join(raw.split())
    return e164(raw) or raw


def doubt(written: str) -> str:
    """The remark on a number that is kept although it can't be parsed; empty for a valid number and for none."""
    return (
        ""
        if not written or e164(written)
        else f"“{written[:60]}” is no phone number that can be dialled; kept as typed."
    )


def phone_text(stored: str) -> str:
    """The number as people dial it: +234 803 123 4567. Text that isn't E.164 stays as typed."""
    if not stored.startswith("+"):
        return stored
    # Nearly all numbers are mobile numbers, and the library is fifty times slower.
    if mobile := re.fullmatch(r"\+234([789][01]\d)(\d{3})(\d{4})", stored):
        return "+234 " + " ".join(mobile.groups())
    try:
        number = phonenumbers.parse(stored)
    except phonenumbers.NumberParseException:
        return stored
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def search_digits(query: str) -> str:
    """The national digits to search for when somebody types a phone number, or part of one, in any spelling."""
    digits = re.sub(r"\D", "", query)
    digits = re.sub(r"^(?:00234|234)", "", digits)
    return digits.lstrip("0")
