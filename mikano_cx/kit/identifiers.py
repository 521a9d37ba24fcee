"""Normalising identifiers that spreadsheets mangle."""

import re


def erp_id(raw: object) -> str:
    """An ERP customer ID as text: 102345, "102345 ", 102345.0 and "102345.0" are the same. Leading zeros are kept."""
    if isinstance(raw, str) and raw.isalnum():  # true of nearly all
        return raw.upper()
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    text = re.sub(r"\s+", "", str(raw if raw is not None else ""))
    return re.sub(r"^(\d+)\.0+$", r"\1", text).upper()


def hub_code(raw: object) -> str:
    """A hub code (A001, C001, I00001) from a cell: trimmed and in upper case."""
    return re.sub(r"\s+", "", str(raw if raw is not None else "")).upper()
