"""The invented products and prices of each division, and a year of invoices: seeded, without a clock."""

import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from mikano_cx.demo.cast import CAST, CastMember
from mikano_cx.demo.row_types import AccountRow, Demo, DemoSaleRow
from mikano_cx.kit.local_time import day_start

SEED = 12
LAPSED = 0.12  # the share of accounts with a seller but no sale for more than a year
EARLIEST = 405  # days ago


class DemoProductLine(NamedTuple):
    """A product line, its unit price in NGN, and how many are bought at once."""

    name: str
    price: int
    fewest: int
    most: int


LINES = {
    "motors": (
        DemoProductLine("JAC T8 pick-ups", 38_500_000, 1, 3),
        DemoProductLine("X200 trucks", 46_000_000, 1, 3),
        DemoProductLine("After-sales service", 425_000, 2, 9),
    ),
    "power": (
        DemoProductLine("GSW generators", 62_000_000, 1, 2),
        DemoProductLine("Hybrid power", 28_500_000, 1, 3),
        DemoProductLine("Service contracts", 1_650_000, 1, 4),
    ),
    "medical": (
        DemoProductLine("Syringes 2ml", 46_500, 20, 160),
        DemoProductLine("Syringes 5ml", 52_000, 20, 160),
    ),
    "gras": (
        DemoProductLine("Private dining", 18_500, 25, 120),
        DemoProductLine("Events and catering", 24_000, 60, 320),
    ),
    "cube65": (
        DemoProductLine("Staff medicals", 68_000, 20, 140),
        DemoProductLine("Clinic schemes", 145_000, 25, 160),
    ),
}
# Invoices per account and year: few for vehicles and generators, many for consumables.
OFTEN = {"motors": (1, 3), "power": (1, 3), "medical": (3, 7), "gras": (2, 6), "cube65": (1, 4)}
UNKNOWN_CODE = "SP-0417"  # an ERP salesperson unknown to the hub


def sellers_of(division: str) -> list[CastMember]:
    """The people who sell in the division, including those who left."""
    return [person for person in CAST if division in person.divisions and person.sells]


def price_of(line_name: str, units: int) -> Decimal:
    """The price in NGN of that many units of a line. Raises KeyError for an unknown line."""
    prices = {line.name: line.price for lines in LINES.values() for line in lines}
    return Decimal(prices[line_name] * units)


def overnight(on: date) -> datetime:
    """The instant at which the hub learns of an invoice of that day: early on the next, from the ERP's file."""
    return day_start(on + timedelta(days=1)) + timedelta(hours=5, minutes=30)


def add_sales(demo: Demo) -> None:
    """Add invoices for every account with a seller, except those that have a story."""
    draw = random.Random(SEED)  # noqa: S311 (nothing here is secret)
    for account in demo.accounts:
        if account.owner is None or account.story:
            continue
        for on in _days(draw, demo, account):
            line = draw.choice(LINES[account.division])
            units = draw.randint(line.fewest, line.most)
            demo.sales.append(
                DemoSaleRow(account, on, Decimal(line.price * units), line.name, account.owner, overnight(on))
            )
    _forget_some_sellers(draw, demo)
    demo.sales.sort(key=lambda sale: (sale.recorded, sale.account.number, sale.amount < 0))


def _days(draw: random.Random, demo: Demo, account: AccountRow) -> list[date]:
    """Working days on which the account bought while its seller was there, oldest first."""
    assert account.owner is not None
    gone = (account.owner.left_days_ago or 1) + 1
    last = draw.randrange(372, 392) if draw.random() < LAPSED else draw.randrange(gone + 1, 320)
    ago = [last, *(draw.randrange(last, EARLIEST) for _ in range(draw.randint(*OFTEN[account.division]) - 1))]
    days = {_working_day(demo.today - timedelta(days=days)) for days in ago}
    return sorted(days)


def _working_day(on: date) -> date:
    """The day, or the Friday before if it is at a weekend."""
    return on - timedelta(days=max(0, on.weekday() - 4))


def _forget_some_sellers(draw: random.Random, demo: Demo) -> None:
    """Remove the salesperson, or make it an unknown one, on a few early invoices, which then count for nobody."""
    plain = sorted((sale for sale in demo.sales if not sale.account.story), key=lambda sale: sale.on)
    first = {sale.account.number: sale for sale in reversed(plain)}
    again = [sale for sale in plain if sale is not first[sale.account.number]]
    for sale in draw.sample(again, 5):
        sale.person, sale.code = None, draw.choice(("", UNKNOWN_CODE))
