"""What a row of the ERP's sales says, or of a file of their lines, or what keeps it out. Pure.

Amounts are NGN, days are those of Lagos.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from accounts.imports.files.cell_parsers import NotMoney, amount, line_amount, number, said_in, share
from accounts.imports.files.columns import (
    CUSTOMER,
    DIVISION,
    Column,
    looks_customer,
    looks_day,
    looks_id,
    looks_money,
    looks_share,
)
from accounts.imports.files.layout import Layout
from accounts.imports.files.row_values import Wrong, or_problem, read_day, read_id, read_word
from mikano_cx.kit.local_time import day_text
from mikano_cx.kit.sheets import Cell

INVOICE = Column.named(
    "invoice_number",
    "Invoice number",
    "invoice invoiceno invoiceid documentnumber documentno orderid ordernumber",
    looks_id,
    needed=True,
)
SOLD_ON = Column.named("date", "Date", "invoicedate saledate soldon orderdate documentdate", looks_day, needed=True)
PRICED: dict[str, Any] = {"needed": True, "instead": ("unit_price", "quantity")}
AMOUNT = Column.named("amount", "Amount", "amountngn value netamount total", looks_money, **PRICED)
UNIT_PRICE = Column.named("unit_price", "Unit price", "price", looks_money)
QUANTITY = Column.named("quantity", "Quantity", "qty", looks_money)
DISCOUNT = Column.named("discount", "Discount", "discountrate", looks_share)
SALESPERSON = Column.named(
    "salesperson",
    "Salesperson",
    "salespersoncode salesrep salesagent employeeid staffcode",
    looks_customer,
    longest=120,
)
PRODUCT_LINE = Column.named("product_line", "Product line", "product", longest=80)
CREDIT_NOTE_OF = Column.named("credit_note_of", "Credit note of", "credits creditedinvoice originalinvoice", looks_id)
SALE_COLUMNS = (
    *(INVOICE, CUSTOMER.also(needed=True), SOLD_ON, AMOUNT, UNIT_PRICE, QUANTITY, DISCOUNT),
    *(SALESPERSON, DIVISION, PRODUCT_LINE, CREDIT_NOTE_OF),
)
# Sales whose amounts stand in a file of lines.
SALE_HEAD_COLUMNS = tuple(one.also(needed=one.needed and one is not AMOUNT) for one in SALE_COLUMNS)
LINE_AMOUNT = Column.named("amount", "Amount", "amountngn linetotal lineamount netamount", looks_money, **PRICED)
LINE_COLUMNS = (INVOICE, LINE_AMOUNT, UNIT_PRICE, QUANTITY, DISCOUNT)


class SaleRow(NamedTuple):
    """`amount` None: it stands in the file of lines. `division` and `salesperson` are as written."""

    invoice_number: str
    customer: str
    on: date
    amount: Decimal | None
    salesperson: str
    division: str
    product_line: str
    credit_note_of: str


class LineRow(NamedTuple):
    invoice_number: str
    amount: Decimal


@or_problem
def sale(cells: Sequence[Cell], layout: Layout, prefix: str, on: date, *, has_lines: bool = False) -> SaleRow:
    """The row of a sales file; cells as in SALE_COLUMNS. `on` is the local day of the run. Or its Problem.

    With `has_lines` a row needs no amount: the file of lines has it.
    """
    invoice, customer_id, sold_on, given, unit_price, quantity, discount, salesperson, division, line_, credits = cells
    number_ = read_id("invoice_number", invoice, prefix)
    if not number_:
        raise Wrong("invoice_number", "number_missing", "This row has no invoice number.")
    buyer = read_id("customer", customer_id, prefix)
    if not buyer:
        raise Wrong("customer", "missing_customer", "This row has no customer.")
    sold = read_day("date", sold_on, layout, on)
    if sold > on:
        raise Wrong("date", "future_date", f"{day_text(sold)} is still to come.")
    return SaleRow(
        number_,
        buyer,
        sold,
        _amount(given, unit_price, quantity, discount, layout, needed=not has_lines),
        read_word(SALESPERSON, salesperson),
        read_word(DIVISION, division),
        read_word(PRODUCT_LINE, line_),
        read_id("credit_note_of", credits, prefix),
    )


@or_problem
def line(cells: Sequence[Cell], layout: Layout, prefix: str) -> LineRow:
    """The row of a file of invoices' lines; cells as in LINE_COLUMNS. Or its Problem."""
    invoice, given, unit_price, quantity, discount = cells
    number_ = read_id("invoice_number", invoice, prefix)
    if not number_:
        raise Wrong("invoice_number", "number_missing", "This row has no invoice number.")
    value = _amount(given, unit_price, quantity, discount, layout, needed=True)
    assert value is not None
    return LineRow(number_, value)


def _amount(
    given: Cell, unit_price: Cell, quantity: Cell, discount: Cell, layout: Layout, *, needed: bool
) -> Decimal | None:
    """The amount given, else price times quantity less discount."""
    comma, field = layout.decimal_comma, "amount"
    try:
        if said_in(given):
            return amount(given, comma)
        field = "unit_price"
        if said_in(unit_price) and said_in(quantity):
            price = number(unit_price, comma)
            field = "quantity"
            pieces = number(quantity, comma)
            field = "discount"
            return line_amount(price, pieces, share(discount, comma))
    except NotMoney as error:
        raise Wrong(field, f"bad_{field}", str(error)) from None
    if needed:
        raise Wrong("amount", "missing_amount", "This row has no amount.")
    return None
