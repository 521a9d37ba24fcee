"""The columns of every file that comes in: what each says, and by which names it is found. Pure.

`looks` is a loose idea of a field's content: it tells swapped columns, not wrong cells.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any, NamedTuple, Self

from mikano_cx.kit.names import plain
from mikano_cx.kit.sheets import Cell, text_of

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
REPEATED_HEADER, TOTALS_ROW = "repeated_header", "totals_row"
ODD_ROWS = {
    REPEATED_HEADER: "This row repeats the columns' names: leave it out.",
    TOTALS_ROW: "This row adds the others up: leave it out.",
}
_TOTALS = {"total", "totals", "grandtotal", "subtotal", "sum"}


class Problem(NamedTuple):
    """Why a row is refused: the column at fault by its name, a short code, and a sentence for people."""

    field: str
    kind: str
    text: str


@dataclass(frozen=True, eq=False)
class Column:
    """One thing that a row says. `names` are what the column may be called, as `key` leaves them; of a text the
    `longest` that is kept, in characters; `width` is for a workbook that is written. The columns `instead` of it, by
    name, can together stand in for a needed one."""

    name: str
    label: str
    needed: bool
    names: tuple[str, ...]
    looks: Callable[[str], bool] | None = None
    longest: int = 0
    width: int = 18
    instead: tuple[str, ...] = ()

    @classmethod
    def named(cls, name: str, label: str, names: str, looks: Callable[[str], bool] | None = None, **given: Any) -> Self:
        """A column that is found by its label, and by these other `names`."""
        return cls(name, label, given.pop("needed", False), (key(label), *names.split()), looks, **given)

    def also(self, names: str = "", **given: Any) -> Self:
        """The same fact in another file: with more names, and what is given otherwise."""
        return replace(self, names=(*self.names, *names.split()), **given)


def key(text: str) -> str:
    """A column's name for comparing: Customer ID, customer_id and customerID are one."""
    return re.sub(r"[\W_]+", "", plain(text))


def odd_row(cells: Sequence[Cell], header: Sequence[Cell] = ()) -> str:
    """Whether a row is none of the data: it repeats the columns' names, or adds the others up. "" for most."""
    if header and all(text_of(a).strip() == text_of(b).strip() for a, b in zip_longest(cells, header)):
        return REPEATED_HEADER
    first = next((said for cell in cells if (said := text_of(cell).strip())), "")
    return TOTALS_ROW if key(first) in _TOTALS else ""


def looks_id(text: str) -> bool:
    """One word, or short with digits; no date and no sum of money. 102345, ALFKI, CUS-0012 and Acc 12 do."""
    return bool(_ID.fullmatch(text)) and not _WITH_KOBO.fullmatch(text) and not _parted_day(text)


def unfit_id(said: str, name: str) -> str:
    """Why this can't be the ERP's ID of the customer of that name, who may be known by it; "" for one that can be."""
    return "" if said == name or looks_id(said) else f"“{said[:40]}” is no ERP customer ID."


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


# --- what several files say ------------------------------------------------------------------------------------------
ERP_ID = Column.named(
    "erp_customer_id", "ERP Customer ID", "erpid erpcode erpcustomer customerid", looks_id, longest=40
)
NAME = Column.named(
    "name",
    "Name",
    "companyname customername officialname company accountname customer",
    looks_name,
    needed=True,
    longest=200,
    width=38,
)
INDUSTRY = Column.named("industry", "Industry", "sector", longest=80)
ADDRESS = Column.named(
    "address", "Address", "street address1 addressline1 location officeaddress", longest=300, width=40
)
MAIN_PHONE = Column.named(
    "main_phone", "Main phone", "phone telephone phonenumber mainphonenumber tel", looks_phone, longest=60, width=20
)
DIVISION = Column.named("division", "Division", "businessunit", longest=80)
CUSTOMER = Column.named(
    "customer",
    "Customer",
    "customerid erpcustomerid customernumber customerno customercode account accountid",
    looks_customer,
)

# Names that give way to a more telling one of the same column: ID beside Customer ID, Date beside Invoice date.
GENERAL = frozenset(
    "id name date value total price text source customer account company invoice product location tel".split()
)
