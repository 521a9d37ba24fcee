"""Public sample data as records of the hub, for watching the rules over a long time: two folders of CSV files.

Like the demo, samples are written without the actions, because their days are past: the hub "learned" of each thing on
its own day. All rows are marked as demo data, so `clear_demo` removes them. Samples have their own codes (MV-, NW-), so
loading again adds only what is missing.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from django.db import transaction
from simple_history.utils import bulk_create_with_history

from accounts.events import facts_changed
from accounts.people.models import Staff, StaffRole
from accounts.people.roles import Role
from accounts.records.models import Account
from accounts.records.models.accounts import Origin
from interactions.log.models import Channel, Interaction, Kinds, Source
from interactions.sales.models import Sale, SaleSource
from interactions.workbook.writer import recompute_last_touch
from mikano_cx.kit.local_time import day_start
from mikano_cx.kit.money import KOBO

BATCH = 500


@dataclass(frozen=True)
class SampleAccount:
    code: str
    name: str
    industry: str = ""
    address: str = ""
    erp_customer_id: str | None = None
    parent: str = ""


@dataclass(frozen=True)
class SampleFact:
    """An engagement (`amount` None) or a sale, on a local day, with its account and person by code."""

    code: str
    account: str
    person: str
    on: date
    amount: Decimal | None = None
    about: str = ""


@dataclass
class SampleData:
    """One sample. `people` are code and full name; `skipped` is the count of rows that name no account."""

    people: dict[str, str] = field(default_factory=dict)
    accounts: list[SampleAccount] = field(default_factory=list)
    engagements: list[SampleFact] = field(default_factory=list)
    sales: list[SampleFact] = field(default_factory=list)
    skipped: int = 0


def maven(folder: Path) -> SampleData:
    """A sales team's deals: won deals are sales on their closing day, engage dates are meetings."""
    sample = SampleData()
    for number, row in enumerate(_rows(folder / "sales_teams.csv"), 1):
        sample.people[f"MV-S{number:02}"] = row["sales_agent"]
    person = {name: code for code, name in sample.people.items()}
    companies = list(_rows(folder / "accounts.csv"))
    code_of = {row["account"]: f"MV-A{number:02}" for number, row in enumerate(companies, 1)}
    for row in companies:
        place, parent = row["office_location"], code_of.get(row["subsidiary_of"], "")
        sample.accounts.append(
            SampleAccount(code_of[row["account"]], row["account"], row["sector"], place, parent=parent)
        )
    for row in _rows(folder / "sales_pipeline.csv"):
        if not row["account"]:
            sample.skipped += 1
            continue
        code, account, agent = f"MV-{row['opportunity_id']}", code_of[row["account"]], person[row["sales_agent"]]
        if row["engage_date"]:
            on = date.fromisoformat(row["engage_date"])
            sample.engagements.append(SampleFact(code, account, agent, on, about=row["product"]))
        if row["deal_stage"] == "Won":
            on, won = date.fromisoformat(row["close_date"]), Decimal(row["close_value"])
            sample.sales.append(SampleFact(code, account, agent, on, won, row["product"]))
    return sample


def northwind(folder: Path) -> SampleData:
    """A food trader's orders, as an ERP would give them: an order is a sale by its employee, to the kobo."""
    sample, values = SampleData(), dict[str, Decimal]()
    for row in _rows(folder / "employees.csv"):
        sample.people[f"NW-{row['employeeID']}"] = f"{row['firstName']} {row['lastName']}"
    for row in _rows(folder / "customers_repaired.csv"):
        place = ", ".join(filter(None, (row["address"], row["city"], row["country"])))
        key = row["customerID"]
        sample.accounts.append(SampleAccount(f"NW-{key}", row["companyName"], "", place, key))
    for row in _rows(folder / "order-details.csv"):
        value = Decimal(row["unitPrice"]) * int(row["quantity"]) * (1 - Decimal(row["discount"]))
        values[row["orderID"]] = values.get(row["orderID"], Decimal(0)) + value
    for row in _rows(folder / "orders_repaired.csv"):
        on, value = date.fromisoformat(row["orderDate"][:10]), values[row["orderID"]].quantize(KOBO, ROUND_HALF_UP)
        code, person = f"NW-{row['orderID']}", f"NW-{row['employeeID']}"
        sample.sales.append(SampleFact(code, f"NW-{row['customerID']}", person, on, value))
    return sample


