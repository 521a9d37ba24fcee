"""The types of the demo's rows before they are written; they refer to each other."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from mikano_cx.demo.cast import CastMember


@dataclass
class AccountRow:
    number: int
    name: str
    division: str
    industry: str
    address: str
    phone: str
    erp: str
    owner: CastMember | None  # who sells to it; the account's owner follows from the sales
    by_hub: bool
    created: datetime
    creator: CastMember | None
    parent: "AccountRow | None" = None
    note: str = ""
    story: bool = False  # `stories` says what happens to it
    on_paper: CastMember | None = None  # the owner in the workbook, if the rules find another


@dataclass
class ContactRow:
    number: int
    name: str
    title: str
    email: str
    mobile: str
    account: AccountRow
    created: datetime
    consent: str
    consent_on: date | None
    active: bool = True


@dataclass
class EntryRow:
    person: CastMember
    contact: ContactRow
    occurred: datetime
    logged: datetime
    channel: str
    kind: str
    direction: str
    notes: str
    next_action: str = ""
    due: date | None = None
    done: datetime | None = None
    confidential: bool = False
    number: int = 0


@dataclass
class DemoSaleRow:
    """An invoice in NGN on a local day, or a credit note of one. Without `person` it has the ERP's `code`."""

    account: AccountRow
    on: date
    amount: Decimal
    line: str
    person: CastMember | None
    recorded: datetime
    code: str = ""
    credits: "DemoSaleRow | None" = None


@dataclass
class AssignmentRow:
    """An assignment of an account by a head."""

    account: AccountRow
    to: CastMember
    by: CastMember
    at: datetime
    reason: str


@dataclass
class Demo:
    today: date
    accounts: list[AccountRow] = field(default_factory=list)
    contacts: list[ContactRow] = field(default_factory=list)
    entries: list[EntryRow] = field(default_factory=list)
    sales: list[DemoSaleRow] = field(default_factory=list)
    given: list[AssignmentRow] = field(default_factory=list)
