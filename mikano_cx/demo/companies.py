"""The demo's invented companies (`companies.csv`) and conversations (`talks.csv`), by division."""

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
PARENT = "Okavango Holdings Plc"
SUBSIDIARIES = ("Okavango Foods Ltd", "Okavango Flour Mills Ltd", "Okavango Haulage Nig. Ltd")
DUPLICATES = ("Harmattan Logistics Ltd", "Harmattan Logistic Nigeria Limited")  # one company, kept twice
TITLES = {
    "motors": ("Fleet Manager", "Transport Officer", "Managing Director", "Procurement Officer", "Head of Admin"),
    "power": ("Facility Manager", "Chief Engineer", "Project Manager", "Procurement Manager", "Managing Director"),
    "medical": ("Chief Pharmacist", "Matron", "Medical Director", "Store Officer", "Purchasing Manager"),
    "gras": ("Events Coordinator", "Office Manager", "Club Secretary", "Executive Assistant", "Creative Director"),
    "cube65": ("HR Manager", "Scheme Administrator", "School Nurse", "Head of Household", "Provider Relations Officer"),
}
STREETS = {
    "motors": ("Apapa Road, Lagos", "Ogunnusi Road, Ikeja", "Ring Road, Ibadan", "Ahmadu Bello Way, Kaduna"),
    "power": ("Creek Road, Apapa", "Trans-Amadi Layout, Port Harcourt", "Adetokunbo Ademola Crescent, Abuja"),
    "medical": ("Herbert Macaulay Way, Yaba", "Zik Avenue, Enugu", "Murtala Mohammed Way, Kano", "Aka Road, Uyo"),
    "gras": ("Adeola Odeku Street, Victoria Island", "Awolowo Road, Ikoyi", "Admiralty Way, Lekki"),
    "cube65": ("Ligali Ayorinde Street, Victoria Island", "Bourdillon Road, Ikoyi", "Freedom Way, Lekki"),
}


class Company(NamedTuple):
    division: str
    industry: str
    name: str


class Talk(NamedTuple):
    """One conversation: its kind, the channels that suit it, who began it, the note, and the next action.

    {name} is the contact's first name, {n} a small number, {m} millions of naira, {k} naira.
    """

    division: str  # empty for every division
    kind: str
    channels: str
    direction: str
    note: str
    next_action: str


CONFIDENTIAL = (
    "Credit under review: two cheques were returned last month. Ask finance before any delivery on credit.",
    "{name} may leave at the end of the quarter and asked us to keep it to ourselves.",
    "They have an offer from a competitor at ₦{k}. We may go 4 % lower, not more.",
)


@cache
def every_company() -> tuple[Company, ...]:
    return tuple(Company(*row) for row in _rows("companies.csv"))


@cache
def talks_of(division: str) -> tuple[Talk, ...]:
    """The conversations of a division: its own ones twice, and once those that occur in every division."""
    talks = [Talk(*row) for row in _rows("talks.csv")]
    own = tuple(talk for talk in talks if talk.division == division)
    return own * 2 + tuple(talk for talk in talks if not talk.division)


def _rows(name: str) -> list[list[str]]:
    with (HERE / name).open(newline="", encoding="utf-8") as lines:
        return list(csv.reader(lines))[1:]
