"""Sales as facts for whoever derives from them: net of their credit notes, added exactly."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Q

from interactions.sales.models import Sale
from mikano_cx.kit.local_time import day_start


@dataclass(frozen=True, slots=True)
class SaleFact:
    """One invoice as known; `value` in NGN is its amount and all its credit notes, zero or less where it is no deal."""

    pk: int
    account_id: int
    sold_on: date
    recorded_at: datetime
    value: Decimal
    salesperson_id: int | None
    invoice_number: str

    @property
    def at(self) -> datetime:
        """The instant at which it takes effect: local midnight of its day."""
        return day_start(self.sold_on)


def sales_of(account_ids: Collection[int], known_at: datetime | None = None) -> list[SaleFact]:
    """The invoices of these accounts, in the order in which they were recorded. One query.

    `known_at` gives what the hub knew then: a credit note counts from its own `recorded_at` on, and a sale is a
    person's from when that was known. A credit note is no fact of its own, unless it names no invoice: then it is a
    sale of less than nothing, which the rules ignore.
    """
    known = Q() if known_at is None else Q(recorded_at__lte=known_at)
    rows = (
        Sale.objects.filter(known, account__in=account_ids)
        .order_by("pk")
        .values_list(
            *("pk", "account_id", "sold_on", "recorded_at", "amount", "salesperson_id", "invoice_number"),
            *("credit_note_of_id", "attributed_at"),
        )
    )
    invoices, credited = [], dict[int, Decimal]()
    for *row, credits_id, attributed_at in rows:
        if credits_id is None:
            if known_at is not None and attributed_at is not None and attributed_at > known_at:
                row[5] = None
            invoices.append(row)
        else:
            credited[credits_id] = credited.get(credits_id, Decimal(0)) + row[4]
    return [
        SaleFact(pk, account, on, recorded, amount + credited.get(pk, Decimal(0)), person, number)
        for pk, account, on, recorded, amount, person, number in invoices
    ]
