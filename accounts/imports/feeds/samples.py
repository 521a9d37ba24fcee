"""Invented files as the ERP exports them, in the default layout, and ready-made settings of feeds. Pure.

The same seed and numbers give the same customers and sales whatever the day: a file of the next day holds one day more
of sales, one day less at the other end, and the customers with a share of them changed.
"""

import random
from collections.abc import Iterator
from datetime import date, time, timedelta
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

from mikano_cx.kit.word_lists import FORMS, INDUSTRIES, LAST, PLACES, STEMS, TRADES

SEED = 65
PERIOD = 730  # days of sales in a file
FIRST_ID = 100_001
CUSTOMER_COLUMNS = "external_id,name,industry,credit_status,address,city,main_phone,division"
SALE_COLUMNS = "invoice_number,customer,date,amount,salesperson,division,product_line,credit_note_of"
CREDIT = ("Good", "Good", "Good", "Good", "Cash only", "Watch", "Stopped")
DIVISIONS = ("motors", "power", "medical", "gras", "cube65")
WEIGHTS = (35, 35, 15, 10, 5)
PRODUCTS = {
    "motors": ("Pick-ups", "Trucks", "Buses", "Spare parts", "Service"),
    "power": ("Generators", "Solar", "Transformers", "Spare parts", "Maintenance"),
    "medical": ("Consumables", "Imaging", "Laboratory"),
    "gras": ("Catering", "Events"),
    "cube65": ("Check-ups", "Staff schemes"),
}
SELLERS = 40  # ERP codes E001 to E040
NETWORKS = ("803", "805", "806", "807", "808", "810", "813", "816", "703", "706", "901", "905")

_ERP = {"source": "erp", "has_trailer": True, "folder": "erp", "days": "daily", "runs_at": time(2)}
_NORTHWIND = {"source": "northwind", "id_prefix": "NW-"}
_MAVEN = {"source": "maven", "id_prefix": "MV-"}
EXAMPLES: tuple[dict[str, Any], ...] = (
    {"name": "ERP customers", "kind": "customers", "pattern": "customers_*.csv", **_ERP},
    {"name": "ERP sales", "kind": "sales", "pattern": "sales_*.csv", "holds": "changes", **_ERP},
    {
        "name": "Northwind customers",
        "kind": "customers",
        **_NORTHWIND,
        "pattern": "customers_repaired.csv",
        "mapping": {
            "external_id": "customerID",
            "name": "companyName",
            "address": "address",
            "address2": "city",
            "main_phone": "phone",
        },
    },
    {
        "name": "Northwind sales",
        "kind": "sales",
        **_NORTHWIND,
        "pattern": "orders_repaired.csv",
        "lines_pattern": "order-details.csv",
        "mapping": {
            "invoice_number": "orderID",
            "customer": "customerID",
            "date": "orderDate",
            "salesperson": "employeeID",
        },
        "lines_mapping": {
            "invoice_number": "orderID",
            "unit_price": "unitPrice",
            "quantity": "quantity",
            "discount": "discount",
        },
    },
    {
        "name": "Maven customers",
        "kind": "customers",
        **_MAVEN,
        "pattern": "accounts.csv",
        "mapping": {"external_id": "account", "name": "account", "industry": "sector", "address2": "office_location"},
    },
    {
        "name": "Maven sales",
        "kind": "sales",
        **_MAVEN,
        "pattern": "sales_pipeline.csv",
        "mapping": {
            "invoice_number": "opportunity_id",
            "customer": "account",
            "date": "close_date",
            "amount": "close_value",
            "salesperson": "sales_agent",
            "product_line": "product",
        },
        "only": {"deal_stage": ["Won"]},
    },
)


