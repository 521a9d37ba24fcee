"""What a file of each kind of feed may hold, and by which columns' names that is found. Pure.

`looks` is a loose idea of a field's content: it tells swapped columns, not wrong cells.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from mikano_cx.kit.names import plain

_ID = re.compile(r"[^\W_][\w./#&-]{0,39}|(?=.*\d)[A-Z\d./# -]{1,20}|[^\W\d_]{1,8} \d[\d ./-]{0,20}")
_WITH_KOBO = re.compile(r"[\d.,' ]*\d[.,]\d\d")
_MONEY = re.compile(r"(?:NGN|₦|N)?[-+(]*(?:NGN|₦|N)?\d[\d.,']*\)?-?(?:NGN)?", re.I)
_SHARE = re.compile(r"\d*[.,]?\d+%?")
_RATING = re.compile(r"\d+(?:[.,]\d+)?(?:/\d+|outof\d+)?|[★☆*]+", re.I)
_DAY = re.compile(
    r"\d{4}[-/. ]\d{1,2}[-/. ]\d{1,2}(?!\d).*|\d{1,2}[-/. ]\d{1,2}[-/. ](?:\d{4}|\d{2})(?!\d).*"
    r"|(?:19|20)\d{6}|[2-7]\d{4}|\d{1,2}[-/. ]*[a-z]{3,9}\.?,?[-/. ]*\d{2,4}.*|[a-z]{3,9}\.? +\d{1,2},? +\d{4}.*",
    re.I,
)
_EMPTY = {"NULL", "(NULL)", "N/A", "#N/A", "-", "--"}
LONGEST_EMPTY = max(map(len, _EMPTY))


class Problem(NamedTuple):
    """Why a row is refused: the field at fault (a name in its list below), a short code, and a sentence for people."""

    field: str
    kind: str
    text: str


@dataclass(frozen=True)
class Field:
    """One thing that a row says. `names` are columns' names as `key` leaves them."""

    name: str
    label: str
    needed: bool
    names: tuple[str, ...]
    looks: Callable[[str], bool] | None = None


def key(text: str) -> str:
    """A column's name for comparing: Customer ID, customer_id and customerID are one."""
    return re.sub(r"[\W_]+", "", plain(text))


def is_empty(text: str) -> bool:
    """Whether a cell's text says nothing: blank, or NULL, N/A or a dash and no more."""
    text = text.strip()
    return not text or (len(text) <= LONGEST_EMPTY and text.upper() in _EMPTY)


def looks_id(text: str) -> bool:
    """One word, or short with digits; no date and no sum of money. 102345, ALFKI, CUS-0012 and Acc 12 do."""
    return bool(_ID.fullmatch(text)) and not _WITH_KOBO.fullmatch(text) and not _parted_day(text)


def looks_name(text: str) -> bool:
    return any(char.isalpha() for char in text)


def looks_customer(text: str) -> bool:
    """An ID or a name: neither a date nor a sum of money."""
    return not _WITH_KOBO.fullmatch(text) and not _parted_day(text)


def looks_day(text: str) -> bool:
    return bool(_DAY.fullmatch(text))


def looks_money(text: str) -> bool:
    return bool(_MONEY.fullmatch(re.sub(r"\s", "", text))) and not _parted_day(text)


def looks_phone(text: str) -> bool:
    """Five digits at least, or too short to be anything else that matters."""
    return len(text) <= 12 or len(re.findall(r"\d", text)) >= 5


def looks_share(text: str) -> bool:
    return bool(_SHARE.fullmatch(re.sub(r"\s", "", text)))


def looks_rating(text: str) -> bool:
    return bool(_RATING.fullmatch(re.sub(r"\s", "", text))) and not _parted_day(text)


def _parted_day(text: str) -> bool:
    """A day that isn't simply a number."""
    return looks_day(text) and not text.isdigit()


def _field(
    name: str, label: str, names: str, looks: Callable[[str], bool] | None = None, *, needed: bool = False
) -> Field:
    return Field(name, label, needed, tuple(names.split()), looks)


_DIVISION = _field("division", "Division", "division businessunit")
_UNIT_PRICE = _field("unit_price", "Unit price", "unitprice price", looks_money)
_QUANTITY = _field("quantity", "Quantity", "quantity qty", looks_money)
_DISCOUNT = _field("discount", "Discount", "discount discountrate", looks_share)
_INVOICE = _field(
    "invoice_number",
    "Invoice number",
    "invoicenumber invoice invoiceno invoiceid documentnumber documentno orderid ordernumber",
    looks_id,
    needed=True,
)

CUSTOMER_FIELDS = (
    _field(
        "external_id",
        "ERP customer ID",
        "externalid erpcustomerid customerid customernumber customerno customercode accountnumber accountno id",
        looks_id,
        needed=True,
    ),
    _field("name", "Name", "name companyname customername officialname company accountname", looks_name, needed=True),
    _field("industry", "Industry", "industry sector"),
    _field("credit_status", "Credit status", "creditstatus creditstanding"),
    _field("address", "Address", "address street address1 addressline1"),
    _field("address2", "City", "city town address2 addressline2"),
    _field("main_phone", "Main phone", "mainphone phone telephone phonenumber", looks_phone),
    _DIVISION,
)
SALE_FIELDS = (
    _INVOICE,
    _field(
        "customer",
        "Customer",
        "customer customerid erpcustomerid customernumber customerno customercode account accountid",
        looks_customer,
        needed=True,
    ),
    _field("date", "Date", "date invoicedate saledate soldon orderdate documentdate", looks_day, needed=True),
    _field("amount", "Amount", "amount amountngn value netamount total", looks_money, needed=True),
    _UNIT_PRICE,
    _QUANTITY,
    _DISCOUNT,
    _field(
        "salesperson",
        "Salesperson",
        "salesperson salespersoncode salesrep salesagent employeeid staffcode",
        looks_customer,
    ),
    _DIVISION,
    _field("product_line", "Product line", "productline product"),
    _field("credit_note_of", "Credit note of", "creditnoteof credits creditedinvoice originalinvoice", looks_id),
)
# Sales whose amounts stand in a file of lines.
SALE_HEAD_FIELDS = tuple(replace(field, needed=field.needed and field.name != "amount") for field in SALE_FIELDS)
LINE_FIELDS = (
    _INVOICE,
    _field("amount", "Amount", "amount amountngn linetotal lineamount netamount", looks_money, needed=True),
    _UNIT_PRICE,
    _QUANTITY,
    _DISCOUNT,
)
REVIEW_FIELDS = (
    _field("external_id", "Review ID", "externalid reviewid id", looks_id, needed=True),
    _field("date", "Date", "date reviewdate createdat publishedat", looks_day, needed=True),
    _field("rating", "Rating", "rating stars score", looks_rating, needed=True),
    _field("out_of", "Out of", "outof scale maximum", looks_rating),
    _field("platform", "Platform", "platform site source"),
    _field("author", "Author", "author reviewer name"),
    _field("text", "Text", "text review comment body"),
    _DIVISION,
    _field("customer", "Customer", "customer customerid erpcustomerid", looks_customer),
)
# Names that give way to a more telling one of the same field: ID beside Customer ID, Date beside Invoice date.
GENERAL = frozenset("id name date value total price text source customer account company invoice product".split())
# A needed field that others together can stand in for.
INSTEAD = {"amount": ("unit_price", "quantity")}
