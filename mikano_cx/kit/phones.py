"""Nigerian phone numbers in any spelling, stored as E.164."""

import re
from typing import Any

import phonenumbers

REGION = "NG"
# The library's own pattern of mobile numbers: to say so itself, it takes fifty times as long.
_PLAN: Any = phonenumbers.PhoneMetadata.metadata_for_region(REGION)
_MOBILE = re.compile(_PLAN.mobile.national_number_pattern)


def e164(raw: str) -> str | None:
    """The number as E.164, or None when it is no valid number.

    Lagos and other landlines changed from 01 xxx xxxx to 0201 xxx xxxx: the old spelling is rewritten first. A mobile
    that lost its leading 0 to a spreadsheet (8031234567) is read as one.
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
    """E.164 where it can be read; otherwise the text as typed, trimmed (an old row is never refused for it)."""
    raw = " ".join(raw.split())
    return e164(raw) or raw


def doubt(written: str) -> str:
    """What is said of a number that can't be read, and is kept all the same. Empty for a good one, and for none."""
    return (
        ""
        if not written or e164(written)
        else f"“{written[:60]}” is no phone number that can be dialled; kept as typed."
    )


def phone_text(stored: str) -> str:
    """As people dial it: +234 803 123 4567. What isn't E.164 is shown as typed."""
    if not stored.startswith("+"):
        return stored
    # Nearly all are mobile numbers, and the library takes fifty times as long.
    if mobile := re.fullmatch(r"\+234([789][01]\d)(\d{3})(\d{4})", stored):
        return "+234 " + " ".join(mobile.groups())
    try:
        number = phonenumbers.parse(stored)
    except phonenumbers.NumberParseException:
        return stored
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def search_digits(query: str) -> str:
    """The national digits to look for when somebody types (part of) a phone number in any spelling."""
    digits = re.sub(r"\D", "", query)
    digits = re.sub(r"^(?:00234|234)", "", digits)
    return digits.lstrip("0")