def write_drop(
    folder: Path, *, customers: int, sales: int, on: date, seed: int = SEED, changed: float = 0
) -> tuple[Path, Path]:
    """customers_YYYYMMDD.csv and sales_YYYYMMDD.csv of the day `on` in `folder`, which is made if need be.

    Each is written under another name and then renamed, so that nobody reads half of it. `changed` is the share of
    customers (percent) that this day's file gives otherwise than the seed does.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return (
        _write(folder / f"customers_{on:%Y%m%d}.csv", CUSTOMER_COLUMNS, customer_lines(customers, seed, on, changed)),
        _write(folder / f"sales_{on:%Y%m%d}.csv", SALE_COLUMNS, sale_lines(sales, customers, seed, on)),
    )


def customer_lines(customers: int, seed: int, on: date, changed: float = 0) -> Iterator[str]:
    """A line of each customer."""
    draw, of_today = random.Random(seed), random.Random(f"{seed} {on}")  # noqa: S311 - no secret
    combinations = len(STEMS) * len(STEMS) * len(TRADES)
    start = draw.randrange(combinations)
    divisions = _divisions(customers, seed)
    for at in range(customers):
        name = _name(start + at * 7_919, draw)
        credit, city, network = draw.choice(CREDIT), draw.choice(PLACES), draw.choice(NETWORKS)
        street, phone = f"{draw.randrange(1, 200)} {draw.choice(LAST)} Street", draw.randrange(10**7)
        industry, fresh = draw.choice(INDUSTRIES), of_today.random() * 100
        if fresh < changed:
            phone = (phone + of_today.randrange(1, 10**7)) % 10**7
        dialled = f"0{network} {phone // 10_000:03} {phone % 10_000:04}"
        yield f"{FIRST_ID + at},{name},{industry},{credit},{street},{city},{dialled},{divisions[at]}"


def sale_lines(sales: int, customers: int, seed: int, on: date) -> Iterator[str]:
    """A line of each invoice and credit note of the two years that end with the day `on`, oldest first."""
    divisions = _divisions(customers, seed)
    return chain.from_iterable(
        _day_s_sales(on - timedelta(days=ago), sales, divisions, seed) for ago in reversed(range(PERIOD))
    )


def _day_s_sales(on: date, sales: int, divisions: list[str], seed: int) -> Iterator[str]:
    """One day's: any PERIOD days on end have `sales` together. One in fifty takes an invoice before it back in part."""
    draw, day, stamp = random.Random(f"{seed} {on}"), on.toordinal(), f"{on:%y%m%d}"  # noqa: S311 - no secret
    invoice = customer = 0
    for at in range((day + 1) * sales // PERIOD - day * sales // PERIOD):
        takes_back = at and draw.random() < 0.02
        if not takes_back:
            invoice, customer = at, int(draw.random() * len(divisions))
        division = divisions[customer]
        products, kobo = PRODUCTS[division], int(draw.random() ** 4 * 2_000_000_000) + 500_000
        product, seller = products[int(draw.random() * len(products))], 1 + (customer * 31 + at % 3) % SELLERS
        number, amount, of = f"INV{stamp}{at:05}", f"{kobo // 100}.{kobo % 100:02}", ""
        if takes_back:
            number, amount, of = f"CN{stamp}{at:05}", f"-{1_000 + kobo % 4_000}.00", f"INV{stamp}{invoice:05}"
        yield f"{number},{FIRST_ID + customer},{on},{amount},E{seller:03},{division},{product},{of}"


def _divisions(customers: int, seed: int) -> list[str]:
    return random.Random(seed).choices(DIVISIONS, WEIGHTS, k=customers)  # noqa: S311 - no secret


def _name(at: int, draw: random.Random) -> str:
    """A company's name; neighbours in a walk of less than a million steps of 7,919 share none."""
    at, trade = divmod(at, len(TRADES))
    at, second = divmod(at, len(STEMS))
    name = f"{STEMS[at % len(STEMS)]} {STEMS[second]} {TRADES[trade]} {draw.choice(FORMS)}"
    return name.strip()


def _write(path: Path, columns: str, lines: Iterator[str]) -> Path:
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8-sig", newline="") as file:
        file.write(columns + "\r\n")
        file.write(f"TOTAL,{_put(file, lines)}\r\n")
    return part.replace(path)


def _put(file: TextIO, lines: Iterator[str]) -> int:
    count = 0
    for line in lines:
        file.write(line + "\r\n")
        count += 1
    return count
