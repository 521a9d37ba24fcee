"""Parsing amounts of money as people and ERPs write them. Pure."""

import re
from decimal import Decimal

_MARKS = re.compile(r"NGN|₦|(?<![A-Z])N(?=[\d\s(-])", re.ASCII)
_BLANKS = re.compile(r"[\s'’]")
_PLAIN = re.compile(r"\d+", re.ASCII)
KOBO = Decimal("0.01")
LIMIT = Decimal(10) ** 15


class NotMoney(ValueError):
    """The text is no amount, or has two possible readings; the message is a sentence for people."""


def amount(text: str) -> Decimal:
    """The NGN amount of a text, to the kobo: `1,234,567.50`, `1.234.567,50`, `1 234 567,5`, `(500)`, `500-`, `₦500`.

    A comma before exactly three digits groups thousands. A point there is ambiguous and refused, as are fractions of a
    kobo and amounts of 1e15 or more. Raises `NotMoney`.
    """
    shown = " ".join(text.split())[:40]
    digits = _BLANKS.sub("", _MARKS.sub("", text.upper())).replace("−", "-").replace("–", "-")
    negative = False
    for form in (r"\((.*)\)", r"-(.*)", r"(.*)-"):
        if not negative and (m := re.fullmatch(form, digits)):
            negative, digits = True, m[1]
    whole, part = _split(digits.removeprefix("+"), shown)
    if not _PLAIN.fullmatch(whole or "x") or (part and not _PLAIN.fullmatch(part)):
        raise NotMoney(f"“{shown}” is no amount of money.")
    value = Decimal(f"{whole}.{part or 0}")
    if value >= LIMIT:
        raise NotMoney(f"“{shown}” is more money than there is.")
    if value != value.quantize(KOBO):
        raise NotMoney(f"“{shown}” has parts of a kobo: two digits after the point at most.")
    return -value.quantize(KOBO) if negative and value else value.quantize(KOBO)


def _split(digits: str, shown: str) -> tuple[str, str]:
    """The digits of naira and of kobo, without thousands separators."""
    if "," in digits and "." in digits:
        point = max(",.", key=digits.rindex)
        whole, _, part = digits.rpartition(point)
        return _join_thousands(whole, "," if point == "." else ".", shown), part
    mark = "," if "," in digits else "."
    whole, _, part = digits.rpartition(mark)
    if digits.count(mark) > 1:
        return _join_thousands(digits, mark, shown), ""
    if digits.count(mark) == 0:
        return digits, ""
    if len(part) == 3 and re.fullmatch(r"[1-9]\d{0,2}", whole):
        if mark == ".":
            raise NotMoney(f"“{shown}” could be thousands or a fraction: write {whole}{part} or {whole}.{part[:2]}.")
        return whole + part, ""
    return whole or "0", part


def _join_thousands(whole: str, mark: str, shown: str) -> str:
    if mark in whole and not re.fullmatch(rf"\d{{1,3}}({re.escape(mark)}\d{{3}})+", whole):
        raise NotMoney(f"“{shown}” has its thousands marked oddly: write it without marks.")
    return whole.replace(mark, "")
