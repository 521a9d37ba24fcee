"""What a sale says: checked before it is recorded, and compared where its number is in the hub already."""

from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from interactions.sales.models import FIRST_DAY, Sale
from mikano_cx.kit.money import KOBO, LIMIT
from mikano_cx.kit.names import plain
from mikano_cx.kit.refusal import Refused

LONGEST = {"invoice_number": 40, "salesperson": 120, "product_line": 80}


@dataclass(frozen=True)
class Terms:
    """One invoice or credit note. `credits` is the number of the invoice that a credit note takes back.

    `division_id` None says nothing: the account's division is recorded. The account's code and the division's slug are
    for sentences.
    """

    invoice_number: str
    account_id: int
    account: str
    sold_on: date
    amount: Decimal
    salesperson_id: int | None = None
    salesperson: str = ""
    division_id: int | None = None
    division: str = ""
    product_line: str = ""
    credits: str = ""

    @classmethod
    def of(cls, sale: Sale) -> "Terms":
        """What a recorded sale says; join account, division and invoice first (`for_listing`)."""
        return cls(
            sale.invoice_number,
            sale.account_id,
            sale.account.code,
            sale.sold_on,
            sale.amount,
            sale.salesperson_id,
            sale.salesperson_code,
            sale.division_id,
            sale.division.slug if sale.division else "",
            sale.product_line,
            sale.credit_note_of.invoice_number if sale.credit_note_of else "",
        )

    def sale(self, **more: Any) -> Sale:
        return Sale(
            invoice_number=self.invoice_number,
            account_id=self.account_id,
            sold_on=self.sold_on,
            amount=self.amount,
            salesperson_id=self.salesperson_id,
            salesperson_code=self.salesperson,
            product_line=self.product_line,
            **more,
        )


def check(terms: Terms, *, today: date, invoice: Terms | None = None) -> None:
    """Whether these terms can be recorded on the local day `today`; `invoice` is the one that a credit note names.

    Refuses: `number_missing`, `too_long`, `bad_date`, `future_date`, `amount_unfit`, and for a credit note
    `unknown_invoice`, `credits_a_credit_note`, `another_account`, `before_its_invoice`, `adds`.
    """
    if not terms.invoice_number:
        raise Refused("number_missing", "Give the invoice's number.", field="invoice_number")
    for name, longest in LONGEST.items():
        if len(getattr(terms, name)) > longest:
            raise Refused("too_long", f"This has more than {longest} characters.", field=name)
    if terms.sold_on < FIRST_DAY:
        raise Refused("bad_date", f"{terms.sold_on} is too long ago: sales begin in {FIRST_DAY.year}.", field="sold_on")
    if terms.sold_on > today:
        raise Refused("future_date", f"{terms.sold_on} is still to come.", field="sold_on")
    if not terms.amount.is_finite() or abs(terms.amount) >= LIMIT or terms.amount % KOBO:
        raise Refused("amount_unfit", "An amount is naira and kobo, below 1,000,000,000,000,000.", field="amount")
    if terms.credits:
        _check_credit_note(terms, invoice)


def _check_credit_note(terms: Terms, invoice: Terms | None) -> None:
    field = "credit_note_of"
    if invoice is None:
        raise Refused("unknown_invoice", f"There is no invoice {terms.credits} in the hub.", field=field)
    if invoice.credits or invoice.invoice_number == terms.invoice_number:
        raise Refused(
            "credits_a_credit_note", f"{invoice.invoice_number} is a credit note itself: name the invoice.", field=field
        )
    if invoice.account_id != terms.account_id:
        raise Refused("another_account", f"{invoice.invoice_number} is an invoice of {invoice.account}.", field=field)
    if terms.sold_on < invoice.sold_on:
        raise Refused("before_its_invoice", f"Its invoice is of {invoice.sold_on}, which is later.", field="sold_on")
    if terms.amount > 0:
        raise Refused("adds", "A credit note takes away: write its amount with a minus.", field="amount")


def differences(kept: Terms, asked: Terms) -> list[str]:
    """What `asked` says otherwise than the hub has kept, as words like "amount 500.00 (here 400.00)"."""
    words = []
    for field in fields(Terms):
        old, new = getattr(kept, field.name), getattr(asked, field.name)
        if field.name in ("account_id", "salesperson_id", "division_id", "invoice_number") or old == new:
            continue
        if field.name == "salesperson" and _same_person(kept, asked):
            continue
        if field.name == "division" and asked.division_id is None:
            continue
        words.append(f"{field.name.replace('_', ' ')} {_shown(old)} (here {_shown(new)})")
    return words


def otherwise(kept: Terms, asked: Terms) -> Refused | None:
    """Why `asked` can't be recorded beside what the hub has under its number; None if both say the same."""
    words = differences(kept, asked)
    if not words:
        return None
    said = f"{kept.invoice_number} is in the hub with {', '.join(words)}."
    return Refused("other_content", f"{said} A sale stays as recorded: correct it by a credit note or a ruling.")


def _same_person(kept: Terms, asked: Terms) -> bool:
    if kept.salesperson_id is not None and kept.salesperson_id == asked.salesperson_id:
        return True
    return plain(kept.salesperson) == plain(asked.salesperson)


def _shown(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    return str(value) if value != "" else "none"