def _rows(path: Path) -> Iterator[dict[str, str]]:
    """The file's rows, with blanks for NULL. Raises OSError, and KeyError if a column is missing."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            yield {name: "" if value == "NULL" else value or "" for name, value in row.items() if name}


@transaction.atomic
def load_sample(sample: SampleData, *, at: datetime) -> dict[str, int]:
    """Write the rows that the hub doesn't have, and replay as of `at`. Returns the number of rows by kind."""
    counts = dict.fromkeys(("staff", "accounts", "interactions", "sales"), 0)
    staff = {person.erp_code: person for person in Staff.objects.filter(erp_code__in=sample.people)}
    for code, name in sample.people.items():
        if code not in staff:
            staff[code] = _person(code, name)
            counts["staff"] += 1
    writer = _Writer(sample, staff, at)
    counts["accounts"] = writer.add_accounts()
    counts["interactions"] = writer.add_engagements()
    counts["sales"] = writer.add_sales()
    if any(counts.values()):
        ids = {account.pk for account in writer.accounts.values()}
        recompute_last_touch(ids, ())
        facts_changed.send(Sale, account_ids=ids, at=at, by=None)
    return counts


def _person(code: str, name: str) -> Staff:
    """A person who sells and can't sign in."""
    person = Staff(username=code.lower(), full_name=name, erp_code=code, is_active=False, is_demo=True)
    person.set_unusable_password()
    person.save()
    StaffRole.objects.create(staff=person, role=Role.SALES)
    return person


class _Writer:
    def __init__(self, sample: SampleData, staff: dict[Any, Staff], at: datetime) -> None:
        self.sample, self.staff, self.at = sample, staff, at
        self.accounts: dict[str, Account] = {}

    def add_accounts(self) -> int:
        days: dict[str, date] = {}
        for fact in (*self.sample.engagements, *self.sample.sales):
            days[fact.account] = min(fact.on, days.get(fact.account, fact.on))
        known = Account.objects.in_bulk([row.code for row in self.sample.accounts], field_name="code")
        taken = set(Account.objects.exclude(erp_customer_id=None).values_list("erp_customer_id", flat=True))
        new = [
            Account(
                code=row.code,
                name=row.name,
                industry=row.industry,
                address=row.address,
                erp_customer_id=row.erp_customer_id if row.erp_customer_id not in taken else None,
                origin=Origin.ERP,
                created_at=day_start(days.get(row.code, min(days.values()))),
                is_demo=True,
            ).prepare()
            for row in self.sample.accounts
            if row.code not in known
        ]
        self.accounts = {**known, **{account.code: account for account in self._create(new)}}
        for row in self.sample.accounts:
            if row.parent and row.code not in known:
                self.accounts[row.code].parent = self.accounts[row.parent]
                self.accounts[row.code].save()
        return len(new)

    def add_engagements(self) -> int:
        rows = self.sample.engagements
        known = set(Interaction.objects.filter(is_demo=True).values_list("code", flat=True))
        first = min((row.on for row in rows), default=None)
        meeting = Kinds.of(day_start(first)).find(slug="meeting") if first else None
        assert meeting is not None or not rows, "there is a kind for meetings from the beginning of the log"
        new = [
            Interaction(
                code=row.code,
                occurred_at=day_start(row.on),
                logged_at=day_start(row.on),
                account=self.accounts[row.account],
                channel=Channel.MEETING,
                kind=meeting.kind,  # type: ignore[union-attr]
                substantive=meeting.substantive,  # type: ignore[union-attr]
                notes=f"First talk about {row.about}.",
                logged_by=self.staff[row.person],
                source=Source.IMPORT,
                is_demo=True,
            )
            for row in rows
            if row.code not in known
        ]
        return len(self._create(new))

    def add_sales(self) -> int:
        known = set(Sale.objects.filter(is_demo=True).values_list("invoice_number", flat=True))
        new = [
            Sale(
                invoice_number=row.code,
                account=self.accounts[row.account],
                sold_on=row.on,
                recorded_at=day_start(row.on),
                amount=row.amount or Decimal(0),
                salesperson=self.staff[row.person],
                salesperson_code=row.person,
                product_line=row.about,
                source=SaleSource.ERP,
                is_demo=True,
            )
            for row in self.sample.sales
            if row.code not in known
        ]
        return len(self._create(new))

    def _create(self, records: list[Any]) -> list[Any]:
        if not records:
            return []
        made: list[Any] = bulk_create_with_history(
            records, type(records[0]), batch_size=BATCH, default_date=self.at, default_change_reason="Sample data"
        )
        return made
