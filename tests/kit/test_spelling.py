"""Names, phones, identifiers and damaged text, as people and spreadsheets write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mikano_cx.kit import identifiers, mojibake, names, phones
from mikano_cx.kit.local_time import next_weekday


@pytest.mark.parametrize(
    "spelling",
    [
        "Dangote Cement Plc",
        "DANGOTE CEMENT PLC.",
        "  dangote   cement ",
        "Dangote Cement Nig. Ltd",
        "Dangote Cement Nigeria Limited",
        "Dangote Cement (RC 123456)",
        "Dangote Cement Ltd RC: 123456",
        "Dangoté Cement Enterprises",
        "The Dangote Cement Company",
    ],
)
def test_spellings_of_one_company_share_a_key(spelling):
    assert names.company_key(spelling) == "dangote cement"


@pytest.mark.parametrize(
    ("one", "other"),
    [("Nigeria Breweries Plc", "Breweries Plc"), ("Zenith Bank", "Zenith Insurance"), ("Ltd", "Plc")],
)
def test_different_companies_keep_different_keys(one, other):
    assert names.company_key(one) != names.company_key(other)


@given(st.text(max_size=80))
def test_a_key_is_its_own_key_and_only_empty_without_letters(name):
    key = names.company_key(name)
    assert names.company_key(key) == key or not key
    assert names.company_key(name.upper()) == names.company_key(name.upper())


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("0803 123 4567", "+2348031234567"),
        ("8031234567", "+2348031234567"),
        ("+234 (0) 803-123-4567", "+2348031234567"),
        ("2348031234567", "+2348031234567"),
        ("01 271 6494", "+2342012716494"),
        ("0201 271 6494", "+2342012716494"),
        ("+44 20 7946 0958", "+442079460958"),
    ],
)
def test_a_phone_in_any_spelling_is_stored_as_e164(written, stored):
    assert phones.e164_or_typed(written) == stored


def test_what_is_no_phone_is_kept_as_typed():
    assert phones.e164("ask reception") is None
    assert phones.e164_or_typed(" ask  reception ") == "ask reception"


def test_a_stored_phone_is_shown_as_people_dial_it():
    assert phones.phone_text("+2348031234567") == "+234 803 123 4567"


@pytest.mark.parametrize("cell", [102345, 102345.0, "102345", "102345 ", "102345.0"])
def test_an_erp_id_is_one_however_the_cell_holds_it(cell):
    assert identifiers.erp_id(cell) == "102345"


def test_an_erp_id_keeps_its_leading_zeros():
    assert identifiers.erp_id("00123") == "00123"


def damaged(text: str) -> str:
    """UTF-8 read as Windows-1252, its undefined bytes taken as they are (as Excel does)."""
    return "".join(
        bytes([byte]).decode("cp1252", errors="replace").replace("\ufffd", chr(byte)) for byte in text.encode()
    )


@pytest.mark.parametrize("text", ["Société Générale", "Ọlá – Ventures", "naïve café", "Ẹni’s “Place”"])
def test_damaged_text_is_mended_and_sound_text_left_alone(text):
    assert damaged(text) != text
    assert mojibake.repair_mojibake(damaged(text)) == text
    assert mojibake.repair_mojibake(text) is None


def test_the_next_friday_is_never_the_day_itself():
    friday = date(2026, 3, 20)
    assert next_weekday(date(2026, 3, 16), 4) == friday
    assert next_weekday(friday, 4) == date(2026, 3, 27)
