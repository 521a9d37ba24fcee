"""The ERP's codes for salespeople that nobody in the hub has: their sales are nobody's until IT says whose they are."""

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count, Max, Sum

from accounts.people.actions import staff as staff_actions
from accounts.people.models import Staff
from interactions.sales.models import Sale
from mikano_cx.kit.refusal import Refused

LONGEST = 30


class UnknownCode(NamedTuple):
    """A code as written, its invoices and credit notes, what they add up to in NGN, and the last one's local day."""

    code: str
    sales: int
    amount: Decimal
    last_on: date


def unknown_codes() -> list[UnknownCode]:
    """Those with the most sales first."""
    rows = Sale.objects.filter(salesperson=None).exclude(salesperson_code="").order_by().values("salesperson_code")
    told = rows.annotate(sales=Count("pk"), sum=Sum("amount"), last_on=Max("sold_on"))
    found = [UnknownCode(row["salesperson_code"], row["sales"], row["sum"], row["last_on"]) for row in told]
    return sorted(found, key=lambda one: (-one.sales, one.code))


def give_code(code: str, staff: Staff, *, by: Staff, at: datetime) -> Staff:
    """Say whose a code is: the sales that carry it are that person's from now on, and the accounts are replayed.

    Refuses `has_code` (another one), `too_long`, and what `edit_staff` does.
    """
    if len(code) > LONGEST:
        raise Refused("too_long", f"A code has at most {LONGEST} characters: correct it in the ERP.", field="code")
    if staff.erp_code and staff.erp_code != code:
        raise Refused("has_code", f"{staff} has the ERP code {staff.erp_code} already.", field="staff")
    return staff_actions.edit_staff(staff, by=by, at=at, values={"erp_code": code})
